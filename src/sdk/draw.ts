// The draw for commands and programs, where no node is needed: its mathematics, and the check of a roster.
import { accept, type Digest, publicKeyOfNodeId, type Result } from "../core/base/index.ts";
import {
  alphaForNetworkRisk,
  type DrawMember,
  dailyRisk,
  decodeRoster,
  degreesOf,
  drawOf,
  drawRisk,
  drawRules,
  type KTableRow,
  kTable,
  locationOf,
  networkRisk,
  tableForNetworkRisk,
  verifyRoster,
} from "../core/draw/index.ts";
import { nodeCrypto, openAuthorityCertificate, verifyDeviceCertificate } from "../io/identity/index.ts";
import { valueOrThrow } from "./refused.ts";

export { drawLimits, drawRisk } from "../core/draw/index.ts";

export interface DrawTableOrder {
  readonly nodes: number;
  readonly colluding: number;
  readonly alpha: number;
  /** Whose probability `alpha` is: one region's, as in the paper, or the whole network's. */
  readonly risk: "region" | "network";
}

export interface DrawTableView {
  readonly nodes: number;
  readonly colluding: number;
  readonly risk: "region" | "network";
  /** Per region, whatever was asked for. */
  readonly alpha: number;
  /** At most so probable: the attacker owns a trigger that could fill its witnesses with her own nodes, however many. */
  readonly networkRisk: number;
  /** At most so probable: in one draw, colluders only live where a lot falls. */
  readonly drawRisk: number;
  /** The same for all draws of colluding nodes in a day, as many as witnesses serve. */
  readonly dailyRisk: number;
  /** The k that nodes use on average, each the smallest that its neighbourhood offers; without a table, all use the last. */
  readonly averageK: number;
  readonly rows: readonly KTableRow[];
}

export function drawTable({ nodes, colluding, alpha, risk }: DrawTableOrder): DrawTableView {
  const table = valueOrThrow(
    risk === "network" ? tableForNetworkRisk({ nodes, colluding, target: alpha }) : kTable({ nodes, colluding, alpha }),
  );
  return {
    nodes,
    colluding,
    risk,
    alpha: table.alpha,
    networkRisk: networkRisk(table),
    drawRisk: drawRisk(table),
    dailyRisk: dailyRisk(table),
    averageK: degreesOf(table).average,
    rows: table.rows,
  };
}

/** What goes into an authority's certificate: always the α of one region, whosever probability was asked for. */
export function regionAlpha({ colluding, alpha, risk }: Omit<DrawTableOrder, "nodes">): number {
  return risk === "region" ? alpha : valueOrThrow(alphaForNetworkRisk({ colluding, target: alpha }));
}

export interface RosterView {
  readonly draw: Digest;
  readonly network: string;
  readonly purpose: Digest;
  readonly trigger: string;
  readonly drawnAtMs: number;
  readonly actors: readonly string[];
  readonly witnesses: readonly string[];
  readonly colluding: number;
  readonly alpha: number;
  /** Asymmetric operations that the check took: 2k. */
  readonly operations: number;
}

/**
 * Verifies a roster offline, from its bytes and the network's authority certificate alone. `atMs`: the time at which it
 * must have been fresh; default: when it was drawn, so that an old roster can still be checked.
 */
export function checkRoster(order: {
  readonly roster: Uint8Array;
  readonly authority: Uint8Array | string;
  readonly purpose?: string;
  readonly atMs?: number;
}): RosterView {
  const roster = valueOrThrow(decodeRoster(order.roster));
  const authority = valueOrThrow(openAuthorityCertificate(order.authority));
  const { header } = roster;
  const nowMs = order.atMs ?? header.atMs;
  const node = nodeCrypto;
  let operations = 0;
  const certify = (certificate: Uint8Array): Result<DrawMember> => {
    operations++;
    const verified = verifyDeviceCertificate(certificate, authority, { nowMs, network: authority.network });
    if (!verified.ok) return verified;
    const publicKey = publicKeyOfNodeId(verified.value.node)!;
    const processes = verified.value.roles.includes("transform");
    const location = locationOf(node, publicKey);
    return accept({ node: verified.value.node, publicKey, location, certificate, processes });
  };
  const crypto = {
    sha256: node.sha256,
    verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) {
      operations++;
      return node.verify(publicKey, message, signature);
    },
  };
  const rules = drawRules({ network: authority.network, geometry: "xor", ...authority.draw });
  const about = order.purpose === undefined ? { nowMs } : { nowMs, purpose: order.purpose as Digest };
  const verified = valueOrThrow(verifyRoster(roster, rules, { crypto, certify }, about));
  return {
    draw: drawOf(node, header),
    network: header.network,
    purpose: header.purpose,
    trigger: header.trigger,
    drawnAtMs: header.atMs,
    actors: verified.actors,
    witnesses: verified.witnesses.map((witness) => witness.node),
    ...authority.draw,
    operations,
  };
}

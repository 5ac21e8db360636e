// Nodes in one process that draw: the machines of core/draw with real certificates and node:crypto. Every message is encoded,
// decoded and checked as between processes; only the wire is missing. Counts asymmetric operations.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accept, type Crypto, type Digest, type NodeId, type Result } from "../../src/core/base/index.ts";
import {
  type Beacon,
  createDraw,
  type DrawEvent,
  type DrawMember,
  type DrawnList,
  type DrawPorts,
  type DrawRules,
  type DrawState,
  decodeDrawMessage,
  drawRules,
  encodeDrawMessage,
  kTable,
  locationOf,
  type Neighbourhood,
  type Roster,
  stepDraw,
} from "../../src/core/draw/index.ts";
import type { Role } from "../../src/core/model/index.ts";
import {
  type AuthorityCertificate,
  createAuthority,
  type NodeKey,
  nodeCrypto,
  nodeKeyFromSeed,
  verifyDeviceCertificate,
} from "../../src/io/identity/index.ts";

export interface Counted {
  signed: number;
  verified: number;
}

/** How a node comes to believe a certificate: verifies it each time, or has verified it before. */
export type Certify = "fresh" | "known";

export interface Drawn {
  readonly roster: Roster;
  readonly beacon: Beacon;
  /** As those round the lot signed it. */
  readonly list: DrawnList;
  readonly messages: number;
}

export interface Order {
  readonly trigger: number;
  readonly seed: string;
  readonly actors: number;
  readonly nowMs: number;
  /** Default: one that means nothing. */
  readonly purpose?: Digest;
}

export interface Nodes {
  readonly rules: DrawRules;
  readonly crypto: Crypto;
  readonly fresh: DrawPorts["certify"];
  readonly known: DrawPorts["certify"];
  readonly keys: readonly NodeKey[];
  /** In DER, one for each key. */
  readonly certificates: readonly Uint8Array[];
  readonly authority: AuthorityCertificate;
  readonly authorityPem: string;
  /** New machines, ready for a draw: not part of what is measured. */
  prepare(certify: Certify): (order: Order) => { readonly drawn: Drawn | null; readonly counted: Counted };
}

const network = "bench.draw";

export async function nodesThatDraw(of: {
  nodes: number;
  colluding: number;
  alpha: number;
  /** Default: every node can process. */
  rolesOf?: (index: number) => readonly Role[];
}): Promise<Nodes> {
  const { colluding, alpha } = of;
  const folder = await mkdtemp(join(tmpdir(), "hedgerow-bench-"));
  try {
    const authority = must(await createAuthority({ network, folder, years: 1, draw: { colluding, alpha } }));
    const crypto = nodeCrypto;
    const rules = drawRules({ network, geometry: "xor", colluding, alpha });
    const fresh = (certificate: Uint8Array): Result<DrawMember> => {
      const verified = verifyDeviceCertificate(certificate, authority.certificate, { nowMs: Date.now(), network });
      if (!verified.ok) return verified;
      const { node, publicKey, roles } = verified.value;
      const location = locationOf(crypto, publicKey);
      return accept({ node, publicKey, location, certificate, processes: roles.includes("transform") });
    };
    const keys: NodeKey[] = [];
    const certificates: Uint8Array[] = [];
    const members = new Map<NodeId, DrawMember>();
    const byCertificate = new Map<string, DrawMember>();
    for (let i = 0; i < of.nodes; i++) {
      // The same keys in every run, so the same places, and the same k.
      const key = nodeKeyFromSeed(hash(`node ${i}`));
      const roles = of.rolesOf?.(i) ?? ["transform"];
      const names = { principal: `node ${i}`, roles, days: 30 };
      const { der } = must(await authority.issue({ subject: { publicKey: key.publicKey }, ...names }));
      const member = must(fresh(der));
      keys.push(key);
      certificates.push(der);
      members.set(key.node, member);
      byCertificate.set(latin(der), member);
    }
    const known = (certificate: Uint8Array): Result<DrawMember> => {
      const member = byCertificate.get(latin(certificate));
      return member === undefined ? fresh(certificate) : accept(member);
    };
    const table = must(kTable({ nodes: of.nodes, colluding, alpha }));
    const near: Neighbourhood = { geometry: "xor", table, nodes: of.nodes, members };
    const prepare = (certify: Certify) => {
      const counted = { signed: 0, verified: 0 };
      const ports = countingPorts({ crypto, certify: certify === "fresh" ? fresh : known }, certify, counted);
      const states = new Map<NodeId, DrawState>();
      for (const key of keys) {
        const signer = {
          publicKey: key.publicKey,
          sign(message: Uint8Array) {
            counted.signed++;
            return key.sign(message);
          },
        };
        states.set(key.node, createDraw({ self: members.get(key.node)!, signer, rules, ports }));
      }
      return (order: Order) => ({ drawn: run(states, near, keys[order.trigger]!.node, order), counted });
    };
    const { certificate, certificatePem: authorityPem } = authority;
    return { rules, crypto, fresh, known, keys, certificates, authority: certificate, authorityPem, prepare };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Delivers each message to its machine until none is left. No timer is needed: nothing is lost. */
function run(states: Map<NodeId, DrawState>, near: Neighbourhood, trigger: NodeId, order: Order): Drawn | null {
  const { seed, nowMs, actors, purpose = "ab".repeat(32) as Digest } = order;
  const waiting: { readonly from: NodeId; readonly to: NodeId; readonly bytes: Uint8Array }[] = [];
  let drawn: Drawn | null = null;
  let events = 0;
  const feed = (node: NodeId, what: { type: "draw" } | { type: "message"; from: NodeId; bytes: Uint8Array }) => {
    const facts = { nowMs, random: hash(`${seed} ${events++}`), near };
    const event: DrawEvent =
      what.type === "draw"
        ? { type: "draw", ticket: "t", purpose, actors, ...facts }
        : { type: "message", from: what.from, message: must(decodeDrawMessage(what.bytes)), ...facts };
    const { effects, refusal } = stepDraw(states.get(node)!, event);
    if (refusal !== undefined) throw new Error(`${refusal.code}: ${refusal.detail}`);
    for (const effect of effects) {
      if (effect.type === "send") waiting.push({ from: node, to: effect.to, bytes: encodeDrawMessage(effect.message) });
      if (effect.type === "drawn")
        drawn = { roster: effect.roster, beacon: effect.beacon, list: effect.list, messages: 0 };
    }
  };
  feed(trigger, { type: "draw" });
  let messages = 0;
  for (; messages < waiting.length; messages++) {
    const { from, to, bytes } = waiting[messages]!;
    feed(to, { type: "message", from, bytes });
  }
  return drawn === null ? null : { ...(drawn as Drawn), messages };
}

function countingPorts({ crypto, certify }: DrawPorts, how: Certify, counted: Counted): DrawPorts {
  return {
    crypto: {
      sha256: crypto.sha256,
      verify(publicKey, message, signature) {
        counted.verified++;
        return crypto.verify(publicKey, message, signature);
      },
    },
    certify(certificate) {
      if (how === "fresh") counted.verified++;
      return certify(certificate);
    },
  };
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}

function hash(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

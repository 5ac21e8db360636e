// Anybody's check of a beacon and of a roster (SEP2P §3.4, §3.5). A roster costs exactly 2k asymmetric operations: one
// certificate and one signature per witness. It needs nothing but the papers themselves and the network's parameters.
//
// INVARIANT 1: whatever is accepted was signed by k different nodes of a region in which k colluding ones are rarer than
//   α, under a row of the k-table, so at least one of them is honest and did every check of the protocol.
// INVARIANT 2: cheap checks come first; nothing is verified twice.
// INVARIANT 3: α is a probability only of a region whose centre nobody chooses. A trigger's place is its key's. A lot's place is
//   its random value's, and who forges that tries values until the lot falls beside a node of its own: about 1/α hashes. So only
//   who knows that the value is of a beacon takes a list that the lot's witnesses signed (`verifyDrawn`); for everybody else the
//   trigger's witnesses sign what was drawn. That the trigger is a node of the network is for the caller to know.
import {
  accept,
  type Crypto,
  type Digest,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  sameBytes,
} from "../base/index.ts";
import { largestRegion } from "./k-table.ts";
import { limits } from "./limits.ts";
import type { Location } from "./location.ts";
import { locationOf } from "./location.ts";
import type { Beacon, DrawHeader, DrawnList, Roster, Sparse } from "./messages.ts";
import { type DrawMember, keyOf } from "./neighbourhood.ts";
import { type Geometry, isInside, regionOf } from "./region.ts";
import {
  beaconCommitment,
  beaconStatements,
  drawOf,
  lotOf,
  rosterStatements,
  sealStatements,
  sparseStatement,
  xorAll,
} from "./statement.ts";

export interface DrawPorts {
  readonly crypto: Crypto;
  /** Verifies a device certificate of the network: one asymmetric operation, none when it is known already. */
  certify(certificate: Uint8Array): Result<DrawMember>;
}

/** What the authority signed for the network. Row k of its k-table follows from it, however many nodes there are. */
export interface DrawRules {
  readonly network: string;
  readonly geometry: Geometry;
  readonly colluding: number;
  readonly alpha: number;
  /** Size of the region for k witnesses. */
  sizeOf(k: number): number;
}

export function drawRules(of: Pick<DrawRules, "network" | "geometry" | "colluding" | "alpha">): DrawRules {
  const sizes = new Map<number, number>();
  return {
    ...of,
    sizeOf(k) {
      const known = sizes.get(k) ?? largestRegion(k, of.colluding, of.alpha);
      sizes.set(k, known);
      return known;
    },
  };
}

export interface VerifiedBeacon {
  readonly draw: Digest;
  readonly random: Uint8Array;
  readonly witnesses: readonly DrawMember[];
}

export function verifyBeacon(
  beacon: Beacon,
  rules: DrawRules,
  ports: DrawPorts,
  nowMs: number,
): Result<VerifiedBeacon> {
  const { header, parts } = beacon;
  const { crypto } = ports;
  const fault = headerFault(header, rules, nowMs) ?? timesFault(parts, header, nowMs);
  if (fault !== null) return fault;
  const draw = drawOf(crypto, header);
  const trigger = locationOfNode(crypto, header.trigger);
  if (trigger === null) return refuse("malformed", { detail: "the trigger's id" });
  const witnesses = certified(parts, rules, ports, trigger);
  if (!witnesses.ok) return witnesses;
  if (witnesses.value.some(({ node }) => node === header.trigger))
    return refuse("draw-own-witness", { blame: header.trigger });
  const commitments = parts.map(({ random }, i) => beaconCommitment(crypto, draw, witnesses.value[i]!.node, random));
  const statement = beaconStatements(draw, commitments);
  for (const [i, { random, atMs, signature }] of parts.entries()) {
    const { publicKey, node } = witnesses.value[i]!;
    if (!crypto.verify(publicKey, statement(random, atMs), signature))
      return refuse("draw-beacon-forged", { blame: header.trigger, detail: `the part of ${node}` });
  }
  return accept({ draw, random: xorAll(parts.map(({ random }) => random)), witnesses: witnesses.value });
}

export interface VerifiedRoster {
  readonly draw: Digest;
  readonly actors: readonly NodeId[];
  readonly witnesses: readonly DrawMember[];
  /** Where the lot fell. */
  readonly lot: Location;
}

/** `purpose`: what the roster must have been drawn for; without it the caller looks at the header itself. */
export function verifyRoster(
  roster: Roster,
  rules: DrawRules,
  ports: DrawPorts,
  about: { readonly nowMs: number; readonly purpose?: Digest },
): Result<VerifiedRoster> {
  const { header } = roster;
  const centre = locationOfNode(ports.crypto, header.trigger);
  if (centre === null) return refuse("malformed", { detail: "the trigger's id" });
  if (about.purpose !== undefined && header.purpose !== about.purpose)
    return refuse("draw-other-purpose", { blame: header.trigger });
  const verified = verifySigned(roster, rules, ports, about.nowMs, centre, sealStatements);
  if (verified.ok && verified.value.witnesses.some(({ node }) => node === header.trigger))
    return refuse("draw-own-witness", { blame: header.trigger });
  return verified;
}

/** For who knows the beacon: `random` must be its value (INVARIANT 3). */
export function verifyDrawn(
  drawn: DrawnList,
  random: Uint8Array,
  rules: DrawRules,
  ports: DrawPorts,
  nowMs: number,
): Result<VerifiedRoster> {
  if (!sameBytes(random, drawn.random)) return refuse("draw-roster-forged", { detail: "another random value" });
  return verifySigned(drawn, rules, ports, nowMs, lotOf(ports.crypto, random, drawn.attempt), rosterStatements);
}

function verifySigned(
  { header, random, attempt, actors, witnesses }: Roster,
  rules: DrawRules,
  ports: DrawPorts,
  nowMs: number,
  centre: Location,
  statements: typeof rosterStatements,
): Result<VerifiedRoster> {
  const { crypto } = ports;
  const fault = headerFault(header, rules, nowMs) ?? timesFault(witnesses, header, nowMs);
  if (fault !== null) return fault;
  if (actors.length !== header.actors || new Set(actors).size !== actors.length)
    return refuse("draw-roster-forged", { detail: `${actors.length} processors, ${header.actors} were wanted` });
  const draw = drawOf(crypto, header);
  const members = certified(witnesses, rules, ports, centre);
  if (!members.ok) return members;
  const statement = statements(draw, random, attempt, actors);
  for (const [i, { atMs, signature }] of witnesses.entries()) {
    if (!crypto.verify(members.value[i]!.publicKey, statement(atMs), signature))
      return refuse("draw-roster-forged", { detail: `the signature of ${members.value[i]!.node}` });
  }
  return accept({ draw, actors, witnesses: members.value, lot: lotOf(crypto, random, attempt) });
}

/** k witnesses say that the region of this attempt was too sparse: only then may the lot fall again. */
export function verifySparse(
  signed: readonly Sparse[],
  of: { readonly header: DrawHeader; readonly draw: Digest; readonly random: Uint8Array; readonly attempt: number },
  rules: DrawRules,
  ports: DrawPorts,
  nowMs: number,
): Result<void> {
  const fault = timesFault(signed, of.header, nowMs);
  if (fault !== null) return fault;
  const members = certified(signed, rules, ports, lotOf(ports.crypto, of.random, of.attempt));
  if (!members.ok) return members;
  for (const [i, { atMs, signature }] of signed.entries()) {
    const statement = sparseStatement(of.draw, of.random, of.attempt, atMs);
    if (!ports.crypto.verify(members.value[i]!.publicKey, statement, signature))
      return refuse("draw-sparse-forged", { detail: `the signature of ${members.value[i]!.node}` });
  }
  return accept(undefined);
}

/** As many as a row of the table says, all different, all legitimate with respect to the row's region round the centre. */
function certified(
  papers: readonly { readonly certificate: Uint8Array }[],
  { geometry, sizeOf }: DrawRules,
  ports: DrawPorts,
  centre: Location,
): Result<DrawMember[]> {
  if (papers.length === 0) return refuse("draw-degree", { detail: "no witness at all" });
  const region = regionOf(geometry, centre, sizeOf(papers.length));
  const members: DrawMember[] = [];
  for (const { certificate } of papers) {
    const member = ports.certify(certificate);
    if (!member.ok) return member;
    if (members.some(({ node }) => node === member.value.node))
      return refuse("draw-same-witness", { detail: member.value.node });
    if (!isInside(region, member.value.location)) return refuse("draw-not-legitimate", { detail: member.value.node });
    members.push(member.value);
  }
  return accept(members);
}

/** What a witness hands over beside its signature goes to others, who know neither its certificate nor when it came. */
export function paperFault(
  { certificate, atMs }: { readonly certificate: Uint8Array; readonly atMs: number },
  witness: DrawMember,
  header: DrawHeader,
  ports: DrawPorts,
  nowMs: number,
): Refusal | null {
  const blame = witness.node;
  const fault = timesFault([{ atMs }], header, nowMs);
  if (fault !== null) return { ...fault, blame };
  if (sameBytes(certificate, witness.certificate)) return null;
  const renewed = ports.certify(certificate);
  if (!renewed.ok) return { ...renewed, blame };
  return renewed.value.node === witness.node
    ? null
    : refuse("draw-unsigned", { blame, detail: "another's certificate" });
}

export function headerFault(header: DrawHeader, rules: DrawRules, nowMs: number): Refusal | null {
  if (header.network !== rules.network)
    return refuse("draw-other-network", { blame: header.trigger, detail: header.network });
  const age = nowMs - header.atMs;
  if (age < -limits.maxSkewMs || age > limits.maxAgeMs)
    return refuse("draw-stale", {
      blame: header.trigger,
      detail: `${Math.round(age / 1000)} s old by this node's clock`,
    });
  return null;
}

function timesFault(signed: readonly { readonly atMs: number }[], header: DrawHeader, nowMs: number): Refusal | null {
  for (const { atMs } of signed) {
    const early = atMs < header.atMs - limits.maxSkewMs || nowMs - atMs > limits.maxAgeMs;
    if (early || atMs > nowMs + limits.maxSkewMs)
      return refuse("draw-stale", {
        detail: `a signature ${Math.round((nowMs - atMs) / 1000)} s old by this node's clock`,
      });
  }
  return null;
}

export function locationOfNode(crypto: Crypto, node: NodeId): Location | null {
  const key = keyOf(node);
  return key === null ? null : locationOf(crypto, key);
}

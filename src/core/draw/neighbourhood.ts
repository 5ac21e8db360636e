// What a node knows of the nodes round a point: its cache (SEP2P §3.5), which holds the region of size rs3 round its own
// place, and with it R1 and R2 round anything near. From it follow the witnesses that must be asked, so that a trigger has
// no choice among them: the smallest k of the k-table that the region can fill, and of its nodes the k nearest.
import { assert, type NodeId, publicKeyOfNodeId } from "../base/index.ts";
import type { KTable, KTableRow } from "./k-table.ts";
import { limits } from "./limits.ts";
import type { Location } from "./location.ts";
import { distance, type Geometry, isInside, leadDistance, regionOf } from "./region.ts";

/** A node as its certificate shows it. */
export interface DrawMember {
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly location: Location;
  readonly certificate: Uint8Array;
  /** Its certificate lets it process others' data, so it can be drawn. Witnesses may be all. */
  readonly processes: boolean;
}

export interface Neighbourhood {
  readonly geometry: Geometry;
  readonly table: KTable;
  /** N, as the node estimates it (estimate.ts). */
  readonly nodes: number;
  /** Nodes that are believed to be up, in any order. */
  readonly members: ReadonlyMap<NodeId, DrawMember>;
  /** Nodes that R3 shall hold, as the authority says; absent: the default. */
  readonly cacheNodes?: number;
}

export interface Witnesses {
  readonly row: KTableRow;
  /** Nearest first. */
  readonly nodes: readonly DrawMember[];
}

/** null: the neighbourhood is too sparse for every row. `but` takes no part: a trigger is not its own witness. */
export function witnessesRound(around: Neighbourhood, centre: Location, but: NodeId | null): Witnesses | null {
  const { geometry, table } = around;
  const last = table.rows.at(-1);
  if (last === undefined) return null;
  const near = nearest(around, centre, last.k, but);
  for (const row of table.rows) {
    const kth = near[row.k - 1];
    if (kth === undefined) return null;
    if (isInside(regionOf(geometry, centre, row.rs), kth.location)) return { row, nodes: near.slice(0, row.k) };
  }
  return null;
}

interface Near {
  readonly member: DrawMember;
  /** By XOR, the leading bits of the distance. They settle nearly every comparison. */
  readonly lead: number;
  away: bigint | null;
}

/** The `count` nearest, nearest first; of two at the same place, the one that is known longer. */
function nearest(
  { geometry, members }: Pick<Neighbourhood, "geometry" | "members">,
  centre: Location,
  count: number,
  but: NodeId | null,
): DrawMember[] {
  const awayOf = (near: Near) => {
    near.away ??= distance(geometry, centre, near.member.location);
    return near.away;
  };
  const isFarther = (a: Near, b: Near) => (a.lead === b.lead ? awayOf(a) > awayOf(b) : a.lead > b.lead);
  const found: Near[] = [];
  let farthest = Number.POSITIVE_INFINITY;
  for (const member of members.values()) {
    const lead = geometry === "xor" ? leadDistance(centre, member.location) : 0;
    if (lead > farthest || member.node === but) continue;
    const near: Near = { member, lead, away: null };
    let at = found.length;
    while (at > 0 && isFarther(found[at - 1]!, near)) at--;
    if (at === count) continue;
    found.splice(at, 0, near);
    if (found.length > count) found.pop();
    if (found.length === count) farthest = found[count - 1]!.lead;
  }
  return found.map(({ member }) => member);
}

/** Candidates for the roster: who may process, and lives in R3. Public keys in ascending order, so that equal sets are equal bytes. */
export function candidatesRound({ geometry, members }: Neighbourhood, centre: Location, spread: number): Uint8Array[] {
  const region = regionOf(geometry, centre, 2 ** -spread);
  const keys: Uint8Array[] = [];
  for (const member of members.values())
    if (member.processes && isInside(region, member.location)) keys.push(member.publicKey);
  return sortedKeys(keys);
}

/** More than a node knows. A number holds a lead of 32 bits and such an index. */
const indexes = 2 ** 20;

/** By bytes. The leading 32 bits decide nearly everything, and numbers sort faster than anything else. */
function sortedKeys(keys: readonly Uint8Array[]): Uint8Array[] {
  if (keys.length > indexes) return [...keys].sort(compareBytes);
  const order = new Float64Array(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = leadOf(keys[i]!, 0) * indexes + i;
  order.sort();
  const sorted: Uint8Array[] = [];
  for (let i = 0; i < order.length; i++) sorted.push(keys[order[i]! % indexes]!);
  for (let i = 1; i < sorted.length; i++)
    for (let at = i; at > 0 && leadOf(sorted[at - 1]!, 0) === leadOf(sorted[at]!, 0); at--) {
      if (compareBytes(sorted[at - 1]!, sorted[at]!) <= 0) break;
      [sorted[at - 1], sorted[at]] = [sorted[at]!, sorted[at - 1]!];
    }
  return sorted;
}

/** 32 bits, as a number. */
export function leadOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** R3 holds at least as many nodes as a cache should: a share of 2^-spread of the space. */
export function spreadOf({ nodes, cacheNodes = limits.cacheNodes }: Neighbourhood): number {
  return Math.max(0, Math.floor(Math.log2(nodes / cacheNodes)));
}

/** A trigger's R3 is not of the size that the own estimate asks for, give or take the error of two honest ones. */
export function isSpreadOff(near: Neighbourhood, { spread }: { readonly spread: number }): boolean {
  return Math.abs(spread - spreadOf(near)) > limits.spreadTolerance;
}

/** The setter of a point: the node nearest to it. */
export function nearestTo(around: Neighbourhood, centre: Location): DrawMember {
  const [found] = nearest(around, centre, 1, null);
  assert(found !== undefined, "a node knows at least itself");
  return found;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Raw key of an id that a schema let pass. */
export function keyOf(node: NodeId): Uint8Array | null {
  return publicKeyOfNodeId(node);
}

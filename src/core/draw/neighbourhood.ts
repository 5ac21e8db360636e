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
export function witnessesRound(
  { geometry, table, members }: Neighbourhood,
  centre: Location,
  but: NodeId | null,
): Witnesses | null {
  const last = table.rows.at(-1);
  if (last === undefined) return null;
  const largest = regionOf(geometry, centre, last.rs);
  const inside = [...members.values()].filter((member) => member.node !== but && isInside(largest, member.location));
  const near = nearest(geometry, inside, centre, last.k)
    .map((member) => ({ member, away: distance(geometry, centre, member.location) }))
    .sort((a, b) => (a.away < b.away ? -1 : a.away > b.away ? 1 : 0));
  for (const row of table.rows) {
    const kth = near[row.k - 1];
    if (kth === undefined) return null;
    if (kth.away < regionOf(geometry, centre, row.rs).reach) {
      return { row, nodes: near.slice(0, row.k).map(({ member }) => member) };
    }
  }
  return null;
}

/** A few that hold the `count` nearest: by XOR, the leading bits leave out whoever cannot be among them. */
function nearest(geometry: Geometry, members: DrawMember[], centre: Location, count: number): DrawMember[] {
  if (geometry !== "xor" || members.length <= 2 * count) return members;
  const leads = Uint32Array.from(members, ({ location }) => leadDistance(centre, location));
  const most = leads.slice().sort()[count - 1]!;
  return members.filter((_, i) => leads[i]! <= most);
}

/** Candidates for the roster: who may process, and lives in R3. Public keys in ascending order, so that equal sets are equal bytes. */
export function candidatesRound({ geometry, members }: Neighbourhood, centre: Location, spread: number): Uint8Array[] {
  const region = regionOf(geometry, centre, 2 ** -spread);
  return [...members.values()]
    .filter((member) => member.processes && isInside(region, member.location))
    .map((member) => member.publicKey)
    .sort(compareBytes);
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
export function nearestTo({ geometry, members }: Neighbourhood, centre: Location): DrawMember {
  let found: DrawMember | null = null;
  let least = 0n;
  for (const member of nearest(geometry, [...members.values()], centre, 1)) {
    const away = distance(geometry, centre, member.location);
    if (found !== null && away >= least) continue;
    [found, least] = [member, away];
  }
  assert(found !== null, "a node knows at least itself");
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

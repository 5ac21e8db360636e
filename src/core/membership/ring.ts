// Who is whose neighbour. Every node has a place on each of four rings, cut from SHA-256 of its public key; neighbours
// are the node before and the node after on each ring. Two nodes with the same view agree on every link without a word,
// no node has more than eight, each ring alone connects everybody, and the union of random rings is an expander with
// high probability (Law and Siu, INFOCOM 2003), so news need about log n hops and random deaths do not cut it.
// Up to eight other nodes, all of them are neighbours: literally "all known peers" (PBDS §6.1).
import type { Hasher, NodeId } from "../base/index.ts";
import { limits } from "./limits.ts";

/** A place on each ring: 52 bits, exact in a number. */
export type Positions = readonly number[];
const circumference = 2 ** 52;

export function positionsOf(hasher: Hasher, publicKey: Uint8Array): Positions {
  const hash = hasher.sha256(publicKey);
  return Array.from({ length: limits.rings }, (_, ring) => {
    let position = 0;
    for (let i = 0; i < 6; i++) position = position * 256 + hash[ring * 8 + i]!;
    return position * 16 + (hash[ring * 8 + 6]! >> 4);
  });
}

interface Slot {
  readonly node: NodeId;
  readonly distance: number;
}

export interface Rings {
  readonly own: Positions;
  readonly before: (Slot | null)[];
  readonly after: (Slot | null)[];
}

export interface Placed {
  readonly node: NodeId;
  readonly positions: Positions;
}

export function createRings(own: Positions): Rings {
  return { own, before: own.map(() => null), after: own.map(() => null) };
}

/** A node joined the view. True if it became a neighbour on some ring. */
export function place(rings: Rings, candidate: Placed): boolean {
  let changed = false;
  for (let ring = 0; ring < limits.rings; ring++) {
    const ahead = clockwise(rings.own[ring]!, candidate.positions[ring]!);
    const behind = circumference - ahead;
    if (closer(ahead, candidate.node, rings.after[ring]!)) {
      rings.after[ring] = { node: candidate.node, distance: ahead };
      changed = true;
    }
    if (closer(behind, candidate.node, rings.before[ring]!)) {
      rings.before[ring] = { node: candidate.node, distance: behind };
      changed = true;
    }
  }
  return changed;
}

/** A node left the view; `rest` are those still in it, ourselves not among them. True if it was a neighbour. */
export function remove(rings: Rings, node: NodeId, rest: () => Iterable<Placed>): boolean {
  const holes = [...rings.before, ...rings.after].some((slot) => slot?.node === node);
  if (!holes) return false;
  for (const side of [rings.before, rings.after])
    for (let ring = 0; ring < limits.rings; ring++) if (side[ring]?.node === node) side[ring] = null;
  for (const candidate of rest()) place(rings, candidate);
  return true;
}

/** Would that node be our neighbour if it were in the view? Then it is ours to look after while it is gone. */
export function wouldBeNeighbour(rings: Rings, candidate: Placed): boolean {
  for (let ring = 0; ring < limits.rings; ring++) {
    const ahead = clockwise(rings.own[ring]!, candidate.positions[ring]!);
    if (closer(ahead, candidate.node, rings.after[ring]!)) return true;
    if (closer(circumference - ahead, candidate.node, rings.before[ring]!)) return true;
  }
  return false;
}

export function ringNeighbours(rings: Rings): Set<NodeId> {
  const nodes = new Set<NodeId>();
  for (const slot of [...rings.before, ...rings.after]) if (slot !== null) nodes.add(slot.node);
  return nodes;
}

function clockwise(from: number, target: number): number {
  const distance = target - from;
  return distance < 0 ? distance + circumference : distance;
}

/** Equal places are all but impossible; then the lower id is closer, so that everybody agrees. */
function closer(distance: number, node: NodeId, slot: Slot | null): boolean {
  return slot === null || distance < slot.distance || (distance === slot.distance && node < slot.node);
}

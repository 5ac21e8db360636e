// The shape of a DAG, without what flows in it: circles, inputs, ends.
import type { VertexId } from "../base/index.ts";

interface Linked {
  readonly id: VertexId;
  readonly inputs: readonly VertexId[];
}

/** One circle, as the vertices on it in the direction of flow; null when there is none. Iterative: peers send these. */
export function cycleOf(vertices: readonly Linked[]): VertexId[] | null {
  const known = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const unplaced = new Map(known);
  let shrank = true;
  while (shrank) {
    shrank = false;
    for (const vertex of unplaced.values()) {
      if (vertex.inputs.some((from) => unplaced.has(from))) continue;
      unplaced.delete(vertex.id);
      shrank = true;
    }
  }
  // What is left depends on a circle. Walking upstream within it must come back to where it was.
  const [start] = unplaced.keys();
  if (start === undefined) return null;
  const path: VertexId[] = [];
  let at = start;
  while (!path.includes(at)) {
    path.push(at);
    at = known.get(at)!.inputs.find((from) => unplaced.has(from))!;
  }
  return path.slice(path.indexOf(at)).reverse();
}

/** In an order in which inputs come before what reads them. Vertices on or behind a circle are left out. */
export function inFlowOrder<Vertex extends Linked>(vertices: readonly Vertex[]): Vertex[] {
  const known = new Set(vertices.map((vertex) => vertex.id));
  const placed = new Set<VertexId>();
  const order: Vertex[] = [];
  let grew = true;
  while (grew) {
    grew = false;
    for (const vertex of vertices) {
      if (placed.has(vertex.id) || vertex.inputs.some((from) => known.has(from) && !placed.has(from))) continue;
      placed.add(vertex.id);
      order.push(vertex);
      grew = true;
    }
  }
  return order;
}

/** How many cells read each vertex. */
export function readersOf(vertices: readonly Linked[]): Map<VertexId, number> {
  const readers = new Map<VertexId, number>();
  for (const vertex of vertices) for (const from of vertex.inputs) readers.set(from, (readers.get(from) ?? 0) + 1);
  return readers;
}

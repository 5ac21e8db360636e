// Who could take a cell over if its node dies (PBDS §5.1, dynamic routing around dead nodes). Only nodes that would
// agree count: a spare whose policy refuses the plan is none.
import type { Digest, NodeId, VertexId } from "../base/index.ts";
import { type NodeRecord, type Plan, type PlanVertex, vertexOf } from "../model/index.ts";
import { checkPair, checkVertices } from "../policy/index.ts";
import { type Network, rankOf } from "./candidates.ts";
import { limits } from "./limits.ts";
import { checkEquipment, type Placed } from "./place.ts";

/**
 * In order of preference: the least loaded first. A cell pinned to a named node, or to the asker, has none; nor has a
 * source, nor a sink without a state of its own: what it kept is on its node.
 */
export function sparesFor(
  id: VertexId,
  placed: ReadonlyMap<VertexId, Placed>,
  made: Plan,
  network: Network,
  query: Digest,
): NodeId[] {
  const here = placed.get(id)!;
  const vertex = vertexOf(made, id)!;
  if (here.vertex.placement === "asker" || "node" in here.vertex.placement) return [];
  if (vertex.operator.kind === "sink" && vertex.stateless) return [];
  // A source that begins again elsewhere gives what it gave before once more: nobody knows how far it had come.
  if (vertex.operator.kind === "source") return [];
  const records = new Map(network.records.map((record) => [record.node, record]));
  const load = (node: NodeId) => made.vertices.filter((other) => other.node === node).length;
  return here.eligible
    .filter((record) => record.node !== vertex.node && wouldAgree(record, here, vertex, placed, made, records))
    .map((record) => ({ node: record.node, load: load(record.node), rank: rankOf(query, id, record.node) }))
    .sort((a, b) => a.load - b.load || a.rank - b.rank || (a.node < b.node ? -1 : 1))
    .slice(0, limits.maxSpares)
    .map(({ node }) => node);
}

function wouldAgree(
  record: NodeRecord,
  here: Placed,
  vertex: PlanVertex,
  placed: ReadonlyMap<VertexId, Placed>,
  made: Plan,
  records: ReadonlyMap<NodeId, NodeRecord>,
): boolean {
  if (!checkEquipment({ ...here, record }, placed).ok) return false;
  if (!checkVertices(made, [vertex.id], record.policy).ok) return false;
  const neighbours = made.vertices.filter(
    (other) => vertex.inputs.includes(other.id) || other.inputs.includes(vertex.id),
  );
  return neighbours.every((other) => {
    if (other.node === record.node) return true;
    return checkPair(other.node, record.node, made.purpose, (node) => records.get(node)?.policy).ok;
  });
}

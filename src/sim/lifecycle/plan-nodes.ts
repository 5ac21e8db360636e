// The nodes that a plan names: its analyst, and every node and spare of its vertices.
import type { NodeId } from "../../core/base/index.ts";
import type { Plan } from "../../core/model/index.ts";

/** Every node that the plan names, sorted. */
export function planNodesOf(plan: Plan): NodeId[] {
  return [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))].sort();
}

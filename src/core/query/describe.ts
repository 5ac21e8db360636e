// A plan for people: what runs where and in which order, what each node gets to see, and what it costs.
import type { EdgeId, NodeId, VertexId } from "../base/index.ts";
import { type Attribute, edgesOf, layersOf, type NodeRecord, type Plan } from "../model/index.ts";

export interface PlanDescription {
  /** Producers first; the query starts from the last layer and stops from the first. */
  readonly layers: readonly (readonly VertexId[])[];
  readonly edges: readonly {
    readonly id: EdgeId;
    readonly from: VertexId;
    readonly to: VertexId;
    readonly attributes: readonly Attribute[];
    /** Whether it leaves a node. */
    readonly crossesNodes: boolean;
  }[];
  readonly nodes: readonly NodeExposure[];
  readonly cost: {
    readonly cells: number;
    readonly nodes: number;
    readonly edgesBetweenNodes: number;
    /** Cells that data passes from the first producer to the last exit. */
    readonly longestPath: number;
    /** The most that all sandboxes together may take. */
    readonly memoryBytes: number;
  };
}

export interface NodeExposure {
  readonly node: NodeId;
  readonly name?: string;
  readonly cells: readonly VertexId[];
  /** Every attribute that enters or leaves its cells in the clear. */
  readonly sees: readonly Attribute[];
  /** Attributes that its sinks hand out of the network. */
  readonly handsOut: readonly Attribute[];
}

/** `records` only lend names. */
export function describePlan(plan: Plan, records: readonly NodeRecord[] = []): PlanDescription {
  const names = new Map(records.map((record) => [record.node, record.name]));
  const outputs = new Map(
    plan.vertices.map((vertex) => [vertex.id, (vertex.output ?? []).map((column) => column.name)]),
  );
  const nodeOf = new Map(plan.vertices.map((vertex) => [vertex.id, vertex.node]));
  const edges = edgesOf(plan).map((edge) => ({
    ...edge,
    attributes: outputs.get(edge.from) ?? [],
    crossesNodes: nodeOf.get(edge.from) !== nodeOf.get(edge.to),
  }));
  const layers = layersOf(plan.vertices) ?? [];
  const nodes = [...new Set(plan.vertices.map((vertex) => vertex.node))].map((node): NodeExposure => {
    const cells = plan.vertices.filter((vertex) => vertex.node === node);
    const incoming = (cell: (typeof cells)[number]) => cell.inputs.flatMap((from) => outputs.get(from) ?? []);
    const name = names.get(node);
    return {
      node,
      ...(name === undefined ? {} : { name }),
      cells: cells.map((cell) => cell.id),
      sees: distinct(cells.flatMap((cell) => [...incoming(cell), ...(outputs.get(cell.id) ?? [])])),
      handsOut: distinct(cells.filter((cell) => cell.output === null).flatMap(incoming)),
    };
  });
  return {
    layers,
    edges: edges.map(({ id, from, to, attributes, crossesNodes }) => ({ id, from, to, attributes, crossesNodes })),
    nodes,
    cost: {
      cells: plan.vertices.length,
      nodes: nodes.length,
      edgesBetweenNodes: edges.filter((edge) => edge.crossesNodes).length,
      longestPath: layers.length,
      memoryBytes: plan.vertices.reduce((sum, vertex) => sum + vertex.limits.memoryBytes, 0),
    },
  };
}

function distinct(attributes: readonly Attribute[]): Attribute[] {
  return [...new Set(attributes)].sort();
}

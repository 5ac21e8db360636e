// Nodes that were made up so that a query can be planned without a network: for each cell the node that its placement wants, with the
// equipment that it names, and no policy. So what the planner finds is the fault of the query's text alone.
import type { NodeId, QueryId } from "../core/base/index.ts";
import {
  type Equipment,
  emptyPolicy,
  type NodeRecord,
  nodeFunctions,
  type Query,
  type Vertex,
} from "../core/model/index.ts";
import { drawnIn, type PlanContext } from "../core/query/index.ts";
import { nodeCrypto } from "../io/identity/index.ts";
import { catalogue } from "../operators/index.ts";

const network = "invented";
/** Nothing is sent, and nothing kept under it. */
const queryId = "0".repeat(32) as QueryId;
const asker = "asker";
/** As faults call it. */
const askerName = "your node";

interface InventedNode {
  /** Empty: no placement can name it. */
  readonly name: string;
  readonly functions: NodeRecord["functions"];
  readonly equipment: Equipment[];
}
type Nodes = Map<string, InventedNode>;

export function inventedNetwork(query: Query): Omit<PlanContext, "positions"> {
  const nodes: Nodes = new Map([[asker, { name: askerName, functions: [], equipment: [] }]]);
  for (const dag of query.alternatives)
    for (const vertex of dag.vertices) equip(nodeFor(vertex, `${vertex.id} of ${dag.name}`, nodes), vertex);
  const drawn = Array.from({ length: drawnIn(query) }, (_, index) => `drawn ${index + 1}`);
  for (const key of drawn) nodes.set(key, { name: "", functions: ["transform"], equipment: [] });
  return {
    records: [...nodes].map(recordOf),
    catalogue: catalogue(),
    analyst: { node: idOf(asker), principal: "nobody" },
    queryId,
    network,
    hasher: nodeCrypto,
    roster: { bytes: new Uint8Array(0), actors: drawn.map(idOf) },
  };
}

function nodeFor({ placement }: Vertex, cell: string, nodes: Nodes): InventedNode {
  const { key, ...node } = wantedBy(placement, cell);
  const known = nodes.get(key) ?? { ...node, equipment: [] };
  nodes.set(key, known);
  return known;
}

function wantedBy(placement: Vertex["placement"], cell: string): Omit<InventedNode, "equipment"> & { key: string } {
  if (placement === "asker") return { key: asker, name: askerName, functions: [] };
  // What somebody calls her node says nothing of what it is: it is whatever is wanted of it.
  if ("node" in placement)
    return { key: `named ${placement.node}`, name: placement.node, functions: [...nodeFunctions] };
  return { key: `for ${cell}`, name: "", functions: "function" in placement ? [placement.function] : [] };
}

/** As its cell uses what it names: operators of the analyst's own use nothing. */
function equip({ equipment }: InventedNode, { operator, equipment: name }: Vertex): void {
  const kind = catalogue().get(operator)?.needs ?? null;
  if (name === undefined || kind === null || equipment.some((known) => known.name === name)) return;
  equipment.push({ name, kind, exclusive: false });
}

function recordOf([key, { name, functions, equipment }]: [string, InventedNode]): NodeRecord {
  const about = { name, functions, equipment, policy: emptyPolicy };
  return { ...about, node: idOf(key), network, sequence: 0, addresses: [], version: "invented" };
}

/** No key lies behind it, and nobody looks for one. */
function idOf(key: string): NodeId {
  return `invented: ${key}` as NodeId;
}

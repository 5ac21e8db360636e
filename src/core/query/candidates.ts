// Which nodes could run a vertex, and why each other one could not.
import type { Digest, NodeId } from "../base/index.ts";
import type { Equipment, MemberFacts, NodeRecord, OperatorDescriptor, Placement, Vertex } from "../model/index.ts";
import { printable } from "../policy/index.ts";
import { limits } from "./limits.ts";
import { functionsFor } from "./validate.ts";

export interface Network {
  readonly network: string;
  readonly analyst: NodeId;
  readonly records: readonly NodeRecord[];
  /** What certificates say. Given, a node counts only for what it is certified for; its own record is its word alone. */
  readonly facts?: ReadonlyMap<NodeId, MemberFacts> | undefined;
}

export interface Candidates {
  readonly eligible: readonly NodeRecord[];
  readonly considered: readonly { readonly record: NodeRecord; readonly whyNot: string }[];
}

/** One record for each node, the newest, in the order of node ids: what arrives in which order decides nothing. */
export function newestRecords(records: readonly NodeRecord[]): NodeRecord[] {
  const newest = new Map<NodeId, NodeRecord>();
  for (const record of records) {
    const other = newest.get(record.node);
    if (other === undefined || record.sequence > other.sequence) newest.set(record.node, record);
  }
  return [...newest.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
}

export function candidatesFor(vertex: Vertex, operator: OperatorDescriptor, network: Network): Candidates {
  const eligible: NodeRecord[] = [];
  const considered: { record: NodeRecord; whyNot: string }[] = [];
  for (const record of network.records) {
    const whyNot = objectionTo(record, vertex, operator, network);
    if (whyNot === null) eligible.push(record);
    else considered.push({ record, whyNot });
  }
  return { eligible, considered };
}

function objectionTo(
  record: NodeRecord,
  vertex: Vertex,
  operator: OperatorDescriptor,
  network: Network,
): string | null {
  if (record.network !== network.network) return `is of the network ${record.network}`;
  const facts = network.facts?.get(record.node);
  if (network.facts !== undefined && facts === undefined) return "is no admitted member";
  if (vertex.placement === "asker") {
    return record.node === network.analyst ? equipmentObjection(record, vertex, operator) : "is not the asker";
  }
  if (record.node === network.analyst || facts?.roles.includes("analyst") === true)
    return "is an analyst, which takes no part in queries";
  return placementObjection(record, vertex.placement, operator, facts) ?? equipmentObjection(record, vertex, operator);
}

function placementObjection(
  record: NodeRecord,
  placement: Exclude<Placement, "asker">,
  operator: OperatorDescriptor,
  facts: MemberFacts | undefined,
): string | null {
  if ("node" in placement && record.node !== placement.node && record.name !== placement.node) return "is another node";
  const wanted = "function" in placement ? [placement.function] : functionsFor(operator);
  const offered = wanted.filter((name) => record.functions.includes(name));
  if (offered.length === 0) {
    const could = wanted.filter((name) => facts?.roles.includes(name));
    const mend = `, but its node.yaml does not list that under \`functions\``;
    return could.length === 0 ? `is no ${wanted.join(" or ")}` : `is certified as ${could.join(" and ")}${mend}`;
  }
  if (facts !== undefined && !offered.some((name) => facts.roles.includes(name))) {
    return `is not certified as ${offered.join(" or ")}`;
  }
  return null;
}

function equipmentObjection(record: NodeRecord, vertex: Vertex, operator: OperatorDescriptor): string | null {
  if (operator.needs === null || vertex.equipment === undefined) return null;
  const equipment = equipmentOf(record, vertex.equipment);
  if (equipment === undefined) {
    const named = record.equipment.map((each) => each.name).join(", ");
    return `has no ${operator.needs} "${vertex.equipment}"${named === "" ? "" : ` (it has ${named})`}`;
  }
  return equipment.kind === operator.needs
    ? null
    : `has "${vertex.equipment}" as ${equipment.kind}, not as ${operator.needs}`;
}

export function equipmentOf(record: NodeRecord, name: string): Equipment | undefined {
  return record.equipment.find((equipment) => equipment.name === name);
}

export function describeConsidered(considered: Candidates["considered"]): string {
  if (considered.length === 0) return "no node is known";
  const named = considered
    .slice(0, limits.maxNodesNamed)
    .map(({ record, whyNot }) => `${printable(record.name)} ${printable(whyNot)}`);
  const more = considered.length - named.length;
  return named.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/**
 * The order of preference among nodes that are equally loaded: different queries start at different nodes, the same
 * query always at the same. Not a lottery: a node may pick an id that is preferred (drawn placement is for that).
 */
export function rankOf(query: Digest, vertex: string, node: NodeId): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of `${query} ${vertex} ${node}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}

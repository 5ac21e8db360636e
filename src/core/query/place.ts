// The search for a placement: vertices in the order of the flow, each on the least loaded node that nothing objects to,
// with a way back when a later vertex finds none. Bounded; deterministic whatever the order of the records.
import { accept, type Digest, type NodeId, type Refusal, type Result, refuse, type VertexId } from "../base/index.ts";
import type { NodeRecord, OperatorDescriptor, Policy, Signature, Vertex } from "../model/index.ts";
import { checkPair, checkRequired, checkShape, printable } from "../policy/index.ts";
import { equipmentOf, rankOf } from "./candidates.ts";
import { limits } from "./limits.ts";
import { checkSensor, inputShapes, signatureOf } from "./signatures.ts";

export interface Placeable {
  readonly vertex: Vertex;
  readonly operator: OperatorDescriptor;
  readonly eligible: readonly NodeRecord[];
}

export interface Placed extends Placeable {
  readonly record: NodeRecord;
  readonly signature: Signature;
}

export interface Search {
  readonly query: Digest;
  readonly purpose: string;
  /** False places as if no policy were in force: to show all that the policies object to. */
  readonly policies: boolean;
}

export type Placement =
  | { readonly ok: true; readonly placed: ReadonlyMap<VertexId, Placed> }
  /** `stuckAt`: the vertex furthest down the flow that found no node, and each node's objection. */
  | {
      readonly ok: false;
      readonly exhausted: boolean;
      readonly stuckAt: Vertex;
      readonly objections: readonly { readonly record: NodeRecord; readonly refusal: Refusal }[];
    };

/** `steps` come in the order of the flow. */
export function place(steps: readonly Placeable[], search: Search): Placement {
  const placed = new Map<VertexId, Placed>();
  const load = new Map<NodeId, number>();
  const options: Iterator<NodeRecord>[] = [];
  let furthest = { depth: -1, objections: [] as { record: NodeRecord; refusal: Refusal }[] };
  let objections: { record: NodeRecord; refusal: Refusal }[] = [];
  for (let tries = 0; tries < limits.maxPlacementTries; ) {
    const depth = placed.size;
    const step = steps[depth];
    if (step === undefined) return { ok: true, placed };
    if (options[depth] === undefined) {
      options[depth] = inPreference(step, load, search).values();
      objections = [];
    }
    const next = options[depth].next();
    if (next.done === true) {
      if (depth > furthest.depth) furthest = { depth, objections };
      if (depth === 0) break;
      options.length = depth;
      undo(steps[depth - 1]!.vertex.id, placed, load);
      continue;
    }
    tries++;
    const result = consider(step, next.value, placed, search);
    if (!result.ok) objections.push({ record: next.value, refusal: result });
    else {
      placed.set(step.vertex.id, result.value);
      load.set(next.value.node, (load.get(next.value.node) ?? 0) + 1);
    }
  }
  const exhausted = options[0] !== undefined && placed.size > 0;
  return { ok: false, exhausted, stuckAt: steps[Math.max(0, furthest.depth)]!.vertex, objections: furthest.objections };
}

function undo(id: VertexId, placed: Map<VertexId, Placed>, load: Map<NodeId, number>): void {
  const { node } = placed.get(id)!.record;
  placed.delete(id);
  load.set(node, load.get(node)! - 1);
}

function inPreference(
  { vertex, eligible }: Placeable,
  load: ReadonlyMap<NodeId, number>,
  search: Search,
): NodeRecord[] {
  const ranked = eligible.map((record) => ({
    record,
    load: load.get(record.node) ?? 0,
    rank: rankOf(search.query, vertex.id, record.node),
  }));
  ranked.sort((a, b) => a.load - b.load || a.rank - b.rank || (a.record.node < b.record.node ? -1 : 1));
  return ranked.map(({ record }) => record);
}

function consider(
  step: Placeable,
  record: NodeRecord,
  placed: ReadonlyMap<VertexId, Placed>,
  search: Search,
): Result<Placed> {
  const { vertex, operator } = step;
  const inputs = inputShapes(vertex.inputs, new Map([...placed].map(([id, each]) => [id, each.signature])));
  if (inputs === null) return refuse("unknown-input", { blame: vertex.id });
  const signature = signatureOf(operator, vertex.params, inputs);
  if (!signature.ok) return signature;
  const here: Placed = { ...step, record, signature: signature.value };
  const equipped = checkEquipment(here, placed);
  if (!equipped.ok) return equipped;
  const allowed = search.policies ? checkPolicies(here, placed, search.purpose) : accept(undefined);
  return allowed.ok ? accept(here) : allowed;
}

/** The sensor gives what is read from it, and nobody else reads an exclusive one. */
export function checkEquipment(here: Placed, placed: ReadonlyMap<VertexId, Placed>): Result<void> {
  const { vertex, operator, record, signature } = here;
  if (operator.needs === null || vertex.equipment === undefined) return accept(undefined);
  const equipment = equipmentOf(record, vertex.equipment);
  if (equipment?.exclusive === true) {
    const taken = takenBy(vertex, record.node, placed);
    if (taken !== null) {
      const detail = `"${vertex.equipment}" of ${printable(record.name)} is exclusive, and ${taken} uses it already`;
      return refuse("exclusive-sensor-twice", { blame: vertex.id, detail });
    }
  }
  if (operator.kind !== "source" || signature.output === null || equipment?.shape === undefined)
    return accept(undefined);
  return checkSensor(signature.output, equipment.shape);
}

function takenBy(vertex: Vertex, node: NodeId, placed: ReadonlyMap<VertexId, Placed>): VertexId | null {
  for (const other of placed.values()) {
    if (other.vertex.id === vertex.id || other.record.node !== node) continue;
    if (other.operator.needs !== null && other.vertex.equipment === vertex.equipment) return other.vertex.id;
  }
  return null;
}

/**
 * What the finished plan's checks (checkPlanAt, checkNeighbours of every node) would object to because of this vertex,
 * asked as soon as it is placed: its own node's policy, its neighbours', and that of every node upstream.
 */
function checkPolicies(here: Placed, placed: ReadonlyMap<VertexId, Placed>, purpose: string): Result<void> {
  const { vertex, record, signature } = here;
  const inputs = vertex.inputs.map((from) => placed.get(from)!);
  const incoming = inputs.map((input) => input.signature.output ?? []);
  const outgoing = signature.output === null ? [] : [signature.output];
  const policyOf = new Map<NodeId, Policy>([[record.node, record.policy]]);
  for (const input of inputs) policyOf.set(input.record.node, input.record.policy);
  const results = [
    ...(signature.output === null ? incoming : outgoing).map((shape) => checkShape(record.policy, shape, purpose)),
    ...(incoming.length > 0 ? incoming : outgoing).map((shape) => checkRequired(record.policy, shape, purpose)),
    ...upstreamPolicies(inputs, placed).flatMap((policy) =>
      outgoing.map((shape) => checkShape(policy, shape, purpose)),
    ),
    ...inputs
      .filter((input) => input.record.node !== record.node)
      .map((input) => checkPair(input.record.node, record.node, purpose, (node) => policyOf.get(node))),
  ];
  return results.find((result) => !result.ok) ?? accept(undefined);
}

function upstreamPolicies(inputs: readonly Placed[], placed: ReadonlyMap<VertexId, Placed>): Policy[] {
  const policies = new Map<NodeId, Policy>();
  const seen = new Set<VertexId>();
  const open = [...inputs];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at.vertex.id)) continue;
    seen.add(at.vertex.id);
    policies.set(at.record.node, at.record.policy);
    open.push(...at.vertex.inputs.map((from) => placed.get(from)!));
  }
  return [...policies.values()];
}

// For tests and benchmarks: plans out of a few words, wiring between hosts, no life cycle.
import { createHash } from "node:crypto";
import {
  assert,
  type Digest,
  edgeId,
  type NodeId,
  type QueryId,
  toCanonical,
  type VertexId,
} from "../../core/base/index.ts";
import {
  operatorLimitsSchema,
  type Params,
  type Plan,
  type PlanVertex,
  planSchema,
  type RecordShape,
} from "../../core/model/index.ts";
import type { BuiltinOperator } from "../../operators/index.ts";
import type { CellHost, Wiring } from "./contract.ts";

export interface VertexWords {
  readonly id: string;
  readonly operator: string;
  readonly params?: Params;
  readonly inputs?: readonly string[];
  readonly node: NodeId;
  readonly spares?: readonly NodeId[];
  readonly equipment?: string;
}

export function planOf(
  words: readonly VertexWords[],
  operators: ReadonlyMap<string, BuiltinOperator>,
  id: QueryId = "0123456789abcdef0123456789abcdef" as QueryId,
): { plan: Plan; planDigest: Digest } {
  const shapes = new Map<string, RecordShape | null>();
  const vertices = words.map((word): PlanVertex => {
    const operator = operators.get(word.operator);
    assert(operator !== undefined, `no operator ${word.operator}`);
    const inferred = operator.infer(
      word.params ?? {},
      (word.inputs ?? []).map((from) => shapes.get(from)!),
    );
    assert(inferred.ok, `${word.id}: ${JSON.stringify(inferred)}`);
    const { consumes, output, stateless } = inferred.value;
    shapes.set(word.id, output);
    return {
      id: word.id as VertexId,
      operator: { name: operator.name, digest: operator.digest, kind: operator.kind },
      params: { ...word.params },
      inputs: [...(word.inputs ?? [])] as VertexId[],
      consumes: [...consumes],
      output: output === null ? null : [...output],
      stateless,
      limits: operatorLimitsSchema.parse({}),
      node: word.node,
      spares: [...(word.spares ?? [])],
      ...(word.equipment === undefined ? {} : { equipment: word.equipment }),
    };
  });
  const plan = planSchema.parse({
    id,
    network: "test",
    name: "test",
    purpose: "test",
    query: createHash("sha256").update(toCanonical(words)).digest("hex"),
    alternative: "only",
    analyst: { node: words[0]!.node, principal: "tester" },
    vertices,
  });
  return { plan, planDigest: createHash("sha256").update(toCanonical(plan)).digest("hex") as Digest };
}

/** Where a vertex's cell is: what its neighbours are told. */
export interface Placed {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly publicKey: Uint8Array;
  readonly edgeAddresses: readonly string[];
}

export function wiringOf(plan: Plan, vertex: string, placed: ReadonlyMap<string, Placed>): Wiring {
  const own = plan.vertices.find((one) => one.id === vertex)!;
  return {
    inputs: own.inputs.map((from, input) => ({ edge: edgeId(from, own.id, input), ...placed.get(from)! })),
    outputs: plan.vertices.flatMap((to) =>
      to.inputs.flatMap((from, input) =>
        from === own.id ? [{ edge: edgeId(from, to.id, input), ...placed.get(to.id)! }] : [],
      ),
    ),
  };
}

export const testPolicy = "11".repeat(32) as Digest;

/** Prepares a vertex on a host. */
export async function place(
  host: CellHost,
  { plan, planDigest }: { plan: Plan; planDigest: Digest },
  vertex: string,
  node: NodeId,
  incarnation = 0,
): Promise<Placed> {
  const prepared = await host.prepare({
    plan,
    planDigest,
    vertex: vertex as VertexId,
    incarnation,
    policyDigest: testPolicy,
  });
  assert(prepared.ok, `${vertex}: ${JSON.stringify(prepared)}`);
  return { node, incarnation, ...prepared.value };
}

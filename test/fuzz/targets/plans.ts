// Plans, policies and inquiries of other nodes: what a participant must check before it agrees to anything.

import { fromCanonical, type QueryId, toCanonical, type VertexId } from "../../../src/core/base/index.ts";
import { answeredBy, decodeInquiry, encodeInquiry, type Inquiry } from "../../../src/core/inquiry/index.ts";
import {
  type NodeRecord,
  operatorManifestSchema,
  type Plan,
  type Policy,
  policySchema,
} from "../../../src/core/model/index.ts";
import { checkNeighbours, checkPlanAt, checkShape, conflicts } from "../../../src/core/policy/index.ts";
import {
  checkPlan,
  describePlan,
  descriptorOfManifest,
  type PlanMembers,
  readManifest,
} from "../../../src/core/query/index.ts";
import { catalogue } from "../../../src/operators/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { factsOf, hasher, nodeNamed, rules } from "../../support/query-fakes.ts";
import { bent, distorted, hostileMessage } from "../mutate.ts";
import { check, type Target, verdictOf } from "../target.ts";
import { honestPlans, networkRecords } from "./honest-plans.ts";

const members = (records: readonly NodeRecord[]): PlanMembers => {
  const facts = factsOf(records);
  return {
    network: "garden",
    facts: (node) => facts.get(node),
    record: (node) => records.find((record) => record.node === node),
  };
};
const known = members(networkRecords);
const fewer = members(networkRecords.slice(1));
const stranger = nodeNamed("stranger", ["transform"]);

const policies: readonly Policy[] = [
  { rules: rules(["forbid", "value"], ["require", "doubled"]) },
  { rules: rules(["require", "value", "we bill by it"], ["forbid", "location"], ["dont-care", "location.coarse"]) },
  { rules: [{ effect: "forbid", attribute: "value" as never, purposes: ["advertising", "care"] }] },
];

/** A plan as a peer may have sent it: distorted bytes, a bent one, or one with a real lie in it. */
function hostilePlan(random: Random): unknown {
  const honest = random.pick(honestPlans);
  const kind = random.unit();
  if (kind < 0.1) return honest;
  if (kind < 0.3) {
    const decoded = fromCanonical(distorted(random, honestPlans));
    return decoded.ok ? decoded.value : null;
  }
  if (kind < 0.7) return bent(random, honest, honestPlans, random.between(1, 2));
  const plan = structuredClone(honest) as { -readonly [K in keyof Plan]: Plan[K] } & {
    vertices: Plan["vertices"][number][];
  };
  const where = random.below(plan.vertices.length);
  const vertex = plan.vertices[where]! as {
    -readonly [K in keyof (typeof plan.vertices)[number]]: unknown;
  } & (typeof plan.vertices)[number];
  const other = random.pick(plan.vertices);
  const lies: readonly (() => void)[] = [
    () => Object.assign(vertex, { inputs: [other.id] }),
    () => Object.assign(vertex, { inputs: [...vertex.inputs, "nowhere" as VertexId] }),
    () => Object.assign(vertex, { node: stranger.node }),
    () => Object.assign(vertex, { node: plan.analyst.node }),
    () => Object.assign(vertex, { spares: [vertex.node] }),
    () => Object.assign(vertex, { stateless: !vertex.stateless }),
    () => Object.assign(vertex, { consumes: [] }),
    () => Object.assign(vertex, { equipment: "camera" }),
    () => Object.assign(vertex, { limits: { ...vertex.limits, memoryBytes: vertex.limits.memoryBytes + 65_536 } }),
    () =>
      Object.assign(vertex, { operator: { ...vertex.operator, kind: random.pick(["source", "transform", "sink"]) } }),
    () => Object.assign(vertex, { operator: { ...vertex.operator, name: other.operator.name } }),
    () => Object.assign(vertex, { operator: other.operator, params: other.params }),
    () =>
      Object.assign(vertex, {
        params: bent(random, { ...vertex.params, where: "value > 1", over: "batch" }, honestPlans),
      }),
    () => plan.vertices.push(other),
    () => plan.vertices.splice(where, 1),
    () => Object.assign(plan, { network: "another" }),
  ];
  random.pick(lies)();
  return plan;
}

const query = honestPlans[0]!.id as QueryId;
const inquiries: readonly Inquiry[] = [
  { type: "ask", number: 1, question: { type: "ping" } },
  { type: "ask", number: 2, question: { type: "statistics", query } },
  {
    type: "ask",
    number: 3,
    question: { type: "receipts", query, from: { vertex: "add" as never, incarnation: 0, sequence: 4 } },
  },
  {
    type: "ask",
    number: 4,
    question: {
      type: "leaves",
      query,
      vertex: "add" as VertexId,
      incarnation: 0,
      edge: "source>add:0",
      peer: 0,
      chunk: 3,
    },
  },
  { type: "answer", number: 1, reply: { type: "pong", nowMs: 1_750_000_000_000 } },
  {
    type: "answer",
    number: 3,
    reply: {
      type: "receipts",
      envelopes: [new Uint8Array(200)],
      next: { vertex: "add" as never, incarnation: 0, sequence: 7 },
    },
  },
  { type: "answer", number: 4, reply: { type: "leaves", leaves: [new Uint8Array(32), new Uint8Array(32)] } },
  { type: "answer", number: 5, reply: { type: "refused", code: "unknown-query" } },
];
const encodedInquiries = inquiries.map(encodeInquiry);
const manifests = honestPlans.flatMap((plan) => plan.vertices.flatMap(({ operator }) => operator.manifest ?? []));

export const planTargets: readonly Target[] = [
  {
    name: "plan: a participant's own check",
    inputs: 9_000,
    reaches: [
      "plan-malformed",
      "plan-duplicate-vertex",
      "plan-unknown-input",
      "plan-cycle",
      "plan-unknown-operator",
      "plan-operator-digest",
      "plan-operator-kind",
      "plan-operator-limits",
      "plan-operator-manifest",
      "plan-input-count",
      "plan-not-delivered",
      "plan-consumes",
      "plan-output",
      "plan-stateless",
      "plan-params",
      "plan-unknown-node",
      "plan-spares",
      "plan-equipment",
      "analyst-takes-no-part",
      "wrong-network",
    ],
    attempt(random) {
      const checked = checkPlan(hostilePlan(random), catalogue(), hasher, random.pick([known, known, known, fewer]));
      if (checked.ok) describePlan(checked.value);
      return verdictOf(checked);
    },
  },
  {
    name: "policy: of peers and against hostile plans",
    inputs: 4_000,
    reaches: ["malformed", "attribute-forbidden", "policy-unknown"],
    attempt(random) {
      const wild = fromCanonical(
        random.chance(0.5) ? distorted(random, policies) : toCanonical(bent(random, random.pick(policies), policies)),
      );
      const policy = policySchema.safeParse(wild.ok ? wild.value : null);
      if (!policy.success) return "malformed";
      const plan = random.pick(honestPlans);
      conflicts(policy.data, random.pick(policies), plan.purpose);
      const own = plan.vertices.map((vertex) => checkPlanAt(plan, vertex.node, policy.data));
      const [first] = plan.vertices;
      const shape = checkShape(policy.data, first?.output ?? [], plan.purpose);
      const pair = checkNeighbours(plan, first!.node, () => (random.chance(0.7) ? policy.data : undefined));
      return verdictOf([...own, shape, pair].find((result) => !result.ok) ?? { ok: true });
    },
  },
  {
    name: "operator manifest: of a peer",
    inputs: 4_000,
    reaches: ["manifest-invalid", "operator-params", "attribute-not-produced"],
    attempt(random) {
      const wild = fromCanonical(
        random.chance(0.5)
          ? distorted(random, manifests)
          : toCanonical(bent(random, random.pick(manifests), manifests)),
      );
      const read = readManifest(wild.ok ? wild.value : null);
      if (!read.ok) return read.code;
      const manifest = operatorManifestSchema.parse(read.value);
      const shapes = [random.pick([manifest.consumes, manifest.produces, []])];
      const params = random.pick([{}, manifest.params, { unknown: 1 }]);
      return verdictOf(descriptorOfManifest(manifest, "0a".repeat(32) as never, hasher).infer(params, shapes));
    },
  },
  {
    name: "inquiry: decoder",
    inputs: 7_000,
    reaches: ["malformed", "too-deep", "too-large"],
    attempt(random) {
      const bytes = hostileMessage(random, encodedInquiries, inquiries);
      const read = decodeInquiry(bytes);
      // Of what is refused a node still looks for the number of its question: that holds whatever the bytes are.
      const number = answeredBy(bytes);
      if (read.ok)
        check(number === (read.value.type === "ask" ? undefined : read.value.number), "it answers another question");
      return verdictOf(read);
    },
  },
];

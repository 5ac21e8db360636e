// A random query over a random network, and what will go wrong: all from one seed.
import type { Digest, NodeId, QueryId, VertexId } from "../../core/base/index.ts";
import { pathsOf } from "../../core/cell/index.ts";
import type { Attribute, MemberFacts, Plan, PlanVertex, Policy, Role } from "../../core/model/index.ts";
import { calmLink, type LinkQuality, Random, roughLink } from "../kernel/index.ts";

export interface SimulatedMember {
  readonly facts: MemberFacts;
  /** Attributes that the node's policy forbids to leave it. */
  readonly forbids: readonly string[];
  /** Preparing a cell takes up to this long. */
  readonly slownessMs: number;
}

export function policyOf({ forbids }: SimulatedMember): Policy {
  return { rules: forbids.map((attribute) => ({ effect: "forbid" as const, attribute: attribute as Attribute })) };
}

export type Fault =
  | {
      readonly type: "crash";
      readonly node: NodeId;
      readonly atMs: number;
      readonly downMs: number;
      readonly loses: number;
    }
  /** Dies in the middle of a step: after that many of its effects. */
  | {
      readonly type: "crash-in-step";
      readonly node: NodeId;
      readonly atMs: number;
      readonly downMs: number;
      readonly loses: number;
      readonly effects: number;
    }
  | {
      readonly type: "partition";
      readonly sets: readonly (readonly NodeId[])[];
      readonly atMs: number;
      readonly forMs: number;
    }
  | { readonly type: "cell-fails"; readonly node: NodeId; readonly atMs: number }
  | { readonly type: "stop"; readonly atMs: number }
  | { readonly type: "detach"; readonly atMs: number }
  | { readonly type: "take-over"; readonly atMs: number };

export interface Scenario {
  readonly seed: number;
  readonly plan: Plan;
  readonly venue: readonly SimulatedMember[];
  readonly analysts: readonly SimulatedMember[];
  readonly link: LinkQuality;
  readonly faults: readonly Fault[];
  /** Batches that each source has, by vertex; absent: it never ends by itself. */
  readonly batches: Readonly<Record<string, number>>;
  /** Probability that preparing a cell fails. */
  readonly prepareFails: number;
  /** Plans behind the first, for when a policy refuses it. */
  readonly alternatives: readonly Plan[];
}

export const network = "simulated";
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Shaped like a node id; no key stands behind it, because nothing here verifies signatures. */
export function simulatedNode(name: string): NodeId {
  const letters = [...name].map((letter) => (base58.includes(letter) ? letter : "x")).join("");
  return `12D3Koo${letters.padEnd(45, "A")}` as NodeId;
}

function member(name: string, principal: string, roles: Role[], random: Random): SimulatedMember {
  const facts = { node: simulatedNode(name), network, principal, roles, serial: name, notAfterMs: 4e12 };
  const forbids = random.chance(0.02) ? [random.pick(["reading.a", "reading.b"])] : [];
  return { facts, forbids, slownessMs: random.chance(0.15) ? random.between(500, 12_000) : random.between(1, 300) };
}

export function randomScenario(seed: number): Scenario {
  const random = new Random(seed);
  const venue = Array.from({ length: random.between(1, 8) }, (_, i) =>
    member(`Venue${i + 1}`, "venue", ["transform"], random),
  );
  const analysts = [1, 2].map((i) => ({ ...member(`Anna${i}`, "anna", ["analyst"], random), forbids: [] }));
  const nodes = venue.map((one) => one.facts.node);
  let plan = randomPlan(random, nodes, analysts[0]!.facts.node);
  for (let paths = pathsOf(plan); !paths.ok; paths = pathsOf(plan))
    plan = randomPlan(random, nodes, analysts[0]!.facts.node);
  const batches: Record<string, number> = {};
  for (const { id, operator } of plan.vertices)
    if (operator.kind === "source" && random.chance(0.5)) batches[id] = random.between(0, 60);
  const scenario = {
    seed,
    plan,
    venue,
    analysts,
    link: random.pick([calmLink, calmLink, roughLink, veryRoughLink]),
    faults: random.chance(0.12)
      ? []
      : randomFaults(
          random,
          nodes,
          analysts.map((one) => one.facts.node),
        ),
    batches,
    prepareFails: random.chance(0.1) ? 0.1 : 0,
  };
  // Drawn last, so that the seeds from before there were alternatives keep their traces.
  const alternatives = Array.from({ length: random.below(3) }, (_, i) => ({
    ...plan,
    id: queryId(random),
    name: `${i}`,
  }));
  return { ...scenario, alternatives };
}

function queryId(random: Random): QueryId {
  return [...random.bytes(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("") as QueryId;
}

const veryRoughLink: LinkQuality = {
  delay: { kind: "exponential", minMs: 2, meanMs: 150, maxMs: 6_000 },
  loss: 0.2,
  duplication: 0.1,
  reorder: 0.5,
};

function randomPlan(random: Random, nodes: readonly NodeId[], asker: NodeId): Plan {
  const total = random.between(2, 8);
  const sources = random.between(1, Math.min(3, total - 1));
  const sinks = random.between(1, Math.min(2, total - sources));
  const vertices: PlanVertex[] = [];
  const fed = new Set<string>();
  for (let i = 0; i < total; i++) {
    const kind = i < sources ? "source" : i < total - sinks ? "transform" : "sink";
    const id = `${kind}-${i}` as VertexId;
    const before = vertices.filter((vertex) => vertex.operator.kind !== "sink").map((vertex) => vertex.id);
    const inputs = kind === "source" ? [] : random.shuffled(before).slice(0, random.between(1, 2));
    if (i === total - 1) inputs.push(...before.filter((from) => !fed.has(from) && !inputs.includes(from)));
    for (const from of inputs) fed.add(from);
    vertices.push(randomVertex(random, id, kind, inputs, nodes, asker));
  }
  // A transform that feeds nobody feeds the last sink: the plan's vertices are few, so that its inputs stay below the bound.
  return {
    id: queryId(random),
    network,
    name: "simulated",
    purpose: "test",
    query: digestOf("q"),
    alternative: "only",
    analyst: { node: asker, principal: "anna" },
    vertices,
  };
}

function digestOf(letter: string): Digest {
  return letter.charCodeAt(0).toString(16).repeat(32) as Digest;
}

function randomVertex(
  random: Random,
  id: VertexId,
  kind: "source" | "transform" | "sink",
  inputs: VertexId[],
  nodes: readonly NodeId[],
  asker: NodeId,
): PlanVertex {
  const ownResult = kind === "sink" && random.chance(0.15);
  const node = ownResult ? asker : random.pick(nodes);
  const spares = ownResult ? [] : random.shuffled(nodes.filter((other) => other !== node)).slice(0, random.below(3));
  return {
    id,
    operator: { name: kind, digest: digestOf(kind), kind },
    params: {},
    inputs,
    consumes: [],
    output:
      kind === "sink"
        ? null
        : [{ name: random.pick(["reading.a", "reading.b"]) as Attribute, type: "int64", nullable: false }],
    stateless: kind === "transform" && random.chance(0.8),
    limits: { memoryBytes: 65_536, batchMs: 1_000, outputBytes: 1_024 },
    node,
    spares,
  };
}

function randomFaults(random: Random, nodes: readonly NodeId[], analysts: readonly NodeId[]): Fault[] {
  // Half of the time everything goes wrong during the set-up, which is short.
  const window = random.chance(0.4) ? 2_500 : 60_000;
  const atMs = (): number => random.between(1, window);
  const anyNode = (): NodeId => (random.chance(0.25) ? random.pick(analysts) : random.pick(nodes));
  const downMs = (): number => random.pick([200, 3_000, 20_000, 200_000]);
  const loses = (): number => (random.chance(0.2) ? 1 : 0);
  return Array.from({ length: random.between(1, 6) }, (): Fault => {
    const draw = random.unit();
    if (draw < 0.26) return { type: "crash", node: anyNode(), atMs: atMs(), downMs: downMs(), loses: loses() };
    if (draw < 0.46)
      return {
        type: "crash-in-step",
        node: anyNode(),
        atMs: atMs(),
        downMs: downMs(),
        loses: loses(),
        effects: random.below(5),
      };
    if (draw < 0.62) {
      const all = random.shuffled([...nodes, ...analysts]);
      const cut = random.between(1, Math.max(1, all.length - 1));
      return {
        type: "partition",
        sets: [all.slice(0, cut), all.slice(cut)],
        atMs: atMs(),
        forMs: random.pick([1_000, 8_000, 40_000, 90_000]),
      };
    }
    if (draw < 0.72) return { type: "cell-fails", node: random.pick(nodes), atMs: atMs() };
    if (draw < 0.82) return { type: "stop", atMs: atMs() };
    if (draw < 0.9) return { type: "detach", atMs: atMs() };
    return { type: "take-over", atMs: atMs() };
  });
}

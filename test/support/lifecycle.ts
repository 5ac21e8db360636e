// What the tests of this area share: a plan of three cells on three nodes, honest ports, and a way to speak as anybody.
import type { Digest, NodeId, QueryId, VertexId } from "../../src/core/base/index.ts";
import { accept, refuse } from "../../src/core/base/index.ts";
import {
  type Card,
  type CoordinatorConfig,
  type CoordinatorEffect,
  type EvidenceClaim,
  type Message,
  type ParticipantConfig,
  type ParticipantEffect,
  type ParticipantPorts,
  planDigestOf,
  type Wiring,
} from "../../src/core/lifecycle/index.ts";
import type { MemberFacts, Plan, PlanVertex, Role } from "../../src/core/model/index.ts";

export const network = "test";
export const query = "0123456789abcdef0123456789abcdef" as QueryId;

export function nodeNamed(name: string): NodeId {
  return `12D3Koo${name.padEnd(45, "A")}` as NodeId;
}
export const producer = nodeNamed("Producer");
export const middle = nodeNamed("Midway");
export const exit = nodeNamed("Exit");
export const spare = nodeNamed("Spare");
export const anna = nodeNamed("Anna");
export const annaAtWork = nodeNamed("AnnaWork");

export function facts(node: NodeId, roles: Role[] = ["transform"], principal = "venue"): MemberFacts {
  return { node, network, principal, roles, serial: "1", notAfterMs: 4e12 };
}
export const annasFacts = facts(anna, ["analyst"], "anna");

/** Not a hash anybody may rely on: tests only need that other bytes give another digest. */
export const hasher = {
  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    const out = new Uint8Array(32).fill(7);
    let mixed = 0x811c9dc5;
    let at = 0;
    for (const part of parts)
      for (const byte of part) {
        mixed = Math.imul(mixed ^ byte, 0x01000193) >>> 0;
        const slot = at++ % 32;
        out[slot] = (out[slot]! + (mixed & 255)) & 255;
      }
    return out;
  },
};

function vertex(id: string, kind: PlanVertex["operator"]["kind"], node: NodeId, inputs: string[]): PlanVertex {
  return {
    id: id as VertexId,
    operator: { name: kind, digest: "ab".repeat(32) as Digest, kind },
    params: {},
    inputs: inputs as VertexId[],
    consumes: [],
    output: kind === "sink" ? null : [{ name: "reading.value" as never, type: "int64", nullable: false }],
    stateless: kind === "transform",
    limits: { memoryBytes: 65_536, batchMs: 1_000, outputBytes: 1_024 },
    node,
    spares: [],
  };
}

/** source → add → print, as in PBDS §6.3; `add` has a spare. */
export const plan: Plan = {
  id: query,
  network,
  name: "pipeline",
  purpose: "test",
  query: "cd".repeat(32) as Digest,
  alternative: "only",
  analyst: { node: anna, principal: "anna" },
  vertices: [
    vertex("source", "source", producer, []),
    { ...vertex("add", "transform", middle, ["source"]), spares: [spare] },
    vertex("print", "sink", exit, ["add"]),
  ],
};
export const digest = planDigestOf(plan, hasher);

export function cardOf(node: NodeId, vertexId: string, incarnation = 0, salt = 1): Card {
  const publicKey = Uint8Array.of(salt, ...new TextEncoder().encode(`${vertexId}${incarnation}`));
  return { publicKey, edgeAddresses: [`/${vertexId}`], evidence: evidenceOf(node, publicKey) };
}
function evidenceOf(node: NodeId, publicKey: Uint8Array): Uint8Array {
  return hasher.sha256(new TextEncoder().encode(node), publicKey);
}
function verifyEvidence({ node, publicKey, evidence }: EvidenceClaim) {
  const expected = evidenceOf(node, publicKey);
  return expected.every((byte, i) => byte === evidence[i]) ? accept(undefined) : refuse("bad-signature");
}

export function participantConfig(
  node: NodeId,
  ports: Partial<ParticipantPorts> = {},
  roles: Role[] = ["transform"],
): ParticipantConfig {
  return {
    self: { node, network, roles },
    hasher,
    ports: {
      checkVertex: () => accept(undefined),
      checkPolicy: () => accept("ee".repeat(32) as Digest),
      equipment: () => undefined,
      hasRoom: () => true,
      bodyOf: () => undefined,
      verifyEvidence,
      ...ports,
    },
  };
}
export const coordinatorConfig: CoordinatorConfig = {
  self: { node: anna, network, principal: "anna" },
  hasher,
  ports: { bodyOf: () => undefined, verifyEvidence },
};

/** The wiring that the plan asks for at one of its vertices. */
export function wiringFor(id: "source" | "add" | "print", salt = 1): Wiring {
  const end = (edge: string, node: NodeId, peer: string) => {
    const { publicKey, evidence, edgeAddresses } = cardOf(node, peer, 0, salt);
    return {
      input: { edge, node, incarnation: 0, publicKey, evidence, ended: false },
      output: { edge, node, incarnation: 0, publicKey, evidence, edgeAddresses },
    };
  };
  const inputs = {
    source: [],
    add: [end("source>add:0", producer, "source").input],
    print: [end("add>print:0", middle, "add").input],
  };
  const outputs = {
    source: [end("source>add:0", middle, "add").output],
    add: [end("add>print:0", exit, "print").output],
    print: [],
  };
  return { inputs: inputs[id], outputs: outputs[id] };
}

const shortNames = new Map([
  [producer, "producer"],
  [middle, "middle"],
  [exit, "exit"],
  [spare, "spare"],
  [anna, "anna"],
  [annaAtWork, "annaAtWork"],
]);

/** One line per effect, for golden transcripts. */
export function lines(effects: readonly (ParticipantEffect | CoordinatorEffect)[]): string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case "send":
        return `-> ${shortNames.get(effect.to)}: ${lineOf(effect.message)}`;
      case "wake":
        return `wake ${effect.tag} in ${effect.afterMs}`;
      case "cancel-wake":
        return `cancel ${effect.tag}`;
      case "persist":
        return effect.value === null ? "persist nothing" : "persist";
      case "progress":
        return `progress ${effect.phase}`;
      case "settled":
        return `settled ${effect.outcome} [${effect.reasons.map((reason) => reason.code)}] undelivered ${effect.undelivered}`;
      case "detached":
      case "forget":
        return effect.type;
      default:
        return `${effect.type} ${effect.vertex}/${effect.incarnation}`;
    }
  });
}

export function lineOf(message: Message): string {
  switch (message.type) {
    case "instantiate":
      return `instantiate ${message.cells.map((cell) => `${cell.vertex}/${cell.incarnation}`)}`;
    case "run":
    case "rewire":
    case "drain":
    case "cut":
    case "discard":
      return `${message.type} ${message.vertex}/${message.incarnation}`;
    case "report":
      return `report ${message.cells.map((cell) => `${cell.vertex}/${cell.incarnation} ${cell.at}`)}${message.ended ? " ended" : ""}`;
    case "refusal":
      return `refusal ${message.reason.code}`;
    default:
      return message.type;
  }
}

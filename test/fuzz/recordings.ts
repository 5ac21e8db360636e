// Honest messages, recorded from the real machines: what the mutator starts from.

import { type AskMessage, encodeAsk } from "../../src/core/asking/index.ts";
import type { AdmissionMessage } from "../../src/core/attestation/index.ts";
import {
  type AdmissionContext,
  type AdmissionState,
  admissionStart,
  encodeAdmissionMessage,
  evidenceVerifiers,
  sealRevocation,
  softwareStatement,
  softwareVerifier,
  stepAdmission,
} from "../../src/core/attestation/index.ts";
import { accept, assert, type Digest, refuse, type Signer, toCanonical } from "../../src/core/base/index.ts";
import {
  type CoordinatorConfig,
  type CoordinatorEvent,
  type CoordinatorState,
  encodeMessage,
  type Message,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantState,
} from "../../src/core/lifecycle/index.ts";
import * as membership from "../../src/core/membership/index.ts";
import type { MemberFacts } from "../../src/core/model/index.ts";
import { terms } from "../../src/core/terms/index.ts";
import { countedSealing } from "../../src/sim/asking/index.ts";
import { Random, simulatedCrypto, simulatedIdentity } from "../../src/sim/kernel/index.ts";
import { realMachines, simulateOne } from "../../src/sim/lifecycle/index.ts";
import { MemberBench, sends } from "../../src/sim/membership/bench.ts";
import { askingWorld, settings } from "../support/asking.ts";

// ---- life cycle: whole queries under faults, both machines listened to

export interface Moment<Config, State, Event> {
  readonly config: Config;
  readonly state: State;
  readonly event: Event;
}
export interface LifecycleRecording {
  /** Some moments in each state of the machine and before each kind of event. */
  readonly participant: readonly Moment<ParticipantConfig, ParticipantState, ParticipantEvent>[];
  readonly coordinator: readonly Moment<CoordinatorConfig, CoordinatorState, CoordinatorEvent>[];
  readonly messages: readonly Message[];
  readonly encoded: readonly Uint8Array[];
  /** Everybody who spoke, by the certificate that the overlay had checked. */
  readonly speakers: readonly MemberFacts[];
}

const momentsOfAKind = 6;

export function recordLifecycle(seeds: readonly number[]): LifecycleRecording {
  const participant = new Map<string, Moment<ParticipantConfig, ParticipantState, ParticipantEvent>[]>();
  const coordinator = new Map<string, Moment<CoordinatorConfig, CoordinatorState, CoordinatorEvent>[]>();
  const messages = new Map<string, Message[]>();
  const speakers = new Map<string, MemberFacts>();
  const hear = (event: { readonly type: string }) => {
    if (event.type !== "message") return event.type;
    const { from, message } = event as Extract<ParticipantEvent, { type: "message" }>;
    speakers.set(from.node, from);
    keep(messages, message.type, message, 25);
    return message.type;
  };
  for (const seed of seeds) {
    simulateOne(seed, {
      machines: {
        ...realMachines,
        stepParticipant(config, state, event) {
          keep(participant, `${state.at} ${hear(event)}`, { config, state, event }, momentsOfAKind);
          return realMachines.stepParticipant(config, state, event);
        },
        stepCoordinator(config, state, event) {
          keep(coordinator, `${state.at} ${hear(event)}`, { config, state, event }, momentsOfAKind);
          return realMachines.stepCoordinator(config, state, event);
        },
      },
    });
  }
  const all = [...messages.values()].flat();
  return {
    participant: [...participant.values()].flat(),
    coordinator: [...coordinator.values()].flat(),
    messages: all,
    encoded: all.map(encodeMessage),
    speakers: [...speakers.values()],
  };
}

function keep<T>(shelves: Map<string, T[]>, kind: string, thing: T, most: number): void {
  const shelf = shelves.get(kind) ?? [];
  if (shelf.length < most) shelf.push(thing);
  shelves.set(kind, shelf);
}

// ---- membership: what one member says and hears

export function recordMembership(): Uint8Array[] {
  const bench = new MemberBench(6);
  const [anna, ben, carl] = bench.others as [typeof bench.self, typeof bench.self, typeof bench.self];
  const said: membership.MembershipMessage[] = [];
  const note = (effects: readonly membership.MembershipEffect[]) => {
    for (const { message } of sends(effects)) said.push(message);
  };
  note(bench.take({ type: "start" }).effects);
  for (const member of bench.others) {
    note(bench.contact(member).effects);
    const tell: membership.MembershipMessage = { type: "tell", items: [bench.record(member, 1)] };
    said.push(tell);
    note(bench.hear(member.node, tell).effects);
  }
  note(bench.pass(12_000));
  const other = new Uint8Array(8).fill(7);
  for (const { to, message } of sends(bench.pass(15_000), "probe"))
    if (message.type === "probe") note(bench.hear(to, { type: "alive", nonce: message.nonce, digest: other }).effects);
  note(bench.hear(anna.node, { type: "probe", nonce: 9, digest: other }).effects);
  note(bench.hear(anna.node, { type: "compare", buckets: new Uint8Array(64 * 8).fill(3) }).effects);
  note(bench.hear(ben.node, { type: "want", nodes: [anna.node, carl.node] }).effects);
  said.push(
    { type: "probe", nonce: 3, digest: other },
    { type: "compare", buckets: new Uint8Array(64 * 8).fill(3) },
    { type: "want", nodes: [anna.node, carl.node] },
    {
      type: "entries",
      covered: new Uint8Array(8).fill(255),
      entries: [
        [ben.node, 0, 4, other],
        [carl.node, 1, 0, other],
      ],
    },
    { type: "tell", items: [bench.suspicion(anna, ben.node, 1), bench.goodbye(carl, 1)] },
    { type: "tell", items: [bench.authority.revoke(carl.node)] },
    {
      type: "tell",
      items: [{ kind: "conflict", first: bench.record(ben, 5), second: bench.record(ben, 5, { name: "another" }) }],
    },
  );
  return said.map(membership.encodeMessage);
}

// ---- asking: a whole round whose answer is for everybody who was asked, every message that left a node

/** All there are: the compiler misses a new one. */
const askTypes = {
  ...{ forward: true, publish: true, lookup: true, shares: true, call: true, called: true, deliver: true },
  ...{ "come-ask": true, come: true, answer: true, "ask-refused": true, "go-ask": true, go: true },
} as const satisfies Record<AskMessage["type"], true>;

export function recordAsking(): Uint8Array[] {
  const messages = new Map<string, Uint8Array[]>();
  const world = askingWorld({
    ...{ owners: 12, terms, sealing: countedSealing },
    settings: { ...settings, broadcast: true },
  });
  world.onSent = ({ message }) => keep(messages, message.type, encodeAsk(message), 8);
  world.publishAll();
  world.ask();
  const plan = world.planned();
  // What a round without faults has none of.
  keep(messages, "ask-refused", encodeAsk({ type: "ask-refused", number: 3, code: "ask-over" }), 1);
  const come = { type: "come" as const, query: plan.id, cell: plan.vertices[1]!.id, number: 5, from: 0 };
  keep(messages, "come", encodeAsk({ ...come, tags: new Uint8Array(64).fill(2) }), 8);
  keep(messages, "come-ask", encodeAsk({ ...come, type: "come-ask" }), 8);
  const message = { salt: new Uint8Array(32).fill(3), text: "Come on Saturday." };
  keep(messages, "go-ask", encodeAsk({ type: "go-ask", query: plan.id, number: 6 }), 8);
  keep(messages, "go", encodeAsk({ type: "go", number: 6, message }), 8);
  for (const type of Object.keys(askTypes)) assert(messages.has(type), `no ${type} is recorded`);
  return [...messages.values()].flat();
}

// ---- admission: both sides of an exchange, in every state

export interface AdmissionRecording {
  readonly moments: readonly { readonly context: AdmissionContext; readonly state: AdmissionState }[];
  readonly messages: readonly Uint8Array[];
  readonly revocations: readonly Uint8Array[];
  readonly authority: Signer;
}

export const admissionCrypto = simulatedCrypto(10_000);

export function recordAdmission(): AdmissionRecording {
  const random = new Random(7);
  const [alice, bob, authority] = [simulatedIdentity(random), simulatedIdentity(random), simulatedIdentity(random)];
  const certificateOf = (node: string) => new TextEncoder().encode(node);
  const contextOf = (side: "dialler" | "listener"): AdmissionContext => {
    const [self, peer] = side === "dialler" ? [alice, bob] : [bob, alice];
    return {
      side,
      self: self.node,
      peer: peer.node,
      network: "n",
      certificate: certificateOf(self.node),
      nonce: new Uint8Array(32).fill(side === "dialler" ? 1 : 2),
      verifiers: evidenceVerifiers(softwareVerifier),
      crypto: admissionCrypto,
      checkCertificate(bytes) {
        const node = [alice.node, bob.node].find((known) => known === new TextDecoder().decode(bytes));
        if (node === undefined) return refuse("certificate-malformed");
        return accept({ node, network: "n", principal: "p", roles: [], serial: "1", notAfterMs: 1 });
      },
    };
  };
  const contexts = { dialler: contextOf("dialler"), listener: contextOf("listener") };
  const states: Record<"dialler" | "listener", AdmissionState> = { dialler: admissionStart, listener: admissionStart };
  const moments: { context: AdmissionContext; state: AdmissionState }[] = [];
  const messages: AdmissionMessage[] = [{ type: "refused", code: "certificate-expired" }];
  const wire: { to: "dialler" | "listener"; message: AdmissionMessage }[] = [];
  const run = (side: "dialler" | "listener", event: Parameters<typeof stepAdmission>[2]) => {
    const taken = stepAdmission(contexts[side], states[side], event);
    states[side] = taken.state;
    moments.push({ context: contexts[side], state: taken.state });
    for (const effect of taken.effects) {
      if (effect.type === "say") {
        messages.push(effect.message);
        wire.push({ to: side === "dialler" ? "listener" : "dialler", message: effect.message });
        continue;
      }
      const { node, signer } = side === "dialler" ? alice : bob;
      const claim = { provider: "software", assurance: "software" as const, measurement: "0".repeat(64) as Digest };
      const proof = signer.sign(softwareStatement(node, { ...claim, binding: effect.binding }));
      run(side, { type: "attested", evidence: { ...claim, binding: effect.binding, proof } });
    }
  };
  run("listener", { type: "begin" });
  run("dialler", { type: "begin" });
  for (let next = wire.shift(); next !== undefined; next = wire.shift())
    run(next.to, { type: "message", message: next.message });
  const revocation = { network: "n", node: bob.node, serial: "1", reason: "lost", atMs: 5 };
  const revocations = [1, 2, 3].map((atMs) => toCanonical(sealRevocation({ ...revocation, atMs }, authority.signer)));
  return { moments, messages: messages.map(encodeAdmissionMessage), revocations, authority: authority.signer };
}

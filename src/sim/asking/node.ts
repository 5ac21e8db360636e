// One node of a simulated network that asks people: whatever part the lot gives it, by the machines of core/asking.
import {
  type AskMessage,
  answerTold,
  CallDesk,
  type Commissions,
  createOwner,
  createPublisher,
  decodeAsk,
  type FinderEvent,
  type FinderState,
  Forwarder,
  type Gatherer,
  Indexer,
  type KnownNode,
  keysOf,
  type Opener,
  type OwnerEvent,
  type OwnerState,
  type Places,
  type PublisherState,
  publishWake,
  type Sealer,
  stepFinder,
  stepOwner,
  stepPublisher,
} from "../../core/asking/index.ts";
import { fromHex, type NodeId, type Refusal, toHex } from "../../core/base/index.ts";
import { type BudgetState, Coins, emptyBudget, stepBudget } from "../../core/privacy/index.ts";
import type { Answer, Outcome } from "../../core/terms/index.ts";
import type { Random, SimulatedCrypto } from "../kernel/index.ts";
import type { AskingOptions, SimulatedOwner } from "./options.ts";

/** What a node is lent by its world. */
export interface Surroundings {
  readonly options: AskingOptions;
  readonly network: string;
  readonly crypto: SimulatedCrypto;
  readonly sealer: Sealer;
  readonly random: Random;
  readonly places: Places;
  members(): readonly KnownNode[];
  isMember(node: NodeId): boolean;
  nowMs(): number;
  send(from: NodeId, to: NodeId, message: AskMessage): void;
  after(ms: number, run: () => void): void;
  refused(node: NodeId, refusal: Refusal): void;
}

export interface SimulatedPod {
  readonly id: string;
  readonly of: SimulatedOwner;
  readonly publisher: PublisherState;
  readonly state: OwnerState;
  budget: BudgetState;
  readonly disk: Map<string, Uint8Array>;
  /** Answers that she was told, by round. */
  readonly results: Map<string, Answer>;
  /** Messages that she took, by round. */
  readonly inbox: Map<string, string>;
  /** What became of her last round. */
  told: { readonly outcome: Outcome; readonly refusal: Refusal | null } | null;
}

export class AskingNode {
  readonly node: NodeId;
  readonly sealingKey: Uint8Array;
  readonly opener: Opener;
  readonly forwarder: Forwarder;
  readonly indexer: Indexer;
  readonly desk: CallDesk;
  readonly pods = new Map<string, SimulatedPod>();
  readonly gatherers = new Map<string, Gatherer>();
  finder: FinderState | null = null;
  readonly #world: Surroundings;
  readonly onTags: (hashes: readonly Uint8Array[]) => void;
  readonly onEnded: (refusal: Refusal | null) => void;

  constructor(
    node: NodeId,
    keys: { readonly publicKey: Uint8Array; readonly opener: Opener },
    commissions: Commissions,
    world: Surroundings,
    cells: { onTags: (hashes: readonly Uint8Array[]) => void; onEnded: (refusal: Refusal | null) => void },
  ) {
    this.node = node;
    this.sealingKey = keys.publicKey;
    this.opener = keys.opener;
    this.#world = world;
    this.onTags = cells.onTags;
    this.onEnded = cells.onEnded;
    this.forwarder = new Forwarder(
      keys.opener,
      new Coins({ fill: (into) => into.set(world.random.bytes(into.length)) }),
      { count: () => world.members().length, has: (node) => world.isMember(node) },
    );
    this.indexer = new Indexer({
      opener: keys.opener,
      members: () => world.members().length,
      commission: (plan, nowMs) => commissions.read(plan, nowMs, { young: true }),
    });
    this.desk = new CallDesk({
      hasher: world.crypto,
      commission: (plan, nowMs) => commissions.read(plan, nowMs, { young: false }),
      verifyEvidence: (claim) => {
        const publicKey = keyOfEvidence(claim.evidence);
        return toHex(publicKey) === toHex(claim.publicKey)
          ? { ok: true, value: undefined }
          : { ok: false, code: "evidence-not-fresh" };
      },
    });
  }

  addPod(id: string, of: SimulatedOwner): SimulatedPod {
    const { crypto, sealer, random, options, network } = this.#world;
    const own = keysOf(crypto, network, of.findable);
    const bytes = (length: number) => random.bytes(length);
    const ports = { hasher: crypto, sealer, random: bytes, terms: options.terms };
    const pod: SimulatedPod = {
      id,
      of,
      publisher: createPublisher({ ...ports, forwarders: options.settings.forwarders }),
      state: createOwner({
        self: this.node,
        pod: id,
        ports: {
          ...ports,
          members: () => this.#world.members(),
          ownKeys: () => own,
          decide: (commission) => of.decide(commission),
          budget: (ask) => {
            const step = stepBudget(pod.budget, ask, of.budget);
            pod.budget = step.state;
            return step;
          },
        },
      }),
      budget: emptyBudget,
      disk: new Map(),
      results: new Map(),
      inbox: new Map(),
      told: null,
    };
    this.pods.set(id, pod);
    return pod;
  }

  publish(pod: SimulatedPod): void {
    const { nowMs, network, places, members, after } = this.#world;
    const { effects } = stepPublisher(pod.publisher, {
      type: "turn",
      nowMs: nowMs(),
      network,
      self: this.node,
      pod: fromHex(pod.id),
      findable: pod.of.findable,
      places,
      members: members(),
    });
    for (const effect of effects) {
      if (effect.type === "send") this.#send(effect.to, effect.message);
      // Renewals are days away; a simulated round is over in a minute.
      else if (effect.type === "wake" && effect.tag === publishWake && pod.publisher.waiting.length > 0)
        after(effect.afterMs, () => this.publish(pod));
      else if (effect.type === "persist") write(pod.disk, effect);
    }
  }

  receive(from: NodeId, bytes: Uint8Array): void {
    const decoded = decodeAsk(bytes);
    if (!decoded.ok) return this.#world.refused(this.node, decoded);
    const message = decoded.value;
    const { nowMs, after } = this.#world;
    switch (message.type) {
      case "forward": {
        const passing = this.forwarder.take(from, message.sealed, nowMs());
        if (!passing.ok) return this.#world.refused(this.node, passing);
        return after(passing.value.afterMs, () => this.#send(passing.value.to, passing.value.message));
      }
      case "publish": {
        const kept = this.indexer.publish(from, message.sealed, nowMs());
        return kept.ok ? undefined : this.#world.refused(this.node, kept);
      }
      case "lookup": {
        const shares = this.indexer.lookup(from, message, nowMs());
        if (shares.ok) return this.#send(from, shares.value);
        this.#world.refused(this.node, shares);
        return this.#send(from, { type: "ask-refused", number: message.number, code: shares.code });
      }
      case "call":
        return this.#called(from, message);
      case "answer":
        return this.#told(from, message);
      case "deliver": {
        const gatherer = this.gatherers.get(message.cell);
        const counted = gatherer?.deliver(from, message.sealed, nowMs());
        if (counted !== undefined && !counted.ok) this.#world.refused(this.node, counted);
        return;
      }
      case "missing-ask": {
        const { query, cell, number } = message;
        const gatherer = this.gatherers.get(cell);
        if (gatherer === undefined || !gatherer.hasHeardTags) return;
        return this.#send(from, { type: "missing", query, cell, number, ...gatherer.missing(message.from) });
      }
      default:
        return this.find({ type: "message", from, message, nowMs: nowMs() });
    }
  }

  find(event: FinderEvent): void {
    if (this.finder === null) return;
    const { after, nowMs } = this.#world;
    const { effects, refusal } = stepFinder(this.finder, event);
    if (refusal !== undefined) this.#world.refused(this.node, refusal);
    for (const effect of effects) {
      if (effect.type === "send") this.#send(effect.to, effect.message);
      else if (effect.type === "wake")
        after(effect.afterMs, () => this.find({ type: "wake", tag: effect.tag, nowMs: nowMs() }));
      else if (effect.type === "tags") this.onTags(effect.hashes);
      else if (effect.type === "ended") this.onEnded(effect.refusal);
    }
  }

  #called(from: NodeId, call: Extract<AskMessage, { type: "call" }>): void {
    const { nowMs } = this.#world;
    const taken = this.desk.take(from, call, nowMs());
    if (!taken.ok) {
      this.#world.refused(this.node, taken);
      return this.#send(from, { type: "ask-refused", number: call.number, code: taken.code });
    }
    this.#send(from, { type: "called", number: call.number });
    const { commission, people, untilMs } = taken.value;
    for (const { pod: id, tag, gatherer } of people) {
      const pod = this.pods.get(id);
      if (pod !== undefined) this.own(pod, { type: "asked", commission, tag, gatherer, untilMs, nowMs: nowMs() });
    }
  }

  #told(from: NodeId, message: Extract<AskMessage, { type: "answer" }>): void {
    for (const pod of this.pods.values()) {
      const commission = pod.state.rounds.get(message.round)?.asked?.commission;
      if (commission === undefined) continue;
      const answer = answerTold(commission, from, message);
      if (!answer.ok) this.#world.refused(this.node, answer);
      else if (!pod.results.has(message.round)) pod.results.set(message.round, answer.value);
    }
  }

  own(pod: SimulatedPod, event: OwnerEvent): void {
    const { after, nowMs } = this.#world;
    const { effects, refusal } = stepOwner(pod.state, event);
    if (refusal !== undefined) this.#world.refused(this.node, refusal);
    for (const effect of effects) {
      switch (effect.type) {
        case "send":
          this.#send(effect.to, effect.message);
          break;
        case "persist":
          write(pod.disk, effect);
          break;
        case "wake":
          after(effect.afterMs, () => this.own(pod, { type: "wake", tag: effect.tag, nowMs: nowMs() }));
          break;
        case "compute": {
          const { message } = effect.commission.plan.asked!;
          if (message !== undefined) pod.inbox.set(effect.round, message);
          after(5, () => this.own(pod, { type: "computed", round: effect.round, rows: pod.of.rows, nowMs: nowMs() }));
          break;
        }
        case "told":
          pod.told = effect;
          break;
        case "consult":
          break;
      }
    }
  }

  #send(to: NodeId, message: AskMessage): void {
    this.#world.send(this.node, to, message);
  }
}

function write(disk: Map<string, Uint8Array>, { key, value }: { key: string; value: Uint8Array | null }): void {
  if (value === null) disk.delete(key);
  else disk.set(key, value);
}

/** Evidence of a simulated cell says its key, and no more. */
export function keyOfEvidence(evidence: Uint8Array): Uint8Array {
  return evidence;
}

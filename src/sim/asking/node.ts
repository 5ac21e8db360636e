// One node of a simulated network that asks people: whatever part the lot gives it, by the machines of core/asking.
import {
  type AskMessage,
  answerTold,
  CallDesk,
  type CertifiedAnalyst,
  type Commissions,
  decodeAsk,
  type FinderEvent,
  type FinderState,
  Forwarder,
  type Gatherer,
  GoDesk,
  type GoDeskPorts,
  type HandedOn,
  Indexer,
  type KnownNode,
  type Opener,
  type OwnerEvent,
  type Places,
  type PublisherPorts,
  publishWake,
  stepFinder,
  stepOwner,
  stepPublisher,
} from "../../core/asking/index.ts";
import { fromHex, type NodeId, type Refusal, toHex } from "../../core/base/index.ts";
import { Coins } from "../../core/privacy/index.ts";
import type { TermsPort } from "../../core/terms/index.ts";
import type { Random, SimulatedCrypto } from "../kernel/index.ts";
import { analystName, type SimulatedOwner } from "./options.ts";
import { SimulatedPod } from "./pod.ts";

/** What all nodes of a world are lent by it. */
export interface Surroundings {
  readonly network: string;
  readonly analyst: NodeId;
  readonly crypto: SimulatedCrypto;
  readonly random: Random;
  readonly places: Places;
  /** Of people's machines. */
  readonly ports: PublisherPorts & { readonly terms: TermsPort };
  members(): readonly KnownNode[];
  /** The analyst's, which her node alone answers for. */
  readonly questions: GoDeskPorts;
  isMember(node: NodeId): boolean;
  nowMs(): number;
  commissions(of: NodeId): Commissions;
  send(from: NodeId, to: NodeId, message: AskMessage): void;
  after(ms: number, run: () => void): void;
  refused(node: NodeId, refusal: Refusal): void;
  tags(tags: HandedOn): void;
  ended(refusal: Refusal | null): void;
}

/** Its parts are made when they are needed: of a hundred thousand nodes few index or gather. */
/** No lies about certificates are told here. */
const analystCertified = (): CertifiedAnalyst => ({ principal: analystName, roles: ["analyst"] });

export class AskingNode {
  readonly node: NodeId;
  readonly sealingKey: Uint8Array;
  readonly opener: Opener;
  readonly pods = new Map<string, SimulatedPod>();
  #gatherers: Map<string, Gatherer> | undefined;
  finder: FinderState | null = null;
  readonly #world: Surroundings;
  #forwarder: Forwarder | undefined;
  #indexer: Indexer | undefined;
  #desk: CallDesk | undefined;
  #goes: GoDesk | undefined;
  #commissions: Commissions | undefined;

  constructor(node: NodeId, keys: { readonly publicKey: Uint8Array; readonly opener: Opener }, world: Surroundings) {
    this.node = node;
    this.sealingKey = keys.publicKey;
    this.opener = keys.opener;
    this.#world = world;
  }

  /** By cell. */
  get gatherers(): Map<string, Gatherer> {
    this.#gatherers ??= new Map();
    return this.#gatherers;
  }

  get commissions(): Commissions {
    this.#commissions ??= this.#world.commissions(this.node);
    return this.#commissions;
  }

  get forwarder(): Forwarder {
    const { random, members, isMember } = this.#world;
    const source = { fill: (into: Uint8Array) => into.set(random.bytes(into.length)) };
    this.#forwarder ??= new Forwarder(this.opener, new Coins(source), { count: () => members().length, has: isMember });
    return this.#forwarder;
  }

  get indexer(): Indexer {
    this.#indexer ??= new Indexer({
      opener: this.opener,
      members: () => this.#world.members().length,
      commission: (plan, nowMs) => this.commissions.read(plan, nowMs, { young: true }),
      certified: analystCertified,
    });
    return this.#indexer;
  }

  get goes(): GoDesk {
    const { analyst, questions } = this.#world;
    this.#goes ??= new GoDesk(this.node === analyst ? questions : { going: () => undefined, called: () => {} });
    return this.#goes;
  }

  get desk(): CallDesk {
    this.#desk ??= new CallDesk({
      hasher: this.#world.crypto,
      commission: (plan, nowMs) => this.commissions.read(plan, nowMs, { young: false }),
      certified: analystCertified,
      verifyEvidence: (claim) => {
        const publicKey = keyOfEvidence(claim.evidence);
        return toHex(publicKey) === toHex(claim.publicKey)
          ? { ok: true, value: undefined }
          : { ok: false, code: "evidence-not-fresh" };
      },
    });
    return this.#desk;
  }

  addPod(id: string, of: SimulatedOwner): SimulatedPod {
    const pod = new SimulatedPod(this.node, id, of, this.#world);
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
      case "go-ask": {
        const told = this.goes.tell(from, message, nowMs());
        if (told.ok) return this.#send(from, told.value);
        this.#world.refused(this.node, told);
        return this.#send(from, { type: "ask-refused", number: message.number, code: told.code });
      }
      case "answer":
        return this.#told(from, message);
      case "deliver": {
        const gatherer = this.gatherers.get(message.cell);
        const counted = gatherer?.deliver(from, message.sealed, nowMs());
        if (counted !== undefined && !counted.ok) this.#world.refused(this.node, counted);
        return;
      }
      case "come-ask": {
        const { query, cell, number } = message;
        const gatherer = this.gatherers.get(cell);
        if (gatherer === undefined) return;
        return this.#send(from, { type: "come", query, cell, number, ...gatherer.come(message.from) });
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
      else if (effect.type === "tags") this.#world.tags(effect.tags);
      else if (effect.type === "ended") this.#world.ended(effect.refusal);
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
    for (const { pod: id, ...called } of people) {
      const pod = this.pods.get(id);
      if (pod !== undefined) this.own(pod, { type: "asked", commission, ...called, untilMs, nowMs: nowMs() });
    }
  }

  #told(from: NodeId, message: Extract<AskMessage, { type: "answer" }>): void {
    for (const pod of this.pods.values()) {
      const commission = pod.state.rounds.get(message.round)?.asked?.commission;
      if (commission === undefined) continue;
      const answer = answerTold(commission, from, message);
      if (!answer.ok) this.#world.refused(this.node, answer);
      else pod.keepResult(message.round, answer.value);
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
        case "wake":
          after(effect.afterMs, () => this.own(pod, { type: "wake", tag: effect.tag, nowMs: nowMs() }));
          break;
        case "compute": {
          if (effect.message !== null) pod.keepMessage(effect.round, effect.message);
          after(5, () => this.own(pod, { type: "computed", round: effect.round, rows: pod.of.rows, nowMs: nowMs() }));
          break;
        }
        case "told": {
          const recorded = pod.tell(effect);
          if (!recorded.ok) this.#world.refused(this.node, recorded);
          break;
        }
        case "consult":
        case "persist":
          break;
      }
    }
  }

  #send(to: NodeId, message: AskMessage): void {
    this.#world.send(this.node, to, message);
  }
}

/** Evidence of a simulated cell says its key, and no more. */
export function keyOfEvidence(evidence: Uint8Array): Uint8Array {
  return evidence;
}

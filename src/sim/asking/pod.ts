// One simulated person: the machines of core/asking over her rules and records (core/consent), as at a live node (node/asking/person.ts).
// Nothing is written: what a crash leaves is looked at where the machines are tested.
import {
  createOwner,
  createPublisher,
  keysOf,
  OwnerConsent,
  type OwnerEffect,
  type OwnerState,
  type PublisherState,
} from "../../core/asking/index.ts";
import { accept, type Digest, type NodeId, type Refusal, type Result, type Signer } from "../../core/base/index.ts";
import { type OwnerState as OwnerRecords, restoreOwner } from "../../core/consent/index.ts";
import type { BudgetState } from "../../core/privacy/index.ts";
import type { Answer, Outcome } from "../../core/terms/index.ts";
import type { Surroundings } from "./node.ts";
import type { SimulatedOwner } from "./options.ts";

const fresh = restoreOwner([]);
if (!fresh.ok) throw new Error(fresh.code);
const noRecords = fresh.value;
const nothing: ReadonlyMap<string, never> = new Map<string, never>();

/** A receipt stays with its owner, and nobody of the simulation reads it: it is as long as a signature. */
const signer: Signer = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) };

export class SimulatedPod {
  readonly id: string;
  readonly of: SimulatedOwner;
  readonly publisher: PublisherState;
  readonly state: OwnerState;
  /** What became of her last round. */
  told: { readonly outcome: Outcome; readonly refusal: Refusal | null } | null = null;
  #results: Map<string, Answer> | undefined;
  #inbox: Map<string, string> | undefined;
  records: OwnerRecords;
  readonly #consent: OwnerConsent;

  constructor(self: NodeId, id: string, of: SimulatedOwner, world: Surroundings) {
    this.id = id;
    this.of = of;
    this.records = of.records ?? noRecords;
    const { crypto, ports, network } = world;
    const own = keysOf(crypto, network, of.findable);
    this.publisher = createPublisher(ports);
    this.#consent = new OwnerConsent({
      self,
      hasher: crypto,
      signer,
      nowMs: world.nowMs,
      principalOf: () => null,
      rules: () => accept(of.rules),
      records: (act) => {
        const changed = act(this.records);
        if (!changed.ok) return changed;
        this.records = changed.value.state;
        return accept(changed.value.value);
      },
      round: (round: Digest) => this.state.rounds.get(round),
    });
    const consent = this.#consent;
    this.state = createOwner({
      self,
      pod: id,
      ports: {
        ...ports,
        members: world.members,
        ownKeys: () => own,
        decide: (commission) => consent.decide(commission),
        budget: (ask) => consent.budget(ask),
      },
    });
  }

  get budget(): BudgetState {
    return this.records.budget;
  }

  /** Answers that she was told, by round. */
  get results(): ReadonlyMap<string, Answer> {
    return this.#results ?? nothing;
  }

  /** Messages that she took, by round. */
  get inbox(): ReadonlyMap<string, string> {
    return this.#inbox ?? nothing;
  }

  keepResult(round: string, answer: Answer): void {
    this.#results ??= new Map();
    if (!this.#results.has(round)) this.#results.set(round, answer);
  }

  keepMessage(round: string, message: string): void {
    this.#inbox ??= new Map();
    this.#inbox.set(round, message);
  }

  /** What she is told of a round, and keeps in her history. */
  tell(effect: Extract<OwnerEffect, { type: "told" }>): Result<void> {
    this.told = effect;
    return this.#consent.record(effect);
  }
}

// What a pod knows of the rounds it was asked in, and what drives it (owner.ts).
import { z } from "zod";
import {
  type Digest,
  fromCanonical,
  type Hasher,
  type NodeId,
  type Persist,
  type Refusal,
  type Send,
  type Step,
  toCanonical,
  type Wake,
} from "../base/index.ts";
import { digestSchema } from "../model/index.ts";
import type { Ask, BudgetStep } from "../privacy/index.ts";
import { type LocalRow, type Outcome, outcomes, type TermsPort } from "../terms/index.ts";
import type { CalledPerson } from "./call-desk.ts";
import type { Commission } from "./commission.ts";
import type { AskMessage, GathererPaper } from "./messages.ts";
import type { KnownNode, Sealer } from "./sealing.ts";

export type Decision =
  | { readonly at: "allow" }
  | { readonly at: "deny"; readonly outcome: "policy" | "grant"; readonly refusal: Refusal }
  /** The owner herself is to be asked. */
  | { readonly at: "ask" };

export interface OwnerPorts {
  readonly hasher: Hasher;
  readonly sealer: Sealer;
  readonly terms: Pick<TermsPort, "encodeContribution" | "encodeOutcome">;
  random(bytes: number): Uint8Array;
  members(): readonly KnownNode[];
  /** Keys that she is entered under, or was until lately (concepts.ts: keysOf). */
  ownKeys(): { has(key: string): boolean };
  /** Her rules and grants. */
  decide(commission: Commission): Decision;
  /** Her account: stepBudget, over the state that the driver keeps for the pod. Its effects are performed here, in order. */
  budget(ask: Ask): BudgetStep;
}

export interface OwnerConfig {
  readonly ports: OwnerPorts;
  readonly self: NodeId;
  /** In hexadecimal. */
  readonly pod: string;
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= 64, "at most 64 bytes");

/** What is on disk of a round. */
const recordSchema = z.strictObject({
  round: digestSchema,
  commission: digestSchema,
  tag: bytes,
  /** Of the coins that choose what of her rows counts: the same when it is worked out again. */
  seed: bytes,
  /** After it nobody can ask for this round. */
  overAtMs: z.number(),
  /** Decided for good; `contributed`: her rows are asked for, and paid. */
  outcome: z.enum(outcomes).nullable(),
});
export type RoundRecord = z.output<typeof recordSchema>;

export interface Round {
  record: RoundRecord;
  /** null: only the record is left, from before a restart. */
  asked: { readonly commission: Commission; gatherer: GathererPaper; untilMs: number; message: string | null } | null;
  at: "deciding" | "computing" | "leaving" | "sent" | "restored";
  /** What she sends, of one size whatever it is. */
  plain: Uint8Array | null;
  sendings: number;
  readonly tried: Set<NodeId>;
}

export interface OwnerState {
  readonly config: OwnerConfig;
  readonly rounds: Map<Digest, Round>;
}

export type OwnerEvent = { readonly nowMs: number } & (
  | ({ readonly type: "asked"; readonly commission: Commission; readonly untilMs: number } & Omit<CalledPerson, "pod">)
  | { readonly type: "decided"; readonly round: Digest; readonly decision: Exclude<Decision, { at: "ask" }> }
  /** null: it could not be worked out. Why is nobody's business but hers. */
  | { readonly type: "computed"; readonly round: Digest; readonly rows: readonly LocalRow[] | null }
  | { readonly type: "wake"; readonly tag: string }
);

export type OwnerEffect =
  | Send<AskMessage>
  | Persist
  | Wake
  /** Ask the owner; `decided` is the answer, and without one by then it is no. */
  | { readonly type: "consult"; readonly round: Digest; readonly commission: Commission; readonly untilMs: number }
  /** Run `question.local.sql` over the pod; `computed` is the answer. */
  | {
      readonly type: "compute";
      readonly round: Digest;
      readonly commission: Commission;
      /** Kept for her first, where the question brings one. */
      readonly message: string | null;
    }
  /** For the owner's own eyes: what became of it, and why. */
  | { readonly type: "told"; readonly round: Digest; readonly outcome: Outcome; readonly refusal: Refusal | null };

export type OwnerStep = Step<OwnerState, OwnerEffect>;

export interface OwnerTurn {
  readonly state: OwnerState;
  readonly nowMs: number;
  readonly effects: OwnerEffect[];
}

export const roundKey = (pod: string, round: string) => `asking/round/${pod}/${round}`;

export function persistRound({ state, effects }: OwnerTurn, { record }: Round): void {
  effects.push({ type: "persist", key: roundKey(state.config.pod, record.round), value: toCanonical(record) });
}

/** `stored`: what the disk holds under `asking/round/` of this pod. What cannot be read is as if it were not there: the budget has its own. */
export function createOwner(config: OwnerConfig, stored: Iterable<readonly [string, Uint8Array]> = []): OwnerState {
  const rounds = new Map<Digest, Round>();
  for (const [, bytes] of stored) {
    const value = fromCanonical(bytes, 4_096);
    const parsed = value.ok ? recordSchema.safeParse(value.value) : null;
    if (parsed === null || !parsed.success) continue;
    const record = parsed.data;
    rounds.set(record.round, { record, asked: null, at: "restored", plain: null, sendings: 0, tried: new Set() });
  }
  return { config, rounds };
}

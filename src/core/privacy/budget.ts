// An owner's budget, kept by her own node.
//   ask -- paid for, or paid before under the same plan --> persist, then release
//       -- otherwise                                    --> decline, with the time when asking again helps
// One record for each round of a query, written before the contribution leaves. Recovery reads the records and goes on: a round
// that is on disk is paid, and asking again releases it without paying twice. What was lost before it was on disk has not left.
//
// A charge counts until the end of the period in which it was made. That end is written with it, so that an owner who changes
// the length of her period neither gets back what is spent nor loses what is left.
//
// KNOWN HOLE: that an owner declines tells that she took part in earlier queries of this period. Whoever counts refusals must
// release their number as a noised count; each one's own answer goes no further than the cell that gets it.

import { z } from "zod";
import {
  accept,
  assert,
  type Digest,
  fromCanonical,
  type InstantMs,
  isoOfMs,
  type Persist,
  type Refusal,
  type RefusalCode,
  type Result,
  refuse,
  refused,
  type Step,
  to,
  toCanonical,
} from "../base/index.ts";
import { type Amount, allowanceFor, type BudgetRules } from "./allowance.ts";
import { limits } from "./limits.ts";

const units = z.number().int().nonnegative();
const chargeSchema = z.strictObject({
  round: z.string().min(1).max(96),
  plan: z.string().max(64),
  /** The analyst's account. A blank would make two accounts of one, or one of two. */
  analyst: z.string().max(720).regex(/^\S+$/),
  purpose: z.string().max(200),
  renewsAtMs: units,
  rho: units,
  delta: units,
});
export type Charge = z.output<typeof chargeSchema>;

export interface BudgetState {
  /** When the latest charge that is forgotten was renewed: before it, nobody could tell what is spent. */
  readonly forgottenMs: number;
  readonly charges: ReadonlyMap<string, Charge>;
}

export interface Ask {
  readonly type: "ask";
  readonly nowMs: InstantMs;
  /** One release of one query: its id and the number of the round. */
  readonly round: string;
  /** Digest of everything that decides what is released and to whom, the cells of the roster included. */
  readonly plan: Digest;
  /** Her account: whoever has several nodes has one. */
  readonly analyst: string;
  readonly purpose: string;
  readonly cost: Amount;
}
export type BudgetEvent = Ask;

export type BudgetEffect =
  | Persist
  /** The contribution may leave, to this plan only. */
  | { readonly type: "release"; readonly round: string; readonly plan: Digest }
  | { readonly type: "decline"; readonly round: string; readonly refusal: Refusal; readonly renewsAtMs?: InstantMs };

export type BudgetStep = Step<BudgetState, BudgetEffect>;

export const emptyBudget: BudgetState = { forgottenMs: 0, charges: new Map() };

const chargeKey = (round: string) => `privacy/charge/${round}`;
const forgottenKey = "privacy/forgotten";

export function stepBudget(state: BudgetState, event: BudgetEvent, rules: BudgetRules): BudgetStep {
  assert(Number.isSafeInteger(rules.periodMs) && rules.periodMs > 0, "a period is a whole number of milliseconds");
  // INVARIANT 1: what was forgotten is over for good. Were the clock believed when it goes back, a budget could be had twice.
  if (event.nowMs < state.forgottenMs) return decline(state, event, "budget-clock");
  const periodEndsMs = (Math.floor(event.nowMs / rules.periodMs) + 1) * rules.periodMs;
  const paid = state.charges.get(event.round);
  const charge = chargeOf(event, paid?.renewsAtMs ?? periodEndsMs);
  // What could not be read again after a crash is not written.
  if (!chargeSchema.safeParse(charge).success) return decline(state, event, "malformed");
  if (paid !== undefined) {
    // INVARIANT 3: one round is paid once, and serves one plan. A retry of it comes after a lost answer or a crash.
    if (!sameCharge(paid, charge)) return decline(state, event, "budget-other-plan");
    // Written again, because the first writing may have failed and the driver told nobody.
    return to(state, record(paid), release(event));
  }
  const kept = forget(state, event.nowMs - rules.periodMs);
  const spent = spentAt(kept.state, event.nowMs);
  const why = whyNot(kept.state, spent, charge, event.analyst, rules);
  if (why !== undefined) {
    const helps = why === "budget-exhausted" || why === "budget-full";
    return decline(state, event, why, helps ? (Math.max(spent.renewsAtMs, periodEndsMs) as InstantMs) : undefined);
  }
  const charges = new Map(kept.state.charges).set(charge.round, charge);
  // INVARIANT 2: the record is durable before the contribution leaves.
  return to({ ...kept.state, charges }, ...kept.effects, record(charge), release(event));
}

function whyNot(
  state: BudgetState,
  spent: SpentAt,
  charge: Charge,
  analyst: string,
  rules: BudgetRules,
): RefusalCode | undefined {
  const allowance = allowanceFor(rules, analyst, charge.purpose);
  if (allowance === undefined) return "budget-none";
  if (exceeds(charge, allowance.each) || exceeds(charge, rules.altogether)) return "budget-too-large";
  if (state.charges.size >= limits.maxCharges) return "budget-full";
  const own = spent.by.get(accountOf(charge));
  if (own !== undefined && own.rounds >= limits.maxRoundsPerAccount) return "budget-full";
  if (own === undefined && spent.by.size >= limits.maxAccounts) return "budget-full";
  if (exceeds(sum(own ?? nothing, charge), allowance.each)) return "budget-exhausted";
  return exceeds(sum(spent.altogether, charge), rules.altogether) ? "budget-exhausted" : undefined;
}

/** Forgets what was renewed by then. Younger charges stay, so that a late retry is recognised and a clock may err. */
function forget(state: BudgetState, upToMs: number): { state: BudgetState; effects: readonly BudgetEffect[] } {
  const old = [...state.charges.values()].filter(({ renewsAtMs }) => renewsAtMs <= upToMs);
  if (old.length === 0) return { state, effects: [] };
  const charges = new Map(state.charges);
  let { forgottenMs } = state;
  for (const { round, renewsAtMs } of old) {
    charges.delete(round);
    forgottenMs = Math.max(forgottenMs, renewsAtMs);
  }
  // The mark first: once a charge is forgotten, nothing else would tell until when it counted.
  const mark: BudgetEffect = { type: "persist", key: forgottenKey, value: toCanonical(forgottenMs) };
  const gone = old.map(({ round }): BudgetEffect => ({ type: "persist", key: chargeKey(round), value: null }));
  return { state: { forgottenMs, charges }, effects: [mark, ...gone] };
}

/** From what a disk holds under `privacy/`. A record that cannot be read refuses everything: it may have been a charge. */
export function restoreBudget(records: Iterable<readonly [key: string, value: Uint8Array]>): Result<BudgetState> {
  const charges = new Map<string, Charge>();
  let forgottenMs = 0;
  for (const [key, bytes] of records) {
    const read = fromCanonical(bytes, 4_096);
    if (!read.ok) return refuse("malformed", { blame: key });
    if (key === forgottenKey) {
      const parsed = units.safeParse(read.value);
      if (!parsed.success) return refuse("malformed", { blame: key });
      forgottenMs = parsed.data;
      continue;
    }
    const parsed = chargeSchema.safeParse(read.value);
    if (!parsed.success || chargeKey(parsed.data.round) !== key) return refuse("malformed", { blame: key });
    charges.set(parsed.data.round, parsed.data);
  }
  return accept({ forgottenMs, charges });
}

export interface Spent extends Amount {
  readonly rounds: number;
}

export interface SpentAt {
  readonly by: ReadonlyMap<string, Spent>;
  readonly altogether: Spent;
  /** When all of it is renewed; 0 when nothing is spent. */
  readonly renewsAtMs: number;
}

/** What counts at a time, by account and altogether. */
export function spentAt(state: BudgetState, nowMs: number): SpentAt {
  const by = new Map<string, Spent>();
  let [altogether, renewsAtMs] = [nothing, 0];
  for (const charge of state.charges.values()) {
    if (charge.renewsAtMs <= nowMs) continue;
    by.set(accountOf(charge), sum(by.get(accountOf(charge)) ?? nothing, charge));
    altogether = sum(altogether, charge);
    renewsAtMs = Math.max(renewsAtMs, charge.renewsAtMs);
  }
  return { by, altogether, renewsAtMs };
}

/** An analyst's account holds no blank, so an account with a purpose has one name. */
export const accountOf = ({ analyst, purpose }: Pick<Charge, "analyst" | "purpose">): string => `${analyst} ${purpose}`;

const nothing: Spent = { rho: 0, delta: 0, rounds: 0 };
const sum = (a: Spent, b: Amount): Spent => ({ rho: a.rho + b.rho, delta: a.delta + b.delta, rounds: a.rounds + 1 });
const exceeds = (a: Amount, b: Amount): boolean => a.rho > b.rho || a.delta > b.delta;

function sameCharge(a: Charge, b: Charge): boolean {
  return (Object.keys(a) as (keyof Charge)[]).every((key) => a[key] === b[key]);
}

function chargeOf({ round, plan, analyst, purpose, cost }: Ask, renewsAtMs: number): Charge {
  return { round, plan, analyst, purpose, renewsAtMs, rho: cost.rho, delta: cost.delta };
}

function record(charge: Charge): BudgetEffect {
  return { type: "persist", key: chargeKey(charge.round), value: toCanonical(charge) };
}

function release({ round, plan }: Ask): BudgetEffect {
  return { type: "release", round, plan };
}

function decline(state: BudgetState, { round, analyst }: Ask, code: RefusalCode, renewsAtMs?: InstantMs): BudgetStep {
  const renews = renewsAtMs === undefined ? {} : { renewsAtMs };
  const detail = renewsAtMs === undefined ? {} : { detail: `renews on ${isoOfMs(renewsAtMs)}` };
  const refusal = refuse(code, { blame: analyst, ...detail });
  return refused<BudgetState, BudgetEffect>(state, refusal, { type: "decline", round, refusal, ...renews });
}

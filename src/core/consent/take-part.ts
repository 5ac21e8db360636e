// An owner's node is called to take part: her rules and grants decide, then her budget is charged, and only when that is on disk may
// anything leave.
//   denied, or waiting for her  --> a note in her history or among her asks, and her outcome
//   allowed, and paid           --> the charges, then the contribution may be made; `recordUse` before it leaves
//
// INVARIANT 1: a charge, to her budget and to each grant with a budget of its own, is written before the contribution is made, and durable
//   before it leaves. Killed anywhere, what is charged is what left, or one round more.
// INVARIANT 2: a round is charged once. Called again, it is decided again: what she revoked meanwhile does not leave.
import type { Digest, InstantMs, RefusalCode } from "../base/index.ts";
import type { Attribute } from "../model/index.ts";
import { type BudgetEvent, spentAt, stepBudget } from "../privacy/index.ts";
import type { Outcome } from "../terms/index.ts";
import { type ConsentDecision, decide } from "./decide.ts";
import { limits } from "./limits.ts";
import {
  forgotten,
  grantsInUse,
  keys,
  note,
  type OwnerState,
  pendingName,
  persist,
  type RecordEffect,
  type Use,
} from "./records.ts";
import type { ConsentRequest } from "./request.ts";
import type { OwnerRules } from "./rules.ts";
import { accountName, budgetRulesOf } from "./spending.ts";

export interface Call {
  readonly request: ConsentRequest;
  /** One release of one query: everybody's draw names it. */
  readonly round: string;
  /** Of everything that decides what is released and to whom. */
  readonly plan: Digest;
  readonly nowMs: InstantMs;
}

export type Permission =
  | { readonly at: "released"; readonly grants: readonly string[]; readonly reason: string }
  | {
      readonly at: "declined";
      readonly outcome: Exclude<Outcome, "contributed" | "failed">;
      readonly code: RefusalCode;
      readonly reason: string;
    };

export interface Permitted {
  readonly state: OwnerState;
  /** To be written in this order, and durable before anything leaves, unless it is a note. */
  readonly effects: readonly RecordEffect[];
  readonly permission: Permission;
}

export function permit(state: OwnerState, rules: OwnerRules, call: Call): Permitted {
  const { request, round, nowMs } = call;
  const spent = spentAt(state.budget, nowMs);
  const decision = decide(rules, grantsInUse(state, round), request, nowMs, spent);
  switch (decision.effect) {
    case "deny": {
      const { outcome, code, reason } = decision;
      // Her rules or grants have answered since it began to wait.
      const { pending, effects } = answered(state, call);
      const denied = declined({ ...state, pending }, call, { at: "declined", outcome, code, reason });
      return { ...denied, effects: [...effects, ...denied.effects] };
    }
    case "ask":
      return waiting(state, call, decision);
    case "allow":
      return charge(state, rules, call, decision);
  }
}

function charge(
  state: OwnerState,
  rules: OwnerRules,
  call: Call,
  { grants, reason }: Extract<ConsentDecision, { effect: "allow" }>,
): Permitted {
  const { request, round, plan, nowMs } = call;
  const budget = budgetRulesOf(rules.budget);
  if (!budget.ok) return declined(state, call, { at: "declined", outcome: "budget", code: budget.code, reason });
  const { purpose, cost } = request;
  const analyst = accountName(request.analyst.principal);
  const event: BudgetEvent = { type: "ask", nowMs, round, plan, analyst, purpose, cost };
  const step = stepBudget(state.budget, event, budget.value);
  const decline = step.effects.find((effect) => effect.type === "decline");
  if (decline !== undefined) {
    const { code, detail } = decline.refusal;
    const why = detail === undefined ? "your budget does not have it" : `your budget does not have it; it ${detail}`;
    return declined(state, call, { at: "declined", outcome: "budget", code, reason: why });
  }
  const limited = grants.filter((id) => state.grants.get(id)?.budget != null);
  const full = limited.find((id) => {
    const rounds = state.charged.get(id);
    return rounds !== undefined && !rounds.has(round) && rounds.size >= limits.maxRoundsPerGrant;
  });
  if (full !== undefined) {
    const why = `grant ${full} was used ${limits.maxRoundsPerGrant} times, more are not counted; make a new one`;
    return declined(state, call, { at: "declined", outcome: "grant", code: "consent-denied", reason: why });
  }
  const charged = new Map(state.charged);
  const effects: RecordEffect[] = step.effects.flatMap((effect) => (effect.type === "persist" ? [effect] : []));
  for (const grant of limited) {
    charged.set(grant, new Map(charged.get(grant)).set(round, cost));
    effects.push(persist(keys.grantCharge(grant, round), { grant, round, ...cost }));
  }
  const { pending, effects: noLonger } = answered(state, call);
  effects.push(...noLonger);
  return {
    state: { ...state, budget: step.state, charged, pending },
    effects,
    // As long as it is kept: what is signed of it is compared with that.
    permission: { at: "released", grants, reason: reason.slice(0, limits.maxReasonChars) },
  };
}

/** It waits for her no more. */
function answered(state: OwnerState, { request }: Call) {
  const name = pendingName(request.query, request.analyst.principal);
  if (!state.pending.has(name)) return { pending: state.pending, effects: [] };
  const pending = new Map(state.pending);
  pending.delete(name);
  return { pending, effects: [forgotten(keys.pending(name))] };
}

function waiting(
  state: OwnerState,
  call: Call,
  { card, reason }: Extract<ConsentDecision, { effect: "ask" }>,
): Permitted {
  const { query, analyst } = call.request;
  const name = pendingName(query, analyst.principal);
  const known = state.pending.get(name);
  if (known === undefined && state.pending.size >= limits.maxPending) {
    const code = "consent-too-many-waiting";
    return declined(state, call, { at: "declined", outcome: "grant", code, reason: `${reason}; too many asks wait` });
  }
  const entry = { card, firstMs: known?.firstMs ?? call.nowMs, times: (known?.times ?? 0) + 1 };
  const kept = { ...state, pending: new Map(state.pending).set(name, entry) };
  const asked = declined(kept, call, { at: "declined", outcome: "grant", code: "consent-waiting", reason });
  return { ...asked, effects: [note(keys.pending(name), entry), ...asked.effects] };
}

function declined(state: OwnerState, call: Call, permission: Extract<Permission, { at: "declined" }>): Permitted {
  const { outcome, code, reason } = permission;
  const use = {
    ...useOf(call),
    outcome,
    code,
    reason: reason.slice(0, limits.maxReasonChars),
    grants: [],
    trouble: null,
    lacks: [],
    receipt: null,
  };
  return { ...withUse(state, use, note), permission };
}

/** What came of a call that was released. Durable before the contribution leaves. */
export function recordUse(
  state: OwnerState,
  call: Call,
  came: Pick<Use, "reason" | "trouble" | "receipt"> & {
    readonly outcome: "contributed" | "failed";
    readonly grants: readonly string[];
    readonly lacks?: readonly Attribute[];
  },
): { readonly state: OwnerState; readonly effects: readonly RecordEffect[] } {
  const { reason, grants, trouble, lacks = [], receipt, outcome } = came;
  const told = {
    lacks: [...lacks],
    reason: reason.slice(0, limits.maxReasonChars),
    trouble: trouble?.slice(0, 500) ?? null,
  };
  return withUse(state, { ...useOf(call), outcome, code: null, grants: [...grants], receipt, ...told }, persist);
}

function useOf({
  request,
  round,
  nowMs,
}: Call): Omit<Use, "outcome" | "code" | "reason" | "grants" | "trouble" | "lacks" | "receipt"> {
  const { query, name, purpose, analyst, reads, epsilon, delta } = request;
  const attributes = [...new Set(reads.map(({ attribute }) => attribute))];
  return { round, atMs: nowMs, query, name, purpose, principal: analyst.principal, attributes, epsilon, delta };
}

/** The history is bounded. What was denied is forgotten first, so that nobody's refused asks push out what was answered. */
function withUse(state: OwnerState, use: Use, write: (key: string, value: unknown) => RecordEffect) {
  const known = state.uses.get(use.round);
  // She took part in this round; that she was called again and declined meanwhile does not undo it.
  if (known?.outcome === "contributed" && use.outcome !== "contributed") return { state, effects: [] };
  const uses = new Map(state.uses);
  const gone: RecordEffect[] = [];
  if (known === undefined && uses.size >= limits.maxUses) {
    const all = [...uses].sort(([, a], [, b]) => a.atMs - b.atMs);
    const [round, oldest] = all.find(([, { outcome }]) => outcome !== "contributed") ?? all[0]!;
    uses.delete(round);
    gone.push(forgotten(oldest.key));
  }
  const key = keys.use(use);
  const written = write(key, use);
  if (known !== undefined && known.key !== key) gone.push(forgotten(known.key));
  uses.set(use.round, { key, atMs: use.atMs, outcome: use.outcome, value: written.value! });
  // The new one first: killed between the two, there are both, and the one that says more is taken.
  return { state: { ...state, uses }, effects: [written, ...gone] };
}

/** Rounds that were paid and never sent: her node was killed between the two, and was not called again. */
export function unsentRounds(state: OwnerState): string[] {
  return [...state.budget.charges.keys()].filter((round) => state.uses.get(round)?.outcome !== "contributed");
}

// What stands behind a pod's machine (owner.ts): her rules, grants and budget (core/consent), as her node and a simulated one ask them.
// `decide` asks her rules and charges what they allow, in one step; `budget` then says what was charged; `record` writes what came of it.
import {
  accept,
  type Digest,
  type Hasher,
  type InstantMs,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  type Signer,
} from "../base/index.ts";
import {
  type Call,
  consentRequestOf,
  type OwnerState as OwnerRecords,
  type OwnerRules,
  type Permission,
  permit,
  type RecordEffect,
  recordUse,
  signContribution,
} from "../consent/index.ts";
import type { Attribute } from "../model/index.ts";
import { type Ask, amountSpent, type BudgetStep, emptyBudget } from "../privacy/index.ts";
import type { Commission } from "./commission.ts";
import { decidesUntilMs } from "./owner-send.ts";
import type { Decision, OwnerEffect, Round } from "./owner-state.ts";

export interface KeptRecords<T> {
  readonly value: T;
  readonly state: OwnerRecords;
  readonly effects: readonly RecordEffect[];
}

export interface OwnerConsentPorts {
  readonly self: NodeId;
  readonly hasher: Hasher;
  readonly signer: Signer;
  nowMs(): number;
  principalOf(node: NodeId): string | null;
  /** As they are now. */
  rules(): Result<OwnerRules>;
  /** Reads her records, acts on them, and writes what comes of it, before it returns. */
  records<T>(act: (records: OwnerRecords) => Result<KeptRecords<T>>): Result<T>;
  /** A round that her machine knows. */
  round(round: Digest): Round | undefined;
}

/** Why her pod gave no rows, for nobody's eyes but hers: what went wrong, or what of the question no column of hers stands for. */
export interface WithoutRows {
  readonly trouble?: Refusal;
  readonly lacks?: readonly Attribute[];
}

type Released = Extract<Permission, { at: "released" }>;

export class OwnerConsent {
  readonly #ports: OwnerConsentPorts;
  /** What was permitted of a round, until its budget is asked for: next, or never, when she was only called again. */
  #permitted: { readonly round: string; readonly permission: Permission } | null = null;
  /** Why she takes part in a round, until it is in her history. */
  readonly #reasons = new Map<string, Pick<Released, "reason" | "grants">>();

  constructor(ports: OwnerConsentPorts) {
    this.#ports = ports;
  }

  /** Of a round that was paid before it is found so, and not charged twice. */
  decide(commission: Commission): Decision {
    const permission = this.#permissionFor(commission);
    if (!permission.ok) return { at: "deny", outcome: "policy", refusal: permission };
    if (permission.value.at === "released" || permission.value.outcome === "budget") {
      this.#permitted = { round: commission.round, permission: permission.value };
      return { at: "allow" };
    }
    const { outcome, code, reason } = permission.value;
    if (code === "consent-waiting") return { at: "ask" };
    return { at: "deny", outcome, refusal: refuse(code, { detail: reason }) };
  }

  /** It was charged with the decision, just before. */
  budget({ round, plan }: Ask): BudgetStep {
    const permission = this.#permitted?.round === round ? this.#permitted.permission : undefined;
    this.#permitted = null;
    if (permission?.at === "released") {
      this.#reasons.set(round, permission);
      return { state: emptyBudget, effects: [{ type: "release", round, plan }] };
    }
    const refusal =
      permission === undefined ? refuse("budget-none") : refuse(permission.code, { detail: permission.reason });
    return { state: emptyBudget, effects: [{ type: "decline", round, refusal }] };
  }

  /**
   * What she took part in, into her history before it leaves; refusals are there already.
   */
  record(
    { round, outcome }: Extract<OwnerEffect, { type: "told" }>,
    { trouble, lacks = [] }: WithoutRows = {},
  ): Result<void> {
    const { self, hasher, signer, nowMs, records } = this.#ports;
    const known = this.#ports.round(round);
    const decision = this.#reasons.get(round);
    this.#reasons.delete(round);
    if (decision === undefined) return accept(undefined);
    if (outcome !== "contributed" && outcome !== "failed") return accept(undefined);
    if (known?.asked == null || known.plain === null) return accept(undefined);
    const { commission } = known.asked;
    const call = this.#callOf(commission);
    if (!call.ok) return call;
    const { reason, grants } = decision;
    const { plan, digest } = commission;
    const said = {
      ...{ node: self, round, plan: digest, question: plan.asked!.question, decision: { reason, grants } },
      ...{ contribution: known.plain, atMs: nowMs() },
    };
    const receipt = outcome === "failed" ? null : signContribution(said, hasher, signer);
    const why =
      trouble === undefined ? null : `${trouble.code}${trouble.detail === undefined ? "" : `: ${trouble.detail}`}`;
    return records((before) => {
      const { state, effects } = recordUse(before, call.value, {
        outcome,
        reason,
        grants,
        trouble: why,
        lacks,
        receipt,
      });
      return accept({ value: undefined, state, effects });
    });
  }

  /** Her rules and grants decide, and what is allowed is charged: before her pod is asked. */
  #permissionFor(commission: Commission): Result<Permission> {
    const rules = this.#ports.rules();
    if (!rules.ok) return rules;
    const call = this.#callOf(commission);
    if (!call.ok) return call;
    return this.#ports.records((before) => {
      const { state, effects, permission } = permit(before, rules.value, call.value);
      return accept({ value: permission, state, effects });
    });
  }

  #callOf({ plan, question, terms, round, digest }: Commission): Result<Call> {
    const { nowMs, principalOf } = this.#ports;
    const cost = amountSpent(terms.cost);
    if (!cost.ok) return cost;
    const atMs = nowMs();
    const steps = plan.vertices.map(({ id, node }) => ({ cell: id, node, principal: principalOf(node) }));
    const request = consentRequestOf(question, terms.settings, {
      query: plan.query,
      analyst: plan.analyst,
      cost: cost.value,
      steps,
      untilMs: decidesUntilMs(this.#ports.round(round)?.asked?.untilMs ?? atMs),
      bringsMessage: plan.asked?.message !== undefined,
    });
    return accept({ request, round, plan: digest, nowMs: atMs as InstantMs });
  }
}

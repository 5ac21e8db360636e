// What a policy says of an attribute (PBDS §4).
//
// INVARIANT 1: the most specific rule wins. A rule on `location` holds for `location.precise` until a rule on
//   `location.precise` says otherwise.
// INVARIANT 2: at equal depth Forbid beats Require, and Require beats Don't-Care: when an owner contradicts herself,
//   the reading that reveals least is the one in force.
// INVARIANT 3: a rule with purposes holds only for a query with one of them; being conditional makes it no stronger.
//   To allow one purpose alone, put the *other* purposes on the Forbid, or forbid the parent and free the child.
// INVARIANT 4: a column named by a parent may carry anything beneath it. So a Forbid on `location.precise` also
//   forbids to expose a column named `location`: only a column whose own name says that it is something else
//   (`location.coarse`) may leave. No rule on the parent lifts that.
import type { Attribute, Policy, Rule, RuleEffect } from "../model/index.ts";
import { covers, depthOf } from "../model/index.ts";

export interface Decision {
  readonly effect: RuleEffect;
  /** The rule that decided; null when no rule holds, which means Don't-Care. */
  readonly rule: Rule | null;
  readonly attribute: Attribute;
  readonly purpose: string;
}

const strength: Readonly<Record<RuleEffect, number>> = { "dont-care": 0, require: 1, forbid: 2 };

export function decide(policy: Policy, attribute: Attribute, purpose: string): Decision {
  let best: Rule | null = null;
  let bestDepth = 0;
  for (const rule of policy.rules) {
    if (!covers(rule.attribute, attribute) || !holdsFor(rule, purpose)) continue;
    const depth = depthOf(rule.attribute);
    const stronger = best === null || strength[rule.effect] > strength[best.effect];
    if (depth > bestDepth || (depth === bestDepth && stronger)) {
      best = rule;
      bestDepth = depth;
    }
  }
  return { effect: best?.effect ?? "dont-care", rule: best, attribute, purpose };
}

/** May a column of this name be exposed? As `decide`, and by INVARIANT 4 a Forbid on any part of it forbids it whole. */
export function decideExposure(policy: Policy, attribute: Attribute, purpose: string): Decision {
  const decision = decide(policy, attribute, purpose);
  if (decision.effect === "forbid") return decision;
  const part = policy.rules.find(
    (rule) => rule.effect === "forbid" && covers(attribute, rule.attribute) && holdsFor(rule, purpose),
  );
  return part === undefined ? decision : { ...decision, effect: "forbid", rule: part };
}

/** The Require rules that decide for their own attribute: one that a Forbid overrules asks for nothing. */
export function requirementsOf(policy: Policy, purpose: string): Rule[] {
  return policy.rules.filter((rule) => {
    if (rule.effect !== "require" || !holdsFor(rule, purpose)) return false;
    return decide(policy, rule.attribute, purpose).effect === "require";
  });
}

export function holdsFor(rule: Rule, purpose: string): boolean {
  return rule.purposes === undefined || rule.purposes.includes(purpose);
}

// Are two adjacent nodes compatible? (PBDS §4: no attribute is simultaneously Require and Forbid.)
//
// A Require asks that the attribute or a part of it be there, so it clashes with a Forbid that takes away the whole of
// what it names. A Forbid on a part alone (require `location`, forbid `location.precise`) is no conflict: another part
// may satisfy the requirement, and the check of each stream says whether one does. Negotiation by redaction is not here.
import type { Attribute, Policy, Rule } from "../model/index.ts";
import { decide, requirementsOf } from "./decide.ts";

export interface PolicyConflict {
  readonly attribute: Attribute;
  readonly required: Rule;
  readonly forbidden: Rule;
  /** Which of the two policies requires. */
  readonly requiredBy: "first" | "second";
}

export function conflicts(first: Policy, second: Policy, purpose: string): PolicyConflict[] {
  if (cannotConflict(first, second)) return [];
  return [...clashes(first, second, purpose, "first"), ...clashes(second, first, purpose, "second")];
}

/** The fast path: nobody requires anything, or nobody forbids anything. One pass, nothing allocated. */
function cannotConflict(first: Policy, second: Policy): boolean {
  return !(has(first, "require") && has(second, "forbid")) && !(has(second, "require") && has(first, "forbid"));
}

function has(policy: Policy, effect: Rule["effect"]): boolean {
  for (const rule of policy.rules) if (rule.effect === effect) return true;
  return false;
}

function clashes(
  requiring: Policy,
  forbidding: Policy,
  purpose: string,
  requiredBy: "first" | "second",
): PolicyConflict[] {
  return requirementsOf(requiring, purpose).flatMap((required) => {
    const decision = decide(forbidding, required.attribute, purpose);
    if (decision.effect !== "forbid" || decision.rule === null) return [];
    return [{ attribute: required.attribute, required, forbidden: decision.rule, requiredBy }];
  });
}

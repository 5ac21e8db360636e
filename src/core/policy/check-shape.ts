// What may leave a cell, and what must be there, for one stream's shape (PBDS §4).
import { accept, type Result, refuse } from "../base/index.ts";
import { covers, type Policy, type RecordShape } from "../model/index.ts";
import { decideExposure, requirementsOf } from "./decide.ts";
import { describeRule, explain, reasonOf } from "./explain.ts";

/** Every column of `shape` may leave a cell under this policy. The refusal's blame is the attribute. */
export function checkShape(policy: Policy, shape: RecordShape, purpose: string): Result<void> {
  for (const column of shape) {
    const decision = decideExposure(policy, column.name, purpose);
    if (decision.effect === "forbid") {
      return refuse("attribute-forbidden", { blame: column.name, detail: explain(decision) });
    }
  }
  return accept(undefined);
}

/** The stream carries each required attribute, or a part of it. The refusal's blame is the attribute. */
export function checkRequired(policy: Policy, shape: RecordShape, purpose: string): Result<void> {
  for (const rule of requirementsOf(policy, purpose)) {
    if (shape.some((column) => covers(rule.attribute, column.name))) continue;
    const carried = shape.map((column) => column.name).join(", ");
    return refuse("attribute-required-missing", {
      blame: rule.attribute,
      detail: `${rule.attribute} must be available: the rule ${describeRule(rule)}${reasonOf(rule)}; the stream carries ${carried}`,
    });
  }
  return accept(undefined);
}

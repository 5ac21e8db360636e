// Decisions as sentences for people. Rules are written by other people: whatever they wrote is printed on one line and
// without control characters, so that a reason cannot paint over a terminal.
import type { Rule, RuleEffect } from "../model/index.ts";
import type { Decision } from "./decide.ts";

const verbs: Readonly<Record<RuleEffect, string>> = {
  require: "must be available downstream",
  forbid: "may not leave",
  "dont-care": "may be used freely",
};

export function explain(decision: Decision): string {
  const { rule, attribute, effect, purpose } = decision;
  if (rule === null)
    return `${attribute} ${verbs[effect]}: no rule speaks of it for the purpose "${printable(purpose)}".`;
  const part = rule.attribute.length > attribute.length ? `, because it may carry ${rule.attribute}` : "";
  return `${attribute} ${verbs[effect]}${part}: the rule ${describeRule(rule)} holds for the purpose "${printable(purpose)}"${reasonOf(rule)}.`;
}

export function describeRule(rule: Rule): string {
  const purposes =
    rule.purposes === undefined ? "" : ` for ${rule.purposes.map((name) => `"${printable(name)}"`).join(", ")}`;
  return `"${rule.effect} ${rule.attribute}"${purposes}`;
}

/** ` (reason: …)`, or nothing. */
export function reasonOf(rule: Rule): string {
  return rule.reason === undefined ? "" : ` (reason: ${printable(rule.reason)})`;
}

/** Text that somebody else wrote, on one line and without control characters. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

// Policies: Require / Forbid / Don't-Care over attributes (PBDS §4). Deciding is in core/policy.
import { z } from "zod";
import { attributeSchema } from "./attribute.ts";

export const ruleEffects = ["require", "forbid", "dont-care"] as const;
export type RuleEffect = (typeof ruleEffects)[number];

export const ruleSchema = z.strictObject({
  effect: z.enum(ruleEffects),
  attribute: attributeSchema,
  /** The rule holds only for queries with one of these purposes; absent: for every purpose. */
  purposes: z.array(z.string().min(1).max(80)).max(16).optional(),
  /** Shown to the analyst when the rule decides against her query. */
  reason: z.string().max(200).optional(),
});
export type Rule = z.output<typeof ruleSchema>;

export const policySchema = z.strictObject({ rules: z.array(ruleSchema).max(64) });
export type Policy = z.output<typeof policySchema>;

export const emptyPolicy: Policy = { rules: [] };

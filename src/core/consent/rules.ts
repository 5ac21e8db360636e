// An owner's rules: what she publishes, whom she lets ask about what, and how much privacy a period may cost. One file,
// owner.yaml in her pod's folder; what is in it holds from the next use on.
import { parseDocument } from "yaml";
import { z } from "zod";
import { accept, type Result, refuse } from "../base/index.ts";
import { attributeSchema, schemaFaults } from "../model/index.ts";
import { limits } from "./limits.ts";
import { budgetRulesOf, budgetSchema } from "./spending.ts";

export const consentEffects = ["allow", "deny", "ask"] as const;
export type ConsentEffect = (typeof consentEffects)[number];

const text = (max: number) => z.string().min(1).max(max);
const names = (max: number) => z.array(text(max)).min(1).max(limits.maxNamesPerRule);

/** A day means its beginning, in UTC. */
const instant = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/,
    "write a day such as 2026-03-01, or a time such as 2026-03-01T08:00:00Z",
  )
  .refine((written) => Number.isFinite(Date.parse(written)), "there is no such day");

function endsAfterItBegins(
  { from, until }: { readonly from?: string | undefined; readonly until?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (from === undefined || until === undefined || Date.parse(from) < Date.parse(until)) return;
  context.addIssue({ code: "custom", path: ["until"], message: "the rule ends before it begins: it would never hold" });
}

export const ownerRuleSchema = z
  .strictObject({
    effect: z.enum(consentEffects),
    /** Absent: whatever is asked. */
    attributes: z.array(attributeSchema).min(1).max(limits.maxNamesPerRule).optional(),
    /** The rule holds only for questions with one of these purposes. */
    purposes: names(80).optional(),
    /** Names that the authority certified; an analyst's nodes share one. */
    analysts: names(80).optional(),
    from: instant.optional(),
    until: instant.optional(),
    /** Of the people who are asked with her. */
    minimumPeople: z.number().int().min(1).max(1_000_000).optional(),
    /** Of one question. */
    maximumEpsilon: z.number().min(0.001).max(10).optional(),
    reason: text(200).optional(),
  })
  .superRefine((rule, context) => {
    endsAfterItBegins(rule, context);
    if (rule.effect !== "deny") return;
    for (const key of ["minimumPeople", "maximumEpsilon"] as const) {
      if (rule[key] === undefined) continue;
      const message = `a deny holds whatever the question costs and whoever else is asked: put ${key} on what allows`;
      context.addIssue({ code: "custom", path: [key], message });
    }
  });
export type OwnerRule = z.output<typeof ownerRuleSchema>;

/** Messages are taken from nobody unless one of these says so. A deny beats an allow; conditions make neither stronger. */
export const messageRuleSchema = z
  .strictObject({
    effect: z.enum(["allow", "deny"]).default("allow"),
    purposes: names(80).optional(),
    analysts: names(80).optional(),
    from: instant.optional(),
    until: instant.optional(),
    reason: text(200).optional(),
  })
  .superRefine(endsAfterItBegins);

export const ownerRulesSchema = z.strictObject({
  hedgerow: z.literal(1),
  /** Concepts by which she can be found. Nobody finds her by anything else. */
  publish: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "a concept is lower-case letters, digits and _"))
    .max(limits.maxPublished)
    .default([]),
  /** Questions that look for nobody in particular find her too. Without it, she is found by her concepts alone. */
  everybody: z.boolean().default(false),
  /** Among fewer she is asked nothing, whatever a rule says: a question to one person is no statistic. */
  minimumPeople: z.number().int().min(1).max(1_000_000).default(10),
  /** Of what no rule speaks. */
  default: z.enum(consentEffects).default("deny"),
  rules: z.array(ownerRuleSchema).max(limits.maxRules).default([]),
  /** Her subscriptions: whose messages she takes, for what. */
  messages: z.array(messageRuleSchema).max(limits.maxRules).default([]),
  budget: budgetSchema.prefault({}),
});
export type OwnerRules = z.output<typeof ownerRulesSchema>;

/** Of an owner who has written nothing: nothing is published, and nothing is allowed. */
export const noRules: OwnerRules = ownerRulesSchema.parse({ hedgerow: 1 });

/** `concepts`: what the catalogue knows; a misspelt one would publish nothing and say so to nobody. */
export function parseOwnerRules(written: string, file: string, concepts: readonly string[]): Result<OwnerRules> {
  const fault = (detail: string) => refuse("owner-rules-invalid", { blame: file, detail });
  if (written.length > limits.maxFileChars) return fault(`it is longer than ${limits.maxFileChars / 1024} kB`);
  let read: unknown;
  try {
    const document = parseDocument(written, { uniqueKeys: true, logLevel: "error" });
    const [error] = document.errors;
    if (error !== undefined) return fault(error.message.split("\n")[0] ?? "no YAML");
    read = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    return fault((cause as Error).message);
  }
  const parsed = ownerRulesSchema.safeParse(read);
  if (!parsed.success) {
    const faults = schemaFaults(ownerRulesSchema, read, parsed.error).slice(0, limits.maxFaultsTold);
    return fault(faults.map(({ message, remedy }) => `${message}. ${remedy}`).join(" "));
  }
  const strange = parsed.data.publish.findIndex((concept) => !concepts.includes(concept));
  if (strange >= 0) {
    const name = JSON.stringify(parsed.data.publish[strange]);
    return fault(`\`publish[${strange}]\` cannot be ${name}. Allowed: ${concepts.join(", ")}.`);
  }
  const budget = budgetRulesOf(parsed.data.budget);
  return budget.ok ? accept(parsed.data) : fault(`\`budget\`: ${budget.detail ?? "it cannot be kept"}`);
}

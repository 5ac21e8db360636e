// What an owner reads before she decides: who asks, why, about what, where it is computed, what it costs her, and what stays.
import { z } from "zod";
import { type Digest, type NodeId, nodeIdPattern } from "../base/index.ts";
import { type Attribute, attributeSchema, digestSchema, noisePlaces, type Words, wordsSchema } from "../model/index.ts";
import { printable } from "../policy/index.ts";
import { type Amount, accountOf, allowanceFor, type SpentAt } from "../privacy/index.ts";
import { limits } from "./limits.ts";
import type { ConsentRequest } from "./request.ts";
import type { OwnerRules } from "./rules.ts";
import { accountName, budgetRulesOf } from "./spending.ts";

const nodeId = z
  .string()
  .regex(nodeIdPattern)
  .transform((id) => id as NodeId);
const whole = z.number().int().nonnegative();

export const cardSchema = z.strictObject({
  query: digestSchema,
  name: z.string().max(80),
  purpose: z.string().max(80),
  analyst: z.strictObject({ node: nodeId, principal: z.string().max(80) }),
  /** By table: the attributes that are read there; none: only that there are rows. */
  reads: z.array(z.strictObject({ table: z.string().max(64), attributes: z.array(attributeSchema).max(64) })).max(200),
  /** What of that is in words of the analyst's own: the standard catalogue has none of it. */
  words: wordsSchema.optional(),
  foundBy: z.array(z.string().max(64)).max(200),
  steps: z
    .array(z.strictObject({ cell: z.string().max(40), node: nodeId, principal: z.string().max(80).nullable() }))
    .max(limits.maxSteps),
  epsilon: z.number(),
  delta: z.number(),
  /** Parts of a thousand of her budget of one period: of this question, and of what was spent before. Rounded up. */
  costPerMille: whole,
  spentPerMille: whole,
  /** The same of what she allows this analyst for this purpose; null: nothing. Absent on cards from before. */
  account: z.strictObject({ costPerMille: whole, spentPerMille: whole }).nullable().optional(),
  /** Her budget has that much left, for all analysts and for this one. */
  affordable: z.boolean().optional(),
  periodDays: whole,
  minimumPeople: whole,
  noise: z.enum(noisePlaces),
  broadcast: z.boolean().default(false),
  untilMs: whole,
});
export type Card = z.output<typeof cardSchema>;

export function cardOf(request: ConsentRequest, rules: OwnerRules, spent?: SpentAt): Card {
  const { query, name, purpose, analyst, foundBy, epsilon, delta, minimumPeople, noise, broadcast, untilMs } = request;
  const tables = new Map<string, Set<Attribute>>();
  for (const { table, column, attribute } of request.reads) {
    const attributes = tables.get(table) ?? new Set();
    if (column !== null) attributes.add(attribute);
    tables.set(table, attributes);
  }
  const budget = budgetRulesOf(rules.budget);
  const altogether = budget.ok ? budget.value.altogether : nothing;
  const account = accountName(analyst.principal);
  const each = budget.ok ? (allowanceFor(budget.value, account, purpose)?.each ?? null) : null;
  const spentByAll = spent?.altogether ?? nothing;
  const spentByIt = spent?.by.get(accountOf({ analyst: account, purpose })) ?? nothing;
  const { cost } = request;
  return {
    ...{ query, name, purpose, analyst, epsilon, delta, minimumPeople, noise, broadcast: broadcast === true, untilMs },
    ...(request.words === undefined ? {} : { words: request.words }),
    foundBy: [...foundBy],
    reads: [...tables].map(([table, attributes]) => ({ table, attributes: [...attributes] })),
    steps: request.steps.slice(0, limits.maxSteps).map(({ cell, node, principal }) => ({ cell, node, principal })),
    costPerMille: perMille(cost, altogether),
    spentPerMille: perMille(spentByAll, altogether),
    account: each === null ? null : { costPerMille: perMille(cost, each), spentPerMille: perMille(spentByIt, each) },
    affordable: has(altogether, spentByAll, cost) && each !== null && has(each, spentByIt, cost),
    periodDays: rules.budget.periodDays,
  };
}

const nothing: Amount = { rho: 0, delta: 0 };

function has(allowed: Amount, spent: Amount, cost: Amount): boolean {
  return spent.rho + cost.rho <= allowed.rho && spent.delta + cost.delta <= allowed.delta;
}

function perMille({ rho, delta }: Amount, of: Amount): number {
  return Math.ceil(1_000 * Math.max(rho / Math.max(1, of.rho), delta / Math.max(1, of.delta)));
}

/** One line for each thing to know. `shownTime`: core knows no calendar, and no clock. Names are an analyst's and an authority's: printed on one line, without control characters. */
export function cardLines(
  card: Card,
  shownTime: (atMs: number) => string,
  nowMs: number,
  /** What of it no column of hers stands for. */
  lacks: readonly Attribute[] = [],
  /** As her own catalogue describes them: what of it is in the analyst's own words, and hers. */
  hers: readonly (readonly [Attribute, description: string])[] = [],
): readonly (readonly [label: string, text: string])[] {
  const { analyst, noise } = card;
  const reads = card.reads.map(({ table, attributes }) =>
    attributes.length === 0 ? `${table}: only whether you have rows` : `${table}: ${attributes.join(", ")}`,
  );
  const steps = card.steps.map(
    ({ cell, node, principal }) =>
      `${cell} on ${principal === null ? short(node) : `${printable(principal)}'s ${short(node)}`}`,
  );
  const found =
    card.foundBy.length === 0 ? "everybody in the network is asked" : `you were found by ${card.foundBy.join(", ")}`;
  const kept =
    noise === "split"
      ? "Noised numbers about at least the people above, and the signed receipts. What you contribute is added up with others' under noise; nobody ever knows the sum without it."
      : "Noised numbers about at least the people above, and the signed receipts. One cell knows the sum without noise, and does not give it out.";
  return [
    ["question", `${printable(card.name)} (${card.query.slice(0, 12)})`],
    ["who asks", `${printable(analyst.principal)}, with the node ${short(analyst.node)}`],
    ["why", printable(card.purpose)],
    ["whom", `${found}; with fewer than ${card.minimumPeople} people nobody is asked`],
    ["reads", reads.length === 0 ? "nothing of your pod: you are counted" : reads.join("; ")],
    ...(lacks.length === 0
      ? []
      : [
          [
            "of that",
            `no column of your pod stands for ${lacks.join(", ")}: you would take part with no rows`,
          ] as const,
        ]),
    ...(card.words === undefined ? [] : [["in words", wordsLine(card.words, hers)] as const]),
    ["where", steps.length === 0 ? "not drawn yet" : steps.join("; ")],
    ["costs", costLine(card)],
    ...(card.affordable !== false
      ? []
      : [
          [
            "too much",
            "allowed, it is refused all the same: your budget has not that much left. It is `budget` in owner.yaml",
          ] as const,
        ]),
    [
      "until",
      card.untilMs > nowMs
        ? `${shownTime(card.untilMs)}; asked again, your node decides again`
        : `ended ${shownTime(card.untilMs)}, without you; what you answer holds when it is asked again`,
    ],
    ["stays", card.broadcast ? `${kept} Everybody who is asked is told the numbers, you too.` : kept],
  ];
}

function costLine({ epsilon, delta, costPerMille, spentPerMille, account, periodDays }: Card): string {
  const all = `ε ${epsilon}, δ ${delta}: ${percent(costPerMille)} of what you allow in ${periodDays} days, of which ${percent(spentPerMille)} is spent`;
  if (account === undefined) return all;
  if (account === null) return `${all}; this analyst has no budget for this purpose`;
  return `${all}; ${percent(account.costPerMille)} of what you allow this analyst for this purpose, of which ${percent(account.spentPerMille)} is spent`;
}

function wordsLine({ tables }: Words, hers: readonly (readonly [Attribute, string])[]): string {
  const own = hers.map(([attribute, description]) => `${attribute}: ${printable(description)}`);
  const said = own.length === 0 ? "" : `. Your catalogue says of ${own.join("; of ")}`;
  return `of the analyst's own (${tables.map(({ name }) => name).join(", ")}), laid over what your catalogue describes alike${said}`;
}

export function short(id: NodeId | Digest): string {
  return `${id.slice(0, 8)}…${id.slice(-4)}`;
}

const percent = (perMille: number): string => `${perMille / 10} %`;

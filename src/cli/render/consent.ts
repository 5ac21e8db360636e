// Rules, grants, asks and the history of uses, as their owner reads them.
import type { AskView, GrantView, HistoryView, RulesView } from "../../sdk/consent.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { counted, day, listOf, shortNode } from "../words.ts";

type Rule = RulesView["rules"]["rules"][number];
type Use = HistoryView["uses"][number];

/** Names that somebody else chose, on one line and without control characters. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
export const minute = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16).replace("T", " ");

export function askRows(waiting: readonly AskView[]): string {
  const rows = waiting.map(({ name, card, firstMs, times, over }) => [
    name,
    plain(card.name),
    plain(card.analyst.principal),
    plain(card.purpose),
    listOf([...new Set(card.reads.flatMap(({ attributes }) => attributes))], "counts you"),
    `ε ${card.epsilon}`,
    // Of what is scarcer: all that she allows, or all that she allows this analyst.
    card.account === null ? "none" : `${Math.max(card.costPerMille, card.account?.costPerMille ?? 0) / 10} %`,
    minute(firstMs),
    over ? "over" : minute(card.untilMs),
    times > 1 ? String(times) : "",
  ]);
  return table(["QUERY", "NAME", "ANALYST", "PURPOSE", "READS", "COST", "OF BUDGET", "SINCE", "UNTIL", "TIMES"], rows);
}

export function grantRows(grants: readonly GrantView[]): string {
  const rows = grants.map((grant) => [
    grant.id,
    grant.effect,
    subjectOf(grant),
    grant.usedPercent === null ? "" : `${grant.usedPercent} %`,
    grant.untilMs === null ? "" : day(grant.untilMs),
    grant.state,
    plain(grant.note),
  ]);
  return table(["GRANT", "EFFECT", "ON", "USED", "UNTIL", "STATE", "NOTE"], rows);
}

export function grantFacts(grant: GrantView): [string, string][] {
  const used =
    grant.usedPercent === null ? "your budget alone" : `${grant.usedPercent} % used, ${counted(grant.rounds, "time")}`;
  return [
    ["grant", grant.id],
    ["effect", grant.effect],
    ["on", subjectOf(grant)],
    ["bounded by", used],
    ["made", minute(grant.madeMs)],
    [
      "until",
      grant.untilMs !== null ? minute(grant.untilMs) : grant.revokedMs === null ? "you revoke it" : "you revoked it",
    ],
    ["state", grant.revokedMs === null ? grant.state : `revoked ${minute(grant.revokedMs)}`],
    ["note", plain(grant.note)],
  ];
}

function subjectOf({ on }: GrantView): string {
  if (on.query !== undefined) {
    const whose = on.analyst == null ? "" : ` of ${plain(on.analyst)}`;
    return `query ${on.query.slice(0, 12)}${whose}`;
  }
  const who = on.analyst == null ? "" : plain(on.analyst);
  return on.attribute === undefined ? who : `${on.attribute}${who === "" ? "" : ` for ${who}`}`;
}

export function rulesText({ file, written, rules, strange, budget }: RulesView): string {
  const head = written ? file : `${file} is not there: nothing is published, and nothing is allowed`;
  const told = facts([
    ["published", listOf(rules.publish, "nothing: nobody finds you by your profile")],
    ["questions to all", rules.everybody ? "find you" : "do not find you"],
    ["asked among", `${counted(rules.minimumPeople, "person", "people")} or more`],
    ["by default", rules.default],
    [
      "budget",
      `ε ${rules.budget.altogether.epsilon}, δ ${rules.budget.altogether.delta} in ${counted(budget.periodDays, "day")}, ${budget.spentPercent} % spent`,
    ],
    ...rules.budget.each.map(({ analyst, purpose, epsilon, delta }): [string, string] => [
      `  ${plain(analyst)}, ${plain(purpose)}`,
      `ε ${epsilon}, δ ${delta}`,
    ]),
  ]);
  const rows = rules.rules.map((rule, at) => [
    String(at + 1),
    rule.effect,
    listOf(rule.attributes ?? [], "everything"),
    conditionsOf(rule),
    plain(rule.reason ?? ""),
  ]);
  const taken = rules.messages.map((rule, at) => [
    String(at + 1),
    rule.effect === "allow" ? "take" : "deny",
    conditionsOf({ ...rule, effect: "deny" }) || "from anybody, for anything",
    plain(rule.reason ?? ""),
  ]);
  const messages = taken.length === 0 ? "" : `\n${table(["MESSAGES", "EFFECT", "WHEN", "REASON"], taken)}`;
  const unknown = strange.map(
    ({ rule, attribute, meant }) =>
      `\nRule ${rule} names ${attribute}, which neither the standard catalogue nor yours has: it holds for nothing that can be asked.${meant === null ? "" : ` Did you mean ${meant}?`}\n`,
  );
  return `${head}\n${told}${rows.length === 0 ? "" : `\n${table(["RULE", "EFFECT", "ATTRIBUTES", "WHEN", "REASON"], rows)}`}${messages}${unknown.join("")}`;
}

function conditionsOf(rule: Rule): string {
  const parts = [
    rule.purposes === undefined ? "" : `for ${rule.purposes.map(plain).join(" or ")}`,
    rule.analysts === undefined ? "" : `by ${rule.analysts.map(plain).join(" or ")}`,
    rule.minimumPeople === undefined ? "" : `with at least ${rule.minimumPeople} people`,
    rule.maximumEpsilon === undefined ? "" : `ε at most ${rule.maximumEpsilon}`,
    rule.from === undefined ? "" : `from ${rule.from}`,
    rule.until === undefined ? "" : `until ${rule.until}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

const outcomes: Readonly<Record<Use["outcome"], string>> = {
  contributed: "took part",
  policy: "your rules denied it",
  grant: "not granted",
  budget: "not in your budget",
  failed: "failed",
};

function proofText(proof: Use["proof"], style: Style): string {
  if (proof === null) return "";
  if (proof.at !== "verified") return style.bad(proof.at);
  return proof.isKeeper ? "verified" : `verified, signed by ${shortNode(proof.node)}`;
}

/** Before why she took part: what is to be mended, if she wants to. */
function lackText({ lacks }: Use): string {
  return lacks.length === 0 ? "" : `no column of your pod stands for ${lacks.join(", ")}; `;
}

export function historyRows(uses: readonly Use[], style: Style): string {
  const rows = uses.map((use) => [
    minute(use.atMs),
    plain(use.name),
    plain(use.principal),
    plain(use.purpose),
    listOf(use.attributes, "counted you"),
    `ε ${use.epsilon}, δ ${use.delta}`,
    outcomes[use.outcome] + (use.trouble === null && use.lacks.length === 0 ? "" : ", without rows"),
    proofText(use.proof, style),
    plain(use.trouble ?? `${lackText(use)}${use.reason}`),
  ]);
  return table(["WHEN", "QUESTION", "ANALYST", "PURPOSE", "READ", "COST", "OUTCOME", "RECEIPT", "WHY"], rows);
}

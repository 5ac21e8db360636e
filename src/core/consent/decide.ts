// May this question be answered? The owner's node asks here, after it has checked the plan and before it charges her budget.
//
// INVARIANT 1: everything that is read has to be allowed; one denied column denies the question, and one that she wants to be asked
//   about asks her about all of it.
// INVARIANT 2: the most specific attribute wins, and at equal depth deny beats ask, and ask beats allow: an owner who contradicts
//   herself reveals least. A rule with conditions is no stronger for having them.
// INVARIANT 3: a deny below what is read denies it: who reads an age also knows its band.
// INVARIANT 4: an analyst whom she denies gets nothing. Her answer about this very query of this very analyst beats every rule, since
//   she saw the card. An analyst whom she allows is not asked about again, and is denied what a rule denies.
// INVARIANT 5: nothing but her answer about this very query has her asked among fewer people than she says.
// INVARIANT 6: what an analyst brought words for is allowed by name, or by her answer: no default, and no rule that names nothing, has
//   foreseen it. Where they would allow it she is asked.
// INVARIANT 7: a message is taken by a rule for messages, or by her answer about this very one; no rule or grant for questions, and no
//   default, is a subscription.
import { type RefusalCode, unreachable } from "../base/index.ts";
import { type Attribute, covers, depthOf } from "../model/index.ts";
import { printable } from "../policy/index.ts";
import type { SpentAt } from "../privacy/index.ts";
import { type Card, cardOf } from "./card.ts";
import { attributeOf, type GrantInUse, grantHolds, ofAnalyst, ofQuery } from "./grants.ts";
import type { ConsentRequest } from "./request.ts";
import type { ConsentEffect, OwnerRule, OwnerRules } from "./rules.ts";

export type ConsentDecision =
  | { readonly effect: "allow"; readonly grants: readonly string[]; readonly reason: string }
  | {
      readonly effect: "deny";
      readonly code: RefusalCode;
      readonly reason: string;
      /** Counted with the refusals of her policy, or of her grants (core/terms, Outcome). */
      readonly outcome: "policy" | "grant";
    }
  | { readonly effect: "ask"; readonly card: Card; readonly reason: string };

const strength: Readonly<Record<ConsentEffect, number>> = { allow: 0, ask: 1, deny: 2 };

export function decide(
  rules: OwnerRules,
  grants: readonly GrantInUse[],
  request: ConsentRequest,
  nowMs: number,
  spent?: SpentAt,
): ConsentDecision {
  const held = grants.filter((grant) => grantHolds(grant, request, nowMs));
  const { principal } = request.analyst;
  const trusted = strongest(held.filter((grant) => ofAnalyst(grant, principal)));
  if (trusted?.effect === "deny") return byGrant(trusted, `you denied ${printable(principal)} everything`);
  const exact = strongest(held.filter((grant) => ofQuery(grant, request.query, principal)));
  if (exact?.effect === "deny") return byGrant(exact, "you denied this very query");
  if (exact !== undefined)
    return { effect: "allow", grants: [exact.id], reason: `grant ${exact.id}: you allowed this very query` };
  if (request.minimumPeople < rules.minimumPeople) return amongTooFew(rules, request);
  if (request.bringsMessage === true) return decideMessage(rules, request, nowMs);
  const parts = partsOf(rules, held, request, nowMs);
  const denied = parts.find((part) => part.effect === "deny" && !(part.by === "default" && trusted !== undefined));
  if (denied !== undefined) return denialOf(denied, rules, request, nowMs);
  const asks = parts.find((part) => part.effect === "ask");
  if (asks !== undefined && trusted === undefined) {
    return { effect: "ask", card: cardOf(request, rules, spent), reason: asks.reason };
  }
  const used = new Set(parts.flatMap((part) => (part.grant === null ? [] : [part.grant])));
  const overruled = parts.some((part) => part.effect !== "allow");
  if (trusted !== undefined && overruled) used.add(trusted.id);
  // A question that reads nothing of a pod counts heads. Being counted is being asked, so the general rule decides.
  if (parts.length === 0) return decideBare(rules, request, nowMs, trusted, spent);
  return { effect: "allow", grants: [...used], reason: parts.map((part) => part.reason).join("; ") };
}

interface Part {
  readonly effect: ConsentEffect;
  readonly by: "rule" | "grant" | "default";
  readonly attribute: Attribute | null;
  readonly grant: string | null;
  readonly reason: string;
}

/** That a row is there is known to whoever may read a column of it: where no rule speaks of rows, their columns decide. */
function partsOf(rules: OwnerRules, held: readonly GrantInUse[], request: ConsentRequest, nowMs: number): Part[] {
  const { reads } = request;
  const parts = reads.map((read) => decidePart(rules, held, request, nowMs, read));
  return parts.map((part, at) => {
    const { table, column } = reads[at]!;
    if (column !== null || part.by !== "default") return part;
    const columns = parts.filter((_, i) => reads[i]!.table === table && reads[i]!.column !== null);
    const [first] = columns;
    if (first === undefined || !columns.every(({ effect }) => effect === "allow")) return part;
    const { by, grant } = first;
    return {
      ...part,
      effect: "allow",
      by,
      grant,
      reason: `a row of ${table} is there for who may read ${first.attribute}`,
    };
  });
}

function decidePart(
  rules: OwnerRules,
  held: readonly GrantInUse[],
  request: ConsentRequest,
  nowMs: number,
  { attribute, column }: ConsentRequest["reads"][number],
): Part {
  const candidates: (Part & { readonly depth: number })[] = [];
  rules.rules.forEach((rule, at) => {
    if (!holds(rule, request, nowMs)) return;
    const about = { effect: rule.effect, by: "rule" as const, attribute, grant: null, reason: reasonOf(rule, at) };
    if (rule.attributes === undefined) candidates.push({ ...about, depth: 0 });
    for (const own of rule.attributes ?? []) {
      if (covers(own, attribute)) candidates.push({ ...about, depth: depthOf(own) });
      else if (rule.effect === "deny" && column !== null && covers(attribute, own)) {
        candidates.push({ ...about, depth: depthOf(own) });
      }
    }
  });
  for (const grant of held) {
    const own = attributeOf(grant, request.analyst.principal);
    if (own === null) continue;
    const below = grant.effect === "deny" && column !== null && covers(attribute, own);
    if (!covers(own, attribute) && !below) continue;
    const reason = `grant ${grant.id} ${grant.effect === "allow" ? "allows" : "denies"} ${own}`;
    candidates.push({ effect: grant.effect, by: "grant", attribute, grant: grant.id, reason, depth: depthOf(own) });
  }
  candidates.sort((a, b) => b.depth - a.depth || strength[b.effect] - strength[a.effect]);
  const reason = `no rule speaks of ${attribute}, and the default is ${rules.default}`;
  const byDefault: Part = { effect: rules.default, by: "default", attribute, grant: null, reason };
  const { depth, ...first } = candidates[0] ?? { ...byDefault, depth: 0 };
  if (first.effect !== "allow" || depth > 0 || !isBrought(request, attribute)) return first;
  return { ...first, effect: "ask", reason: `${attribute} is in words of the analyst's own, and no rule names it` };
}

/** No standard table gives it: it came with the question. */
function isBrought({ words }: ConsentRequest, attribute: Attribute): boolean {
  const names = words?.attributes.flatMap(({ name, ladder }) => [name, ...ladder.map((rung) => rung.attribute)]) ?? [];
  return names.includes(attribute) || words?.tables.some((table) => table.attribute === attribute) === true;
}

function decideBare(
  rules: OwnerRules,
  request: ConsentRequest,
  nowMs: number,
  trusted: GrantInUse | undefined,
  spent: SpentAt | undefined,
): ConsentDecision {
  const held = rules.rules.flatMap((rule, at) =>
    rule.attributes === undefined && holds(rule, request, nowMs)
      ? [{ effect: rule.effect, reason: reasonOf(rule, at) }]
      : [],
  );
  held.sort((a, b) => strength[b.effect] - strength[a.effect]);
  const reason = `the question reads nothing of your pod, and the default is ${rules.default}`;
  const found = held[0] ?? { effect: rules.default, reason };
  const byRule = held.length > 0;
  if (trusted !== undefined && !(byRule && found.effect === "deny")) {
    return { effect: "allow", grants: [trusted.id], reason: `grant ${trusted.id} allows this analyst` };
  }
  switch (found.effect) {
    case "allow":
      return { effect: "allow", grants: [], reason: found.reason };
    case "ask":
      return { effect: "ask", card: cardOf(request, rules, spent), reason: found.reason };
    case "deny":
      return {
        effect: "deny",
        code: byRule ? "consent-denied" : nearMiss(rules, request, nowMs, null),
        reason: found.reason,
        outcome: "policy",
      };
    default:
      return unreachable(found.effect);
  }
}

function decideMessage(rules: OwnerRules, request: ConsentRequest, nowMs: number): ConsentDecision {
  const held = rules.messages.flatMap((rule, at) => (holds(rule, request, nowMs) ? [{ rule, at }] : []));
  const [first] = held.sort((a, b) => strength[b.rule.effect] - strength[a.rule.effect] || a.at - b.at);
  if (first === undefined) {
    const reason = "it brings a message, and none of your rules for messages takes it";
    return { effect: "deny", code: "consent-not-subscribed", reason, outcome: "policy" };
  }
  const { effect, reason: why } = first.rule;
  const note = why === undefined ? "" : ` (${printable(why)})`;
  const reason = `rule ${first.at + 1} for messages ${effect === "allow" ? "takes" : "denies"} it${note}`;
  return effect === "allow"
    ? { effect, grants: [], reason }
    : { effect, code: "consent-denied", reason, outcome: "policy" };
}

function amongTooFew(rules: OwnerRules, request: ConsentRequest): ConsentDecision {
  const reason = `it may be asked of ${request.minimumPeople} people, and you are asked only among ${rules.minimumPeople}`;
  return { effect: "deny", code: "consent-too-few-people", reason, outcome: "policy" };
}

function byGrant(grant: GrantInUse, why: string): ConsentDecision {
  return { effect: "deny", code: "consent-denied", reason: `grant ${grant.id}: ${why}`, outcome: "grant" };
}

function denialOf(part: Part, rules: OwnerRules, request: ConsentRequest, nowMs: number): ConsentDecision {
  const outcome = part.by === "grant" ? "grant" : "policy";
  const code = part.by === "default" ? nearMiss(rules, request, nowMs, part.attribute) : "consent-denied";
  return { effect: "deny", code, reason: part.reason, outcome };
}

/** Of the rules that would have allowed it, what one lacks: that can be mended, by the analyst or the owner. */
function nearMiss(rules: OwnerRules, request: ConsentRequest, nowMs: number, attribute: Attribute | null): RefusalCode {
  const about = rules.rules.filter((rule) => {
    const speaks =
      rule.attributes === undefined || (attribute !== null && rule.attributes.some((own) => covers(own, attribute)));
    return rule.effect !== "deny" && speaks;
  });
  const without = (key: "purposes" | "minimumPeople" | "maximumEpsilon" | "analysts") =>
    about.some((rule) => holds({ ...rule, [key]: undefined }, request, nowMs));
  if (without("minimumPeople")) return "consent-too-few-people";
  if (without("maximumEpsilon")) return "consent-too-precise";
  return without("purposes") ? "consent-other-purpose" : "consent-not-allowed";
}

function holds(rule: OwnerRule, request: ConsentRequest, nowMs: number): boolean {
  const { purposes, analysts, from, until, minimumPeople, maximumEpsilon } = rule;
  return (
    (purposes === undefined || purposes.includes(request.purpose)) &&
    (analysts === undefined || analysts.includes(request.analyst.principal)) &&
    (from === undefined || nowMs >= Date.parse(from)) &&
    (until === undefined || nowMs < Date.parse(until)) &&
    (minimumPeople === undefined || request.minimumPeople >= minimumPeople) &&
    (maximumEpsilon === undefined || request.epsilon <= maximumEpsilon)
  );
}

/** Deny before allow; among equals the latest. */
function strongest(grants: readonly GrantInUse[]): GrantInUse | undefined {
  return [...grants].sort((a, b) => strength[b.effect] - strength[a.effect] || b.madeMs - a.madeMs)[0];
}

function reasonOf(rule: OwnerRule, at: number): string {
  const what = rule.attributes === undefined ? "everything" : rule.attributes.join(", ");
  const verbs = { allow: "allows", deny: "denies", ask: "wants to be asked about" } as const;
  const why = rule.reason === undefined ? "" : ` (${printable(rule.reason)})`;
  return `rule ${at + 1} ${verbs[rule.effect]} ${what}${why}`;
}

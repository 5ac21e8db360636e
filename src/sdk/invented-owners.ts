// How invented people decide about a question: each by rules that were invented with her, through the functions by which a real owner's
// node decides (core/consent). Nobody has spent anything before, and whoever wants to be asked herself does not answer in time.
import type { Digest, InstantMs, NodeId, RefusalCode } from "../core/base/index.ts";
import {
  type ConsentRequest,
  consentRequestOf,
  type OwnerRules,
  parseOwnerRules,
  permit,
  restoreOwner,
} from "../core/consent/index.ts";
import type { Asked, Attribute, Question, Words } from "../core/model/index.ts";
import { amountSpent } from "../core/privacy/index.ts";
import type { Outcome, Terms } from "../core/terms/index.ts";
import { ownerFileOf } from "../io/pod/index.ts";
import { askableCatalogue } from "./catalogue.ts";
import { valueOrThrow } from "./refused.ts";

export interface Refusing {
  readonly outcome: Exclude<Outcome, "contributed">;
  readonly code: RefusalCode;
}

/** Rules speak of analysts by their certified names, and invented people know none: a rule of theirs that names one would not hold. */
const nobody = { node: "" as NodeId, principal: "nobody" };
/** No rule of an invented person is of some days only, so that the same seed decides the same on each day. */
const nowMs = 0 as InstantMs;

/** Of the person with this number: why she refuses, or null where she takes part. */
export function inventedOwners(
  { asked, question, terms }: { readonly asked: Asked; readonly question: Question; readonly terms: Terms },
  seed: number,
): (index: number) => Refusing | null {
  const request: ConsentRequest = consentRequestOf(question, terms.settings, {
    query: asked.question,
    analyst: nobody,
    cost: valueOrThrow(amountSpent(terms.cost)),
    steps: [],
    untilMs: terms.settings.answerMs,
    bringsMessage: asked.message !== undefined,
  });
  const call = { request, round: "invented", plan: asked.question as Digest, nowMs };
  const concepts = [...askableCatalogue().concepts.keys()];
  const fresh = valueOrThrow(restoreOwner([]));
  const foreseen = brought(question.local.words);
  // There are few kinds of rules, and many people.
  const decided = new Map<string, Refusing | null>();
  return (index) => {
    const { text } = ownerFileOf(seed, index, foreseen);
    const known = decided.get(text);
    if (known !== undefined) return known;
    const rules: OwnerRules = valueOrThrow(parseOwnerRules(text, "owner.yaml", concepts));
    const { permission } = permit(fresh, rules, call);
    const refusing = permission.at === "released" ? null : { outcome: permission.outcome, code: permission.code };
    decided.set(text, refusing);
    return refusing;
  };
}

/** What only a rule that names it allows (core/consent, decide). They are people who have described it, so they have thought about it. */
function brought(words: Words | undefined): Attribute[] {
  const { attributes, tables } = words ?? { attributes: [], tables: [] };
  return [...new Set([...attributes.map(({ name }) => name), ...tables.map(({ attribute }) => attribute)])];
}

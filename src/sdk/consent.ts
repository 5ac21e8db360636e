// What an owner allows, for commands and programs: her rules, her grants, the asks that wait for her, and what became of questions.
// No node needs to run; where one does, it reads the same files again at the next use.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  accept,
  type Digest,
  didYouMean,
  digestPattern,
  type NodeId,
  nearest,
  type RefusalCode,
  type Result,
  refuse,
  sentenceOf,
} from "../core/base/index.ts";
import {
  amountOf,
  budgetRulesOf,
  type Card,
  checkContribution,
  type Grant,
  type GrantState,
  grantsInUse,
  historyOf,
  makeGrant as makeIn,
  type OwnerRules,
  type OwnerState,
  type Pending,
  pendingNamed,
  revokeGrant as revokeIn,
  stateOfGrant,
  type Use,
  unsentRounds,
} from "../core/consent/index.ts";
import { type Attribute, attributePattern, type WordAttribute } from "../core/model/index.ts";
import { knownAttributes, lackingIn, wordsOver } from "../core/pods/index.ts";
import { epsilonOfAmount, parseDecimal, spentAt } from "../core/privacy/index.ts";
import { nodeCrypto, nodeNamedIn } from "../io/identity/index.ts";
import { openPod, ownerRulesFile, readOwnerRecords, readOwnerRules, withOwnerRecords } from "../io/pod/index.ts";
import { askableCatalogue, standardCatalogue } from "./catalogue.ts";
import { ownedPod, ownedPodToBe, podFolderOf } from "./folder-facts.ts";
import { nodeFiles } from "./node-folder.ts";
import { readCatalogue } from "./pod.ts";
import { valueOrThrow } from "./refused.ts";

export type { Card, OwnerRules } from "../core/consent/index.ts";
export { cardLines } from "../core/consent/index.ts";

export interface RulesView {
  readonly file: string;
  /** False: nothing is written, so nothing is published and nothing allowed. */
  readonly written: boolean;
  readonly rules: OwnerRules;
  /** Attributes that her rules name, and no catalogue has: such a rule is about nothing that anybody can ask. */
  readonly strange: readonly { readonly rule: number; readonly attribute: string; readonly meant: string | null }[];
  readonly budget: BudgetView;
}

export interface BudgetView {
  readonly periodDays: number;
  /** Parts of a hundred of what all analysts together may spend in a period. */
  readonly spentPercent: number;
  readonly renewsAtMs: number | null;
  readonly accounts: readonly {
    readonly analyst: string;
    readonly purpose: string;
    readonly rounds: number;
    readonly epsilon: number;
  }[];
}

/** Refuses rules with faults, each named. */
export async function ownerRules(nodeFolder: string, nowMs = Date.now()): Promise<RulesView> {
  const folder = ownedPodToBe(nodeFolder);
  const rules = valueOrThrow(readOwnerRules(folder, [...askableCatalogue().concepts.keys()]));
  const state = valueOrThrow(await readOwnerRecords(folder));
  const file = join(folder, ownerRulesFile);
  const strange = strangeIn(rules, [...knownAttributes(await readCatalogue(nodeFolder)).keys()]);
  return { file, written: existsSync(file), rules, strange, budget: budgetView(rules, state, nowMs) };
}

/** A parent stands for its children. */
function strangeIn({ rules }: OwnerRules, known: readonly string[]): RulesView["strange"] {
  const isKnown = (name: string) => known.some((one) => one === name || one.startsWith(`${name}.`));
  return rules.flatMap(({ attributes = [] }, at) =>
    attributes
      .filter((attribute) => !isKnown(attribute))
      .map((attribute) => ({ rule: at + 1, attribute, meant: nearest(attribute, known) })),
  );
}

function budgetView(rules: OwnerRules, state: OwnerState, nowMs: number): BudgetView {
  const { altogether } = valueOrThrow(budgetRulesOf(rules.budget));
  const spent = spentAt(state.budget, nowMs);
  const part = Math.max(spent.altogether.rho / altogether.rho, spent.altogether.delta / Math.max(1, altogether.delta));
  const delta = valueOrThrow(parseDecimal(String(rules.budget.altogether.delta)));
  const accounts = [...spent.by].map(([account, amount]) => {
    const [analyst, purpose] = splitAccount(account);
    return { analyst, purpose, rounds: amount.rounds, epsilon: Number(epsilonOfAmount(amount, delta).toPrecision(3)) };
  });
  const renewsAtMs = spent.renewsAtMs === 0 ? null : spent.renewsAtMs;
  return { periodDays: rules.budget.periodDays, spentPercent: Math.ceil(part * 1_000) / 10, renewsAtMs, accounts };
}

function splitAccount(account: string): [string, string] {
  const at = account.indexOf(" ");
  return [decodeURIComponent(account.slice(0, at)), account.slice(at + 1)];
}

export interface GrantView extends Omit<Grant, "on" | "budget"> {
  readonly on: { readonly query?: Digest; readonly analyst?: string | null; readonly attribute?: string };
  readonly state: GrantState;
  /** Parts of a hundred of its budget; null: it has none of its own. */
  readonly usedPercent: number | null;
  readonly rounds: number;
}

export interface AskView extends Pending {
  /** Enough of the query's digest to name it. */
  readonly name: string;
  /** Its time is past: what she answers holds when it is asked again. */
  readonly over: boolean;
}

const nameOf = ({ card }: Pending): string => card.query.slice(0, 12);

export interface GrantsView {
  readonly waiting: readonly AskView[];
  readonly grants: readonly GrantView[];
}

export async function ownerGrants(nodeFolder: string, nowMs = Date.now()): Promise<GrantsView> {
  const state = valueOrThrow(await readOwnerRecords(ownedPod(nodeFolder)));
  const waiting = [...state.pending.values()].sort((a, b) => a.firstMs - b.firstMs);
  return {
    waiting: waiting.map((one) => ({ ...one, name: nameOf(one), over: one.card.untilMs <= nowMs })),
    grants: grantsInUse(state)
      .sort((a, b) => b.madeMs - a.madeMs || (a.id < b.id ? -1 : 1))
      .map(({ spent, budget, ...grant }) => ({
        ...grant,
        state: stateOfGrant({ ...grant, budget, spent }, nowMs),
        usedPercent: budget === null ? null : Math.ceil((1_000 * spent.rho) / Math.max(1, budget.rho)) / 10,
        rounds: state.charged.get(grant.id)?.size ?? 0,
      })),
  };
}

/** An ask that waits, by the beginning of its query's digest. */
export async function waitingAsk(nodeFolder: string, start: string, analyst?: string): Promise<Pending> {
  return valueOrThrow(pendingNamed(valueOrThrow(await readOwnerRecords(ownedPodToBe(nodeFolder))), start, analyst));
}

/** What of a card no column of her pod stands for, as it is now. Nothing is known of a pod that cannot be opened: `hedgerow pod ls` says why. */
export async function lackingFor(
  nodeFolder: string,
  { reads, words }: Pick<Card, "reads" | "words">,
): Promise<readonly Attribute[]> {
  const read = reads.flatMap(({ attributes }) => attributes);
  const standard = standardCatalogue();
  const catalogue = words === undefined ? standard : wordsOver(standard, words, await readCatalogue(nodeFolder));
  const opened = await openPod(podFolderOf(nodeFolder));
  if (!opened.ok) return opened.code === "pod-missing" ? [...new Set(read)] : [];
  try {
    return lackingIn(read, catalogue, opened.value.tables());
  } finally {
    opened.value.close();
  }
}

export interface CardWords {
  /** What she describes as the question does, in her own description. */
  readonly hers: readonly (readonly [Attribute, description: string])[];
  /** What she describes otherwise, or not at all. */
  readonly others: readonly WordAttribute[];
}

/** Of a card in an analyst's own words: what her catalogue says of them. */
export async function wordsOfCard(nodeFolder: string, { words }: Pick<Card, "words">): Promise<CardWords> {
  if (words === undefined) return { hers: [], others: [] };
  const own = await readCatalogue(nodeFolder);
  const descriptions = new Map(own.attributes.map(({ name, description }) => [name, description]));
  const known = knownAttributes(wordsOver(standardCatalogue(), words, own));
  const alike = words.attributes.filter(({ name }) => known.has(name));
  return {
    hers: alike.map(({ name }) => [name, descriptions.get(name) ?? ""] as const),
    others: words.attributes.filter((entry) => !alike.includes(entry)),
  };
}

export interface GrantRequest {
  readonly effect: "allow" | "deny";
  /** A query that waits, by the beginning of its digest; or any, by the whole of it and its analyst. */
  readonly query?: string;
  /** Who is answered. With a query: whose it is. */
  readonly analyst?: string;
  readonly attribute?: string;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly untilMs?: number;
  readonly note?: string;
}

export async function makeGrant(
  nodeFolder: string,
  request: GrantRequest,
): Promise<{ readonly id: string; readonly answered: number; readonly left: readonly string[] }> {
  const known = request.attribute === undefined ? [] : [...knownAttributes(await readCatalogue(nodeFolder)).keys()];
  const folder = ownedPodToBe(nodeFolder);
  const rules = readOwnerRules(folder, [...askableCatalogue().concepts.keys()]);
  const made = await withOwnerRecords(folder, (state) => {
    const on = subjectOf(state, request, known);
    if (!on.ok) return on;
    const { effect, epsilon, delta, untilMs, note } = request;
    const budget = epsilon === undefined ? accept(null) : amountOf({ epsilon, delta: delta ?? 1e-5 });
    if (!budget.ok) return refuse("grant-order", { detail: budget.detail ?? "a budget that cannot be kept" });
    const order = { effect, on: on.value, budget: budget.value, untilMs: untilMs ?? null, note: note ?? "" };
    const id = `g${randomBytes(4).toString("hex")}`;
    const act = makeIn(state, order, id, Date.now(), rules.ok ? rules.value : null);
    if (!act.ok) return act;
    const { answered, left } = act.value.value;
    return accept({ value: { id, answered, left: left.map(nameOf) }, effects: act.value.effects });
  });
  return valueOrThrow(made);
}

type Subject = Parameters<typeof makeIn>[1]["on"];

function subjectOf(state: OwnerState, request: GrantRequest, known: readonly string[]): Result<Subject> {
  const { query, analyst, attribute, effect, epsilon, untilMs } = request;
  if (query !== undefined) {
    const pending = pendingNamed(state, query, analyst);
    if (pending.ok) {
      const { card } = pending.value;
      return accept({ query: card.query, analyst: card.analyst.principal });
    }
    if (!digestPattern.test(query)) return pending;
    // Nobody waits with it, or several do: the words alone do not say who is answered.
    if (effect === "allow" && analyst === undefined) {
      const detail = "no single ask waits with it; say whose question is allowed, with --analyst NAME";
      return refuse("grant-order", { detail });
    }
    return accept({ query: query as Digest, analyst: analyst ?? null });
  }
  if (attribute !== undefined) {
    const unbounded = effect === "allow" && (epsilon === undefined || untilMs === undefined);
    if (unbounded)
      return refuse("grant-order", {
        detail: "to allow an attribute, give what may be spent (--epsilon) and an end (--until)",
      });
    // A parent of attributes is no entry of the catalogue, and covers all below it.
    const exists = known.some((name) => name === attribute || name.startsWith(`${attribute}.`));
    if (!attributePattern.test(attribute) || !exists) {
      return refuse("grant-order", { detail: `there is no attribute "${attribute}".${didYouMean(attribute, known)}` });
    }
    return accept({ attribute: attribute as Attribute, analyst: analyst ?? null });
  }
  return analyst === undefined
    ? refuse("grant-order", { detail: "name a query, an analyst or an attribute" })
    : accept({ analyst });
}

export async function revokeGrant(nodeFolder: string, id: string): Promise<Grant & { readonly wasRevoked: boolean }> {
  const revoked = await withOwnerRecords(ownedPodToBe(nodeFolder), (state) => {
    const act = revokeIn(state, id, Date.now());
    return act.ok ? accept({ value: act.value.value, effects: act.value.effects }) : act;
  });
  return valueOrThrow(revoked);
}

/** Of what she contributed: whether the receipt is there, and is what her node signed. */
export type ReceiptProof =
  /** `isKeeper` false: whose node keeps this pod cannot be told here, and the node that the receipt names signed it. */
  | { readonly at: "verified"; readonly node: NodeId; readonly isKeeper: boolean }
  | { readonly at: "not verified" | "missing"; readonly code: RefusalCode; readonly sentence: string };

export interface HistoryView {
  readonly uses: readonly (Omit<Use, "receipt"> & {
    readonly receipt: { readonly statement: string; readonly signature: string } | null;
    /** null: nothing was contributed, so nothing was signed. */
    readonly proof: ReceiptProof | null;
  })[];
  /** Paid, and never sent: the node was killed between the two. */
  readonly unsent: readonly string[];
}

export async function ownerHistory(nodeFolder: string): Promise<HistoryView> {
  const state = valueOrThrow(await readOwnerRecords(ownedPod(nodeFolder)));
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const keeper = await keeperOf(nodeFolder);
  const uses = valueOrThrow(historyOf(state)).map(({ receipt, ...use }) => ({
    ...use,
    receipt: receipt === null ? null : { statement: base64(receipt.statement), signature: base64(receipt.signature) },
    proof: use.outcome === "contributed" || receipt !== null ? proofOf({ ...use, receipt }, keeper) : null,
  }));
  return { uses, unsent: unsentRounds(state) };
}

const crypto = nodeCrypto;

function proofOf(use: Use, keeper: NodeId | null): ReceiptProof {
  const checked = checkContribution(use, keeper, { hasher: crypto, verifier: crypto });
  if (checked.ok) return { at: "verified", node: checked.value.node, isKeeper: keeper !== null };
  const { code } = checked;
  return { at: code === "contribution-unsigned" ? "missing" : "not verified", code, sentence: sentenceOf(code) };
}

/** The node whose folder it is; of a person in a folder that `people` of a node.yaml names, that node. */
async function keeperOf(nodeFolder: string): Promise<NodeId | null> {
  for (const folder of [nodeFolder, dirname(dirname(resolve(nodeFolder)))]) {
    const certificate = await readFile(join(folder, nodeFiles.certificate)).catch(() => null);
    if (certificate !== null) return nodeNamedIn(certificate);
  }
  return null;
}

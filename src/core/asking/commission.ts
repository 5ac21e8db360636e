// A commission: a plan that asks people, as far as anybody who is asked has found it to be in order (SEP2P §3.6, the verifiers). Indexers,
// people's nodes and gatherers read a plan through this and through nothing else.
//
// INVARIANT 1: the roster is verified with 2k asymmetric operations and no more: it was drawn for this query, by this plan's analyst.
// INVARIANT 2: the statement is read with the own catalogue, beside which it may bring words, and compiled here; the query that comes out has the digest that the roster was
//   drawn for. So every parameter, bound and placement is as the statement and its settings make it.
// INVARIANT 3: what a person pays for is one plan of one roster: another plan for the same roster has another digest.
import {
  accept,
  type Digest,
  fromCanonical,
  type Hasher,
  type NodeId,
  type Result,
  refuse,
  sameBytes,
  toCanonical,
  toHex,
  type VertexId,
} from "../base/index.ts";
import { type DrawPorts, type DrawRules, decodeRoster, drawLimits, type Roster, verifyRoster } from "../draw/index.ts";
import {
  type Asked,
  type MemberFacts,
  type Plan,
  type PlanVertex,
  planDigest,
  planSchema,
  type Query,
  type Question,
  queryDigest,
  questionDigest,
} from "../model/index.ts";
import { shareOut } from "../query/index.ts";
import type { Terms, TermsPort } from "../terms/index.ts";
import { keysWanted, type Wanted } from "./concepts.ts";
import { limits } from "./limits.ts";
import { checkMessageQuestion } from "./message-question.ts";

export interface CommissionPorts {
  readonly network: string;
  readonly hasher: Hasher;
  readonly rules: DrawRules;
  readonly draw: DrawPorts;
  /** The statement, read with this node's catalogue and the words that it brings. */
  read(asked: Asked): Result<Question>;
  /** The query that a question and its settings are carried out as (core/terms). */
  compile(asked: Asked, question: Question): Query;
  readonly terms: Pick<TermsPort, "termsOf">;
  /** Digest of a standard operator. */
  operator(name: string): Digest | undefined;
}

export interface GathererPlace {
  readonly vertex: PlanVertex;
  /** Where the lot put it, then who stands by. */
  readonly nodes: readonly NodeId[];
}

export interface Commission {
  /** The draw: one release, one charge. */
  readonly round: Digest;
  /** Everything that decides what is released and to whom. */
  readonly digest: Digest;
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly question: Question;
  readonly terms: Terms;
  readonly wanted: Wanted;
  readonly find: NodeId;
  readonly gatherers: readonly GathererPlace[];
  /** On the analyst's clock. */
  readonly drawnAtMs: number;
}

/** After it nobody answers: a roster's age, and the time that people have. */
export function overAtMs({ drawnAtMs, terms }: Pick<Commission, "drawnAtMs" | "terms">): number {
  return drawnAtMs + drawLimits.maxAgeMs + terms.settings.answerMs;
}

export class Commissions {
  readonly #ports: CommissionPorts;
  readonly #readings: Readings;
  readonly #known = new Map<string, Commission>();

  /** `readings`: with the same rules, statements and operators others may share them. What is drawn is verified here all the same. */
  constructor(ports: CommissionPorts, readings: Readings = new Readings()) {
    this.#ports = ports;
    this.#readings = readings;
  }

  /**
   * `young`: the roster must be as young as rosters are. Otherwise people may still be asked while the question's time lasts: who was away
   * is asked later.
   */
  read(bytes: Uint8Array, nowMs: number, { young }: { readonly young: boolean }): Result<Commission> {
    const name = toHex(this.#ports.hasher.sha256(bytes));
    let commission = this.#known.get(name);
    if (commission === undefined) {
      const checked = checkCommission(bytes, this.#ports, nowMs, young, this.#readings);
      if (!checked.ok) return checked;
      commission = checked.value;
      remember(this.#known, name, commission, limits.maxCommissions);
    }
    const isOver = young ? nowMs > commission.drawnAtMs + drawLimits.maxAgeMs : nowMs > overAtMs(commission);
    return isOver
      ? refuse(young ? "draw-stale" : "ask-over", { blame: commission.plan.analyst.node })
      : accept(commission);
  }
}

/** What follows from bytes alone, whoever sent them and whenever they are read. */
export class Readings {
  readonly #plans = new Map<string, ReadPlan>();
  readonly #meanings = new Map<string, Meaning>();

  plan(bytes: Uint8Array, { hasher }: CommissionPorts): Result<ReadPlan> {
    const name = toHex(hasher.sha256(bytes));
    const known = this.#plans.get(name);
    if (known !== undefined) return accept(known);
    const read = readPlan(bytes);
    if (read.ok) remember(this.#plans, name, read.value, limits.maxCommissions);
    return read;
  }

  /** Whoever asks it, and whoever drew for it, a statement says the same. */
  meaning(asked: Asked, ports: CommissionPorts): Result<Meaning> {
    const name = toHex(ports.hasher.sha256(toCanonical(asked)));
    const known = this.#meanings.get(name);
    if (known !== undefined) return accept(known);
    const meant = meaningOf(asked, ports);
    if (meant.ok) remember(this.#meanings, name, meant.value, limits.maxStatements);
    return meant;
  }
}

/** The oldest is forgotten first. */
function remember<Value>(all: Map<string, Value>, name: string, value: Value, most: number): void {
  all.set(name, value);
  for (const oldest of all.keys())
    if (all.size > most) all.delete(oldest);
    else break;
}

/** What follows from a statement and its settings alone. */
interface Meaning {
  readonly question: Question;
  readonly questionDigest: Digest;
  readonly query: Query;
  readonly queryDigest: Digest;
  readonly terms: Terms;
  readonly wanted: Wanted;
}

function meaningOf(asked: Asked, ports: CommissionPorts): Result<Meaning> {
  const { hasher, network } = ports;
  const question = ports.read(asked);
  if (!question.ok) {
    const code = question.code === "ask-words" ? "ask-words" : "ask-statement";
    return refuse(code, { detail: question.detail ?? question.code });
  }
  const query = ports.compile(asked, question.value);
  const terms = ports.terms.termsOf(question.value, asked.settings);
  if (!terms.ok) return terms;
  const wanted = keysWanted(hasher, network, question.value.target);
  if (!wanted.ok) return wanted;
  return accept({
    question: question.value,
    questionDigest: questionDigest(question.value, hasher),
    query,
    queryDigest: queryDigest(query, hasher),
    terms: terms.value,
    wanted: wanted.value,
  });
}

interface ReadPlan {
  readonly plan: Plan;
  readonly asked: Asked;
  readonly roster: Roster;
}

function readPlan(bytes: Uint8Array): Result<ReadPlan> {
  const plain = fromCanonical(bytes, limits.maxPlanBytes);
  if (!plain.ok) return plain;
  const parsed = planSchema.safeParse(plain.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse("plan-malformed", { detail: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` });
  }
  const plan = parsed.data;
  const { asked } = plan;
  if (asked === undefined) return refuse("ask-other-question", { detail: "it asks nobody" });
  if (plan.roster === undefined) return refuse("ask-no-roster", { blame: plan.analyst.node });
  const roster = decodeRoster(plan.roster);
  return roster.ok ? accept({ plan, asked, roster: roster.value }) : roster;
}

export function checkCommission(
  bytes: Uint8Array,
  ports: CommissionPorts,
  nowMs: number,
  young: boolean,
  readings: Readings = new Readings(),
): Result<Commission> {
  const read = readings.plan(bytes, ports);
  if (!read.ok) return read;
  const { plan, asked, roster } = read.value;
  if (plan.network !== ports.network) return refuse("wrong-network", { detail: plan.network });
  const actors = actorsOf(plan, roster, asked, ports, nowMs, young);
  if (!actors.ok) return actors;
  const meaning = readings.meaning(asked, ports);
  if (!meaning.ok) {
    const isAnalysts = meaning.code === "ask-statement" || meaning.code === "ask-words";
    return isAnalysts ? { ...meaning, blame: plan.analyst.node } : meaning;
  }
  const { question, query, terms, wanted } = meaning.value;
  if (meaning.value.questionDigest !== asked.question)
    return refuse("ask-other-question", { blame: plan.analyst.node, detail: "the statement is another question" });
  const fits = asked.message === undefined ? accept(undefined) : checkMessageQuestion(question);
  if (!fits.ok) return { ...fits, blame: plan.analyst.node };
  if (meaning.value.queryDigest !== plan.query)
    return refuse("ask-other-question", { blame: plan.analyst.node, detail: "the question is another query" });
  const roles = rolesIn(plan, query, actors.value.actors, ports);
  if (!roles.ok) return roles;
  const { draw } = actors.value;
  const whole = toCanonical(["hedgerow commission", draw, plan.query, plan.id, actors.value.actors]);
  return accept({
    round: draw,
    digest: toHex(ports.hasher.sha256(whole)) as Digest,
    plan,
    planDigest: planDigest(plan, ports.hasher),
    question,
    terms,
    wanted,
    ...roles.value,
    drawnAtMs: roster.header.atMs,
  });
}

function actorsOf(plan: Plan, roster: Roster, asked: Asked, ports: CommissionPorts, nowMs: number, young: boolean) {
  const { trigger, atMs } = roster.header;
  if (trigger !== plan.analyst.node) return refuse("ask-other-analyst", { blame: plan.analyst.node });
  const { maxAgeMs, maxSkewMs } = drawLimits;
  if (!young && nowMs > atMs + maxAgeMs + asked.settings.answerMs) return refuse("ask-over", { blame: trigger });
  // Who is asked late takes the roster as somebody took it who was asked at once. A witness' clock may be behind the trigger's.
  const asOfMs = young ? nowMs : Math.min(nowMs, atMs + maxAgeMs - maxSkewMs);
  return verifyRoster(roster, ports.rules, ports.draw, { nowMs: asOfMs, purpose: plan.query });
}

/** The plan is the compiled query, cell by cell, each where the lot put it. */
function rolesIn(
  plan: Plan,
  query: Query,
  actors: readonly NodeId[],
  ports: CommissionPorts,
): Result<Pick<Commission, "find" | "gatherers">> {
  const [dag] = query.alternatives;
  const other = (cell: VertexId | undefined, detail: string) =>
    refuse("ask-other-roles", { ...(cell === undefined ? {} : { blame: cell }), detail });
  if (dag === undefined || query.alternatives.length !== 1) return other(undefined, "there are several ways to do it");
  const named = plan.name === query.name && plan.purpose === query.purpose && plan.alternative === dag.name;
  if (!named || plan.vertices.length !== dag.vertices.length) return other(undefined, "it is not what was compiled");
  const cells = dag.vertices.map(({ id, placement }) => ({
    id,
    drawn: typeof placement === "object" && "drawn" in placement ? placement.drawn : undefined,
  }));
  const shares = shareOut(cells, actors);
  let find: NodeId | null = null;
  const gatherers: GathererPlace[] = [];
  for (const [i, wanted] of dag.vertices.entries()) {
    const vertex = plan.vertices[i]!;
    const same =
      vertex.id === wanted.id &&
      vertex.operator.name === wanted.operator &&
      vertex.operator.digest === ports.operator(wanted.operator) &&
      vertex.drawn === cells[i]!.drawn &&
      sameBytes(toCanonical([vertex.params, vertex.inputs]), toCanonical([wanted.params, wanted.inputs]));
    if (!same) return other(vertex.id, "it is not the cell that was compiled");
    const places = [vertex.node, ...vertex.spares];
    const share = shares.get(wanted.id) ?? (wanted.placement === "asker" ? [plan.analyst.node] : null);
    if (share === null || share.length !== places.length || places.some((node, at) => node !== share[at]))
      return other(vertex.id, "it is not where the lot put it");
    if (wanted.operator === "people-find") find = vertex.node;
    if (wanted.operator === "people-gather") gatherers.push({ vertex, nodes: places });
  }
  return find === null || gatherers.length === 0 ? other(undefined, "nobody gathers") : accept({ find, gatherers });
}

export type CertifiedAnalyst = Pick<MemberFacts, "principal" | "roles">;

/**
 * Rules, grants and budgets go by who asks: so by the certificate of the node that drew the roster, never by what a plan says. And a
 * roster tells of chance only where its trigger is a node of the network: keys without a certificate can be tried until one lies well.
 */
export function checkAnalyst({ plan }: Commission, known: CertifiedAnalyst | null): Result<void> {
  const { node, principal } = plan.analyst;
  if (known !== null && known.principal === principal && known.roles.includes("analyst")) return accept(undefined);
  const detail = known === null ? "no certificate of that node is known here" : "its certificate says otherwise";
  return refuse("ask-analyst-uncertified", { blame: node, detail });
}

// From what a person submitted to plans: parsed, a roster drawn where processors are wanted, the preferred plan that the
// policies in force allow, and behind it those that are tried when a policy refuses it all the same.
import { randomBytes } from "node:crypto";
import type { MessageOpening } from "../core/asking/index.ts";
import { accept, type Digest, type NodeId, type QueryId, type Result } from "../core/base/index.ts";
import { encodeRoster } from "../core/draw/index.ts";
import { type Asked, type MemberFacts, type Plan, queryDigest } from "../core/model/index.ts";
import {
  drawnIn,
  type Fault,
  ownOperatorsOf,
  type ParsedQuery,
  type PlanContext,
  plan as planQuery,
  positionsWithoutFile,
  validate,
} from "../core/query/index.ts";
import { compileAsked, termsOf } from "../core/terms/index.ts";
import { catalogue } from "../operators/index.ts";
import type { FaultView, PlanView, ServiceInput } from "../sdk/index.ts";
import { askedOf, dataflowOf, isQuestion, skippedViews } from "../sdk/query.ts";
import type { Rest } from "./asked.ts";
import { readAsked } from "./asking/ground.ts";
import type { Daemon } from "./daemon.ts";

export type Submitted = ServiceInput<"queryRun">;
export type Faulty = { readonly at: "faulty"; readonly faults: FaultView[] };

export interface Planned {
  readonly at: "planned";
  readonly plan: Plan;
  readonly digest: Digest;
  readonly skipped: PlanView["skipped"];
  /** In order of preference. */
  readonly alternatives: readonly Plan[];
  readonly rest: Rest;
  readonly bodies: ReadonlyMap<Digest, Uint8Array>;
  readonly message: MessageOpening | null;
}

type Parsed = Extract<ParsedQuery, { ok: true }> & { readonly message?: MessageOpening | null };
type DrawnRoster = NonNullable<PlanContext["roster"]>;

export type Planning = ReturnType<typeof createPlanning>;

export function createPlanning({
  members,
  identity,
  crypto,
  draws,
}: Pick<Daemon, "members" | "identity" | "crypto" | "draws">) {
  const self = identity.facts;

  /** Members that can be drawn. */
  const processors = () =>
    members.records().filter(({ node }) => node !== self.node && members.facts(node)?.roles.includes("transform"))
      .length;

  /** null: nothing is drawn, or the query has faults, and no lot is spent on it. */
  async function rosterFor({ query, positions }: Parsed, signal: AbortSignal): Promise<Result<DrawnRoster | null>> {
    const wanted = drawnIn(query);
    if (wanted === 0 || validate(query, catalogue(), ownOperatorsOf(query, crypto), positions).length > 0)
      return accept(null);
    const drawn = await draws.draw(queryDigest(query, crypto), wanted, signal);
    if (!drawn.ok) return drawn;
    return accept({ bytes: encodeRoster(drawn.value.roster), actors: drawn.value.roster.actors });
  }

  async function makePlans(submitted: Submitted, signal: AbortSignal): Promise<Result<Planned | Faulty>> {
    const read = isQuestion(submitted.fileName) ? readQuestion(submitted, processors()) : accept(dataflowOf(submitted));
    if (!read.ok) return read;
    return read.value.ok ? plansFor(read.value, signal) : accept(faulty(read.value.faults));
  }

  /** A question that was asked before, under a roster of its own. */
  async function planAnew(
    asked: Asked,
    message: MessageOpening | null,
    signal: AbortSignal,
  ): Promise<Result<Planned | Faulty>> {
    const question = readAsked(asked);
    if (!question.ok) return question;
    const query = compileAsked(asked, question.value);
    const positions = { ...positionsWithoutFile(query.alternatives), file: `${asked.name}.sql` };
    return plansFor({ ok: true, query, positions, bodies: new Map(), message }, signal);
  }

  async function plansFor(parsed: Parsed, signal: AbortSignal): Promise<Result<Planned | Faulty>> {
    const drawn = await rosterFor(parsed, signal);
    if (!drawn.ok) return drawn;
    const records = members.records();
    const facts = new Map<NodeId, MemberFacts>();
    for (const { node } of records) {
      const known = members.facts(node);
      if (known !== undefined) facts.set(node, known);
    }
    /** Each plan is set up under an id of its own: what a node remembers of one says nothing about the next. */
    const planned = (after?: string) =>
      planQuery(parsed.query, {
        records,
        facts,
        catalogue: catalogue(),
        analyst: { node: self.node, principal: self.principal },
        queryId: randomBytes(16).toString("hex") as QueryId,
        network: self.network,
        hasher: crypto,
        positions: parsed.positions,
        ...(after === undefined ? {} : { after }),
        ...(drawn.value === null ? {} : { roster: drawn.value }),
      });
    const first = planned();
    if (!first.ok) return accept(faulty(first.faults));
    const alternatives: Plan[] = [];
    const behind: Rest["behind"][number][] = [];
    let next = planned(first.alternative); // ends: each begins behind the one before, and there are eight at most
    for (; next.ok; next = planned(next.alternative)) {
      alternatives.push(next.plan);
      behind.push({ id: next.plan.id, digest: next.digest, skipped: skippedViews(next.skipped) });
    }
    const { plan, digest, skipped } = first;
    const rest = { behind, skippedLast: skippedViews(next.skipped) };
    const { bodies, message = null } = parsed;
    return accept({ at: "planned", plan, digest, skipped: skippedViews(skipped), alternatives, rest, bodies, message });
  }

  return { makePlans, planAnew, processors };
}

function faulty(faults: readonly Fault[]): Faulty {
  return { at: "faulty", faults: faults.map((fault) => ({ ...fault })) };
}

/**
 * A question as the query that it is carried out as. Its faults name places of the statement. What cannot be noised is refused here: the
 * cells would refuse it as well, after a lot was drawn for it.
 */
function readQuestion(
  submitted: Submitted,
  processors: number,
): Result<Parsed | { ok: false; faults: readonly Fault[] }> {
  const read = askedOf(submitted, processors);
  if (!read.ok) return accept(read);
  const terms = termsOf(read.question, read.asked.settings);
  if (!terms.ok) return terms;
  const query = compileAsked(read.asked, read.question);
  const positions = { ...positionsWithoutFile(query.alternatives), file: submitted.fileName };
  return accept({ ok: true, query, positions, bodies: new Map(), message: read.message });
}

// The routes about queries: validate, plan, run, look after, stop, audit.
import {
  accept,
  type Digest,
  type NodeId,
  type QueryId,
  type Result,
  refuse,
  unreachable,
} from "../core/base/index.ts";
import { isOver, type ParticipantState, type Reason } from "../core/lifecycle/index.ts";
import type { Plan } from "../core/model/index.ts";
import { within } from "../io/runtime/index.ts";
import type { ExplainOrder, NodeService, OutcomeView, PlanView, QuerySummary, QueryView } from "../sdk/index.ts";
import { isQuestion, validateSubmission } from "../sdk/query.ts";
import { explainQuestion } from "../sdk/question-plan.ts";
import type { AskedQuery } from "./asked.ts";
import { cellsOf, hasEnded, incarnationsOf } from "./asked-cells.ts";
import type { Daemon } from "./daemon.ts";
import { drawnView, lotView } from "./drawn-view.ts";
import { createPlanning, type Submitted } from "./planning.ts";
import { lossText, phaseOf, planView, type QueryFacts, queryView, reasonsLeft, reasonView } from "./query-views.ts";
import { refreshStatistics, statisticsOf } from "./statistics.ts";

type QueryRoutes = Pick<
  NodeService,
  | "queryValidate"
  | "queryPlan"
  | "queryRun"
  | "queryList"
  | "queryShow"
  | "queryWatch"
  | "queryStop"
  | "queryDetach"
  | "queryAttach"
  | "queryAudit"
>;

/** A watcher gets at most this many pictures per second, and one at least when numbers move. */
const watchPauseMs = 100;
const watchRefreshMs = 1_000;

export function queryRoutes(daemon: Daemon): QueryRoutes {
  const { asked, members, participants, identity } = daemon;
  const self = identity.facts;
  const { makePlans, processors } = createPlanning(daemon);
  const isAnalyst = self.roles.includes("analyst");

  const viewOfPlan = (plan: Plan, skipped: PlanView["skipped"]): PlanView => ({
    ...planView(plan, skipped, daemon.nameOf),
    drawn: drawnView(plan, daemon.draws, daemon.crypto, members.records().length),
  });

  const explained = (submitted: Submitted, order: ExplainOrder) =>
    explainQuestion(submitted, order, {
      network: self.network,
      processors: processors(),
      drawn: (cells) => lotView(cells, daemon.draws.rules, members.records().length),
    });

  async function viewOfAsked(query: AskedQuery): Promise<QueryView> {
    if (query.outcome !== null) await query.counting;
    else if (hasNumbers(query.state)) await refreshStatistics(daemon.statistics, query);
    const { state } = query;
    const dead =
      state !== undefined && "nodes" in state ? state.nodes.filter((one) => one.dead).map((one) => one.node) : [];
    const isOver = hasEnded(query) || query.outcome === null;
    const facts: QueryFacts = {
      phase: isOver ? phaseOf(state) : "instantiating",
      reasons: isOver
        ? reasonsOf(state, dead).map((reason) => reasonView(reason, daemon.nameOf))
        : query.outcome!.reasons,
      cells: cellsOf(query).map(({ vertex, node, incarnation, at }) => {
        return { vertex, node, incarnation, at: dead.includes(node) && at !== "drained" ? ("lost" as const) : at };
      }),
      former: query.formerCells,
      statistics: query.lastStatistics,
    };
    return queryView(isOver ? query : { ...query, outcome: null }, facts, daemon.nameOf);
  }

  async function viewOf(given: QueryId): Promise<Result<QueryView>> {
    const id = asked.latest(given);
    const query = asked.get(id);
    if (query !== undefined) {
      const view = await viewOfAsked(query);
      // Meanwhile the plan was refused, or another roster drawn: who asks wants to see what the query goes on with.
      return asked.latest(given) === id ? accept(view) : viewOf(given);
    }
    const state = participants.state(id);
    if (state === undefined || state.at === "absent") return refuse("query-unknown", { blame: id });
    return accept(viewOfParticipant(daemon, id, state));
  }

  /** Only the analyst who asked it. */
  function own(id: QueryId): Result<AskedQuery> {
    const query = asked.get(id);
    if (query !== undefined) return accept(query);
    return refuse(participants.state(id) === undefined ? "query-unknown" : "query-not-asked-here", { blame: id });
  }

  async function settledOr(id: QueryId, done: (query: AskedQuery) => boolean, signal: AbortSignal): Promise<void> {
    for (let query = asked.get(id); query !== undefined && !done(query) && !signal.aborted; query = asked.get(id)) {
      await asked.nextChange(id, signal, watchRefreshMs);
    }
  }

  async function attach(id: QueryId, signal: AbortSignal): Promise<Result<void>> {
    const contacts = members
      .records()
      .map((record) => record.node)
      .filter((node) => node !== self.node);
    const found = await daemon.coordinators.attach(id, contacts, within(30_000, signal));
    if (found === null) return refuse("query-unknown", { blame: id });
    // Whether people were called, the process knows that looked after it before.
    if (asked.get(id) === undefined) asked.add(found.plan, found.digest, [], performance.now()).called = true;
    asked.changed(id, found);
    return accept(undefined);
  }

  return {
    async queryValidate(submitted) {
      return accept(validateSubmission(submitted));
    },
    async queryPlan({ explain, ...submitted }, { signal }) {
      if (!isAnalyst) return refuse("node-not-analyst");
      if (isQuestion(submitted.fileName)) return explained(submitted, explain);
      const planned = await makePlans(submitted, signal);
      if (!planned.ok) return planned;
      if (planned.value.at === "faulty") return accept(planned.value);
      const { plan, skipped } = planned.value;
      return accept({ at: "planned" as const, plan: viewOfPlan(plan, skipped) });
    },
    async queryRun(submitted, { signal }) {
      if (!isAnalyst) return refuse("node-not-analyst");
      const startedMs = performance.now();
      const planned = await makePlans(submitted, signal);
      if (!planned.ok) return planned;
      if (planned.value.at === "faulty") return accept(planned.value);
      const { plan, digest, skipped, alternatives, rest, bodies, message } = planned.value;
      for (const [of, body] of bodies) daemon.bodies.keep(of, body);
      const query = asked.add(plan, digest, skipped, startedMs, rest, message);
      asked.save(query);
      daemon.coordinators.begin(plan, alternatives); // what it persists makes that record durable too
      const about = plan.asked === undefined ? null : explained(submitted, {});
      const question = about?.ok && about.value.at === "explained" ? about.value.question : null;
      return accept({ at: "accepted" as const, id: plan.id, plan: viewOfPlan(plan, skipped), question });
    },
    async queryList() {
      const mine = asked.all().map((query) => summary(query, phaseOf(query.state)));
      const theirs = participants.queries().flatMap((id): QuerySummary[] => {
        const state = participants.state(id);
        if (asked.get(id) !== undefined || state === undefined || state.at === "absent") return [];
        const { phase, outcome, startedAtMs, setupMs, name } = viewOfParticipant(daemon, id, state);
        const nodes = new Set(state.plan.vertices.map((vertex) => vertex.node)).size;
        return [
          {
            id,
            name,
            phase,
            outcome: outcome?.outcome ?? null,
            startedAtMs,
            setupMs,
            vertices: state.plan.vertices.length,
            nodes,
            part: "participant",
          },
        ];
      });
      return accept({ queries: [...mine, ...theirs].sort((a, b) => b.startedAtMs - a.startedAtMs) });
    },
    queryShow: ({ id }) => viewOf(id),
    async queryWatch({ id }, { signal }) {
      const first = await viewOf(id);
      if (!first.ok) return first;
      async function* pictures() {
        for (;;) {
          const changed = asked.nextChange(asked.latest(id), signal, watchRefreshMs); // before looking: no change meanwhile is missed
          const view = await viewOf(id);
          if (!view.ok) return;
          yield view.value;
          if (view.value.phase === "settled" || signal.aborted) return;
          await new Promise((resolve) => setTimeout(resolve, watchPauseMs));
          await changed;
          if (signal.aborted) return;
        }
      }
      return accept(pictures());
    },
    async queryStop({ id: given }, { signal }) {
      const id = asked.latest(given);
      const query = own(id);
      if (!query.ok) return query;
      if (query.value.outcome === null && query.value.state?.at === "detached") {
        // Nobody coordinates it: there is nobody yet to tell.
        const attached = await attach(id, signal);
        if (!attached.ok && query.value.outcome === null) return attached;
      }
      if (query.value.outcome === null) {
        daemon.coordinators.stopQuery(id);
        await settledOr(id, (one) => one.outcome !== null, signal);
      }
      // Whoever stops a query wants no other roster for it.
      query.value.anew?.cancel();
      await query.value.anew?.done;
      return viewOf(id);
    },
    async queryDetach({ id: given }, { signal }) {
      const id = asked.latest(given);
      const query = own(id);
      if (!query.ok) return query;
      daemon.coordinators.detach(id);
      await settledOr(id, (one) => one.state?.at === "detached" || one.outcome !== null, within(5_000, signal));
      return query.value.state?.at === "detached" ? viewOf(id) : refuse("query-not-flowing", { blame: id });
    },
    async queryAttach({ id: given }, { signal }) {
      if (!isAnalyst) return refuse("node-not-analyst");
      const id = asked.latest(given);
      const present = asked.get(id);
      const isHere = present?.outcome === null && present.state !== undefined && present.state.at !== "detached";
      if (!isHere) {
        const attached = await attach(id, signal);
        if (!attached.ok) return attached;
      }
      return viewOf(id);
    },
    async queryAudit({ id: given }) {
      const id = asked.latest(given);
      const query = asked.get(id);
      const state = participants.state(id);
      const held = state === undefined || state.at === "absent" ? undefined : state;
      const plan = query?.plan ?? held?.plan;
      if (plan === undefined) return refuse("query-unknown", { blame: id });
      const planDigest = (query?.planDigest ?? held?.digest) as Digest;
      const settled = query === undefined ? held?.at === "ended" : query.outcome !== null;
      const losses = (query?.outcome?.losses ?? []).map(lossText);
      const cells = query === undefined ? [] : incarnationsOf(query);
      return daemon.audits.audit({ plan, planDigest, cells, settled, losses });
    },
  };
}

/** While a query is set up its cells have nothing to count, and its nodes better things to do than to say so. */
function hasNumbers(state: AskedQuery["state"]): boolean {
  return state !== undefined && !["planned", "instantiating", "starting", "committing"].includes(state.at);
}

/** While it runs, only what is not mended. */
function reasonsOf(state: AskedQuery["state"], dead: readonly NodeId[]): readonly Reason[] {
  if (state === undefined || !("reasons" in state)) return [];
  const runs = state.at === "committing" || state.at === "flowing" || state.at === "degraded";
  return runs ? reasonsLeft(state.reasons, state.cells, dead) : state.reasons;
}

function summary(query: AskedQuery, phase: QuerySummary["phase"]): QuerySummary {
  return {
    id: query.id,
    name: query.plan.name,
    phase: query.outcome === null ? phase : "settled",
    outcome: query.outcome?.outcome ?? null,
    startedAtMs: query.startedAtMs,
    setupMs: query.setupMs,
    vertices: query.plan.vertices.length,
    nodes: new Set(query.plan.vertices.map((vertex) => vertex.node)).size,
    part: "analyst",
  };
}

function participantPhase(state: Exclude<ParticipantState, { at: "absent" }>): QueryView["phase"] {
  switch (state.at) {
    case "holding":
      return "starting";
    case "flowing":
      return state.orphaned === undefined ? "running" : "degraded";
    case "closing":
      return "stopping";
    case "ended":
      return "settled";
    default:
      return unreachable(state);
  }
}

/** What a participant can say: its own cells, and the plan. */
function viewOfParticipant(daemon: Daemon, id: QueryId, state: Exclude<ParticipantState, { at: "absent" }>): QueryView {
  const phase = participantPhase(state);
  const undelivered = state.cells.reduce((sum, cell) => sum + cell.undelivered, 0);
  const reasons = state.reason === undefined ? [] : [reasonView(state.reason, daemon.nameOf)];
  const over = state.cells.every((cell) => isOver(cell.at));
  const outcome =
    phase !== "settled"
      ? null
      : ({
          outcome: reasons.length > 0 ? "failed" : "completed",
          reasons,
          undelivered,
          losses: [],
          settledAtMs: state.heardMs,
        } satisfies OutcomeView);
  return queryView(
    {
      id,
      plan: state.plan,
      planDigest: state.digest,
      part: "participant",
      skipped: [],
      startedAtMs: daemon.firstSeenMs(id),
      setupMs: null,
      outcome: over ? outcome : null,
      receipts: daemon.host.receiptCount(id),
      assurance: daemon.evidence.lowest(id),
    },
    {
      phase,
      reasons,
      cells: state.cells.map(({ vertex, incarnation, at }) => ({
        vertex,
        incarnation,
        at,
        node: daemon.identity.facts.node,
      })),
      former: [],
      statistics: statisticsOf(daemon.host, id),
    },
    daemon.nameOf,
  );
}

// The queries that this node's analyst asked: what is remembered of each, on disk too, and who watches it change.

import type { Going, MessageOpening } from "../core/asking/index.ts";
import { accept, type Digest, fromCanonical, type QueryId, type Result, toCanonical } from "../core/base/index.ts";
import type { CellStatistics } from "../core/inquiry/index.ts";
import {
  type CellView,
  type CoordinatorOwnEffect,
  type CoordinatorState,
  coordinatorKey,
  hasRun,
  isByPolicy,
  lifecycleLimits,
} from "../core/lifecycle/index.ts";
import { type Plan, planSchema } from "../core/model/index.ts";
import { printable } from "../core/policy/index.ts";
import type { Journal } from "../io/storage/index.ts";
import type { LogLine, OutcomeView, PlanView, Reason } from "../sdk/index.ts";
import { cellsOf } from "./asked-cells.ts";
import { reasonsOfLoss } from "./finder-loss.ts";
import { lossReason, lossView, type NameOf, type QueryRecord, reasonsLeft, reasonView } from "./query-views.ts";

/** Settled queries that are remembered; the oldest are forgotten first. */
const maxSettled = 200;
/** What happened to one query, for `hedgerow query logs`. */
const maxLogLines = 2_000;

const outcomes: Readonly<Record<"finished" | "stopped" | "rolled-back" | "failed", OutcomeView["outcome"]>> = {
  finished: "completed",
  stopped: "stopped",
  "rolled-back": "refused",
  failed: "failed",
};

/** A cell that another took the place of. */
export interface FormerCell extends Pick<CellView, "vertex" | "node" | "incarnation"> {
  readonly ran: boolean;
  readonly reason: Reason;
}

type Skipped = readonly PlanView["skipped"][number][];
type Settled = Extract<CoordinatorOwnEffect, { type: "settled" }>;

/** A plan that is tried when a policy refuses the one before it. */
export interface Behind {
  readonly id: QueryId;
  readonly digest: Digest;
  /** Passed over in planning, between the plan before and this one. */
  readonly skipped: Skipped;
}

/** What there is behind a plan: other plans, and what was passed over behind the last of them. */
export interface Rest {
  readonly behind: readonly Behind[];
  readonly skippedLast: Skipped;
}
const nothingBehind: Rest = { behind: [], skippedLast: [] };

export interface AskedQuery extends QueryRecord, Rest {
  /** Grows at the end: what planning passed over behind the last plan counts once that was refused. */
  skipped: Skipped;
  /** What it brings to whom it asks: their node gets it from `find`, which asks for it here. */
  readonly message: MessageOpening | null;
  /** Its `find` had leave to call people: on disk before anybody was. */
  called: boolean;
  /** Drawn anew by this node, since nobody was called under the plan before: that is done once. */
  readonly isAnew: boolean;
  /** The plan with which the query went on, since a policy refused this one, or its finder's node was lost. */
  next: QueryId | null;
  readonly log: LogLine[];
  state: CoordinatorState | undefined;
  readonly startedMs: number;
  /** As last seen, for the time after the cells are gone. */
  lastStatistics: readonly CellStatistics[];
  lastCells: readonly (Pick<CellView, "vertex" | "node" | "incarnation" | "at"> & Partial<CellView>)[];
  formerCells: readonly FormerCell[];
  /** Once it has settled: the last numbers are being fetched. Who shows the query waits for them. */
  counting?: Promise<void>;
  /** While this node draws anew: whether the query has ended is not known until then. */
  anew?: { readonly done: Promise<void>; readonly cancel: () => void };
}

export interface AskedQueries {
  get(id: QueryId): AskedQuery | undefined;
  all(): readonly AskedQuery[];
  /** Whoever asks for a plan that was refused means the one with which its query went on. */
  latest(id: QueryId): QueryId;
  add(
    plan: Plan,
    digest: Digest,
    skipped: Skipped,
    startedMs: number,
    rest?: Rest,
    message?: MessageOpening | null,
    isAnew?: boolean,
  ): AskedQuery;
  /** Remembers the next plan of a query, before it begins. False: it has begun and ended already, before a restart. */
  succeed(effect: Settled, next: Plan): boolean;
  /** A query goes on under a roster that was drawn anew. */
  goOn(query: AskedQuery, plan: Plan, digest: Digest): AskedQuery;
  changed(id: QueryId, state: CoordinatorState): void;
  effect(effect: CoordinatorOwnEffect): void;
  /** undefined: nobody is called for it. */
  going(id: QueryId): Going | undefined;
  /** People are called from now on: on disk when this returns. */
  called(id: QueryId): void;
  note(id: QueryId, line: Omit<LogLine, "atMs">): void;
  /** Resolves at the next change of the query, after the time, or when the signal aborts. */
  nextChange(id: QueryId, signal: AbortSignal, timeoutMs: number): Promise<void>;
  save(query: AskedQuery): void;
}

const prefix = "asked/";

export function createAskedQueries(
  journal: Journal,
  nameOf: NameOf,
  settled: (query: AskedQuery) => void,
): AskedQueries {
  const queries = new Map<QueryId, AskedQuery>();
  const waiting = new Map<QueryId, Set<() => void>>();
  for (const [key, bytes] of journal.entries(prefix)) {
    const stored = restore(key, bytes);
    if (!stored.ok) continue;
    const { id, outcome, setupMs } = stored.value;
    // The node ended before its coordinator had written anything: nothing was sent, and nobody was told its id.
    if (outcome === null && setupMs === null && journal.get(coordinatorKey(id)) === undefined) journal.note(key, null);
    else queries.set(id, stored.value);
  }

  function wake(id: QueryId): void {
    const resumed = waiting.get(id);
    waiting.delete(id);
    for (const resume of resumed ?? []) resume();
  }

  function save(query: AskedQuery, durably = query.outcome !== null): void {
    const { id, plan, planDigest, skipped, startedAtMs, setupMs, outcome, assurance, receipts } = query;
    const { lastStatistics, lastCells, formerCells, behind, skippedLast, next, message, called, isAnew } = query;
    const cells = lastCells.map(({ vertex, node, incarnation, at }) => ({ vertex, node, incarnation, at }));
    const record = toCanonical({
      plan,
      planDigest,
      skipped,
      startedAtMs,
      setupMs,
      outcome,
      assurance,
      receipts,
      lastStatistics,
      lastCells: cells,
      formerCells,
      behind,
      skippedLast,
      next,
      message,
      called,
      isAnew,
    });
    // What a query came to is for good; until then its coordinator keeps what a restart needs.
    if (durably) journal.set(prefix + id, record);
    else journal.note(prefix + id, record);
  }

  function note(id: QueryId, line: Omit<LogLine, "atMs">): void {
    const query = queries.get(id);
    if (query === undefined) return;
    query.log.push({ atMs: Date.now(), ...line });
    if (query.log.length > maxLogLines) query.log.shift();
    wake(id);
  }

  /** Whom a move left behind: the audit asks for their receipts, and people for where a cell was. */
  function noteMoves(query: AskedQuery, state: CoordinatorState): void {
    if (!("cells" in state)) return;
    const left = query.lastCells.filter((old) =>
      state.cells.some((cell) => cell.vertex === old.vertex && cell.incarnation > old.incarnation),
    );
    if (left.length === 0) return;
    const former = left.map(({ vertex, node, incarnation, at, reason, wired = [], confirmed = false }): FormerCell => {
      // What a restart left of the picture does not say whether it ran: assume that it did.
      const ran = query.state === undefined || hasRun({ at, wired, confirmed });
      return {
        vertex,
        node,
        incarnation,
        ran,
        reason: reasonView(reason ?? { code: "node-unreachable", node }, nameOf),
      };
    });
    query.formerCells = [...query.formerCells, ...former];
    query.lastCells = state.cells;
    save(query);
  }

  function forgetOldest(): void {
    const over = [...queries.values()].filter((query) => query.outcome !== null);
    over.sort((a, b) => a.startedAtMs - b.startedAtMs);
    for (const query of over.slice(0, Math.max(0, over.length - maxSettled))) {
      queries.delete(query.id);
      journal.set(prefix + query.id, null);
    }
  }

  function outcomeOf(query: AskedQuery, effect: Settled): OutcomeView {
    const ended = effect.outcome === "finished" || effect.outcome === "stopped";
    const left = ended ? reasonsLeft(effect.reasons, query.lastCells, []) : reasonsOfLoss(query, effect.reasons);
    const losses = effect.losses.map((loss) => lossReason(loss, query.plan, query.lastCells, nameOf));
    return {
      outcome: outcomes[effect.outcome],
      reasons: [...left.map((reason) => reasonView(reason, nameOf)), ...losses],
      undelivered: effect.undelivered,
      losses: effect.losses.map((loss) => lossView(loss, nameOf)),
      settledAtMs: Date.now(),
    };
  }

  function add(
    plan: Plan,
    digest: Digest,
    skipped: Skipped,
    startedMs: number,
    rest: Rest = nothingBehind,
    message: MessageOpening | null = null,
    isAnew = false,
  ) {
    const query: AskedQuery = {
      id: plan.id,
      plan,
      planDigest: digest,
      part: "analyst",
      skipped,
      ...rest,
      message,
      called: false,
      isAnew,
      next: null,
      startedAtMs: Date.now(),
      setupMs: null,
      outcome: null,
      receipts: 0,
      assurance: null,
      log: [],
      state: undefined,
      startedMs,
      lastStatistics: [],
      lastCells: [],
      formerCells: [],
    };
    queries.set(plan.id, query);
    return query;
  }

  return {
    get: (id) => queries.get(id),
    latest(id) {
      let last = id;
      for (let hops = 0; hops < lifecycleLimits.maxAlternatives; hops++) {
        const next = queries.get(last)?.next ?? null;
        if (next === null || !queries.has(next)) break;
        last = next;
      }
      return last;
    },
    all: () => [...queries.values()].sort((a, b) => b.startedAtMs - a.startedAtMs),
    add,
    succeed(effect, next) {
      const query = queries.get(effect.query);
      const known = queries.get(next.id);
      if (known !== undefined) return known.outcome === null;
      const [first, ...behind] = query?.behind ?? [];
      if (query === undefined || first === undefined) return false;
      const { reasons } = outcomeOf(query, effect);
      const tried = { alternative: query.plan.alternative, reasons, tried: query.id };
      const rest = { behind, skippedLast: query.skippedLast };
      const successor = add(
        next,
        first.digest,
        [...query.skipped, tried, ...first.skipped],
        query.startedMs,
        rest,
        query.message,
      );
      successor.log.push(...query.log);
      save(successor);
      const text = `the plan ${query.plan.alternative} was refused; the query goes on with ${next.alternative}`;
      note(next.id, { level: "warn", event: "refused", text });
      return true;
    },
    goOn(query, plan, digest) {
      const { skipped, startedMs, message } = query;
      const successor = add(plan, digest, skipped, startedMs, nothingBehind, message, true);
      successor.log.push(...query.log);
      // In this order: after a crash in between, the query before has ended, and says that nobody was called.
      save(successor);
      query.next = plan.id;
      save(query);
      note(plan.id, {
        level: "warn",
        event: "anew",
        text: "nobody was called; the query goes on under another roster",
      });
      return successor;
    },
    changed(id, state) {
      const query = queries.get(id);
      if (query === undefined) return;
      noteMoves(query, state);
      query.state = state;
      cellsOf(query);
      if (query.setupMs === null && state.at === "flowing") {
        query.setupMs = performance.now() - query.startedMs;
        save(query);
      }
      wake(id);
    },
    effect(effect) {
      const query = queries.get(effect.query);
      if (query === undefined) return;
      if (effect.type === "progress")
        return note(query.id, {
          level: effect.phase === "mending" || effect.phase === "degraded" ? "warn" : "info",
          event: effect.phase,
          text: printable(effect.detail), // with what a peer said of a failed cell
        });
      if (effect.type === "detached")
        return note(query.id, { level: "info", event: "detached", text: "the query goes on without this process" });
      query.outcome = outcomeOf(query, effect);
      query.next = effect.goesOnWith?.[0]?.id ?? null;
      // Nothing is left to try: what planning passed over behind this plan is part of the answer.
      if (query.behind.length === 0 && query.outcome.outcome === "refused" && effect.reasons.some(isByPolicy))
        query.skipped = [...query.skipped, ...query.skippedLast];
      save(query);
      settled(query);
      if (query.next !== null || query.anew !== undefined) wake(query.id);
      else {
        const well = effect.outcome === "finished" || effect.outcome === "stopped";
        note(query.id, { level: well ? "info" : "warn", event: "settled", text: query.outcome.outcome });
      }
      forgetOldest();
    },
    going(id) {
      const query = queries.get(id);
      return query === undefined || query.outcome !== null ? undefined : query;
    },
    called(id) {
      const query = queries.get(id);
      if (query === undefined || query.called) return;
      query.called = true;
      save(query, true);
    },
    note,
    nextChange(id, signal, timeoutMs) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const resume = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", resume);
          waiting.get(id)?.delete(resume);
          resolve();
        };
        const timer = setTimeout(resume, timeoutMs);
        signal.addEventListener("abort", resume);
        const others = waiting.get(id) ?? new Set();
        others.add(resume);
        waiting.set(id, others);
      });
    },
    save,
  };
}

/** Our own bytes: the journal checked them. What does not parse was written by another version, and is left out. */
function restore(key: string, bytes: Uint8Array): Result<AskedQuery> {
  const value = fromCanonical(bytes);
  if (!value.ok) return value;
  const stored = value.value as Omit<AskedQuery, "id" | "part" | "log" | "state" | "startedMs">;
  const plan = planSchema.safeParse(stored.plan);
  if (!plan.success) return { ok: false, code: "malformed", blame: key };
  return accept({
    ...stored,
    formerCells: stored.formerCells ?? [],
    behind: stored.behind ?? [],
    skippedLast: stored.skippedLast ?? [],
    next: stored.next ?? null,
    message: stored.message ?? null,
    called: stored.called ?? true, // of before this was written down, nobody knows
    isAnew: stored.isAnew ?? false,
    outcome: stored.outcome === null ? null : { ...stored.outcome, losses: stored.outcome.losses ?? [] },
    id: plan.data.id,
    plan: plan.data,
    part: "analyst",
    log: [],
    state: undefined,
    startedMs: performance.now(),
  });
}

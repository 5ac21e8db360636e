// A question whose finder's node was lost. Whether anybody was called is on this node's disk (core/asking/go-desk.ts). Where nobody was, nobody
// has paid, and this node draws anew by itself; else what is told says that those who answered have paid.
//
// INVARIANT 1: drawn anew is only what has settled before people were called: from then on nobody gets leave to call any.
// INVARIANT 2: it is done once for a question: what loses two finders has another fault.
import { type NodeId, type QueryId, sentenceOf, type VertexId } from "../core/base/index.ts";
import type { Reason as Given } from "../core/lifecycle/index.ts";
import { vertexOf } from "../core/model/index.ts";
import { peopleCells } from "../core/terms/index.ts";
import { within } from "../io/runtime/index.ts";
import type { AskedQuery } from "./asked.ts";
import type { Daemon } from "./daemon.ts";
import type { Planning } from "./planning.ts";

const finder = peopleCells.find as VertexId;

/** How a coordinator says that a cell's node is gone, and nobody took its place. */
const lossCodes: ReadonlySet<string> = new Set([
  "no-spare",
  "node-unreachable",
  "cells-lost",
  "node-stopping",
  "commit-failed",
]);

/**
 * The reasons of a query that failed or was taken back; what there is to know about a lost finder comes first. Where the finder refused, that
 * nobody handed on a part only follows, and its "ask again" would contradict what the finder's own reason tells to do.
 */
export function reasonsOfLoss(
  { plan, called }: Pick<AskedQuery, "plan" | "called">,
  reasons: readonly Given[],
): readonly Given[] {
  const find = plan.asked === undefined ? undefined : vertexOf(plan, finder);
  if (find === undefined) return reasons;
  const isFinders = ({ code, vertex }: Given) => vertex === find.id && !lossCodes.has(code);
  if (reasons.some(isFinders)) return reasons.filter(({ code }) => code !== "ask-no-part");
  const isLoss = ({ code, vertex, node }: Given) =>
    lossCodes.has(code) && (vertex === undefined ? node === find.node : vertex === find.id);
  // Whoever stops a query does not want to hear what its end met with, nor another roster.
  if (!reasons.some(isLoss) || reasons.some(({ code }) => code === "stopped-by-analyst")) return reasons;
  const code = called ? "ask-finder-lost" : "ask-nobody-called";
  return [{ code, vertex: find.id, node: find.node }, ...reasons.filter((reason) => !isLoss(reason))];
}

/** A node that is gone without a word is no member any more after so long: a probe interval, eight probes, and what it has to refute it. */
const forgottenMs = 45_000;
/** A draw with all its restarts. */
const drawnMs = 120_000;

export interface FinderLossParts extends Pick<Daemon, "asked" | "coordinators" | "members" | "log"> {
  readonly planning: Planning;
  /** Who waits for the query's results looks again. */
  readonly wake: (query: QueryId) => void;
}

export function createFinderLoss({ asked, coordinators, members, log, planning, wake }: FinderLossParts) {
  const waiting = new Map<NodeId, Set<() => void>>();

  /** What is drawn while others still count it among the members may fall to it again. */
  function forgotten(node: NodeId, signal: AbortSignal): Promise<void> {
    if (!members.records().some((record) => record.node === node)) return Promise.resolve();
    return new Promise((resolve) => {
      const all = waiting.get(node) ?? new Set();
      waiting.set(node, all.add(resolve));
      within(forgottenMs, signal).addEventListener("abort", () => {
        all.delete(resolve);
        resolve();
      });
    });
  }

  async function drawAnew(query: AskedQuery, signal: AbortSignal): Promise<void> {
    await forgotten(vertexOf(query.plan, finder)!.node, signal);
    const planned = await planning.planAnew(query.plan.asked!, query.message, within(drawnMs, signal));
    if (signal.aborted) return;
    if (planned.ok && planned.value.at === "planned") {
      const { plan, digest, alternatives } = planned.value;
      asked.goOn(query, plan, digest);
      return coordinators.begin(plan, alternatives);
    }
    // A fault says what no longer fits; the first stands for all.
    const fault = planned.ok && planned.value.at === "faulty" ? planned.value.faults[0] : undefined;
    const code = planned.ok ? (fault?.code ?? "ask-nobody-called") : planned.code;
    const why = {
      ...{ code, sentence: planned.ok ? (fault?.message ?? "") : sentenceOf(planned.code) },
      detail: "another roster was to be drawn",
    };
    query.outcome = { ...query.outcome!, reasons: [...query.outcome!.reasons, why] };
    asked.save(query);
    asked.note(query.id, { level: "warn", event: "settled", text: `no other roster could be drawn: ${code}` });
  }

  return {
    /** A query has settled. */
    settled(query: AskedQuery): void {
      const isNobodyCalled = query.outcome?.reasons.some(({ code }) => code === "ask-nobody-called");
      // Or it goes on with another plan already, since a policy refused this one.
      if (!isNobodyCalled || query.called || query.isAnew || query.next !== null) return;
      const text = "the finder's node was lost before anybody was called; another roster is drawn";
      asked.note(query.id, { level: "warn", event: "anew", text });
      const cancelling = new AbortController();
      const done = drawAnew(query, cancelling.signal)
        .catch((cause) => log.warn("not-drawn-anew", { query: query.id, cause: String(cause) }))
        .finally(() => {
          delete query.anew;
          wake(query.id);
        });
      query.anew = { done, cancel: () => cancelling.abort() };
    },
    gone(node: NodeId): void {
      for (const resolve of waiting.get(node) ?? []) resolve();
      waiting.delete(node);
    },
  };
}

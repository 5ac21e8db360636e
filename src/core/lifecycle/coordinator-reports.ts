// What a coordinator learns from the participants' answers. Everything known of one cell only grows: stages go forward,
// wirings to higher incarnations, so answers may come doubled and in any order.
import { accept, type NodeId, type Result, refuse, sameBytes } from "../base/index.ts";
import { edgesOf, type MemberFacts, type Plan, vertexOf } from "../model/index.ts";
import { answered, sendCommand } from "./coordinator-commands.ts";
import {
  because,
  type CoordinatorDraft,
  cellViewOf,
  isDone,
  newCell,
  nodeViewOf,
  patchNode,
  patchView,
} from "./coordinator-draft.ts";
import { addLoss } from "./coordinator-mend.ts";
import { learnPeers } from "./coordinator-peers.ts";
import { isByPolicy, isRunning, rollBack } from "./coordinator-phases.ts";
import type { CellView, SentCommand } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { type CellReport, cellStages, type Reason, type RefusalMessage, type Report } from "./messages.ts";
import { mayRun } from "./participant-checks.ts";

export function checkAnswer(
  draft: CoordinatorDraft,
  from: MemberFacts,
  message: Report | RefusalMessage,
): Result<void> {
  const { state, config } = draft;
  if (from.network !== config.self.network) return refuse("wrong-network", { blame: from.node });
  const named = state.plan.vertices.some((vertex) => vertex.node === from.node || vertex.spares.includes(from.node));
  if (!named) return refuse("not-a-participant", { blame: from.node });
  // INVARIANT 16: a spare that nobody asked has no say, and nobody refuses what he was not told.
  const answersNothing = message.type === "refusal" && commandAnswered(draft, from.node, message.answers) === undefined;
  if (answersNothing || nodeViewOf(state, from.node) === undefined)
    return refuse("unasked-answer", { blame: from.node });
  // Who obeys another process reports to that one. To us it only refuses, and our next command will show whether it does.
  const foreign = message.type === "report" && message.term > state.term;
  return foreign ? refuse("stale-term", { blame: from.node, detail: `term ${message.term}` }) : accept(undefined);
}

/** The command that it answers, if that node was sent it. */
function commandAnswered({ state }: CoordinatorDraft, node: NodeId, answers: number): SentCommand | undefined {
  return state.sent[node]?.find((sent) => sent.command === answers);
}

export function onReport(draft: CoordinatorDraft, from: MemberFacts, report: Report): void {
  const { node } = from;
  if (report.digest !== draft.state.digest) {
    lie(draft, refuse("wrong-plan", { blame: node }));
    return;
  }
  for (const cell of report.cells) {
    const honest = checkCell(draft, from, cell);
    if (!honest.ok) {
      lie(draft, { ...honest, blame: node });
      return;
    }
  }
  heard(draft, node);
  const missing = missingOf(draft, node, report);
  patchNode(draft, node, { missing });
  if (draft.state.at === "attaching")
    draft.state = {
      ...draft.state,
      seenHeld: true,
      seenFlowing: draft.state.seenFlowing || report.flowing,
      seenClosed: draft.state.seenClosed || report.closed,
    };
  const current = report.answers !== undefined && report.answers > draft.state.phaseCommand;
  // It first says that it closes, and by itself when it has: only the first answers the command.
  if (report.ended && (current || report.closed)) patchNode(draft, node, { ended: "yes" });
  if (current && draft.state.at === "attaching") patchNode(draft, node, { answered: true });
  for (const cell of report.cells) learn(draft, node, cell);
  for (const cell of report.cells) tally(draft, cell);
  for (const view of draft.state.cells) {
    // Nobody asks for a cell any more once the query is stopped: one that is not there will not come.
    const awaited = view.at === "wanted" && draft.state.at !== "stopping";
    if (view.node !== node || awaited || isDone(view)) continue;
    if (report.answers === undefined || report.answers <= view.seenAt) continue;
    if (!report.cells.some((cell) => cell.vertex === view.vertex && cell.incarnation === view.incarnation))
      lose(draft, view, { code: "cells-lost", node });
  }
  for (const digest of missing) if (draft.config.ports.bodyOf(digest) === undefined) bodyMissing(draft, node, digest);
}

/** INVARIANT 16: only who was asked to prepare a cell can miss its body. What it says unasked can only be less. */
function missingOf(draft: CoordinatorDraft, node: NodeId, { answers, missing }: Report): Report["missing"] {
  const { state } = draft;
  const asked = answers !== undefined && commandAnswered(draft, node, answers) !== undefined;
  const placed = state.cells.filter((cell) => cell.node === node && (cell.at === "wanted" || cell.at === "preparing"));
  const bodies = placed.map((cell) => vertexOf(state.plan, cell.vertex)!.operator.body);
  const known = nodeViewOf(state, node)?.missing ?? [];
  return missing.filter((digest) => bodies.includes(digest) && (asked || known.includes(digest)));
}

/** Whoever answers is alive. */
function heard(draft: CoordinatorDraft, node: MemberFacts["node"]): void {
  patchNode(draft, node, { heardMs: draft.nowMs, dead: false });
  answered(draft, node);
}

/** INVARIANT 7: a lie is never believed in part. Before the decision it ends the attempt; after it only the lie is dropped. */
function lie(draft: CoordinatorDraft, refusal: ReturnType<typeof refuse>): void {
  draft.refusal = refusal;
  const { at } = draft.state;
  if (at !== "instantiating" && at !== "starting") return;
  const node = draft.state.nodes.find((view) => view.node === refusal.blame)?.node;
  rollBack(draft, { code: refusal.code, ...(node === undefined ? {} : { node }) });
}

function checkCell(draft: CoordinatorDraft, from: MemberFacts, cell: CellReport): Result<void> {
  const { state, config } = draft;
  const vertex = vertexOf(state.plan, cell.vertex);
  if (vertex === undefined) return refuse("unknown-vertex", { detail: cell.vertex });
  const eligible = vertex.node === from.node || (cell.incarnation > 0 && vertex.spares.includes(from.node));
  if (!eligible || cell.incarnation > limits.maxReplacements) return refuse("not-my-vertex", { detail: cell.vertex });
  const ends = checkEnds(state.plan, cell);
  if (!ends.ok) return ends;
  const view = cellViewOf(state, cell.vertex);
  // INVARIANT 8: only this process makes incarnations, unless it came later than they did.
  if (cell.incarnation > view.incarnation && !state.resumed)
    return refuse("not-my-vertex", { detail: `${cell.vertex} ${cell.incarnation}` });
  if (cell.card === undefined) return accept(undefined);
  const isCurrent = view.incarnation === cell.incarnation && view.node === from.node;
  if (isCurrent && view.card !== undefined)
    return sameBytes(view.card.publicKey, cell.card.publicKey)
      ? accept(undefined)
      : refuse("keys-changed", { detail: cell.vertex });
  return config.ports.verifyEvidence({
    plan: state.plan,
    planDigest: state.digest,
    vertex,
    incarnation: cell.incarnation,
    node: from.node,
    publicKey: cell.card.publicKey,
    evidence: cell.card.evidence,
  });
}

/** INVARIANT 18: a cell has the ends that the plan gives it, and none that this coordinator could not have made. */
function checkEnds(plan: Plan, cell: CellReport): Result<void> {
  const edges = edgesOf(plan);
  for (const { edge, node, incarnation } of [...cell.wired, ...cell.acknowledged]) {
    const one = edges.find(({ id, from, to }) => id === edge && (from === cell.vertex || to === cell.vertex));
    const detail = `${cell.vertex}: ${edge} ${incarnation}`;
    if (one === undefined) return refuse("wiring-mismatch", { detail });
    const peer = vertexOf(plan, one.from === cell.vertex ? one.to : one.from)!;
    if (incarnation > limits.maxReplacements || !mayRun(peer, incarnation, node))
      return refuse("wiring-mismatch", { detail });
  }
  return accept(undefined);
}

function rank(at: CellView["at"]): number {
  return at === "wanted" ? -1 : cellStages.indexOf(at);
}

function learn(draft: CoordinatorDraft, node: MemberFacts["node"], cell: CellReport): void {
  const { resumed } = draft.state;
  let view = cellViewOf(draft.state, cell.vertex);
  if (view.incarnation !== cell.incarnation || view.node !== node) {
    const unknown = view.incarnation === cell.incarnation && view.at === "wanted";
    if (resumed && (cell.incarnation > view.incarnation || unknown)) {
      view = newCell(cell.vertex, node, cell.incarnation, view.unfit);
      draft.state = {
        ...draft.state,
        cells: draft.state.cells.map((other) => (other.vertex === cell.vertex ? view : other)),
      };
    } else {
      leftOver(draft, node, cell);
      return;
    }
  }
  const firstPrepared = rank(view.at) < rank("prepared") && rank(cell.at) >= rank("prepared");
  const later = rank(cell.at) > rank(view.at) && !isDone(view);
  const runs = cell.at === "started" || cell.at === "draining" || cell.at === "drained";
  const { previous: _, ...rest } = view;
  const base: CellView = runs ? rest : view;
  const next: CellView = {
    ...base,
    at: later ? cell.at : view.at,
    confirmed: view.confirmed || cell.confirmed,
    wired: newerEnds(view.wired, cell.wired),
    broken: cell.broken,
    undelivered: Math.max(view.undelivered, cell.undelivered),
    seenAt: firstPrepared ? draft.state.command : view.seenAt,
    ...(cell.card === undefined || view.card !== undefined ? {} : { card: cell.card }),
    ...(cell.reason === undefined ? {} : { reason: cell.reason }),
  };
  draft.state = {
    ...draft.state,
    cells: draft.state.cells.map((other) => (other.vertex === cell.vertex ? next : other)),
  };
  if (cell.reason !== undefined && later && isDone(next) && !isEcho(draft, cell.reason))
    because(draft, { ...cell.reason, vertex: cell.vertex });
  if (resumed && draft.state.at !== "attaching") learnPeers(draft, next);
}

/** What is rolled back ends for the reason that the command named: that is no reason of its own. */
function isEcho({ state }: CoordinatorDraft, { code, node, detail }: Reason): boolean {
  const same = (known: Reason) => known.code === code && known.node === node && known.detail === detail;
  return state.at === "rolling-back" && state.reasons.some(same);
}

function newerEnds(known: CellView["wired"], told: CellView["wired"]): CellView["wired"] {
  const newer = told.map((end) => {
    const before = known.find((other) => other.edge === end.edge);
    return before !== undefined && before.incarnation > end.incarnation ? before : end;
  });
  return newer.length === 0 ? known : newer;
}

/** A cell of a vertex that lives elsewhere now: it must not run on, and its end damages nothing. */
function leftOver(draft: CoordinatorDraft, node: MemberFacts["node"], cell: CellReport): void {
  const { at } = draft.state;
  const ends = at === "closing" || at === "rolling-back" || at === "attaching";
  if (ends || cell.superseded || cell.at === "drained") return;
  sendCommand(draft, node, { type: "discard", vertex: cell.vertex, incarnation: cell.incarnation });
}

/** Counts what a replaced cell had acknowledged: the most that was lost with it. */
function tally(draft: CoordinatorDraft, cell: CellReport): void {
  for (const { edge, incarnation, batches } of cell.acknowledged) {
    const to = edgesOf(draft.state.plan).find((one) => one.id === edge && one.from === cell.vertex)?.to;
    const losses = draft.state.losses.map((loss) =>
      loss.vertex === to && loss.incarnation === incarnation && loss.batches[edge] !== batches
        ? { ...loss, batches: { ...loss.batches, [edge]: Math.max(batches, loss.batches[edge] ?? 0) } }
        : loss,
    );
    if (losses.some((loss, i) => loss !== draft.state.losses[i])) draft.state = { ...draft.state, losses };
  }
}

function lose(draft: CoordinatorDraft, view: CellView, reason: Reason): void {
  if (draft.state.at === "stopping") addLoss(draft, view, true);
  patchView(draft, view.vertex, { at: "lost", reason });
  because(draft, { ...reason, vertex: view.vertex });
}

function bodyMissing(draft: CoordinatorDraft, node: MemberFacts["node"], digest: string): void {
  const reason: Reason = { code: "body-missing", node, detail: digest };
  const { at } = draft.state;
  if (at === "instantiating" || at === "starting") {
    rollBack(draft, reason);
    return;
  }
  for (const cell of draft.state.cells)
    if (
      cell.node === node &&
      cell.at === "preparing" &&
      vertexOf(draft.state.plan, cell.vertex)!.operator.body === digest
    )
      patchView(draft, cell.vertex, { at: "failed", reason, unfit: [...cell.unfit, node] });
}

/** A participant did not obey, and says why. A term that is over is dealt with before this. */
export function onRefused(draft: CoordinatorDraft, from: MemberFacts, { answers, reason }: RefusalMessage): void {
  const { node } = from;
  const { state } = draft;
  const command = commandAnswered(draft, node, answers)!;
  patchNode(draft, node, { heardMs: draft.nowMs, dead: false });
  const current = answers > state.phaseCommand;
  const gone = reason.code === "unknown-query" || reason.code === "query-ended";
  if (state.at === "rolling-back" || state.at === "closing") {
    if (gone && current) patchNode(draft, node, { ended: "yes" });
    // Others refuse the same plan while it is rolled back: their reasons count too. To roll back no policy says no.
    const refusesPlan = command.type === "instantiate" && isByPolicy(reason);
    if (state.at === "rolling-back" && refusesPlan) because(draft, { ...reason, node });
    return;
  }
  if (state.at === "attaching") {
    if (current) patchNode(draft, node, { answered: true });
    return;
  }
  if (gone) {
    for (const view of state.cells) {
      if (view.node !== node || isDone(view) || answers <= view.seenAt) continue;
      if (reason.code === "query-ended" && view.at === "wanted")
        patchView(draft, view.vertex, { at: "failed", reason, unfit: [...view.unfit, node] });
      else if (view.at !== "wanted" || state.at === "stopping") lose(draft, view, { code: "cells-lost", node });
    }
    return;
  }
  const blamed: Reason = { ...reason, node };
  if (state.at === "instantiating" || state.at === "starting") {
    if (current || state.at === "instantiating") rollBack(draft, blamed);
    return;
  }
  if (!isRunning(state) || nodeViewOf(state, node) === undefined) return;
  because(draft, blamed);
  for (const view of state.cells)
    if (
      view.node === node &&
      (view.at === "wanted" || view.at === "preparing" || view.at === "prepared") &&
      answers > view.seenAt
    )
      patchView(draft, view.vertex, {
        at: "failed",
        reason: blamed,
        unfit: [...view.unfit, node].slice(-limits.maxReasons),
      });
}

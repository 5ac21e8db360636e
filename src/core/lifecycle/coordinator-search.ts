// Another process of the same analyst takes a query over: it asks nodes that may hold it, with a higher term than any
// before, and builds a coordinator from what they say (PBDS §5.2: analysts attach temporarily).
import { type NodeId, refuse } from "../base/index.ts";
import { layersOf } from "../model/index.ts";
import {
  type CoordinatorDraft,
  finishCoordinator,
  newCourse,
  nodeViewOf,
  openCoordinatorDraft,
  patchNode,
} from "./coordinator-draft.ts";
import { reconcile } from "./coordinator-phases.ts";
import { onReport } from "./coordinator-reports.ts";
import type {
  Active,
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorEvent,
  CoordinatorState,
  CoordinatorStep,
} from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { planDigestOf, type Reason } from "./messages.ts";

type Searching = Extract<CoordinatorState, { at: "searching" }>;

export function stepSearching(
  config: CoordinatorConfig,
  state: Searching,
  event: Exclude<CoordinatorEvent, { type: "recover" }>,
): CoordinatorStep {
  switch (event.type) {
    case "begin":
      return ask({ ...state, command: Math.floor(event.nowMs) });
    case "wake":
      if (event.tag !== "retry") return { state, effects: [] };
      if (state.attempts >= limits.maxAttempts) return giveUp(state, { code: "nobody-knows-query" });
      return ask(state);
    case "stop":
      return giveUp(state, { code: "stopped-by-analyst", detail: "before anybody was found who holds it" });
    case "message":
      return onAnswer(config, state, event);
    case "peer-down":
    case "detach":
      return { state, effects: [] };
  }
}

function ask(state: Searching): CoordinatorStep {
  const { query, term } = state;
  const command = state.command + 1;
  const sends = state.contacts.map((to): CoordinatorEffect => {
    return { type: "send", to, message: { type: "watch", query, term, command, full: true } };
  });
  const waitMs = Math.min(limits.maxRetryMs, limits.retryMs * 2 ** state.attempts);
  return {
    state: { ...state, command, attempts: state.attempts + 1 },
    effects: [
      { type: "progress", query, phase: "searching", detail: `asking ${sends.length} nodes, term ${term}` },
      ...sends,
      { type: "wake", tag: "retry", afterMs: waitMs },
    ],
  };
}

function giveUp(state: Searching, reason: Reason): CoordinatorStep {
  const { query, term, command } = state;
  return {
    state: { at: "settled", query, outcome: "failed", term, command },
    effects: [
      { type: "settled", query, outcome: "failed", reasons: [reason], undelivered: 0, losses: [] },
      { type: "cancel-wake", tag: "retry" },
    ],
  };
}

function onAnswer(
  config: CoordinatorConfig,
  state: Searching,
  { from, message, nowMs }: Extract<CoordinatorEvent, { type: "message" }>,
): CoordinatorStep {
  const blame = { blame: from.node };
  if (message.query !== state.query) return { state, effects: [], refusal: refuse("unknown-query", blame) };
  if (from.network !== config.self.network) return { state, effects: [], refusal: refuse("wrong-network", blame) };
  // INVARIANT 16: who was not asked denies nothing, and tells of no plan.
  if (!state.contacts.includes(from.node)) return { state, effects: [], refusal: refuse("unasked-answer", blame) };
  if (message.type === "refusal") return onDenied(state, from.node, message.reason, message.term);
  if (message.type !== "report" || message.plan === undefined) return { state, effects: [] };
  // Who obeys the question answers with its term.
  if (message.term > state.term) return { state, effects: [], refusal: refuse("stale-term", blame) };
  const { plan } = message;
  const digest = planDigestOf(plan, config.hasher);
  const named = plan.vertices.some((vertex) => vertex.node === from.node || vertex.spares.includes(from.node));
  if (plan.id !== state.query || digest !== message.digest || layersOf(plan.vertices) === null)
    return { state, effects: [], refusal: refuse("wrong-plan", blame) };
  if (!named) return { state, effects: [], refusal: refuse("not-a-participant", blame) };
  if (plan.analyst.principal !== config.self.principal)
    return { state, effects: [], refusal: refuse("not-the-plans-analyst", { detail: plan.analyst.principal }) };
  const nodes = [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))].sort();
  const course = newCourse(plan, digest, state.term, nodes, nowMs);
  const attaching: Active = {
    at: "attaching",
    ...course,
    nodes: course.nodes.map((view) => ({ ...view, raised: state.raised[view.node] ?? 0 })),
    command: Math.max(course.command, state.command),
    // What was answered before this phase's first command does not count as an answer to it.
    phaseCommand: Math.max(course.command, state.command),
    resumed: true,
    decision: "unknown",
    seenHeld: false,
    seenFlowing: false,
    seenClosed: false,
  };
  const draft = openCoordinatorDraft(config, nowMs, attaching, true);
  draft.effects.push({ type: "progress", query: plan.id, phase: "attaching", detail: `asking ${nodes.length} nodes` });
  onReport(draft, from, message);
  // INVARIANT 7 here too: whose report lies has not told us the plan either. We go on searching.
  if (draft.refusal !== undefined) return { state, effects: [], refusal: draft.refusal };
  reconcile(draft, null);
  return finishCoordinator(draft);
}

/** A contact has nothing to tell us. When none has, nobody has. */
function onDenied(state: Searching, node: NodeId, reason: Reason, term: number): CoordinatorStep {
  const isStale = reason.code === "stale-term";
  if (isStale && term < state.term) return { state, effects: [] };
  const raised = state.raised[node] ?? 0;
  if (isStale && raised < limits.maxTermRaises && term < limits.maxTerm) {
    const higher = { term: above(state.term, term), raised: { ...state.raised, [node]: raised + 1 } };
    return ask({ ...state, ...higher, attempts: 0 });
  }
  if (state.denied.includes(node)) return { state, effects: [] };
  const denied = [...state.denied, node];
  if (!state.contacts.every((contact) => denied.includes(contact))) return { state: { ...state, denied }, effects: [] };
  if (isStale) return giveUp(state, { code: "taken-over", node });
  return giveUp(state, reason.code === "unknown-query" ? { code: "nobody-knows-query" } : reason);
}

/** Above the term in force, as far as one word of one node carries us. */
function above(term: number, seen: number): number {
  return Math.min(seen + 1, term + limits.maxTermJump);
}

/**
 * A participant says that it obeys a higher term. While taking over, go above it; else it is over here. INVARIANT 17: one
 * node's word on terms is believed only where it can be true. An impossible term, or one that a node without a cell tells,
 * is that node's denial, and the others are not left for it.
 */
export function onStale(draft: CoordinatorDraft, node: NodeId, seen: number): void {
  const { state } = draft;
  const takesOver = state.at === "attaching" && state.decision === "unknown";
  const raised = nodeViewOf(state, node)?.raised ?? 0;
  if (takesOver && raised < limits.maxTermRaises && seen < limits.maxTerm) {
    const asked = state.nodes.map((view) => ({ ...view, answered: false }));
    draft.state = { ...state, term: above(state.term, seen), phaseCommand: state.command, nodes: asked };
    patchNode(draft, node, { raised: raised + 1 });
    return;
  }
  const holdsCell = state.cells.some((cell) => cell.node === node);
  if (takesOver || !holdsCell || seen > state.term + limits.maxTermJump) {
    draft.refusal = refuse("stale-term", { blame: node, detail: `term ${seen}` });
    if (state.at === "attaching") patchNode(draft, node, { answered: true });
    return;
  }
  const reason: Reason = { code: "taken-over" };
  draft.effects.push(
    { type: "progress", query: state.query, phase: "detached", detail: "another process looks after the query" },
    { type: "detached", query: state.query, reason },
  );
  draft.end = { at: "detached", query: state.query, reason };
}

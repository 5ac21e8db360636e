// Another process of the same analyst takes a query over: it asks nodes that may hold it, with a higher term than any
// before, and builds a coordinator from what they say (PBDS §5.2: analysts attach temporarily).
import { refuse } from "../base/index.ts";
import { layersOf } from "../model/index.ts";
import { type CoordinatorDraft, finishCoordinator, newCourse, openCoordinatorDraft } from "./coordinator-draft.ts";
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
  if (message.type === "refusal") return onDenied(state, from.node, message.reason, message.term);
  if (message.type !== "report" || message.plan === undefined) return { state, effects: [] };
  const { plan } = message;
  const digest = planDigestOf(plan, config.hasher);
  const named = plan.vertices.some((vertex) => vertex.node === from.node || vertex.spares.includes(from.node));
  if (plan.id !== state.query || digest !== message.digest || layersOf(plan.vertices) === null)
    return { state, effects: [], refusal: refuse("wrong-plan", blame) };
  if (!named) return { state, effects: [], refusal: refuse("not-a-participant", blame) };
  if (plan.analyst.principal !== config.self.principal)
    return { state, effects: [], refusal: refuse("not-the-plans-analyst", { detail: plan.analyst.principal }) };
  const nodes = [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))].sort();
  const term = Math.max(state.term, message.term);
  const course = newCourse(plan, digest, term, nodes, nowMs);
  const attaching: Active = {
    at: "attaching",
    ...course,
    command: Math.max(course.command, state.command),
    // What was answered before this phase's first command does not count as an answer to it.
    phaseCommand: Math.max(course.command, state.command),
    resumed: true,
    decision: "unknown",
    raises: state.raises,
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

function onDenied(
  state: Searching,
  node: Searching["contacts"][number],
  reason: Reason,
  term: number,
): CoordinatorStep {
  if (reason.code === "stale-term" && term >= state.term) {
    if (state.raises >= limits.maxTermRaises || term >= limits.maxTerm)
      return giveUp(state, { code: "taken-over", node });
    return ask({ ...state, term: term + 1, raises: state.raises + 1, attempts: 0 });
  }
  if (reason.code === "stale-term" || state.denied.includes(node)) return { state, effects: [] };
  const denied = [...state.denied, node];
  if (state.contacts.every((contact) => denied.includes(contact)))
    return giveUp(state, reason.code === "unknown-query" ? { code: "nobody-knows-query" } : reason);
  return { state: { ...state, denied }, effects: [] };
}

/** A participant obeys a higher term. While taking over, go above it, a bounded number of times; else it is over here. */
export function raiseTerm(draft: CoordinatorDraft, seen: number): CoordinatorStep {
  const { state } = draft;
  if (state.at === "attaching" && state.raises < limits.maxTermRaises && seen < limits.maxTerm) {
    draft.state = {
      ...state,
      term: seen + 1,
      raises: state.raises + 1,
      phaseCommand: state.command,
      nodes: state.nodes.map((node) => ({ ...node, answered: false })),
    };
    reconcile(draft, state);
    return finishCoordinator(draft);
  }
  const reason: Reason = { code: "taken-over" };
  draft.effects.push(
    { type: "progress", query: state.query, phase: "detached", detail: "another process looks after the query" },
    { type: "detached", query: state.query, reason },
  );
  draft.end = { at: "detached", query: state.query, reason };
  return finishCoordinator(draft);
}

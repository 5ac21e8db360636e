// The coordinator: what the analyst's node does for one query (PBDS §5.2, §5.3, §6.5).
//
//   planned -- begin --> instantiating -- all cells prepared --> starting (exits first) -- all started -->
//     committing (decided, on disk) -- everybody knows --> flowing <--> degraded (a cell that no node can run)
//   instantiating, starting -- refusal | silence | deadline | stop --> rolling-back --> settled
//   (a policy refused, and the query has another plan: settled names it, and a coordinator of that plan begins)
//   committing, flowing, degraded -- stop --> stopping (producers first) --> closing --> settled
//   committing, flowing, degraded -- every cell drained by itself --> closing --> settled (finished)
//   flowing, degraded -- detach --> detached; any -- a higher term elsewhere --> detached
//   (restart) --> attaching --> flowing | stopping | rolling-back;  searching --> attaching (takeover)
import { type Refusal, refuse } from "../base/index.ts";
import { layersOf, type MemberFacts } from "../model/index.ts";
import { sendCommand } from "./coordinator-commands.ts";
import {
  courseOfRecord,
  enter,
  finishCoordinator,
  newCourse,
  openCoordinatorDraft,
  readCoordinatorRecord,
} from "./coordinator-draft.ts";
import { isRunning, nodeDied, reconcile, rollBack, stopQuery } from "./coordinator-phases.ts";
import { checkAnswer, onRefused, onReport } from "./coordinator-reports.ts";
import { onStale, stepSearching } from "./coordinator-search.ts";
import {
  type Active,
  type CoordinatorConfig,
  type CoordinatorEvent,
  type CoordinatorState,
  type CoordinatorStep,
  coordinatorKey,
} from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { type Message, planDigestOf } from "./messages.ts";

export function stepCoordinator(
  config: CoordinatorConfig,
  state: CoordinatorState,
  event: CoordinatorEvent,
): CoordinatorStep {
  if (event.type === "recover") return onRecover(config, state, event);
  switch (state.at) {
    case "planned":
      if (event.type === "begin") return onBegin(config, state, event.nowMs);
      if (event.type !== "stop") return { state, effects: [] };
      return {
        state: { at: "settled", query: state.query, outcome: "rolled-back", term: state.term, command: 0 },
        effects: [
          {
            type: "settled",
            query: state.query,
            outcome: "rolled-back",
            reasons: [{ code: "stopped-by-analyst" }],
            undelivered: 0,
            losses: [],
          },
        ],
      };
    case "searching":
      return stepSearching(config, state, event);
    case "detached":
      return { state, effects: [] };
    case "settled":
      return event.type === "message" ? onStraggler(state, event.from, event.message) : { state, effects: [] };
    default:
      return stepActive(config, state, event);
  }
}

function onBegin(
  config: CoordinatorConfig,
  state: Extract<CoordinatorState, { at: "planned" }>,
  nowMs: number,
): CoordinatorStep {
  const { plan, term, query } = state;
  if (layersOf(plan.vertices) === null) {
    const refusal: Refusal = refuse("plan-cycle");
    const outcome = "failed" as const;
    return {
      state: { at: "settled", query, outcome, term, command: 0 },
      effects: [{ type: "settled", query, outcome, reasons: [{ code: "plan-cycle" }], undelivered: 0, losses: [] }],
      refusal,
    };
  }
  const nodes = [...new Set(plan.vertices.map((vertex) => vertex.node))].sort();
  const course = newCourse(plan, planDigestOf(plan, config.hasher), term, nodes, nowMs, state.alternatives);
  const deadlineMs = nowMs + limits.setUpTimeoutMs;
  const draft = openCoordinatorDraft(config, nowMs, { at: "instantiating", ...course, deadlineMs }, true);
  draft.effects.push(
    { type: "progress", query, phase: "instantiating", detail: `asking ${nodes.length} nodes` },
    { type: "wake", tag: "deadline", afterMs: limits.setUpTimeoutMs },
  );
  reconcile(draft, null);
  return finishCoordinator(draft);
}

/** Recovery is the normal path run again: what was decided is carried on, what was not is rolled back. */
function onRecover(
  config: CoordinatorConfig,
  state: CoordinatorState,
  { value, nowMs }: Extract<CoordinatorEvent, { type: "recover" }>,
): CoordinatorStep {
  if (state.at !== "searching" && state.at !== "detached" && state.at !== "planned") return { state, effects: [] };
  const record = readCoordinatorRecord(value);
  if (!record.ok || record.value.plan.id !== state.query)
    return {
      state,
      effects: [{ type: "persist", key: coordinatorKey(state.query), value: null }],
      refusal: record.ok ? refuse("wrong-plan") : record,
    };
  const course = courseOfRecord(config, record.value, nowMs);
  const { decision } = record.value;
  const attaching: Active = {
    at: "attaching",
    ...course,
    phaseCommand: course.command,
    decision, // Its term is the one on disk: if that is over, another process looks after the query.
    seenHeld: false,
    seenFlowing: false,
    seenClosed: false,
  };
  const draft = openCoordinatorDraft(config, nowMs, attaching);
  if (decision === "setting-up") rollBack(draft, { code: "set-up-timeout", detail: "the analyst's node restarted" });
  else if (decision === "rolling-back" || decision === "closing") enter(draft, decision, "resumed");
  reconcile(draft, null);
  return finishCoordinator(draft);
}

function stepActive(
  config: CoordinatorConfig,
  state: Active,
  event: Exclude<CoordinatorEvent, { type: "recover" }>,
): CoordinatorStep {
  const draft = openCoordinatorDraft(config, event.nowMs, state);
  switch (event.type) {
    case "begin":
      return { state, effects: [] };
    case "message": {
      const { from, message } = event;
      if (message.query !== state.query || (message.type !== "report" && message.type !== "refusal"))
        return { state, effects: [], refusal: refuse("unknown-query", { blame: from.node }) };
      const honest = checkAnswer(draft, from, message);
      if (!honest.ok) return { state, effects: [], refusal: honest };
      // INVARIANT 9: whoever learns of a higher term commands no more.
      if (message.type === "report") onReport(draft, from, message);
      else if (message.reason.code !== "stale-term") onRefused(draft, from, message);
      else if (message.term < state.term) return { state, effects: [] };
      else onStale(draft, from.node, message.term);
      break;
    }
    case "peer-down":
      nodeDied(draft, event.node);
      break;
    case "stop":
      onStop(draft);
      break;
    case "detach":
      if (state.at !== "flowing" && state.at !== "degraded")
        return { state, effects: [], refusal: refuse("not-flowing") };
      draft.effects.push({ type: "detached", query: state.query });
      draft.end = { at: "detached", query: state.query };
      break;
    case "wake":
      if (event.tag === "watch") onWatch(draft);
      if (event.tag === "deadline" && (state.at === "instantiating" || state.at === "starting")) onDeadline(draft);
      break;
  }
  if (draft.refusal !== undefined && draft.state === state) return { state, effects: [], refusal: draft.refusal };
  const woken = event.type === "wake" && event.tag === "retry";
  if (draft.end === undefined) reconcile(draft, state, woken);
  return finishCoordinator(draft);
}

type Draft = ReturnType<typeof openCoordinatorDraft>;

function onStop(draft: Draft): void {
  // Whoever stops a query wants none of its plans.
  if (draft.state.alternatives.length > 0) draft.state = { ...draft.state, alternatives: [] };
  const { state } = draft;
  if (state.at === "instantiating" || state.at === "starting") rollBack(draft, { code: "stopped-by-analyst" });
  else if (isRunning(state)) stopQuery(draft, "stopped", { code: "stopped-by-analyst" });
  else if (state.at === "attaching") draft.state = { ...state, stopWanted: true };
}

function onDeadline(draft: Draft): void {
  const { state } = draft;
  const late = state.cells.find((cell) => cell.at !== (state.at === "instantiating" ? "prepared" : "started"));
  rollBack(draft, {
    code: "set-up-timeout",
    ...(late === undefined ? {} : { node: late.node, vertex: late.vertex, detail: `${late.vertex} is ${late.at}` }),
  });
}

/** Shows itself to all participants, and notices who has fallen silent. */
function onWatch(draft: Draft): void {
  if (!isRunning(draft.state)) return;
  for (const { node, heardMs, dead } of draft.state.nodes) {
    if (!dead && draft.nowMs - heardMs >= limits.deadAfterMs) nodeDied(draft, node);
    sendCommand(draft, node, { type: "watch", full: false });
  }
  draft.effects.push({ type: "wake", tag: "watch", afterMs: limits.watchIntervalMs });
}

/** A participant that was away when the query ended hears it now. */
function onStraggler(
  state: Extract<CoordinatorState, { at: "settled" }>,
  from: MemberFacts,
  message: Message,
): CoordinatorStep {
  if (message.type !== "report" || message.query !== state.query || message.ended || message.term > state.term)
    return { state, effects: [] };
  const { query, term } = state;
  const command = state.command + 1;
  return {
    state: { ...state, command },
    effects: [{ type: "send", to: from.node, message: { type: "close", query, term, command } }],
  };
}

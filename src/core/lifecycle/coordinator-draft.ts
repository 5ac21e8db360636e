// One step of a coordinator in the making, and its durable record.
import { z } from "zod";
import { accept, fromCanonical, type NodeId, type Refusal, type Result, refuse, toCanonical } from "../base/index.ts";
import { nodeIdSchema, type Plan, planSchema } from "../model/index.ts";
import {
  type Active,
  type CellView,
  type CoordinatorConfig,
  type CoordinatorEffect,
  type CoordinatorStep,
  type Course,
  coordinatorKey,
  type Decision,
  type NodeView,
  type Outcome,
} from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { cellRefSchema, planDigestOf, type Reason, reasonSchema } from "./messages.ts";
import { isOver } from "./participant-state.ts";

export interface CoordinatorDraft {
  readonly config: CoordinatorConfig;
  readonly nowMs: number;
  /** The durable record before the step; "" when nothing was durable. */
  readonly recordBefore: string;
  state: Active;
  readonly effects: CoordinatorEffect[];
  refusal?: Refusal;
  /** Set when the step ends the machine. */
  end?: CoordinatorStep["state"];
}

export function openCoordinatorDraft(
  config: CoordinatorConfig,
  nowMs: number,
  state: Active,
  fresh = false,
): CoordinatorDraft {
  return { config, nowMs, recordBefore: fresh ? "" : fingerprint(state), state, effects: [] };
}

export function cellViewOf(state: Course, vertex: string): CellView {
  return state.cells.find((cell) => cell.vertex === vertex)!;
}

export function nodeViewOf(state: Course, node: NodeId): NodeView | undefined {
  return state.nodes.find((view) => view.node === node);
}

export function patchView(draft: CoordinatorDraft, vertex: string, patch: Partial<CellView>): void {
  const cells = draft.state.cells.map((cell) => (cell.vertex === vertex ? { ...cell, ...patch } : cell));
  draft.state = { ...draft.state, cells };
}

export function patchNode(draft: CoordinatorDraft, node: NodeId, patch: Partial<NodeView>): void {
  const known = draft.state.nodes.some((view) => view.node === node);
  const nodes = known ? draft.state.nodes : [...draft.state.nodes, newNode(node, draft.nowMs)];
  draft.state = { ...draft.state, nodes: nodes.map((view) => (view.node === node ? { ...view, ...patch } : view)) };
}

export function newNode(node: NodeId, nowMs: number): NodeView {
  return { node, heardMs: nowMs, dead: false, ended: "no", missing: [], answered: false, raised: 0 };
}

export function newCell(
  vertex: CellView["vertex"],
  node: NodeId,
  incarnation: number,
  unfit: readonly NodeId[] = [],
): CellView {
  return {
    vertex,
    node,
    incarnation,
    at: "wanted",
    confirmed: false,
    wired: [],
    broken: [],
    undelivered: 0,
    seenAt: 0,
    unfit,
  };
}

export function isDead(state: Course, cell: CellView): boolean {
  if (cell.at === "drained") return false;
  return cell.at === "failed" || cell.at === "lost" || nodeViewOf(state, cell.node)?.dead === true;
}

export function isDone(cell: CellView): boolean {
  return cell.at !== "wanted" && isOver(cell.at);
}

export function because(draft: CoordinatorDraft, reason: Reason): void {
  const text = (one: Reason): string => `${one.code} ${one.node} ${one.vertex} ${one.detail}`;
  if (draft.state.reasons.some((known) => text(known) === text(reason))) return;
  draft.state = { ...draft.state, reasons: [...draft.state.reasons, reason].slice(-limits.maxReasons) };
}

export function announce(draft: CoordinatorDraft, phase: string, detail: string): void {
  draft.effects.push({ type: "progress", query: draft.state.query, phase, detail });
}

/** Enters a phase: what was outstanding belongs to the one before. */
export function enter(
  draft: CoordinatorDraft,
  at: Exclude<Active["at"], "attaching">,
  detail: string,
  outcome?: Outcome,
): void {
  const { command } = draft.state;
  const { query, plan, digest, term, cells, nodes, sent, reasons, losses, resumed, stopWanted } = draft.state;
  const course: Course = {
    query,
    plan,
    digest,
    term,
    command,
    phaseCommand: command,
    cells,
    nodes: nodes.map((node) => ({ ...node, ended: "no" as const })),
    outstanding: {},
    sent,
    reasons,
    losses,
    resumed,
    stopWanted,
    outcome: outcome ?? draft.state.outcome,
    deadlineMs: 0,
    alternatives: at === "starting" || at === "rolling-back" ? draft.state.alternatives : [],
  };
  draft.state = { at, ...course };
  announce(draft, at, detail);
}

export function newCourse(
  plan: Plan,
  digest: Course["digest"],
  term: number,
  nodes: readonly NodeId[],
  nowMs: number,
  alternatives: readonly Plan[] = [],
): Course {
  return {
    query: plan.id,
    plan,
    digest,
    term,
    // INVARIANT 1: numbers of commands grow over restarts too: they start from the clock.
    command: Math.max(0, Math.floor(nowMs)),
    phaseCommand: 0,
    cells: plan.vertices.map((vertex) => newCell(vertex.id, vertex.node, 0)),
    nodes: nodes.map((node) => newNode(node, nowMs)),
    outstanding: {},
    sent: {},
    reasons: [],
    losses: [],
    resumed: false,
    stopWanted: false,
    outcome: "finished",
    deadlineMs: 0,
    alternatives,
  };
}

function decisionOf(state: Active): Decision | "unknown" {
  switch (state.at) {
    case "instantiating":
    case "starting":
      return "setting-up";
    case "committing":
    case "flowing":
    case "degraded":
      return "flowing";
    case "attaching":
      return state.decision;
    default:
      return state.at;
  }
}

/** Changes exactly when the durable record does; cheaper than encoding the plan each time. */
function fingerprint(state: Active): string {
  const decision = decisionOf(state);
  if (decision === "unknown") return "";
  const cells = state.cells.map(
    (cell) => `${cell.vertex}/${cell.node}/${cell.incarnation}/${isDone(cell) ? cell.at : ""}`,
  );
  const losses = JSON.stringify(state.losses);
  const counts = `${state.reasons.length} ${state.alternatives.length}`;
  return `${decision} ${state.term} ${state.outcome} ${cells.join(" ")} ${losses} ${counts}`;
}

const recordSchema = z.strictObject({
  plan: planSchema,
  term: z.number().int().min(1),
  decision: z.enum(["setting-up", "flowing", "stopping", "closing", "rolling-back"]),
  outcome: z.enum(["finished", "stopped", "rolled-back", "failed"]),
  cells: z.array(
    z.strictObject({
      ...cellRefSchema.shape,
      node: nodeIdSchema,
      undelivered: z.number(),
      over: z.enum(["drained", "failed", "lost"]).optional(),
    }),
  ),
  losses: z.array(
    z.strictObject({ ...cellRefSchema.shape, node: nodeIdSchema, batches: z.record(z.string(), z.number()) }),
  ),
  reasons: z.array(reasonSchema),
  alternatives: z.array(planSchema).max(limits.maxAlternatives).default([]),
});
export type CoordinatorRecord = z.output<typeof recordSchema>;

function recordOf(state: Active): CoordinatorRecord {
  return {
    plan: state.plan,
    term: state.term,
    decision: decisionOf(state) as Decision,
    outcome: state.outcome,
    cells: state.cells.map(({ vertex, incarnation, node, undelivered, at }) => ({
      vertex,
      incarnation,
      node,
      undelivered,
      ...(at === "drained" || at === "failed" || at === "lost" ? { over: at } : {}),
    })),
    losses: state.losses.map((loss) => ({ ...loss, batches: { ...loss.batches } })),
    reasons: [...state.reasons],
    alternatives: [...state.alternatives],
  };
}

export function readCoordinatorRecord(value: Uint8Array): Result<CoordinatorRecord> {
  const plain = fromCanonical(value);
  if (!plain.ok) return plain;
  const parsed = recordSchema.safeParse(plain.value);
  return parsed.success ? accept(parsed.data) : refuse("malformed", { detail: "coordinator record" });
}

/** The course that a record tells, with its cells as far as they are known without asking. */
export function courseOfRecord(config: CoordinatorConfig, record: CoordinatorRecord, nowMs: number): Course {
  const { plan, term, outcome, losses, reasons, alternatives } = record;
  const nodes = [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))].sort();
  const base = newCourse(plan, planDigestOf(plan, config.hasher), term, nodes, nowMs, alternatives);
  const cells = record.cells.map(({ over, undelivered, vertex, node, incarnation }) => ({
    ...newCell(vertex, node, incarnation),
    undelivered,
    ...(over === undefined ? {} : { at: over }),
  }));
  return { ...base, cells, outcome, losses, reasons, resumed: true };
}

/** INVARIANT 2: decisions and placements are on disk before any command that follows from them leaves. */
export function finishCoordinator(draft: CoordinatorDraft): CoordinatorStep {
  const key = coordinatorKey(draft.state.query);
  const refusal = draft.refusal === undefined ? {} : { refusal: draft.refusal };
  if (draft.end !== undefined) {
    const forget: CoordinatorEffect = { type: "persist", key, value: null };
    const keep = draft.end.at === "detached" && draft.end.reason === undefined;
    const silence: CoordinatorEffect[] = ["retry", "watch", "deadline"].map((tag) => ({ type: "cancel-wake", tag }));
    const goesOn = draft.effects.some((effect) => effect.type === "settled" && effect.goesOnWith !== undefined);
    // INVARIANT 15: the next plan is on disk before the refused one is forgotten: a crash loses neither.
    const ending = keep ? draft.effects : goesOn ? [...draft.effects, forget] : [forget, ...draft.effects];
    return { state: draft.end, effects: [...ending, ...silence], ...refusal };
  }
  const now = fingerprint(draft.state);
  const durable: CoordinatorEffect[] =
    now === draft.recordBefore || now === ""
      ? []
      : [{ type: "persist", key, value: toCanonical(recordOf(draft.state)) }];
  return { state: draft.state, effects: [...durable, ...draft.effects], ...refusal };
}

// One step of a participant in the making. The functions of this machine change a draft; `finish` turns it into the next
// state and its effects, and adds what every step must do: make durable what changed, before anything is sent.
import { type NodeId, type QueryId, type Refusal, toCanonical, toHex } from "../base/index.ts";
import { edgesOf, type PlanVertex, vertexOf } from "../model/index.ts";
import type { CellRef, Reason, Report, Wiring } from "./messages.ts";
import {
  type HeldState,
  isOver,
  type ParticipantCell,
  type ParticipantConfig,
  type ParticipantEffect,
  type ParticipantStep,
  participantKey,
} from "./participant-state.ts";

export interface Draft {
  readonly config: ParticipantConfig;
  readonly nowMs: number;
  readonly before: HeldState | null;
  state: HeldState;
  readonly effects: ParticipantEffect[];
  refusal?: Refusal;
}

export function openDraft(config: ParticipantConfig, nowMs: number, before: HeldState | null, state: HeldState): Draft {
  return { config, nowMs, before, state, effects: [] };
}

export function queryOf(draft: Draft): QueryId {
  return draft.state.plan.id;
}

export function cellOf(state: HeldState, ref: CellRef): ParticipantCell | undefined {
  return state.cells.find((cell) => cell.vertex === ref.vertex && cell.incarnation === ref.incarnation);
}

/** The newest cell of a vertex on this node. */
export function latestCellOf(state: HeldState, vertex: string): ParticipantCell | undefined {
  let latest: ParticipantCell | undefined;
  for (const cell of state.cells)
    if (cell.vertex === vertex && (latest === undefined || cell.incarnation > latest.incarnation)) latest = cell;
  return latest;
}

export function patchCell(draft: Draft, ref: CellRef, patch: Partial<ParticipantCell>): void {
  const cells = draft.state.cells.map((cell) =>
    cell.vertex === ref.vertex && cell.incarnation === ref.incarnation ? { ...cell, ...patch } : cell,
  );
  draft.state = { ...draft.state, cells };
}

export function withoutWiring(draft: Draft, ref: CellRef): void {
  const cells = draft.state.cells.map((cell) => {
    if (cell.vertex !== ref.vertex || cell.incarnation !== ref.incarnation) return cell;
    const { wiring: _, ...rest } = cell;
    return rest;
  });
  draft.state = { ...draft.state, cells };
}

export function planVertexOf(draft: Draft, ref: CellRef): PlanVertex {
  return vertexOf(draft.state.plan, ref.vertex)!;
}

export function tell(draft: Draft, phase: string, detail: string): void {
  draft.effects.push({ type: "progress", query: queryOf(draft), phase, detail });
}

export function refOf(cell: CellRef): CellRef {
  return { vertex: cell.vertex, incarnation: cell.incarnation };
}

export function endsOf(wiring: Wiring): ParticipantCell["wired"] {
  return [...wiring.inputs, ...wiring.outputs].map(({ edge, node, incarnation }) => ({ edge, node, incarnation }));
}

/** INVARIANT 1: a report is the whole truth about this query here; no other message carries any of it. */
export function reportOf(state: HeldState, answers?: number, full = false): Report {
  const missing = state.cells.flatMap((cell) =>
    cell.waitsFor === undefined || isOver(cell.at) ? [] : [cell.waitsFor],
  );
  return {
    type: "report",
    query: state.plan.id,
    digest: state.digest,
    term: state.term,
    ...(answers === undefined ? {} : { answers }),
    flowing: state.flowing,
    ended: state.at === "ended",
    closed: (state.at === "ended" || state.at === "closing") && state.final,
    cells: state.cells.map((cell) => ({
      vertex: cell.vertex,
      incarnation: cell.incarnation,
      at: cell.at,
      confirmed: cell.confirmed,
      ...(cell.card !== undefined && (full || cell.at === "prepared") ? { card: cell.card } : {}),
      wired: [...cell.wired],
      acknowledged: [...cell.acknowledged],
      undelivered: cell.undelivered,
      superseded: cell.superseded,
      broken: [...cell.broken],
      ...(cell.reason === undefined ? {} : { reason: cell.reason }),
    })),
    missing: [...new Set(missing)].slice(0, 16),
    ...(full ? { plan: state.plan } : {}),
    ...(state.reason === undefined ? {} : { reason: state.reason }),
  };
}

export function report(draft: Draft, answers?: number, to: NodeId = draft.state.commander, full = false): void {
  draft.effects.push({ type: "send", to, message: reportOf(draft.state, answers, full) });
}

/** Nodes that run the vertices next to ours, as far as we know. */
export function neighboursOf(draft: Draft): NodeId[] {
  const { plan, cells } = draft.state;
  const mine = new Set(cells.map((cell) => cell.vertex));
  const nodes = new Set<NodeId>();
  for (const edge of edgesOf(plan)) {
    if (mine.has(edge.from)) nodes.add(vertexOf(plan, edge.to)!.node);
    if (mine.has(edge.to)) nodes.add(vertexOf(plan, edge.from)!.node);
  }
  for (const cell of cells) for (const end of cell.wired) nodes.add(end.node);
  nodes.delete(draft.config.self.node);
  return [...nodes].sort();
}

/** Every node that the plan names. */
export function planNodes(state: HeldState): NodeId[] {
  return [...new Set(state.plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))].sort();
}

export function keyText(node: NodeId, publicKey: Uint8Array): string {
  return `${node}:${toHex(publicKey)}`;
}

export function reasonOf(refusal: Refusal, about: Partial<Reason> = {}): Reason {
  return { code: refusal.code, ...(refusal.detail === undefined ? {} : { detail: clip(refusal.detail) }), ...about };
}

export function clip(detail: string): string {
  return detail.slice(0, 300);
}

/** What must survive a restart: that we hold the query, whose commands count, and which cells had already ended. */
function durablePart(state: HeldState): unknown {
  return {
    plan: state.plan,
    term: state.term,
    commander: state.commander,
    flowing: state.flowing,
    cells: state.cells.map((cell) => ({
      vertex: cell.vertex,
      incarnation: cell.incarnation,
      policy: cell.policy,
      superseded: cell.superseded,
      undelivered: cell.undelivered,
      ...(isOver(cell.at) ? { over: cell.at } : {}),
      // Those who are wired later still name a drained neighbour by its key.
      ...(cell.at === "drained" && cell.card !== undefined ? { card: cell.card } : {}),
    })),
  };
}

function sameDurably(a: HeldState, b: HeldState): boolean {
  if (a === b) return true;
  if ((a.at === "ended") !== (b.at === "ended") || a.digest !== b.digest) return false;
  if (a.term !== b.term || a.commander !== b.commander || a.flowing !== b.flowing) return false;
  if (a.cells === b.cells) return true;
  const line = (state: HeldState): string =>
    state.cells
      .map((c) => `${c.vertex}/${c.incarnation}/${isOver(c.at) ? c.at : ""}/${c.undelivered}/${c.superseded}`)
      .join(" ");
  return line(a) === line(b);
}

/** INVARIANT 2: whatever a step changed durably is on disk before any message of the step leaves. */
export function finish(draft: Draft): ParticipantStep {
  const { before, state, effects } = draft;
  const changed = before === null ? state.at !== "ended" : !sameDurably(before, state);
  const key = participantKey(state.plan.id);
  const durable: ParticipantEffect[] = changed
    ? [{ type: "persist", key, value: state.at === "ended" ? null : toCanonical(durablePart(state)) }]
    : [];
  const step = { state, effects: [...durable, ...effects] };
  return draft.refusal === undefined ? step : { ...step, refusal: draft.refusal };
}

/** Edges of our cell whose other end is one of the cells that this node gave up. */
export function withdrawnBy(state: HeldState, cell: ParticipantCell, node: NodeId, gone: readonly CellRef[]): string[] {
  return edgesOf(state.plan).flatMap((edge) => {
    const peer = edge.from === cell.vertex ? edge.to : edge.to === cell.vertex ? edge.from : null;
    const ref = gone.find((other) => other.vertex === peer);
    if (peer === null || ref === undefined) return [];
    const wired = (cell.wiring === undefined ? cell.wired : endsOf(cell.wiring)).find((end) => end.edge === edge.id);
    // Not wired yet: the first cells of a query know each other from the plan alone.
    const known = wired ?? { node: vertexOf(state.plan, peer)!.node, incarnation: cell.incarnation === 0 ? 0 : -1 };
    return known.node === node && known.incarnation === ref.incarnation ? [edge.id] : [];
  });
}

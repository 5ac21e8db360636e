// What a participant's cells report, and the loss of peers.
import { unreachable } from "../base/index.ts";
import type { Reason } from "./messages.ts";
import {
  cellOf,
  clip,
  type Draft,
  endsOf,
  patchCell,
  queryOf,
  refOf,
  report,
  tell,
  withoutWiring,
} from "./participant-draft.ts";
import { rollBack, withdraw } from "./participant-endings.ts";
import { isOver, type ParticipantCell, type ParticipantEvent } from "./participant-state.ts";

export type CellEvent = Exclude<ParticipantEvent, { type: "message" | "wake" | "recover" }>;

export function onCellEvent(draft: Draft, event: CellEvent): void {
  if (event.type === "peer-down") return onPeerDown(draft, event.node);
  const cell = cellOf(draft.state, event);
  if (cell === undefined) {
    // Forgotten meanwhile: it must not live on.
    if (event.type === "cell-prepared" || event.type === "cell-started")
      draft.effects.push({ type: "discard-cell", query: queryOf(draft), ...refOf(event) });
    return;
  }
  switch (event.type) {
    case "cell-prepared": {
      if (cell.at !== "preparing" || cell.discarded) return;
      const { publicKey, edgeAddresses, evidence } = event;
      patchCell(draft, cell, { at: "prepared", card: { publicKey, edgeAddresses: [...edgeAddresses], evidence } });
      if (draft.state.cells.every((other) => other.at !== "preparing")) {
        tell(draft, "prepared", "all cells placed here are ready");
        report(draft);
      }
      return;
    }
    case "cell-started":
      if (cell.at !== "starting" || cell.wiring === undefined) return;
      patchCell(draft, cell, { at: "started", wired: endsOf(cell.wiring) });
      withoutWiring(draft, cell);
      return report(draft);
    case "cell-rewired":
      return onRewired(draft, cell, event.acknowledged);
    case "cell-unwired":
      // INVARIANT 14: who cannot reach a neighbour is not at fault. Whether the edge is still wanted, the analyst knows.
      if (cell.wiring === undefined || cell.at === "starting") return;
      withoutWiring(draft, cell);
      return report(draft);
    case "cell-failed":
      return onFailed(draft, cell, event);
    case "source-finished":
      if (cell.at !== "started") return;
      patchCell(draft, cell, { at: "draining" });
      return tell(draft, "source-finished", cell.vertex);
    case "cell-drained":
      return onDrained(draft, cell, event.undelivered);
    case "edge-lost":
      if (isOver(cell.at) || cell.broken.includes(event.edge)) return;
      if (!cell.wired.some((end) => end.edge === event.edge)) return;
      patchCell(draft, cell, { broken: [...cell.broken, event.edge] });
      return report(draft);
    default:
      return unreachable(event);
  }
}

function onRewired(draft: Draft, cell: ParticipantCell, acknowledged: ParticipantCell["acknowledged"]): void {
  if (cell.wiring === undefined || cell.at === "starting") return;
  // Every edge that the wiring named is connected again: as the wiring says, or newer.
  const wired = endsOf(cell.wiring).map((end) => {
    const before = cell.wired.find((other) => other.edge === end.edge);
    return before !== undefined && before.incarnation > end.incarnation ? before : end;
  });
  patchCell(draft, cell, { wired, broken: [], acknowledged: [...cell.acknowledged, ...acknowledged].slice(-80) });
  withoutWiring(draft, cell);
  report(draft);
}

function onFailed(draft: Draft, cell: ParticipantCell, event: Extract<CellEvent, { type: "cell-failed" }>): void {
  if (isOver(cell.at)) return;
  const reason: Reason = {
    code: event.code,
    ...(event.detail === undefined ? {} : { detail: clip(event.detail) }),
    node: draft.config.self.node,
    vertex: cell.vertex,
  };
  patchCell(draft, cell, { at: "failed", reason, undelivered: event.undelivered ?? cell.undelivered });
  tell(draft, "cell-failed", `${cell.vertex}: ${event.code}`);
  if (draft.state.at === "holding") {
    rollBack(draft, reason);
  } else {
    withdraw(draft, [refOf(cell)], reason);
  }
  report(draft);
}

function onDrained(draft: Draft, cell: ParticipantCell, undelivered: number): void {
  if (isOver(cell.at)) {
    if (undelivered > cell.undelivered) patchCell(draft, cell, { undelivered });
    return;
  }
  const lost = cell.discarded && cell.reason?.code !== "drain-timeout";
  patchCell(draft, cell, { at: lost ? "lost" : "drained", undelivered });
  draft.effects.push({ type: "cancel-wake", tag: `drain/${cell.vertex}/${cell.incarnation}` });
  report(draft);
}

function onPeerDown(draft: Draft, node: string): void {
  let touched = false;
  for (const cell of draft.state.cells) {
    if (cell.at !== "started" && cell.at !== "draining") continue;
    const gone = cell.wired.filter((end) => end.node === node).map((end) => end.edge);
    const broken = [...new Set([...cell.broken, ...gone])];
    if (broken.length === cell.broken.length) continue;
    patchCell(draft, cell, { broken });
    touched = true;
  }
  if (touched) report(draft);
}

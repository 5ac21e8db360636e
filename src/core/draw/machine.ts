// The draw of one node as a machine (SEP2P §3.4 to §3.6): every message of the protocol, and every timer. A node may be
// trigger, witness and setter of many draws at once. docs/protocols/draw.md tells the whole.
import {
  type Digest,
  fromCanonical,
  type NodeId,
  type Refusal,
  type RefusalCode,
  refusals,
  refuse,
  refused,
  to,
  unreachable,
} from "../base/index.ts";
import { onBeaconAsk, onBeaconList, onSeal, restoreTriggers } from "./beacon-witness.ts";
import type { DrawMessage } from "./messages.ts";
import { keyOf } from "./neighbourhood.ts";
import { forgetRoster, restoreRoster } from "./roster-memory.ts";
import { onCommitments, onList, onRosterAsk, onWant } from "./roster-witness.ts";
import {
  onComplaint,
  onDisclose,
  onPapers,
  onRosterCommit,
  onSettingWake,
  onSigned,
  onStart,
  onWitnessRefused,
} from "./setter.ts";
import type { DrawConfig, DrawEvent, DrawState, DrawStep } from "./state.ts";
import {
  begin,
  onCommit,
  onDone,
  onMoved,
  onRefused,
  onReveal,
  onSealed,
  onTriggerWake,
  sequenceKey,
} from "./trigger.ts";
import type { Turn } from "./turn.ts";

/** `stored`: what the driver's disk holds under `draw/`. What cannot be read is as if it were not there. */
export function createDraw(config: DrawConfig, stored: Iterable<readonly [string, Uint8Array]> = []): DrawState {
  const empty = {
    triggered: new Map(),
    restarts: new Map(),
    beacons: new Map(),
    settings: new Map(),
    rosters: new Map(),
    forgottenUntilMs: 0,
    forgottenTriggersUntilMs: 0,
  };
  const state: DrawState = { config, sequence: 0, ...empty, memory: new Map() };
  const read = [...stored].flatMap(([key, bytes]) => {
    const value = fromCanonical(bytes);
    return value.ok ? [[key, value.value] as const] : [];
  });
  for (const [key, value] of read) {
    if (key === sequenceKey && Number.isSafeInteger(value)) state.sequence = value as number;
    restoreRoster(state, key, value);
  }
  restoreTriggers(state, read);
  return state;
}

/** It has a part in a draw that others wait for: a node that leaves finishes first (§3.6). */
export function isBusy(state: DrawState): boolean {
  const waits = [...state.beacons.values()].some(({ awaited }) => awaited);
  const signs = [...state.rosters.values()].some(({ over }) => !over);
  const sets = [...state.settings.values()].some(({ at }) => at !== "answered");
  return state.triggered.size > 0 || sets || waits || signs;
}

export function stepDraw(state: DrawState, event: DrawEvent): DrawStep {
  const { nowMs, random, near } = event;
  const turn: Turn = { state, nowMs, random, near, effects: [] };
  const refusal = perform(turn, event);
  return refusal === null ? to(state, ...turn.effects) : refused(state, refusal, ...turn.effects);
}

function perform(turn: Turn, event: DrawEvent): Refusal | null {
  switch (event.type) {
    case "draw": {
      const { ticket, purpose, actors } = event;
      begin(turn, { ticket, purpose, actors, restarts: 0 });
      return null;
    }
    case "message":
      return onMessage(turn, event.from, event.message);
    case "wake":
      onWake(turn, event.tag);
      return null;
    default:
      return unreachable(event);
  }
}

function onMessage(turn: Turn, from: NodeId, message: DrawMessage): Refusal | null {
  // Shaped like a node's id, but no key: it has no place in the network, and all that follows asks for one.
  if (keyOf(from) === null) return refuse("draw-unsigned", { blame: from });
  switch (message.type) {
    case "beacon-ask":
      return onBeaconAsk(turn, from, message.header, message.witnesses);
    case "beacon-commit":
      return onCommit(turn, from, message.draw, message.commitment);
    case "beacon-list":
      return onBeaconList(turn, from, message.draw, message.commitments);
    case "beacon-reveal":
      return onReveal(turn, from, message.draw, message.part);
    case "roster-start":
      return onStart(turn, from, message);
    case "roster-ask":
      return onRosterAsk(turn, from, message, message.witnesses);
    case "roster-commit":
      return onRosterCommit(turn, from, message.draw, message.attempt, message.commitment);
    case "roster-commitments":
      return onCommitments(turn, from, message.draw, message.attempt, message.commitments);
    case "roster-disclose":
      return onDisclose(turn, from, message.draw, message.attempt, message.disclosure);
    case "roster-want":
      return onWant(turn, from, message.draw, message.attempt, message.nodes);
    case "roster-papers":
      return onPapers(turn, from, message.draw, message.attempt, message.papers);
    case "roster-list":
      return onList(turn, from, message.draw, message.attempt, message.disclosures, message.papers);
    case "roster-sign":
      return onSigned(turn, from, message.draw, message.attempt, "roster", message.signed);
    case "roster-sparse":
      return onSigned(turn, from, message.draw, message.attempt, "sparse", message.signed);
    case "roster-done":
      return onDone(turn, from, message.roster);
    case "roster-seal":
      return onSeal(turn, from, message);
    case "roster-sealed":
      return onSealed(turn, from, message.draw, message.sealed);
    case "roster-moved":
      return onMoved(turn, from, message.draw, message.attempt, message.signed);
    case "draw-refused":
      return onDeclined(turn, from, message);
    default:
      return unreachable(message);
  }
}

/** Somebody said no: to the trigger, or to the setter. Its word is passed on as far as it is a word of ours. */
function onDeclined(turn: Turn, from: NodeId, message: Extract<DrawMessage, { type: "draw-refused" }>): Refusal | null {
  const { draw, blame, evidence } = message;
  const code = Object.hasOwn(refusals, message.code) ? (message.code as RefusalCode) : "draw-not-asked";
  const refusal = refuse(
    code,
    blame === undefined ? { detail: `said by ${from}` } : { blame, detail: `said by ${from}` },
  );
  const said = { refusal, evidence };
  if (onWitnessRefused(turn, from, draw, said) || onComplaint(turn, from, draw)) return null;
  return onRefused(turn, from, draw, said);
}

function onWake(turn: Turn, tag: string): void {
  const { state } = turn;
  const [what = "", about = ""] = tag.split(" ", 2);
  switch (what) {
    case "trigger":
      return onTriggerWake(turn, about as Digest);
    case "restart": {
      const restart = state.restarts.get(about);
      state.restarts.delete(about);
      if (restart !== undefined) begin(turn, restart);
      return;
    }
    case "beacon":
      state.beacons.delete(about as Digest);
      return;
    case "seal": {
      const open = state.beacons.get(about as Digest);
      if (open !== undefined) open.awaited = false;
      return;
    }
    case "setting":
      return onSettingWake(turn, about);
    case "roster":
      forgetRoster(turn, about);
      return;
  }
}

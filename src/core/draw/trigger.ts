// The trigger's half of the verifiable random (SEP2P §3.4), and what it does with it.
//   committing -- k commitments --> revealing -- k parts --> waiting -- roster --> drawn
//   any -- refusal | silence --> a pause, then again with a fresh beacon, a bounded number of times
//
// INVARIANT 1: the first commitment of a witness binds it.
// INVARIANT 2: nobody sees the list before everybody committed. This order is the whole defence.
// INVARIANT 3: a sequence number is used once: it is on disk before the first witness is asked.
import { type Digest, type NodeId, type Refusal, refuse, toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Beacon, BeaconPart, DrawHeader, Roster } from "./messages.ts";
import { nearestTo, spreadOf, witnessesRound } from "./neighbourhood.ts";
import type { Restart, Triggered } from "./state.ts";
import { beaconCommitment, beaconStatement, drawOf, lotOf, xorAll } from "./statement.ts";
import { convict, culprit, notAsked, persist, send, type Turn, wake } from "./turn.ts";
import { verifyRoster } from "./verify.ts";

export const sequenceKey = "draw/sequence";

export function begin(turn: Turn, { ticket, purpose, actors, restarts }: Restart): void {
  const { state, near, nowMs } = turn;
  const { self, rules, ports } = state.config;
  const asked = witnessesRound(near, self.location, self.node);
  if (asked === null || actors > limits.maxActors) {
    const detail = `${near.members.size} nodes are known`;
    turn.effects.push({ type: "not-drawn", ticket, refusal: refuse("draw-sparse-network", { detail }) });
    return;
  }
  state.sequence = Math.max(state.sequence + 1, nowMs);
  persist(turn, sequenceKey, toCanonical(state.sequence));
  const header: DrawHeader = {
    network: rules.network,
    trigger: self.node,
    sequence: state.sequence,
    purpose,
    actors,
    spread: spreadOf(near),
    atMs: nowMs,
  };
  const draw = drawOf(ports.crypto, header);
  const witnesses = asked.nodes;
  const common = { ticket, restarts, header, draw, witnesses, beacon: null };
  const gathered = { commitments: new Map(), parts: new Map() };
  const run: Triggered = { at: "committing", repeats: 0, ...common, ...gathered };
  state.triggered.set(draw, run);
  askSilent(turn, run);
}

export function onCommit(turn: Turn, from: NodeId, draw: Digest, commitment: Uint8Array): Refusal | null {
  const run = turn.state.triggered.get(draw);
  if (run === undefined || !run.witnesses.some(({ node }) => node === from)) return notAsked("a commitment");
  if (run.at !== "committing" || run.commitments.has(from)) return null; // late or doubled
  run.commitments.set(from, commitment);
  if (run.commitments.size < run.witnesses.length) return null;
  enter(turn, run, "revealing");
  return null;
}

export function onReveal(turn: Turn, from: NodeId, draw: Digest, part: BeaconPart): Refusal | null {
  const run = turn.state.triggered.get(draw);
  const witness = run?.witnesses.find(({ node }) => node === from);
  if (run === undefined || witness === undefined) return notAsked("a part of a beacon");
  if (run.at !== "revealing" || run.parts.has(from)) return null;
  const { crypto } = turn.state.config.ports;
  const list = listOf(run);
  const statement = beaconStatement(draw, list, part.random, part.atMs);
  const signed = crypto.verify(witness.publicKey, statement, part.signature);
  const committed = beaconCommitment(crypto, draw, from, part.random);
  const kept = committed.every((byte, i) => byte === run.commitments.get(from)![i]);
  if (!signed || !kept) {
    if (signed) convict(turn, from, statement, part.signature);
    const refusal = refuse(signed ? "draw-value-changed" : "draw-unsigned", { blame: from });
    again(turn, run, refusal);
    return refusal;
  }
  run.parts.set(from, part);
  if (run.parts.size < run.witnesses.length) return null;
  const parts = run.witnesses.map(({ node }) => run.parts.get(node)!);
  run.beacon = { header: run.header, parts };
  enter(turn, run, "waiting");
  return null;
}

export function onDone(turn: Turn, roster: Roster): Refusal | null {
  const { rules, ports } = turn.state.config;
  const draw = drawOf(ports.crypto, roster.header);
  const run = turn.state.triggered.get(draw);
  if (run?.beacon == null) return notAsked("a roster");
  const random = randomOf(run.beacon);
  if (!random.every((byte, i) => byte === roster.random[i]))
    return refuse("draw-roster-forged", { detail: "another random value" });
  const verified = verifyRoster(roster, rules, ports, { nowMs: turn.nowMs });
  // Somebody's wrong signature is no reason to begin again yet: the honest roster may still come.
  if (!verified.ok) {
    turn.effects.push({ type: "culprit", draw, refusal: verified });
    return verified;
  }
  turn.state.triggered.delete(draw);
  turn.effects.push({ type: "cancel-wake", tag: `trigger ${draw}` });
  turn.effects.push({ type: "drawn", ticket: run.ticket, roster, beacon: run.beacon, restarts: run.restarts });
  return null;
}

/** Somebody will not take part. Only who has a part in this draw can end it: a witness, then whoever may be the setter. */
export function onRefused(turn: Turn, from: NodeId, draw: Digest, refusal: Refusal): Refusal | null {
  const run = turn.state.triggered.get(draw);
  if (run === undefined) return notAsked("a refusal");
  const hasPart =
    run.beacon === null ? run.witnesses.some(({ node }) => node === from) : maySet(turn, run.beacon, from);
  if (!hasPart) return notAsked("a refusal");
  again(turn, run, refusal);
  return null;
}

function maySet({ state, near }: Turn, beacon: Beacon, node: NodeId): boolean {
  const { crypto } = state.config.ports;
  const random = randomOf(beacon);
  for (let attempt = 0; attempt <= limits.maxAttempts; attempt++)
    if (nearestTo(near, lotOf(crypto, random, attempt)).node === node) return true;
  return false;
}

export function onTriggerWake(turn: Turn, draw: Digest): void {
  const run = turn.state.triggered.get(draw);
  if (run === undefined) return;
  const most = run.at === "waiting" ? limits.maxRosterRepeats : limits.maxRepeats;
  if (run.repeats++ < most) return askSilent(turn, run);
  const silent = run.at === "waiting" ? [] : silentOf(run);
  for (const node of silent) culprit(turn, draw, "draw-silent", node, `it was to answer while ${run.at}`);
  const blame = silent[0];
  again(turn, run, refuse("draw-silent", blame === undefined ? { detail: "no roster came" } : { blame }));
}

function enter(turn: Turn, run: Triggered, at: Triggered["at"]): void {
  run.at = at;
  run.repeats = 0;
  askSilent(turn, run);
}

/** What this phase asks, of those that have not answered. Whoever gets it twice answers the same. */
function askSilent(turn: Turn, run: Triggered): void {
  const { header, draw, beacon } = run;
  if (beacon !== null) {
    const lot = lotOf(turn.state.config.ports.crypto, randomOf(beacon), 0);
    send(turn, nearestTo(turn.near, lot).node, { type: "roster-start", beacon, attempt: 0, sparse: [] });
  } else {
    const names = run.witnesses.map(({ node }) => node);
    for (const node of silentOf(run)) {
      if (run.at === "committing") send(turn, node, { type: "beacon-ask", header, witnesses: names });
      else send(turn, node, { type: "beacon-list", draw, commitments: listOf(run) });
    }
  }
  wake(turn, `trigger ${draw}`, limits.repeatAfterMs);
}

function silentOf(run: Triggered): NodeId[] {
  const heard = run.at === "committing" ? run.commitments : run.parts;
  return run.witnesses.flatMap(({ node }) => (heard.has(node) ? [] : [node]));
}

function randomOf(beacon: Beacon): Uint8Array {
  return xorAll(beacon.parts.map((part) => part.random));
}

/** The paper restarts from a fresh beacon. Its witnesses count it against the trigger's rate. */
function again(turn: Turn, run: Triggered, cause: Refusal): void {
  turn.state.triggered.delete(run.draw);
  turn.effects.push({ type: "cancel-wake", tag: `trigger ${run.draw}` });
  const { ticket, restarts, header } = run;
  if (restarts >= limits.maxRestarts || cause.code === "draw-rate") {
    const detail = `${cause.code}${cause.blame === undefined ? "" : ` of ${cause.blame}`}`;
    turn.effects.push({ type: "not-drawn", ticket, refusal: refuse("draw-gave-up", { detail }) });
    return;
  }
  const { purpose, actors } = header;
  turn.state.restarts.set(ticket, { ticket, purpose, actors, restarts: restarts + 1 });
  wake(turn, `restart ${ticket}`, limits.restartAfterMs * 2 ** restarts);
}

function listOf(run: Triggered): Uint8Array[] {
  return run.witnesses.map(({ node }) => run.commitments.get(node)!);
}

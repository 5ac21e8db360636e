// The trigger's half of the verifiable random (SEP2P §3.4), and what it does with it.
//   committing -- k commitments --> revealing -- k parts --> waiting -- what was drawn --> sealing -- k seals --> drawn
//   any -- refusal | silence --> a pause, then again with a fresh beacon, a bounded number of times
//
// INVARIANT 1: the first commitment of a witness binds it.
// INVARIANT 2: nobody sees the list before everybody committed. This order is the whole defence.
// INVARIANT 3: a sequence number is used once: it is on disk before the first witness is asked.
import { type Digest, type NodeId, type Refusal, refuse, toCanonical } from "../base/index.ts";
import { remember } from "./beacon-witness.ts";
import { rosterAfterAll, secondPart } from "./contradictions.ts";
import { lieIn } from "./evidence.ts";
import { limits } from "./limits.ts";
import type { Beacon, BeaconPart, DrawHeader, DrawMessage, Evidence, Roster, Sparse } from "./messages.ts";
import { nearestTo, spreadOf, witnessesRound } from "./neighbourhood.ts";
import { judgedByTrigger, type Said } from "./pretext.ts";
import type { Restart, Triggered } from "./state.ts";
import {
  beaconCommitment,
  beaconStatement,
  drawOf,
  lotOf,
  rosterStatement,
  sealStatement,
  xorAll,
} from "./statement.ts";
import { culprit, decline, named, notAsked, persist, send, type Turn, wake } from "./turn.ts";
import { paperFault, verifyDrawn, verifySparse } from "./verify.ts";

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
  remember(turn, header); // to know whether a witness that speaks of too many draws is right
  const common = {
    ticket,
    restarts,
    header,
    draw,
    witnesses,
    beacon: null,
    attempt: 0,
    sparse: [],
    setters: new Set<NodeId>(),
    drawn: null,
  };
  const gathered = { commitments: new Map(), parts: new Map(), sealed: new Map() };
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
  if (run.parts.has(from)) return secondPart(turn, run, witness, part);
  if (run.at !== "revealing") return null;
  const { rules, ports } = turn.state.config;
  const { crypto } = ports;
  const strange = paperFault(part, witness, run.header, ports, turn.nowMs);
  if (strange !== null) {
    named(turn, draw, strange);
    again(turn, run, strange);
    return strange;
  }
  const list = listOf(run);
  const statement = beaconStatement(draw, list, part.random, part.atMs);
  const signed = crypto.verify(witness.publicKey, statement, part.signature);
  const committed = beaconCommitment(crypto, draw, from, part.random);
  const kept = committed.every((byte, i) => byte === run.commitments.get(from)![i]);
  if (!signed || !kept) {
    const refusal = refuse(signed ? "draw-value-changed" : "draw-unsigned", { blame: from });
    const evidence: Evidence = { what: "part", commitments: list, part };
    named(turn, draw, refusal, lieIn(evidence, draw, rules, ports) === null ? undefined : evidence);
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

export function onDone(turn: Turn, from: NodeId, roster: Roster): Refusal | null {
  const { rules, ports } = turn.state.config;
  const draw = drawOf(ports.crypto, roster.header);
  const run = turn.state.triggered.get(draw);
  if (run?.beacon == null) return notAsked("a roster");
  if (run.drawn !== null) return null; // late or doubled
  if (roster.attempt < run.attempt) {
    rosterAfterAll(turn, run, roster);
    return refuse("draw-roster-forged", { blame: from, detail: "its region is attested to be too sparse" });
  }
  const verified = verifyDrawn(roster, randomOf(run.beacon), rules, ports, turn.nowMs);
  if (!verified.ok) {
    const refusal = forgerOf(turn, draw, roster, from, verified);
    // From a stranger it is no reason to begin again: the honest roster may still come.
    if (!run.setters.has(from)) return refusal;
    named(turn, draw, refusal);
    if (refusal.blame !== from) culprit(turn, draw, "draw-roster-forged", from, `the signature of ${refusal.blame}`);
    decline(turn, from, draw, refusal);
    again(turn, run, refusal);
    return refusal;
  }
  run.drawn = roster;
  enter(turn, run, "sealing");
  return null;
}

/** A witness of its beacon says to everybody that this was drawn by it. */
export function onSealed(turn: Turn, from: NodeId, draw: Digest, sealed: Sparse): Refusal | null {
  const run = turn.state.triggered.get(draw);
  const witness = run?.witnesses.find(({ node }) => node === from);
  if (run?.beacon == null || run.drawn === null || witness === undefined) return notAsked("a seal");
  if (run.sealed.has(from)) return null; // doubled
  const { random, attempt, actors } = run.drawn;
  const { ports } = turn.state.config;
  const statement = sealStatement(draw, random, attempt, actors, sealed.atMs);
  const fault =
    paperFault(sealed, witness, run.header, ports, turn.nowMs) ??
    (ports.crypto.verify(witness.publicKey, statement, sealed.signature)
      ? null
      : refuse("draw-unsigned", { blame: from, detail: "its seal" }));
  if (fault !== null) {
    named(turn, draw, fault);
    again(turn, run, fault);
    return fault;
  }
  run.sealed.set(from, sealed);
  if (run.sealed.size < run.witnesses.length) return null;
  const { ticket, restarts, beacon, drawn: list } = run;
  const roster = { ...list, witnesses: run.witnesses.map(({ node }) => run.sealed.get(node)!) };
  turn.state.triggered.delete(draw);
  turn.effects.push({ type: "cancel-wake", tag: `trigger ${draw}` });
  turn.effects.push({ type: "drawn", ticket, roster, beacon, list, restarts });
  return null;
}

/**
 * Whose forgery it is. An honest witness is among the k, so a list that nobody signed was altered by who hands it over. Where
 * some signed it, the others did not: the setter has not looked at their signatures, and is told.
 */
function forgerOf(turn: Turn, draw: Digest, roster: Roster, from: NodeId, fault: Refusal): Refusal {
  if (fault.code === "draw-stale") return fault;
  const { ports } = turn.state.config;
  const { random, attempt, actors } = roster;
  const wrong = roster.witnesses.flatMap(({ certificate, atMs, signature }) => {
    const member = ports.certify(certificate);
    if (!member.ok) return [from];
    const { publicKey, node } = member.value;
    return ports.crypto.verify(publicKey, rosterStatement(draw, random, attempt, actors, atMs), signature)
      ? []
      : [node];
  });
  const isAltered = wrong.length === 0 || wrong.length === roster.witnesses.length || wrong.includes(from);
  if (isAltered) return { ...fault, blame: from };
  return refuse("draw-unsigned", { blame: wrong[0]!, detail: `its signature of the roster, handed over by ${from}` });
}

/** The region was too sparse, say its witnesses: the lot falls again. */
export function onMoved(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  signed: readonly Sparse[],
): Refusal | null {
  const { rules, ports } = turn.state.config;
  const run = turn.state.triggered.get(draw);
  if (run?.beacon == null || !run.setters.has(from)) return notAsked("a region too sparse");
  if (run.drawn !== null || run.attempt !== attempt || attempt >= limits.maxAttempts) return null; // late or doubled
  const of = { header: run.header, draw, random: randomOf(run.beacon), attempt };
  const attested = verifySparse(signed, of, rules, ports, turn.nowMs);
  if (!attested.ok) {
    const refusal: Refusal = { ...attested, blame: from };
    named(turn, draw, refusal);
    again(turn, run, refusal);
    return refusal;
  }
  run.sparse.push(signed);
  run.attempt++;
  run.setters.clear();
  enter(turn, run, "waiting");
  return null;
}

/** Somebody will not take part. Only who has a part in this draw can end it: a witness, then whoever was asked to set. */
export function onRefused(turn: Turn, from: NodeId, draw: Digest, said: Said): Refusal | null {
  const run = turn.state.triggered.get(draw);
  if (run === undefined) return notAsked("a refusal");
  const hasPart = run.at === "waiting" ? run.setters.has(from) : run.witnesses.some(({ node }) => node === from);
  if (!hasPart) return notAsked("a refusal");
  again(turn, run, judgedByTrigger(turn, run, from, said));
  return null;
}

export function onTriggerWake(turn: Turn, draw: Digest): void {
  const run = turn.state.triggered.get(draw);
  if (run === undefined) return;
  const most = run.at === "waiting" ? limits.maxRosterRepeats : limits.maxRepeats;
  if (run.repeats++ < most) return askSilent(turn, run);
  const silent = run.at === "waiting" ? [...run.setters].slice(-1) : silentOf(run); // the others were named before
  const due = run.at === "waiting" ? "it was to hand over a roster" : `it was to answer while ${run.at}`;
  for (const node of silent) culprit(turn, draw, "draw-silent", node, due);
  again(turn, run, refuse("draw-silent", { blame: silent[0]! }));
}

function enter(turn: Turn, run: Triggered, at: Triggered["at"]): void {
  run.at = at;
  run.repeats = 0;
  askSilent(turn, run);
}

/** What this phase asks, of those that have not answered. Whoever gets it twice answers the same. */
function askSilent(turn: Turn, run: Triggered): void {
  const { header, draw, beacon, drawn } = run;
  if (beacon !== null && drawn !== null) {
    const values = beacon.parts.map(({ random }) => random);
    const sparse = run.sparse.map((one) => [...one]);
    const message: DrawMessage = { type: "roster-seal", draw, drawn, values, sparse };
    for (const node of silentOf(run)) send(turn, node, message);
  } else if (beacon !== null) {
    const { attempt, setters } = run;
    const setter = nearestTo(turn.near, lotOf(turn.state.config.ports.crypto, randomOf(beacon), attempt)).node;
    const before = [...setters].at(-1);
    if (before !== undefined && before !== setter)
      culprit(turn, draw, "draw-silent", before, "it was to hand over a roster, and is gone");
    setters.delete(setter); // the last one asked stands last
    setters.add(setter);
    send(turn, setter, { type: "roster-start", beacon, attempt, sparse: run.sparse.map((one) => [...one]) });
  } else {
    const message: DrawMessage =
      run.at === "committing"
        ? { type: "beacon-ask", header, witnesses: run.witnesses.map(({ node }) => node) }
        : { type: "beacon-list", draw, commitments: listOf(run) };
    for (const node of silentOf(run)) send(turn, node, message);
  }
  wake(turn, `trigger ${draw}`, limits.repeatAfterMs);
}

function silentOf(run: Triggered): NodeId[] {
  const heard = run.at === "committing" ? run.commitments : run.at === "sealing" ? run.sealed : run.parts;
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
  const isSpent = cause.code === "draw-rate" && cause.blame === undefined;
  if (isSpent) {
    turn.effects.push({ type: "not-drawn", ticket, refusal: spent(turn, header) });
    return;
  }
  if (restarts >= limits.maxRestarts) {
    const detail = `${cause.code}${cause.blame === undefined ? "" : ` of ${cause.blame}`}`;
    turn.effects.push({ type: "not-drawn", ticket, refusal: refuse("draw-gave-up", { detail }) });
    return;
  }
  const { purpose, actors } = header;
  turn.state.restarts.set(ticket, { ticket, purpose, actors, restarts: restarts + 1 });
  wake(turn, `restart ${ticket}`, limits.restartAfterMs * 2 ** restarts);
}

/**
 * When the next one is possible. The witnesses' own lists are not seen here; what is, may count a draw that they refused, so it
 * is never too early.
 */
function spent({ state, nowMs }: Turn, { atMs: refusedAtMs }: DrawHeader): Refusal {
  const began = state.memory.get(state.config.self.node)?.drawnAtMs ?? [];
  const before = began.filter((atMs) => atMs !== refusedAtMs && nowMs - atMs < limits.windowMs);
  const oldest = before.at(-limits.drawsPerWindow);
  if (oldest === undefined) return refuse("draw-rate");
  const seconds = Math.ceil((oldest + limits.windowMs - nowMs) / 1_000);
  return refuse("draw-rate", { detail: `the next draw is possible in ${seconds} s at the latest` });
}

function listOf(run: Triggered): Uint8Array[] {
  return run.witnesses.map(({ node }) => run.commitments.get(node)!);
}

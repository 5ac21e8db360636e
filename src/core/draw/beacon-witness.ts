// The witness' half of the verifiable random (SEP2P §3.4): commits to a value, and discloses it for one list only.
//
// INVARIANT 1: a trigger cannot choose its witnesses: only the nearest ones of the smallest admissible k serve.
// INVARIANT 2: each sequence number of a trigger is served once, and so many in a window. Both are on disk before the
//   commitment leaves, so a trigger that dislikes a beacon gets no other for the same number. Of a trigger that had to be
//   forgotten, nothing is served that it may have asked for before.
// INVARIANT 3: the value is disclosed for the first list that holds the own commitment, and for no other.
// INVARIANT 4: one roster of each draw is sealed: drawn by the values of that list, in a region that only those chose, and moved
//   only where its witnesses attest that it had to. A witness that crashed between has forgotten the draw, and seals none.
import { z } from "zod";
import { type Digest, type NodeId, type Refusal, refuse, sameBytes, toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Location } from "./location.ts";
import type { DrawHeader, DrawMessage, Evidence } from "./messages.ts";
import { isSpreadOff, witnessesRound } from "./neighbourhood.ts";
import { distance } from "./region.ts";
import type { BeaconWitness, DrawState, TriggerMemory } from "./state.ts";
import { beaconCommitment, beaconStatement, drawOf, sealStatement, xorAll } from "./statement.ts";
import { decline, notAsked, persist, send, type Turn, wake } from "./turn.ts";
import { headerFault, locationOfNode, verifyDrawn, verifySparse } from "./verify.ts";

const forgottenKey = "draw/forgotten-triggers";
export const memoryKey = (trigger: NodeId): string => `draw/trigger/${trigger}`;

export function onBeaconAsk(turn: Turn, from: NodeId, header: DrawHeader, names: readonly NodeId[]): Refusal | null {
  const { state } = turn;
  const { crypto } = state.config.ports;
  const draw = drawOf(crypto, header);
  const open = state.beacons.get(draw);
  if (open !== undefined && from === header.trigger) {
    send(turn, from, { type: "beacon-commit", draw, commitment: open.commitment });
    return null;
  }
  const fault = mayServe(turn, from, header, names);
  if (fault !== null) return decline(turn, from, draw, fault, leftOut(turn, fault, from, names));
  remember(turn, header);
  const { node } = state.config.self;
  const commitment = beaconCommitment(crypto, draw, node, turn.random);
  const own = names.indexOf(node);
  const witnesses = [...names];
  state.beacons.set(draw, {
    header,
    own,
    witnesses,
    random: turn.random,
    commitment,
    list: null,
    sealed: null,
    awaited: true,
  });
  send(turn, from, { type: "beacon-commit", draw, commitment });
  wake(turn, `beacon ${draw}`, limits.maxAgeMs);
  return null;
}

export function onBeaconList(turn: Turn, from: NodeId, draw: Digest, list: readonly Uint8Array[]): Refusal | null {
  const open = turn.state.beacons.get(draw);
  if (open === undefined || from !== open.header.trigger) return notAsked("a list of commitments");
  const mine = list[open.own];
  if (list.length !== open.witnesses.length || mine === undefined || !sameBytes(mine, open.commitment))
    return decline(turn, from, draw, refuse("draw-commitment-lost", { blame: from }));
  if (open.list !== null && !sameList(open.list, list))
    return decline(turn, from, draw, refuse("draw-second-list", { blame: from }));
  if (open.list === null) wake(turn, `seal ${draw}`, limits.sealWithinMs);
  open.list = list;
  const { self, signer } = turn.state.config;
  const { random } = open;
  const signature = signer.sign(beaconStatement(draw, list, random, turn.nowMs));
  const part = { certificate: self.certificate, random, atMs: turn.nowMs, signature };
  send(turn, from, { type: "beacon-reveal", draw, part });
  return null;
}

/** The last word: that this was drawn by the beacon it took part in. Its signature is what everybody else verifies. */
export function onSeal(
  turn: Turn,
  from: NodeId,
  message: Extract<DrawMessage, { type: "roster-seal" }>,
): Refusal | null {
  const { draw, drawn } = message;
  const open = turn.state.beacons.get(draw);
  if (open === undefined || from !== open.header.trigger || open.list === null) return notAsked("a roster to seal");
  const { random, attempt, actors } = drawn;
  const what = sealStatement(draw, random, attempt, actors, 0);
  if (open.sealed === null) {
    const fault = sealFault(turn, open, message);
    if (fault !== null) return decline(turn, from, draw, fault);
    open.sealed = what;
    open.awaited = false;
  } else if (!sameBytes(open.sealed, what))
    return decline(turn, from, draw, refuse("draw-second-roster", { blame: from }));
  const { self, signer } = turn.state.config;
  const signature = signer.sign(sealStatement(draw, random, attempt, actors, turn.nowMs));
  const sealed = { certificate: self.certificate, atMs: turn.nowMs, signature };
  send(turn, from, { type: "roster-sealed", draw, sealed });
  return null;
}

function sealFault(
  { state, nowMs }: Turn,
  { header, witnesses, list }: BeaconWitness,
  { draw, drawn, values, sparse }: Extract<DrawMessage, { type: "roster-seal" }>,
): Refusal | null {
  const { rules, ports } = state.config;
  const { crypto } = ports;
  const blame = header.trigger;
  const isCommitted = (value: Uint8Array, i: number) =>
    sameBytes(beaconCommitment(crypto, draw, witnesses[i]!, value), list![i]!);
  if (values.length !== witnesses.length || !values.every(isCommitted)) return refuse("draw-beacon-forged", { blame });
  if (drawOf(crypto, drawn.header) !== draw || drawn.attempt !== sparse.length)
    return refuse("draw-roster-forged", { blame, detail: "of another draw or try" });
  const random = xorAll(values);
  for (const [attempt, signed] of sparse.entries()) {
    const attested = verifySparse(signed, { header, draw, random, attempt }, rules, ports, nowMs);
    if (!attested.ok) return { ...attested, blame };
  }
  const verified = verifyDrawn(drawn, random, rules, ports, nowMs);
  return verified.ok ? null : { ...verified, blame };
}

function mayServe(turn: Turn, from: NodeId, header: DrawHeader, names: readonly NodeId[]): Refusal | null {
  const { state, near, nowMs } = turn;
  const { rules, self, ports } = state.config;
  if (from !== header.trigger) return refuse("draw-unsigned", { blame: from, detail: "a draw of somebody else's" });
  const fault = headerFault(header, rules, nowMs);
  if (fault !== null) return fault;
  if (!names.includes(self.node)) return refuse("draw-not-asked", { blame: from });
  if (names.includes(from)) return refuse("draw-own-witness", { blame: from });
  const memory = state.memory.get(from);
  if (memory !== undefined && header.sequence <= memory.sequence) return refuse("draw-sequence", { blame: from });
  if (memory === undefined && header.atMs <= state.forgottenTriggersUntilMs)
    return refuse("draw-stale", { blame: from });
  const recent = memory?.drawnAtMs.filter((atMs) => nowMs - atMs < limits.windowMs) ?? [];
  if (recent.length >= limits.drawsPerWindow) return refuse("draw-rate", { blame: from });
  if (state.beacons.size >= limits.maxOpenDraws) return refuse("draw-busy");
  const due = witnessesRound(near, locationOfNode(ports.crypto, from)!, from);
  if (due === null || due.row.k !== names.length)
    return refuse("draw-degree", { blame: from, detail: `${names.length} witnesses, ${due?.row.k ?? "none"} are due` });
  const strange = names.find((name) => !due.nodes.some(({ node }) => node === name));
  if (strange !== undefined || new Set(names).size !== names.length)
    return refuse("draw-not-nearest", { blame: from, detail: strange ?? "twice" });
  if (isSpreadOff(near, header)) return refuse("draw-spread", { blame: from });
  return null;
}

/** A nearer node that should have been asked, if that is why: without it, nobody has to believe the refusal. */
function leftOut(turn: Turn, { code }: Refusal, trigger: NodeId, names: readonly NodeId[]): Evidence | undefined {
  if (code !== "draw-degree" && code !== "draw-not-nearest") return undefined;
  const centre = locationOfNode(turn.state.config.ports.crypto, trigger);
  return centre === null ? undefined : nearestLeftOut(turn, centre, names, trigger);
}

export function nearestLeftOut(
  { near, state }: Turn,
  centre: Location,
  names: readonly NodeId[],
  but: NodeId | null,
): Evidence | undefined {
  const { crypto } = state.config.ports;
  const away = (location: Location) => distance(near.geometry, centre, location);
  const places = names.flatMap((name) => locationOfNode(crypto, name) ?? []);
  const missing = witnessesRound(near, centre, but)?.nodes.find(
    ({ node, location }) => !names.includes(node) && places.some((place) => away(place) > away(location)),
  );
  return missing === undefined ? undefined : { what: "nearer", certificate: missing.certificate };
}

export function remember(turn: Turn, header: DrawHeader): void {
  const { state } = turn;
  const { memory } = state;
  const recent = memory.get(header.trigger)?.drawnAtMs.filter((atMs) => turn.nowMs - atMs < limits.windowMs) ?? [];
  const now: TriggerMemory = { sequence: header.sequence, drawnAtMs: [...recent, turn.nowMs] };
  memory.delete(header.trigger);
  memory.set(header.trigger, now);
  persist(turn, memoryKey(header.trigger), toCanonical(now));
  if (memory.size <= limits.maxTriggers) return;
  const [oldest, { drawnAtMs }] = memory.entries().next().value!;
  memory.delete(oldest);
  // What it asked for may have been of a time to come, by so much as is tolerated.
  const untilMs = (drawnAtMs.at(-1) ?? turn.nowMs) + limits.maxSkewMs;
  if (untilMs > state.forgottenTriggersUntilMs) {
    state.forgottenTriggersUntilMs = untilMs;
    persist(turn, forgottenKey, toCanonical(untilMs));
  }
  turn.effects.push({ type: "persist", key: memoryKey(oldest), value: null });
}

const prefix = memoryKey("" as NodeId);
const instantMs = z.number().int().nonnegative();
const memorySchema = z.strictObject({ sequence: instantMs, drawnAtMs: z.array(instantMs) });

/** From what the disk holds. What cannot be read is as if it were not there. Who was heard longest ago comes first. */
export function restoreTriggers(state: DrawState, stored: Iterable<readonly [string, unknown]>): void {
  const found: (readonly [NodeId, TriggerMemory])[] = [];
  for (const [key, value] of stored) {
    if (key === forgottenKey && Number.isSafeInteger(value)) state.forgottenTriggersUntilMs = value as number;
    const parsed = key.startsWith(prefix) ? memorySchema.safeParse(value) : null;
    if (parsed?.success) found.push([key.slice(prefix.length) as NodeId, parsed.data]);
  }
  const lastMs = ({ drawnAtMs }: TriggerMemory) => drawnAtMs.at(-1) ?? 0;
  for (const [node, memory] of found.sort(([, a], [, b]) => lastMs(a) - lastMs(b))) state.memory.set(node, memory);
}

export function sameList(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((one, i) => sameBytes(one, b[i]!));
}

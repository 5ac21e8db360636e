// What a witness of a roster keeps on disk: what it committed to, and the list that it disclosed it for. Restarted, it
// answers the same: a crash gives a setter no second value, and makes no liar of an honest witness.
//
// INVARIANT 1: both are durable before the message that they bind leaves.
import { z } from "zod";
import { type NodeId, nodeIdPattern, toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import { locationOf } from "./location.ts";
import { beaconSchema, disclosureSchema, sparseSchema } from "./messages.ts";
import { type DrawMember, keyOf } from "./neighbourhood.ts";
import { type DrawState, keyOfAttempt, type RosterWitness } from "./state.ts";
import { candidatesDigest, commitmentTo, drawOf, lotOf, xorAll } from "./statement.ts";
import { persist, type Turn } from "./turn.ts";
import type { DrawPorts } from "./verify.ts";

const prefix = "draw/roster/";
const forgottenKey = "draw/forgotten";

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const storedSchema = z.strictObject({
  beacon: beaconSchema,
  attempt: z.number().int().min(0).max(limits.maxAttempts),
  sparse: z.array(z.array(sparseSchema)),
  witnesses: z
    .array(
      z.strictObject({
        node: z.custom<NodeId>((value) => typeof value === "string" && nodeIdPattern.test(value)),
        certificate: bytes,
        processes: z.boolean(),
      }),
    )
    .min(1)
    .max(limits.maxWitnesses),
  own: z.number().int().nonnegative(),
  disclosed: disclosureSchema.omit({ signature: true }),
  list: z.array(bytes).nullable(),
});

export function keepRoster(turn: Turn, open: RosterWitness): void {
  const { beacon, attempt, sparse, witnesses, own, disclosed, list } = open;
  const named = witnesses.map(({ node, certificate, processes }) => ({ node, certificate, processes }));
  const stored = { beacon, attempt, sparse, witnesses: named, own, disclosed, list };
  persist(turn, prefix + keyOfAttempt(open.draw, attempt), toCanonical(stored));
}

/** INVARIANT 2: nothing as old as what was forgotten is served again, also when the clock goes back. */
export function forgetRoster(turn: Turn, key: string): void {
  const { state } = turn;
  const open = state.rosters.get(key);
  if (open === undefined) return;
  state.rosters.delete(key);
  const { atMs } = open.beacon.header;
  if (atMs > state.forgottenUntilMs) {
    state.forgottenUntilMs = atMs;
    persist(turn, forgottenKey, toCanonical(atMs));
  }
  turn.effects.push({ type: "persist", key: prefix + key, value: null });
}

/** Nobody wakes a restarted node for what it kept: it looks when it is asked the next time. */
export function forgetStaleRosters(turn: Turn): void {
  for (const [key, { beacon }] of turn.state.rosters)
    if (turn.nowMs > keptUntilMs(beacon.header.atMs)) forgetRoster(turn, key);
}

export const keptUntilMs = (drawnAtMs: number): number => drawnAtMs + limits.maxAgeMs + limits.maxSkewMs;

/** From one key of the disk. What cannot be read is as if it were not there. */
export function restoreRoster(state: DrawState, key: string, stored: unknown): void {
  if (key === forgottenKey && Number.isSafeInteger(stored)) state.forgottenUntilMs = stored as number;
  if (!key.startsWith(prefix)) return;
  const parsed = storedSchema.safeParse(stored);
  if (!parsed.success) return;
  const { crypto } = state.config.ports;
  const { beacon, attempt, disclosed, ...rest } = parsed.data;
  const draw = drawOf(crypto, beacon.header);
  const witnesses = rest.witnesses.flatMap((witness) => memberOf(witness, crypto) ?? []);
  if (witnesses.length !== rest.witnesses.length || key !== prefix + keyOfAttempt(draw, attempt)) return;
  const random = xorAll(beacon.parts.map((part) => part.random));
  const lot = lotOf(crypto, random, attempt);
  const named = candidatesDigest(crypto, disclosed.candidates);
  const commitment = commitmentTo(crypto, draw, attempt, { ...disclosed, named });
  // Who sent the list is not kept: a second one is then the fault of whoever sends it.
  const open = {
    ...rest,
    beacon,
    draw,
    random,
    attempt,
    lot,
    witnesses,
    disclosed,
    named,
    commitment,
    listBy: null,
    over: false,
  };
  state.rosters.set(keyOfAttempt(draw, attempt), open);
}

function memberOf(
  witness: Pick<DrawMember, "node" | "certificate" | "processes">,
  crypto: DrawPorts["crypto"],
): DrawMember | null {
  const publicKey = keyOf(witness.node);
  return publicKey === null ? null : { ...witness, publicKey, location: locationOf(crypto, publicKey) };
}

// What time does: neighbours are looked after, suspicions run out, the forgotten are called back, news are flushed.
import type { NodeId } from "../base/index.ts";
import { tellPaged } from "./exchange.ts";
import { limits } from "./limits.ts";
import type { WireItem } from "./messages.ts";
import { callBack, hangUpStrays, lookAfter, refreshWatches } from "./neighbours.ts";
import type { Link, MembershipState } from "./state.ts";
import type { Turn } from "./turn.ts";
import { depart, expel, forgetDeparted } from "./view.ts";

export function tick(turn: Turn): void {
  const { state, nowMs } = turn;
  state.tickAtMs = Number.POSITIVE_INFINITY;
  const suspicionsEndMs = endSuspicions(turn);
  refreshWatches(turn);
  const watchesDueMs = lookAfter(turn);
  dialSeeds(turn);
  if (nowMs - state.tidiedAtMs >= limits.tidyIntervalMs) tidy(turn);
  const nextMs = Math.min(watchesDueMs, suspicionsEndMs, state.tickAtMs);
  state.tickAtMs = Math.max(nextMs, nowMs + 1);
  turn.effects.push({ type: "wake", tag: "tick", afterMs: state.tickAtMs - nowMs });
}

/** What need not be prompt, and walks whole collections. */
function tidy(turn: Turn): void {
  const { state, nowMs } = turn;
  state.tidiedAtMs = nowMs;
  if (nowMs - state.datesCheckedAtMs >= limits.datesIntervalMs) endCertificates(turn);
  for (const departed of state.departed.values())
    if (nowMs - departed.sinceMs >= limits.departedKeptMs) forgetDeparted(turn, departed);
  callBack(turn);
  hangUpStrays(turn);
  forgetQuietAccounts(state, nowMs);
}

/** Nobody refuted in time: forgotten. Returns when the next suspicion ends. */
function endSuspicions(turn: Turn): number {
  const { state, nowMs } = turn;
  let nextMs = Number.POSITIVE_INFINITY;
  for (const [node, { suspicion, untilMs }] of state.suspected) {
    const record = state.members.get(node);
    if (untilMs > nowMs) nextMs = Math.min(nextMs, untilMs);
    else if (record === undefined) state.suspected.delete(node);
    else depart(turn, record, suspicion);
  }
  return nextMs;
}

/** A member whose certificate ran out is no member. It comes back with a new one under a higher sequence. */
function endCertificates(turn: Turn): void {
  const { state, nowMs } = turn;
  state.datesCheckedAtMs = nowMs;
  for (const record of state.members.values())
    if (record.facts.notAfterMs <= nowMs && record.node !== state.config.node) expel(turn, record);
}

/** Alone: the seeds are our only way in. Not alone: seeds nobody announces may be the other half of a partition. */
function dialSeeds(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.config.seeds.length === 0 || nowMs < state.seedRetryAtMs) return;
  if (state.links.size > 0 && state.members.size > 1) {
    state.seedRetryMs = limits.maxRetryMs;
    state.seedRetryAtMs = nowMs + state.seedRetryMs;
    const announced = new Set([...state.members.values()].flatMap((record) => record.record.addresses));
    const missing = state.config.seeds.filter((address) => !announced.has(address));
    if (missing.length > 0) turn.effects.push({ type: "dial", node: null, addresses: missing });
    return;
  }
  turn.effects.push({ type: "dial", node: null, addresses: state.config.seeds });
  state.seedRetryAtMs = nowMs + state.seedRetryMs;
  state.seedRetryMs = Math.min(limits.maxRetryMs, state.seedRetryMs * 2);
}

/** Who was silent for a minute has all of its allowance back: no account needed. */
function forgetQuietAccounts(state: MembershipState, nowMs: number): void {
  for (const [node, account] of state.allowances) if (nowMs - account.atMs > 60_000) state.allowances.delete(node);
  for (const [node, account] of state.accusers) if (account.windowEndsMs <= nowMs) state.accusers.delete(node);
  for (const [node, wronged] of state.wronged)
    if (nowMs > wronged.againAtMs + limits.departedKeptMs) state.wronged.delete(node);
}

/** News go to every linked neighbour and a bounded number of strays, except to who told us. Once. */
export function flush(turn: Turn): void {
  const { state } = turn;
  const news = [...state.outbox].filter(([known]) => {
    if (known.kind === "record") return state.members.get(known.node) === known;
    if (known.kind === "suspicion") return state.suspected.get(known.node)?.suspicion === known;
    return true; // a goodbye or a ban is always worth telling
  });
  state.outbox.clear();
  if (news.length === 0) return;
  for (const target of toldPeers(state)) {
    const items: WireItem[] = [];
    for (const [known, from] of news) if (!from.includes(target)) items.push(known.wire);
    if (items.length > 0) tellPaged(turn, target, items);
  }
}

function toldPeers(state: MembershipState): NodeId[] {
  const neighbours: NodeId[] = [];
  const strays: Link[] = [];
  for (const link of state.links.values()) {
    if (state.watches.has(link.node)) neighbours.push(link.node);
    else strays.push(link);
  }
  strays.sort((a, b) => b.usedAtMs - a.usedAtMs || (a.node < b.node ? -1 : 1));
  return [...neighbours, ...strays.slice(0, limits.maxToldStrays).map((link) => link.node)];
}

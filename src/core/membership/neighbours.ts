// Looking after the neighbours: who they are, probing them, accusing the dead, calling back the forgotten.
//
//   watch:  nothing ── due ──▶ probe (linked) or dial ── answer ──▶ nothing
//                                     │ no answer: failures + 1, again at once
//                                     └ failures = failuresUntilSuspicion ──▶ accused (a signed suspicion, told once)
import type { NodeId } from "../base/index.ts";
import { digestOf } from "./digest.ts";
import { limits } from "./limits.ts";
import { suspect } from "./own.ts";
import { ringNeighbours, wouldBeNeighbour } from "./ring.ts";
import type { Departed, Link, MembershipState, Watch } from "./state.ts";
import { send, type Turn, tickWithin } from "./turn.ts";
import { markSuspected } from "./view.ts";

export function neighboursOf(state: MembershipState): Set<NodeId> {
  if (state.members.size - 1 > limits.maxNeighbours) return ringNeighbours(state.rings);
  const all = new Set(state.members.keys());
  all.delete(state.config.node);
  return all;
}

/** Makes the watches those of the present view. */
export function refreshWatches(turn: Turn): void {
  const { state, nowMs } = turn;
  if (!state.neighboursStale) return;
  state.neighboursStale = false;
  const wanted = neighboursOf(state);
  for (const node of state.watches.keys()) if (!wanted.has(node)) state.watches.delete(node);
  for (const node of wanted)
    if (!state.watches.has(node))
      state.watches.set(node, { node, failures: 0, awaiting: "nothing", dueAtMs: nowMs, accused: false });
}

/** Looks at every watch: what is overdue failed, what is due is probed or dialled. Returns when to look again. */
export function lookAfter(turn: Turn): number {
  const { state, nowMs } = turn;
  let nextMs = nowMs + limits.probeIntervalMs;
  for (const watch of state.watches.values()) {
    if (nowMs >= watch.dueAtMs) {
      if (watch.awaiting !== "nothing") failed(turn, watch);
      if (nowMs >= watch.dueAtMs) reachOut(turn, watch);
    }
    nextMs = Math.min(nextMs, watch.dueAtMs);
  }
  return nextMs;
}

/** A probe or a dial of that neighbour came to nothing. */
export function failed(turn: Turn, watch: Watch): void {
  const { state, nowMs } = turn;
  watch.awaiting = "nothing";
  watch.failures++;
  watch.dueAtMs = nowMs;
  if (watch.failures < limits.failuresUntilSuspicion) return;
  // From here on seldom: it is dead, or reachable for others only.
  watch.dueAtMs = nowMs + limits.probeIntervalMs * Math.min(6, watch.failures - limits.failuresUntilSuspicion + 1);
  const record = state.members.get(watch.node);
  const wronged = state.wronged.get(watch.node);
  if (watch.accused || record === undefined || (wronged !== undefined && nowMs < wronged.againAtMs)) return;
  watch.accused = true;
  if (!state.suspected.has(watch.node)) markSuspected(turn, suspect(state, watch.node, record.sequence, nowMs), null);
}

function reachOut(turn: Turn, watch: Watch): void {
  const { state, nowMs } = turn;
  const link = state.links.get(watch.node);
  if (link !== undefined) {
    probe(turn, link, watch);
    return;
  }
  const record = state.members.get(watch.node);
  if (record === undefined) return;
  watch.awaiting = "dial";
  watch.dueAtMs = nowMs + limits.dialTimeoutMs;
  turn.effects.push({ type: "dial", node: watch.node, addresses: record.record.addresses });
}

/** A probe carries the digest of our view, and so does its answer: silence means agreement. */
export function probe(turn: Turn, link: Link, watch: Watch | undefined): void {
  const { state, nowMs } = turn;
  const nonce = ++state.nextNonce;
  link.probes.push(nonce);
  if (link.probes.length > limits.failuresUntilSuspicion) link.probes.shift();
  if (watch !== undefined) {
    watch.awaiting = "probe";
    watch.dueAtMs = nowMs + limits.probeTimeoutMs;
    tickWithin(turn, limits.probeTimeoutMs);
  }
  send(turn, link.node, { type: "probe", nonce, digest: digestOf(state.buckets) });
}

/** Any message is a sign of life. Of two neighbours the one with the lower id probes; the other only if it hears nothing. */
export function heardFrom(turn: Turn, node: NodeId): void {
  const watch = turn.state.watches.get(node);
  if (watch === undefined) return;
  watch.failures = 0;
  watch.awaiting = "nothing";
  const leads = turn.state.config.node < node;
  watch.dueAtMs = turn.nowMs + (leads ? limits.probeIntervalMs : 1.5 * limits.probeIntervalMs);
}

/** Strays that nobody uses are hung up, and the oldest ones when there are too many. */
export function hangUpStrays(turn: Turn): void {
  const { state, nowMs } = turn;
  const strays = [...state.links.values()].filter((link) => !state.watches.has(link.node));
  const idle = strays.filter((link) => nowMs - link.usedAtMs >= limits.strayIdleMs);
  const kept = strays.filter((link) => nowMs - link.usedAtMs < limits.strayIdleMs);
  kept.sort((a, b) => a.usedAtMs - b.usedAtMs || (a.node < b.node ? -1 : 1));
  for (const link of [...idle, ...kept.slice(0, Math.max(0, kept.length - limits.maxStrayLinks))]) {
    state.links.delete(link.node);
    turn.effects.push({ type: "hang-up", node: link.node });
  }
}

/** Forgotten nodes that would be our neighbours are ours to call back, ever more seldom: so a partition heals. */
export function callBack(turn: Turn): void {
  const { state, nowMs } = turn;
  let called = 0;
  for (const departed of state.departed.values()) {
    if (called >= limits.maxRetriesPerTick) return;
    if (departed.retryAtMs > nowMs) continue;
    if (!isOurs(state, departed)) {
      departed.retryAtMs = nowMs + limits.firstRetryMs; // look again when the view may have changed
      continue;
    }
    const { record } = departed;
    departed.retryAtMs = nowMs + Math.min(limits.maxRetryMs, limits.firstRetryMs * 2 ** departed.retries);
    departed.retries++;
    called++;
    turn.effects.push({ type: "dial", node: record.node, addresses: record.record.addresses });
  }
}

function isOurs(state: MembershipState, departed: Departed): boolean {
  return state.members.size - 1 < limits.maxNeighbours || wouldBeNeighbour(state.rings, departed.record);
}

// The finder calls who was found, polls the gatherers for what has not come, and calls again.
import { fromHex, type NodeId, type Refusal, refuse, toHex } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import type { Contact } from "./entries.ts";
import { pollEveryMs } from "./expected-messages.ts";
import type { FinderState, FinderTurn, Person } from "./finder-state.ts";
import { limits } from "./limits.ts";
import { type AskMessageOf, type GathererPaper, tagBytes } from "./messages.ts";
import { gathererOf, hashOfTag, tagHashBytes } from "./tags.ts";

export const callTag = "call/";
export const pollWake = "poll";

/** At most `most`, by lot; in an order that says nothing. */
export function choosePeople(
  { config }: FinderState,
  contacts: readonly Contact[],
  most: number,
  coins: Coins,
): Person[] {
  const { ports, commission } = config;
  const pool = [...contacts];
  const chosen = Math.min(most, pool.length);
  for (let i = 0; i < chosen; i++) {
    const j = i + coins.below(pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, chosen).map((contact) => {
    const tag = ports.random(tagBytes);
    const hash = hashOfTag(ports.hasher, tag);
    const gatherer = gathererOf(ports.hasher, hash, commission.round, commission.gatherers.length);
    return { contact, tag, hash: toHex(hash), gatherer, calls: 0, isRefused: false };
  });
}

/** By node, in as few messages as hold them. */
export function planCalls(state: FinderState, people: Iterable<Person>): void {
  const byNode = new Map<NodeId, Person[]>();
  for (const person of people) {
    const of = byNode.get(person.contact.node) ?? [];
    byNode.set(person.contact.node, of);
    of.push(person);
  }
  for (const [node, all] of byNode)
    for (let at = 0; at < all.length; at += limits.podsPerCall)
      state.calls.push({ node, people: all.slice(at, at + limits.podsPerCall) });
}

export function sendCalls({ state, nowMs, effects }: FinderTurn): void {
  const leftMs = Math.floor(state.endsAtMs - nowMs);
  if (leftMs < 1) return;
  const { plan } = state.config;
  while (state.calling.size < limits.callsInFlight) {
    // Their order says nothing, and the last one is taken without moving the others.
    const call = state.calls.pop();
    if (call === undefined) return;
    const number = state.nextNumber++;
    state.calling.set(number, call);
    for (const person of call.people) person.calls++;
    const needed = new Set(call.people.map(({ gatherer }) => gatherer));
    const gatherers = state.gatherers.filter((_, i) => needed.has(i));
    const people = call.people.map(({ contact, tag }) => ({ pod: contact.pod, tag }));
    effects.push(
      {
        type: "send",
        to: call.node,
        message: { type: "call", number, plan, gatherers, people, leftMs },
      },
      { type: "wake", tag: `${callTag}${number}`, afterMs: limits.calledMs },
    );
  }
}

export function onCalled(turn: FinderTurn, from: NodeId, number: number, isRefused: boolean): Refusal | null {
  const { state, effects } = turn;
  const call = state.calling.get(number);
  if (call === undefined || call.node !== from) return refuse("ask-unasked", { blame: from });
  state.calling.delete(number);
  effects.push({ type: "cancel-wake", tag: `${callTag}${number}` });
  if (isRefused) for (const person of call.people) person.isRefused = true;
  return null;
}

export function poll(turn: FinderTurn): void {
  const { state, effects } = turn;
  // A gatherer that is silent keeps nobody from being called who is missed by another.
  if (state.poll !== null && state.poll.open.size > 0) callAgain(turn);
  state.poll = {
    number: state.nextNumber++,
    open: new Map(state.gatherers.map((_, i) => [i, 0])),
    missing: new Set(),
  };
  for (const i of state.poll.open.keys()) askMissing(turn, i);
  const afterMs = pollEveryMs(state.config.commission.terms.settings.answerMs);
  effects.push({ type: "wake", tag: pollWake, afterMs });
}

function askMissing({ state, effects }: FinderTurn, gatherer: number): void {
  const { node, cell } = state.gatherers[gatherer]!;
  const { number, open } = state.poll!;
  const query = state.config.commission.plan.id;
  const from = open.get(gatherer)!;
  effects.push({ type: "send", to: node, message: { type: "missing-ask", query, cell, number, from } });
}

/** True when every gatherer has said all that is missing there. */
export function onMissing(turn: FinderTurn, from: NodeId, message: AskMessageOf<"missing">): Refusal | boolean {
  const { state } = turn;
  const at = state.gatherers.findIndex(({ cell, node }) => cell === message.cell && node === from);
  const begun = state.poll?.open.get(at);
  if (state.poll === null || message.number !== state.poll.number || begun === undefined)
    return refuse("ask-unasked", { blame: from });
  for (let i = 0; i + tagHashBytes <= message.tags.length; i += tagHashBytes)
    state.poll.missing.add(toHex(message.tags.subarray(i, i + tagHashBytes)));
  if (message.next !== undefined && message.next > begun) {
    state.poll.open.set(at, message.next);
    askMissing(turn, at);
    return false;
  }
  state.poll.open.delete(at);
  return state.poll.open.size === 0;
}

/** Whoever is missing is called again, a few times, with time to answer between. */
export function callAgain(turn: FinderTurn): void {
  const { state, nowMs } = turn;
  const { answerMs } = state.config.commission.terms.settings;
  const pause = Math.max(limits.calledMs, answerMs / (limits.maxCalls + 1));
  if (nowMs < state.calledAtMs + pause || state.calls.length > 0) return;
  const missing = state.people.filter(
    ({ hash, calls, isRefused }) => state.poll!.missing.has(hash) && calls < limits.maxCalls && !isRefused,
  );
  if (missing.length === 0) return;
  state.calledAtMs = nowMs;
  planCalls(state, missing);
  sendCalls(turn);
}

/**
 * What she sent to the cell that is gone went with it; she sends the same to the one that took its place. So did its tags: they
 * go out once more, to all, since an edge carries to all what it carries. Whoever has them takes no notice.
 */
export function onMoved(turn: FinderTurn, gatherer: number, paper: GathererPaper): void {
  const { state, effects } = turn;
  state.gatherers = state.gatherers.map((before, i) => (i === gatherer ? paper : before));
  if (state.at !== "calling") return;
  effects.push({ type: "tags", hashes: hashesOf(state.people) });
  planCalls(
    state,
    state.people.filter((person) => person.gatherer === gatherer && person.calls < limits.maxCalls),
  );
  sendCalls(turn);
}

export function hashesOf(people: readonly Person[]): Uint8Array[] {
  return people.map(({ hash }) => fromHex(hash));
}

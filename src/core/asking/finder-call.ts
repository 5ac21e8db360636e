// The finder calls who was found, polls the gatherers for what has come, and calls the others again.
import { fromHex, type NodeId, type Refusal, refuse, toHex } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import type { Contact } from "./entries.ts";
import { pollEveryMs } from "./expected-messages.ts";
import { type FinderState, type FinderTurn, giveUp, type Person } from "./finder-state.ts";
import { limits } from "./limits.ts";
import { type AskMessageOf, type GathererPaper, tagBytes } from "./messages.ts";
import { gathererOf, type HandedOn, hashOfTag, tagHashBytes } from "./tags.ts";

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
    return { contact, tag, hash: toHex(hash), gatherer, calls: 0, hasCome: false, isRefused: false };
  });
}

/**
 * As many hashes as people may be asked: where nobody is, a blank, which nobody can tell from a hash. Each is as likely to lie anywhere, so
 * neither their number nor their order says anything.
 */
export function handOn({ config }: FinderState, people: readonly Person[], coins: Coins): HandedOn {
  const { ports, commission } = config;
  const most = commission.terms.settings.maximumPeople;
  const hashes = ports.random(most * tagHashBytes);
  const places = Uint32Array.from({ length: most }, (_, i) => i);
  const asked = commission.gatherers.map(() => 0);
  for (const [i, { hash, gatherer }] of people.entries()) {
    const j = i + coins.below(most - i);
    const place = places[j]!;
    places[j] = places[i]!;
    hashes.set(fromHex(hash), place * tagHashBytes);
    asked[gatherer]!++;
  }
  return { hashes, asked: asked.map((count) => ports.noisedCount(count)) };
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
  const brings = state.message === null ? {} : { message: state.message };
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
        message: { type: "call", number, plan, gatherers, people, leftMs, ...brings },
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
  for (const at of state.poll?.open ?? []) giveUp(state, state.poll!.number, state.gatherers[at]!.node);
  state.poll = { number: state.nextNumber++, open: new Set(state.gatherers.keys()) };
  for (const i of state.poll.open) askCome(turn, i);
  const afterMs = pollEveryMs(state.config.commission.terms.settings.answerMs);
  effects.push({ type: "wake", tag: pollWake, afterMs });
}

/** It says only what came since it was asked last: a poll costs what has come, however many blanks there are. */
function askCome({ state, effects }: FinderTurn, gatherer: number): void {
  const { node, cell } = state.gatherers[gatherer]!;
  const { number } = state.poll!;
  const query = state.config.commission.plan.id;
  const from = state.come[gatherer]!;
  effects.push({ type: "send", to: node, message: { type: "come-ask", query, cell, number, from } });
}

/** True when every gatherer has said all that has come there. */
export function onCome(turn: FinderTurn, from: NodeId, message: AskMessageOf<"come">): Refusal | boolean {
  const { state } = turn;
  const at = state.gatherers.findIndex(({ cell, node }) => cell === message.cell && node === from);
  const isAsked = message.number === state.poll?.number && message.from === state.come[at];
  if (!isAsked || !state.poll!.open.has(at)) return refuse("ask-unasked", { blame: from });
  const count = Math.floor(message.tags.length / tagHashBytes);
  for (let i = 0; i < count; i++) {
    const person = state.people.get(toHex(message.tags.subarray(i * tagHashBytes, (i + 1) * tagHashBytes)));
    if (person?.gatherer === at) person.hasCome = true;
  }
  state.come[at]! += count;
  // More than there are tags it cannot have: a liar would never come to an end.
  if (count === limits.comePerPage && state.come[at]! < state.config.commission.terms.settings.maximumPeople) {
    askCome(turn, at);
    return false;
  }
  state.poll!.open.delete(at);
  return state.poll!.open.size === 0;
}

/** Blanks are nobody: it is over when all of its own people have been heard of. */
export function isAllThere({ people, calls }: FinderState): boolean {
  return calls.length === 0 && [...people.values()].every(({ hasCome }) => hasCome);
}

/** Whoever is missing is called again, a few times, with time to answer between. */
export function callAgain(turn: FinderTurn): void {
  const { state, nowMs } = turn;
  const { answerMs } = state.config.commission.terms.settings;
  const pause = Math.max(limits.calledMs, answerMs / (limits.maxCalls + 1));
  if (nowMs < state.calledAtMs + pause || state.calls.length > 0) return;
  // Of a gatherer that has not said all it is not known who is missing.
  const missing = [...state.people.values()].filter(
    ({ hasCome, gatherer, calls, isRefused }) =>
      !hasCome && !state.poll!.open.has(gatherer) && calls < limits.maxCalls && !isRefused,
  );
  if (missing.length === 0) return;
  state.calledAtMs = nowMs;
  planCalls(state, missing);
  sendCalls(turn);
}

/**
 * What she sent to the cell that is gone went with it; she sends the same to the one that took its place. So did its tags: the same
 * go out once more, to all, since an edge carries to all what it carries. Whoever has them takes no notice.
 */
export function onMoved(turn: FinderTurn, gatherer: number, paper: GathererPaper): void {
  const { state, effects } = turn;
  state.gatherers = state.gatherers.map((before, i) => (i === gatherer ? paper : before));
  if (state.at !== "calling") return;
  state.come[gatherer] = 0;
  const own = [...state.people.values()].filter((person) => person.gatherer === gatherer);
  for (const person of own) person.hasCome = false;
  effects.push({ type: "tags", tags: state.handedOn! });
  planCalls(
    state,
    own.filter(({ calls }) => calls < limits.maxCalls),
  );
  sendCalls(turn);
}

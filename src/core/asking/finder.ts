// A target finder (SEP2P §5.2, node role 5): the cell `find`.
//   looking -- every key answered, or silent --> waiting -- the analyst's node says go --> calling -- nothing is missing, or time is up --> ended
//   looking -- the index is silent, or too few by a noised count --> ended, and nobody was called
//   waiting -- the analyst's node says nothing, no, or brings not what it committed to --> ended, and nobody was called
//
// INVARIANT 1: no number without noise leaves it. What goes out are look-ups, calls, and to the gatherers as many hashes as people may be
//   asked, of whom nobody can tell how many are. Whatever takes the place of one gets the same, with the same noise.
// INVARIANT 2: the tags are on their way to the gatherers before anybody is called, and the analyst's node has written down that people are.
// INVARIANT 3: each person has one tag, however often she is called and however many entries name her.
//
// KNOWN HOLE: a finder that lies can leave people out, or invent some: gatherers see tags, not people. It knows the tags, so it can send
// in a person's stead, whose own message is then the second of its tag. It learns nothing by that, and no answer gets less noise. The lot
// put it there, so the chance is that of one drawn processor being an enemy's.
import { type Refusal, type RefusalCode, refusals, refuse, refused, to, unreachable } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import { peopleOf } from "./concepts.ts";
import type { Contact } from "./entries.ts";
import {
  callAgain,
  callTag,
  choosePeople,
  handOn,
  isAllThere,
  onCalled,
  onCome,
  onMoved,
  planCalls,
  poll,
  pollWake,
  sendCalls,
} from "./finder-call.ts";
import { answersGoAsk, askToGo, goWake, takeGo } from "./finder-go.ts";
import { isSilent, lookupTag, onLookupFailed, onShares, openKeys, planLookups, sendLookups } from "./finder-look.ts";
import {
  type FinderConfig,
  type FinderEvent,
  type FinderState,
  type FinderStep,
  type FinderTurn,
  giveUp,
} from "./finder-state.ts";
import { FoundShares } from "./found-shares.ts";
import { limits } from "./limits.ts";
import type { AskMessage } from "./messages.ts";

export function createFinder(config: FinderConfig): FinderState {
  return {
    config,
    at: "looking",
    nextNumber: 1,
    gatherers: config.gatherers,
    replica: 0,
    lookups: [],
    looking: new Map(),
    shares: new FoundShares(),
    contacts: new Map(),
    answered: new Map(),
    goNumber: 0,
    goAsks: 0,
    message: null,
    people: new Map(),
    handedOn: null,
    come: config.gatherers.map(() => 0),
    calls: [],
    calling: new Map(),
    poll: null,
    late: new Set(),
    endsAtMs: Number.POSITIVE_INFINITY,
    calledAtMs: 0,
  };
}

const endWake = "end";

export function stepFinder(state: FinderState, event: FinderEvent): FinderStep {
  const turn: FinderTurn = { state, nowMs: event.nowMs, effects: [] };
  const refusal = state.at === "ended" ? null : perform(turn, event);
  return refusal === null ? to(state, ...turn.effects) : refused(state, refusal, ...turn.effects);
}

function perform(turn: FinderTurn, event: FinderEvent): Refusal | null {
  switch (event.type) {
    case "start":
      planLookups(turn, turn.state.config.commission.wanted.keys);
      goOnLooking(turn);
      return null;
    case "message":
      return onMessage(turn, event.from, event.message);
    case "wake":
      onWake(turn, event.tag);
      return null;
    case "moved":
      onMoved(turn, event.gatherer, event.paper);
      return null;
    default:
      return unreachable(event);
  }
}

function onMessage(turn: FinderTurn, from: Parameters<typeof onCalled>[1], message: AskMessage): Refusal | null {
  const { state } = turn;
  if ("number" in message && state.late.delete(`${message.number} ${from}`)) return null;
  switch (message.type) {
    case "shares": {
      const refusal = onShares(turn, from, message);
      if (refusal === null) goOnLooking(turn);
      return refusal;
    }
    case "go": {
      if (!answersGoAsk(turn, from, message.number)) return refuse("ask-unasked", { blame: from });
      const refusal = takeGo(turn, from, message);
      if (refusal !== null) end(turn, refusal);
      else begin(turn);
      return refusal;
    }
    case "called":
    case "ask-refused": {
      if (message.type === "ask-refused" && answersGoAsk(turn, from, message.number)) {
        end(turn, refuse("ask-no-go"));
        return saidBy(from, message.code);
      }
      const lookup = state.looking.get(message.number);
      if (message.type === "ask-refused" && lookup?.holder === from) {
        onLookupFailed(turn, message.number, false);
        goOnLooking(turn);
        return saidBy(from, message.code);
      }
      const refusal = onCalled(turn, from, message.number, message.type === "ask-refused");
      if (refusal !== null) return refusal;
      sendCalls(turn);
      return message.type === "ask-refused" ? saidBy(from, message.code) : null;
    }
    case "come": {
      const said = onCome(turn, from, message);
      if (typeof said !== "boolean") return said;
      if (said && isAllThere(state)) end(turn, null);
      else if (said) callAgain(turn);
      return null;
    }
    default:
      return refuse("ask-unasked", { blame: from, detail: message.type });
  }
}

/** Its word, as far as it is one of ours. What it accuses us of falls back on nobody, and least on whoever says it. */
function saidBy(from: string, said: string): Refusal {
  if (!Object.hasOwn(refusals, said)) return refuse("ask-unasked", { detail: `said by ${from}` });
  const code = said as RefusalCode;
  const { consequence } = refusals[code];
  return consequence === "disconnect" || consequence === "exclude"
    ? refuse("ask-turned-down", { detail: `${code}, said by ${from}` })
    : refuse(code, { detail: `said by ${from}` });
}

function onWake(turn: FinderTurn, tag: string): void {
  const { state } = turn;
  if (tag.startsWith(lookupTag)) {
    onLookupFailed(turn, Number(tag.slice(lookupTag.length)), true);
    goOnLooking(turn);
  } else if (tag.startsWith(callTag)) {
    // Whether it came is not known; its people are called again when they are missed.
    const number = Number(tag.slice(callTag.length));
    const call = state.calling.get(number);
    if (call !== undefined) giveUp(state, number, call.node);
    state.calling.delete(number);
    sendCalls(turn);
  } else if (tag === goWake) {
    if (state.at === "waiting" && !askToGo(turn)) end(turn, refuse("ask-no-go"));
  } else if (tag === pollWake) poll(turn);
  else if (tag === endWake) end(turn, null);
}

function goOnLooking(turn: FinderTurn): void {
  const { state } = turn;
  if (state.at !== "looking") return;
  sendLookups(turn);
  while (state.looking.size === 0) {
    const open = openKeys(state);
    if (open.length === 0 || ++state.replica >= limits.replicas) return found(turn);
    planLookups(turn, open);
    sendLookups(turn);
  }
}

function found(turn: FinderTurn): void {
  const { state } = turn;
  const { ports, commission } = state.config;
  const { settings } = commission.terms;
  if (isSilent(state)) return end(turn, refuse("ask-index-silent"));
  const contacts = new Map<string, Contact>();
  const byKey = new Map<string, ReadonlySet<string>>();
  for (const key of commission.wanted.keys) {
    const joined = state.contacts.get(key);
    byKey.set(key, new Set(joined?.keys()));
    for (const [name, contact] of joined ?? []) contacts.set(name, contact);
  }
  const names = peopleOf(commission.wanted.target, (key) => byKey.get(key));
  state.shares.clear();
  state.contacts.clear();
  if (ports.noisedCount(names.size) < settings.minimumPeople) return end(turn, refuse("ask-too-few"));
  const coins = new Coins({ fill: (into) => into.set(ports.random(into.length)) });
  const asked = [...names].map((name) => contacts.get(name)!);
  const people = choosePeople(state, asked, settings.maximumPeople, coins);
  state.people = new Map(people.map((person) => [person.hash, person]));
  state.at = "waiting";
  askToGo(turn);
}

/** The analyst's node knows that people are called, and what they are called for is there. */
function begin(turn: FinderTurn): void {
  const { state, effects, nowMs } = turn;
  const { ports, commission } = state.config;
  const { settings } = commission.terms;
  const people = [...state.people.values()];
  state.handedOn = handOn(state, people, new Coins({ fill: (into) => into.set(ports.random(into.length)) }));
  state.at = "calling";
  state.calledAtMs = nowMs;
  state.endsAtMs = nowMs + settings.answerMs;
  effects.push({ type: "tags", tags: state.handedOn });
  effects.push({ type: "wake", tag: endWake, afterMs: settings.answerMs });
  planCalls(state, people);
  sendCalls(turn);
  effects.push({ type: "wake", tag: pollWake, afterMs: limits.pollMs });
}

function end({ state, effects }: FinderTurn, refusal: Refusal | null): void {
  state.at = "ended";
  state.people = new Map();
  state.handedOn = null;
  state.message = null;
  state.calls.length = 0;
  for (const tag of [pollWake, endWake, goWake]) effects.push({ type: "cancel-wake", tag });
  effects.push({ type: "ended", refusal });
}

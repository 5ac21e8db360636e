// The finder looks up its keys: of each share one holder first, then, for what could not be put together, the others. Then it joins.
import { fromHex, type Refusal, refuse, toHex } from "../base/index.ts";
import { type Contact, joinEntry, nameOf } from "./entries.ts";
import { type FinderState, type FinderTurn, giveUp, type Lookup } from "./finder-state.ts";
import { limits } from "./limits.ts";
import type { AskMessageOf } from "./messages.ts";
import { holdersOf } from "./placement.ts";

export const lookupTag = "lookup/";

/** Of each key the holders of this replica, by holder, so that one is asked once for many keys. */
export function planLookups(turn: FinderTurn, keys: Iterable<string>): void {
  const { state } = turn;
  const { ports, places } = state.config;
  const byHolder = new Map<Lookup["holder"], Map<string, number>>();
  const all = new Set<Lookup["holder"]>();
  for (const key of keys) {
    for (const [i, holders] of holdersOf(ports.hasher, fromHex(key), places).entries()) {
      for (const holder of holders) all.add(holder);
      const holder = holders[state.replica];
      if (holder === undefined) continue;
      const points = byHolder.get(holder) ?? new Map<string, number>();
      byHolder.set(holder, points.set(key, i + 1));
    }
  }
  // Of all keys; the second time only those are looked up that are left.
  if (state.replica === 0) state.shares.divideAmong(all.size);
  for (const [holder, points] of byHolder) {
    const of = [...points.keys()];
    for (let at = 0; at < of.length; at += limits.keysPerLookup) {
      const some = of.slice(at, at + limits.keysPerLookup);
      state.lookups.push({ holder, keys: some, points, from: 0, pages: 0, repeats: 0 });
    }
  }
}

export function sendLookups(turn: FinderTurn): void {
  const { state } = turn;
  while (state.looking.size < limits.lookupsInFlight) {
    const next = state.lookups.shift();
    if (next === undefined) return;
    sendLookup(turn, next);
  }
}

function sendLookup({ state, effects }: FinderTurn, lookup: Lookup): void {
  const number = state.nextNumber++;
  state.looking.set(number, lookup);
  const { holder, keys, from } = lookup;
  const { plan } = state.config;
  effects.push(
    { type: "send", to: holder, message: { type: "lookup", number, plan, keys: keys.map(fromHex), from } },
    { type: "wake", tag: `${lookupTag}${number}`, afterMs: limits.lookupMs },
  );
}

/** Refuses what was not asked of whoever says it. */
export function onShares(turn: FinderTurn, from: string, message: AskMessageOf<"shares">): Refusal | null {
  const { state, effects } = turn;
  const lookup = state.looking.get(message.number);
  if (lookup === undefined || lookup.holder !== from) return refuse("ask-unasked", { blame: from });
  state.looking.delete(message.number);
  effects.push({ type: "cancel-wake", tag: `${lookupTag}${message.number}` });
  const { holder, keys, points } = lookup;
  let isUseful = false;
  for (const { key, point, label, share } of message.shares) {
    const name = keys[key];
    if (name === undefined) continue;
    const kept = state.shares.keep(name, toHex(label), { point, bytes: share, holder }, points.get(name));
    isUseful ||= kept;
  }
  const { next } = message;
  lookup.pages++;
  // Another page follows a full one; a holder of which nothing is of use is asked for no more.
  const goesOn = isUseful && message.shares.length === limits.sharesPerPage && lookup.pages < limits.maxPages;
  if (goesOn && next !== undefined && next > lookup.from) {
    sendLookup(turn, Object.assign(lookup, { from: next, repeats: 0 }));
    return null;
  }
  for (const key of lookup.keys) {
    const points = state.answered.get(key) ?? new Set<number>();
    state.answered.set(key, points.add(lookup.points.get(key)!));
  }
  return null;
}

export function onLookupFailed(turn: FinderTurn, number: number, again: boolean): void {
  const lookup = turn.state.looking.get(number);
  if (lookup === undefined) return;
  turn.state.looking.delete(number);
  if (again) giveUp(turn.state, number, lookup.holder);
  if (!again || lookup.repeats >= limits.lookupRepeats) return;
  lookup.repeats++;
  sendLookup(turn, lookup);
}

/** Keys of which a holder was silent, or some entry could not be put together. */
export function openKeys(state: FinderState): string[] {
  return [...state.config.commission.wanted.keys].filter((key) => {
    const failed = joinKey(state, key);
    return failed || (state.answered.get(key)?.size ?? 0) < limits.shares;
  });
}

/** A key of which fewer shares than suffice were answered for may hold people who cannot be found. */
export function isSilent(state: FinderState): boolean {
  return [...state.config.commission.wanted.keys].some((key) => (state.answered.get(key)?.size ?? 0) < limits.needed);
}

/** Puts together what can be. Whether some entry of the key cannot. */
function joinKey(state: FinderState, key: string): boolean {
  const contacts = state.contacts.get(key) ?? new Map<string, Contact>();
  state.contacts.set(key, contacts);
  const bytes = fromHex(key);
  return state.shares.join(key, (shares) => {
    const joined = joinEntry(state.config.ports.hasher, bytes, shares);
    if (joined.ok) contacts.set(nameOf(joined.value), joined.value);
    return joined.ok;
  });
}

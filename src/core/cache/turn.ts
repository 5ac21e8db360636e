// One step of a node's cache under way: its facts, and the effects it has collected.
import { type NodeId, toHex } from "../base/index.ts";
import { type DrawMember, isInside, locationOf, type Region, regionOf } from "../draw/index.ts";
import type { CacheMessage } from "./messages.ts";
import type { CacheEffect, CacheFacts, CacheState } from "./state.ts";

export interface Turn extends CacheFacts {
  readonly state: CacheState;
  readonly effects: CacheEffect[];
}

export function send(turn: Turn, to: NodeId, message: CacheMessage): void {
  turn.effects.push({ type: "send", to, message });
}

export function wake(turn: Turn, tag: string, afterMs: number): void {
  turn.effects.push({ type: "wake", tag, afterMs });
}

/** The block of a depth round a place. */
export function blockRound({ state }: Turn, place: DrawMember["location"], depth: number): Region {
  return regionOf(state.config.rules.geometry, place, 2 ** -depth);
}

export function placeOfKey({ state }: Turn, key: Uint8Array): DrawMember["location"] {
  return locationOf(state.config.ports.crypto, key);
}

/** Everybody known, by key. */
export function byKey({ near }: Turn): Map<string, DrawMember> {
  const found = new Map<string, DrawMember>();
  for (const member of near.members.values()) found.set(toHex(member.publicKey), member);
  return found;
}

/** Genuine nodes among certificates that somebody showed; what does not verify is left out. */
export function genuine({ state }: Turn, papers: readonly Uint8Array[]): DrawMember[] {
  return papers.flatMap((paper) => {
    const certified = state.config.ports.certify(paper);
    return certified.ok ? [certified.value] : [];
  });
}

export function membersOf(turn: Turn, region: Region): DrawMember[] {
  return [...turn.near.members.values()].filter(({ location }) => isInside(region, location));
}

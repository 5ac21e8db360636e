// What a member keeps on disk: its own sequence, and what it knows of others, so that a restart needs no seed.
import { accept, fromCanonical, type NodeId, type Persist, type Result, refuse, toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import { type WireItem, wireItemSchema } from "./messages.ts";
import type { Known } from "./reader.ts";

const prefix = "membership/";
export const sequenceKey = `${prefix}sequence`;

/** One shelf per standing: in the view, gone (two items: record and evidence), banned. */
export type Shelf = "member" | "departed" | "banned";

/** Keys and bytes are made once per statement, however many nodes of a simulation keep it. */
const stored = new WeakMap<Known, Map<Known | null, Uint8Array>>();
const keys = new Map<Shelf, WeakMap<Known, string>>();

function keyOf(shelf: Shelf, known: Known): string {
  let made = keys.get(shelf);
  if (made === undefined) {
    made = new WeakMap();
    keys.set(shelf, made);
  }
  let key = made.get(known);
  if (key === undefined) {
    key = `${prefix}${shelf}/${known.node}`;
    made.set(known, key);
  }
  return key;
}

export function storeSequence(sequence: number): Persist {
  return { type: "persist", key: sequenceKey, value: toCanonical(sequence) };
}

export function store(shelf: Shelf, known: Known, evidence: Known | null = null): Persist {
  let made = stored.get(known);
  if (made === undefined) {
    made = new Map();
    stored.set(known, made);
  }
  let value = made.get(evidence);
  if (value === undefined) {
    value = toCanonical(evidence === null ? [known.wire] : [known.wire, evidence.wire]);
    made.clear(); // the last one asked for is the one asked for again
    made.set(evidence, value);
  }
  return { type: "persist", key: keyOf(shelf, known), value };
}

export function unstore(shelf: Shelf, known: Known): Persist {
  return { type: "persist", key: keyOf(shelf, known), value: null };
}

/** Is that key of a driver's disk ours, and which shelf is it on? */
export function shelfOf(key: string): { readonly shelf: Shelf; readonly node: NodeId } | null {
  const match = /^membership\/(member|departed|banned)\/(.+)$/.exec(key);
  return match === null ? null : { shelf: match[1] as Shelf, node: match[2] as NodeId };
}

/** A disk may lie as well as a peer: what it gives back is parsed and verified anew. */
export function readStored(bytes: Uint8Array): Result<WireItem[]> {
  const value = fromCanonical(bytes, limits.maxMessageBytes);
  if (!value.ok) return value;
  const parsed = wireItemSchema.array().min(1).max(2).safeParse(value.value);
  return parsed.success ? accept(parsed.data) : refuse("malformed", { detail: "stored membership" });
}

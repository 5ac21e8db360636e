// One-time tags: under which a person's message counts, once. `find` makes them and tells each to its person alone; gatherers know
// hashes, so that none of them can send in a person's place to another.
import { type Digest, type Hasher, toCanonical } from "../base/index.ts";
import type { RandomBytes } from "../privacy/index.ts";

export const tagHashBytes = 32;

/** What `find` hands on to the gatherers, the same however many people it asks (docs/protocols/asking.md). */
export interface HandedOn {
  /** Hashes of `maximumPeople` tags, one after the other: those of the people asked, and blanks, in an order that says nothing. */
  readonly hashes: Uint8Array;
  /** Of each gatherer how many people it has to hear of, with noise: it cannot tell silent ones from blanks. */
  readonly asked: readonly number[];
}

/** As it passes an edge, record by record. The last one says that this was all. */
export function* recordsOf({ hashes, asked }: HandedOn): Generator<Uint8Array> {
  for (let at = 0; at < hashes.length; at += tagHashBytes) yield hashes.subarray(at, at + tagHashBytes);
  const last = new Uint8Array(lastRecordBytes(asked.length));
  const view = new DataView(last.buffer);
  for (const [i, count] of asked.entries()) view.setInt32(1 + 4 * i, count);
  yield last;
}

/** null: it is a hash, or nothing that anybody hands on. */
export function readLastRecord(record: Uint8Array, gatherers: number): number[] | null {
  if (record.length !== lastRecordBytes(gatherers)) return null;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  return Array.from({ length: gatherers }, (_, i) => view.getInt32(1 + 4 * i));
}

/** Odd, so that none is as long as a hash. */
function lastRecordBytes(gatherers: number): number {
  return 1 + 4 * gatherers;
}

export function hashOfTag(hasher: Hasher, tag: Uint8Array): Uint8Array {
  return hasher.sha256(toCanonical(["hedgerow tag", tag]));
}

/** Which of the gatherers a tag falls to, from 0: by lot, as `draw` is known to nobody before the roster is. */
export function gathererOf(hasher: Hasher, tagHash: Uint8Array, draw: Digest, gatherers: number): number {
  const lot = hasher.sha256(toCanonical(["hedgerow gatherer", tagHash, draw]));
  // Six bytes below 2^48: for 16 gatherers at most, none is likelier by more than 2^-44.
  let number = 0;
  for (let i = 0; i < 6; i++) number = number * 256 + lot[i]!;
  return number % gatherers;
}

/** The same coins again from the same seed: a message that is sent twice must be the same. */
export function seededBytes(hasher: Hasher, seed: Uint8Array): RandomBytes {
  let block = 0;
  let left: Uint8Array = new Uint8Array(0);
  return {
    fill(into) {
      for (let at = 0; at < into.length; ) {
        if (left.length === 0) left = hasher.sha256(toCanonical(["hedgerow coins", seed, block++]));
        const taken = Math.min(left.length, into.length - at);
        into.set(left.subarray(0, taken), at);
        left = left.subarray(taken);
        at += taken;
      }
    },
  };
}

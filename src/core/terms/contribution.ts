// A gatherer's half: a stranger's bytes → what of them counts. Whatever the bytes are, they are refused as a whole, or move every
// number by no more than the noise was planned for: each group once, each value within its bounds, each named place once.
//
//   u8 version, u8 outcome, entries:  u8 used, the group (u16 place, or its keys), then of each aggregate
//     count, sum, avg       u8 there, i64 steps
//     quantiles, histogram  u16 bin for each row, 0xffff for none
//     TOP_K                 u16 place or key for each value, 0xffff or zeros for none
import { accept, type Result, refuse } from "../base/index.ts";
import { type Outcome, outcomes, type Terms } from "./contract.ts";
import { bytesText, readKey, readKeys } from "./keys.ts";
import type { AggregatePart, Bins, Layout } from "./layout.ts";

export const contributionVersion = 1;
export const noPlace = 0xffff;

/** Of one aggregate in one group: a number in steps, places of cells, or keys as text. */
export type PartValue = number | null | readonly number[] | readonly string[];

export interface Entry {
  /** Place of a listed group, or the keys of another as text. */
  readonly group: number | string;
  readonly values: readonly PartValue[];
}

export interface Contribution {
  readonly outcome: Outcome;
  readonly entries: readonly Entry[];
}

/** The bin of a value, which may lie outside of all. A bin holds its lower end; the last holds its upper end as well. */
export function binOf(value: number, { lower, width, whole }: Bins): number {
  return whole ? Math.round(value) - lower : Math.floor((value - lower) / width);
}

const malformed = (detail: string) => refuse("terms-contribution", { detail });

export function readContribution({ layout, contributionBytes }: Terms, bytes: Uint8Array): Result<Contribution> {
  if (bytes.length !== contributionBytes) return malformed("of another length");
  const outcome = outcomes[bytes[1]!];
  if (bytes[0] !== contributionVersion || outcome === undefined) return malformed("of another version or outcome");
  // What stands behind an outcome without a contribution is nobody's business, and is not looked at.
  if (outcome !== "contributed") return accept({ outcome, entries: [] });
  const entries: Entry[] = [];
  const seen = new Set<number | string>();
  for (let index = 0; index < layout.groupsPerOwner; index++) {
    const at = 2 + index * layout.entryBytes;
    if (bytes[at] === 0) continue;
    const entry = bytes[at] === 1 ? readEntry(bytes, at + 1, layout) : null;
    if (entry === null) return malformed("an entry that none writes");
    if (seen.has(entry.group)) return malformed("a group twice");
    seen.add(entry.group);
    entries.push(entry);
  }
  return accept({ outcome, entries });
}

function readEntry(bytes: Uint8Array, from: number, layout: Layout): Entry | null {
  const group = readGroup(bytes, from, layout);
  if (group === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: PartValue[] = [];
  let at = from + layout.keyBytes;
  for (const part of layout.aggregates) {
    const value = readPart(view, bytes, at, part);
    if (value === undefined) return null;
    values.push(value);
    at += part.bytes;
  }
  return { group, values };
}

function readGroup(bytes: Uint8Array, at: number, { groups, keys, keyBytes }: Layout): number | string | null {
  if (groups.at === "found") {
    return readKeys(bytes, at, keys) === undefined ? null : bytesText(bytes, at, keyBytes);
  }
  const place = bytes[at]! * 256 + bytes[at + 1]!;
  return place < groups.rows.length ? place : null;
}

function readPart(view: DataView, bytes: Uint8Array, at: number, part: AggregatePart): PartValue | undefined {
  switch (part.kind) {
    case "measure":
    case "average": {
      if (bytes[at]! > 1) return undefined;
      const { lower, upper } = part.plan.bounds;
      const steps = view.getBigInt64(at + 1);
      if (bytes[at] === 0) return null;
      return steps <= BigInt(lower) ? lower : steps >= BigInt(upper) ? upper : Number(steps);
    }
    case "quantiles":
    case "histogram":
      return readPlaces(view, at, part.bytes / 2, part.bins.last + 1, false);
    case "listed-top":
      return readPlaces(view, at, part.bytes / 2, part.candidates.length, true);
    case "found-top": {
      const named = new Set<string>();
      for (let from = at; from < at + part.bytes; from += part.key.bytes) {
        const value = readKey(bytes, from, part.key);
        if (value === null) continue;
        const text = bytesText(bytes, from, part.key.bytes);
        if (value === undefined || named.has(text)) return undefined;
        named.add(text);
      }
      return [...named];
    }
  }
}

function readPlaces(view: DataView, at: number, count: number, below: number, once: boolean): number[] | undefined {
  const places: number[] = [];
  for (let i = 0; i < count; i++) {
    const place = view.getUint16(at + 2 * i);
    if (place === noPlace) continue;
    if (place >= below || (once && places.includes(place))) return undefined;
    places.push(place);
  }
  return places;
}

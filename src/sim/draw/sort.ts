// N random places in ascending order, without a comparison sort: uniform numbers fall evenly into buckets of about eight, and
// each bucket is sorted by insertion. Words are computed twice rather than kept, so nothing but the result is large.
import type { Lots } from "./lots.ts";

const perBucket = 8;

export function sortedUnits(lots: Lots, into: Float64Array): void {
  const count = into.length;
  const buckets = Math.max(1, Math.floor(count / perBucket));
  const ends = new Uint32Array(buckets + 1);
  for (let i = 0; i < count; i++) ends[Math.floor(lots.seek(i).unit() * buckets) + 1]!++;
  for (let bucket = 0; bucket < buckets; bucket++) ends[bucket + 1]! += ends[bucket]!;
  for (let i = 0; i < count; i++) {
    const unit = lots.seek(i).unit();
    into[ends[Math.floor(unit * buckets)]!++] = unit; // a bucket's start moves on to its end
  }
  for (let bucket = 0, start = 0; bucket < buckets; bucket++) {
    const end = ends[bucket]!;
    for (let i = start + 1; i < end; i++) {
      const unit = into[i]!;
      let at = i;
      for (; at > start && into[at - 1]! > unit; at--) into[at] = into[at - 1]!;
      into[at] = unit;
    }
    start = end;
  }
}

// What one gatherer does: reads what people sent, adds it up, and hands on one part, noised where noise is split.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import type { Tally, Terms } from "./contract.ts";
import { outcomes } from "./contract.ts";
import { type Entry, readContribution } from "./contribution.ts";
import type { Layout } from "./layout.ts";
import { addCellNoise, addParticipationNoise } from "./noise.ts";
import { partNumberBytes } from "./pieces.ts";
import { participants, Totals } from "./totals.ts";

export function createTally(terms: Terms): Tally {
  const { layout, settings } = terms;
  const totals = new Totals(layout);
  let [people, given] = [0, false];
  return {
    add(contribution: Uint8Array): Result<void> {
      assert(!given, "a part is given once");
      // Sums are exact for so many, and no more were asked.
      if (people === settings.maximumPeople)
        return refuse("terms-contribution", { detail: "more people than may be asked" });
      const read = readContribution(terms, contribution);
      if (!read.ok) return read;
      people++;
      totals.participation[outcomes.indexOf(read.value.outcome)]!++;
      for (const entry of read.value.entries) addEntry(layout, totals, entry);
      return accept(undefined);
    },
    part(silent: number, coins: Coins): Uint8Array {
      assert(!given, "a part is given once");
      given = true;
      // Below nothing, too: with the noise that is in it, cutting would make it larger than it is.
      const least = -settings.maximumPeople;
      const never = Math.min(Math.max(least, Math.floor(silent)), settings.maximumPeople - people);
      totals.participation[participants.indexOf("silent")]! += never;
      if (settings.noise === "split") {
        addParticipationNoise(layout, totals, coins);
        addCellNoise(layout, [...totals.groups.values()], coins);
      }
      const number = Uint8Array.from({ length: partNumberBytes }, () => coins.word() & 0xff);
      return totals.toPart(number);
    },
  };
}

/** One person's values of one group, bounded by `readContribution`. */
function addEntry(layout: Layout, totals: Totals, { group: key, values }: Entry): void {
  const group = totals.group(key);
  group.owners++;
  const { cells } = group;
  let named = 0;
  for (const [index, part] of layout.aggregates.entries()) {
    const value = values[index]!;
    if (part.kind === "found-top") {
      const map = group.named[named++]!;
      for (const text of value as readonly string[]) map.set(text, (map.get(text) ?? 0) + 1);
      continue;
    }
    if (value === null) continue;
    if (part.kind === "measure") cells[part.from]! += value as number;
    else if (part.kind === "average") {
      const { lower, upper } = part.plan.bounds;
      cells[part.from]! += 2 * (value as number) - lower - upper;
      cells[part.from + 1]!++;
    } else if (part.kind === "quantiles") {
      for (const leaf of value as readonly number[])
        for (let level = 1; level <= part.depth; level++)
          cells[part.from + 2 ** level - 2 + (leaf >> (part.depth - level))]!++;
    } else for (const place of value as readonly number[]) cells[part.from + place]!++;
  }
}

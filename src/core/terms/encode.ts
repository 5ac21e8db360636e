// A person's half: the rows that her pod worked out → a contribution of one size, bounded as the question says. Which groups and
// rows count, when there are too many, the coins say.
import type { Coins } from "../privacy/index.ts";
import { type LocalRow, type Outcome, outcomes, type Terms } from "./contract.ts";
import { binOf, contributionVersion, noPlace } from "./contribution.ts";
import { keyText, keyValue, writeKey } from "./keys.ts";
import type { AggregatePart, Bins, Layout } from "./layout.ts";
import { stepsWithin } from "./steps.ts";

type Cell = bigint | number;

function blank({ contributionBytes }: Terms, outcome: Outcome): Uint8Array {
  const bytes = new Uint8Array(contributionBytes);
  bytes[0] = contributionVersion;
  bytes[1] = outcomes.indexOf(outcome);
  return bytes;
}

export function encodeOutcome(terms: Terms, outcome: Exclude<Outcome, "contributed">): Uint8Array {
  return blank(terms, outcome);
}

export function encodeContribution(terms: Terms, rows: readonly LocalRow[], coins: Coins): Uint8Array {
  const bytes = blank(terms, "contributed");
  const { layout } = terms;
  const groups = [...groupsIn(layout, rows).values()];
  for (const [index, group] of chosen(groups, layout.groupsPerOwner, coins).entries()) {
    let at = 2 + index * layout.entryBytes;
    bytes[at++] = 1;
    bytes.set(group.key, at);
    at += layout.keyBytes;
    for (const part of layout.aggregates) {
      writePart(bytes, at, part, group.rows, layout.rowsPerGroup, coins);
      at += part.bytes;
    }
  }
  return bytes;
}

interface Group {
  readonly key: Uint8Array;
  readonly rows: LocalRow[];
}

/** Rows by group; those of no group that may come out are left out before any group is chosen. */
function groupsIn(layout: Layout, rows: readonly LocalRow[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const values = layout.keys.map(({ column, type }) => keyValue(type, row[column]));
    if (values.includes(undefined)) continue;
    const text = keyText(values as Exclude<(typeof values)[number], undefined>[]);
    const known = groups.get(text);
    if (known !== undefined) {
      known.rows.push(row);
      continue;
    }
    const key = new Uint8Array(layout.keyBytes);
    if (layout.groups.at === "listed") {
      const place = layout.groups.places.get(text);
      if (place === undefined) continue;
      new DataView(key.buffer).setUint16(0, place);
    } else {
      let at = 0;
      const fits = layout.keys.every((column, index) => {
        const written = writeKey(key, at, column, values[index]!);
        at += column.bytes;
        return written;
      });
      if (!fits) continue;
    }
    groups.set(text, { key, rows: [row] });
  }
  return groups;
}

/** At most so many of them, each as likely. */
function chosen<T>(all: readonly T[], most: number, coins: Coins): T[] {
  const left = [...all];
  if (left.length <= most) return left;
  for (let index = 0; index < most; index++) {
    const other = index + coins.below(left.length - index);
    [left[index], left[other]] = [left[other]!, left[index]!];
  }
  return left.slice(0, most);
}

function writePart(
  bytes: Uint8Array,
  at: number,
  part: AggregatePart,
  rows: readonly LocalRow[],
  most: number,
  coins: Coins,
): void {
  const view = new DataView(bytes.buffer);
  const { column } = part.aggregate;
  switch (part.kind) {
    case "measure":
    case "average": {
      const value = combined(part.aggregate.contribution, column, rows);
      const steps = value === null ? null : stepsWithin(value, part.plan.bounds);
      if (steps === null) return;
      bytes[at] = 1;
      view.setBigInt64(at + 1, BigInt(steps));
      return;
    }
    case "quantiles":
    case "histogram": {
      const binned = numbersOf(column, rows).filter((value) => !Number.isNaN(value));
      const taken = chosen(binned, most, coins).map((value) => binWithin(Number(value), part.bins));
      for (let i = 0; i < most; i++) view.setUint16(at + 2 * i, taken[i] ?? noPlace);
      return;
    }
    case "listed-top": {
      const places = distinct(part, rows, column).flatMap(([text]) => part.places.get(text) ?? []);
      const taken = chosen(places, part.bytes / 2, coins);
      for (let i = 0; i < part.bytes / 2; i++) view.setUint16(at + 2 * i, taken[i] ?? noPlace);
      return;
    }
    case "found-top": {
      const { key } = part;
      const room = new Uint8Array(key.bytes);
      const named = distinct(part, rows, column).filter(([, value]) => writeKey(room, 0, key, value));
      const taken = chosen(named, part.bytes / key.bytes, coins);
      for (const [i, [, value]] of taken.entries()) writeKey(bytes, at + i * key.bytes, key, value);
    }
  }
}

function distinct(
  part: Extract<AggregatePart, { kind: "listed-top" | "found-top" }>,
  rows: readonly LocalRow[],
  column: number | null,
): [string, bigint | string][] {
  const type = part.kind === "found-top" ? part.key.type : part.candidates[0]!.type;
  const values = new Map<string, bigint | string>();
  for (const row of rows) {
    const value = column === null ? null : keyValue(type, row[column]);
    if (value !== null && value !== undefined) values.set(keyText([value]), value);
  }
  return [...values];
}

function numbersOf(column: number | null, rows: readonly LocalRow[]): Cell[] {
  return rows.flatMap((row) => {
    const value = column === null ? null : row[column];
    return typeof value === "bigint" || typeof value === "number" ? [value] : [];
  });
}

function binWithin(value: number, bins: Bins): number {
  return Math.min(bins.last, Math.max(0, binOf(value, bins)));
}

/** Her rows of one group as one number; null where she has none that counts. */
function combined(
  contribution: AggregatePart["aggregate"]["contribution"],
  column: number | null,
  rows: readonly LocalRow[],
): Cell | null {
  if (contribution.per !== "group") return null;
  if (contribution.combine === "count") {
    const count = column === null ? rows.length : rows.filter((row) => row[column] != null).length;
    return count === 0 ? null : count;
  }
  const numbers = numbersOf(column, rows).filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return null;
  const exact = numbers.every((value) => typeof value === "bigint");
  if (exact && contribution.combine === "sum") return (numbers as bigint[]).reduce((sum, value) => sum + value, 0n);
  const sum = exact
    ? Number((numbers as bigint[]).reduce((a, b) => a + b, 0n))
    : numbers.reduce<number>((a, b) => a + Number(b), 0);
  return contribution.combine === "sum" ? sum : sum / numbers.length;
}

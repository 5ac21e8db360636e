// What sensors would give that nobody has: records of the shape that a source declares, made from a seed. A number wanders as a
// measurement does, within what its unit or its name makes likely; where neither is known, from 0 to 100.
import { createHash } from "node:crypto";
import type { RowValue } from "../core/batch/index.ts";
import type { Attribute, Column, RecordShape } from "../core/model/index.ts";
import { knownAttributes } from "../core/pods/index.ts";
import { SeededRandom } from "../io/pod/index.ts";
import { type Feed, plainValue } from "../operators/index.ts";
import { standardCatalogue } from "./catalogue.ts";

/** Between two records of a sensor, on its own clock and in its timestamps. */
export const sensorIntervalMs = 1_000;
/** 1 March 2024, as the records of invented people. */
export const inventedStartMicros = 1_709_251_200_000_000n;
/** Of a column that may be absent. */
const absentChance = 0.05;

export interface InventedSensor {
  /** Another seed or another name gives other records. */
  readonly seed: number;
  readonly name: string;
  readonly shape: RecordShape;
  sleep(ms: number): Promise<void>;
}

/** As from a live sensor, one record at a time, without an end. */
export function inventedFeed(sensor: InventedSensor): Feed {
  let closed = false;
  const encoder = new TextEncoder();
  const records = inventRecords(sensor);
  return {
    format: "ndjson",
    isLive: true,
    async *read() {
      for (let first = true; !closed; first = false) {
        if (!first) await sensor.sleep(sensorIntervalMs);
        const row = records();
        const plain = sensor.shape.map(({ name, type }, column) => [name, plainValue(type, row[column]!)]);
        yield encoder.encode(`${JSON.stringify(Object.fromEntries(plain))}\n`);
      }
    },
    async close() {
      closed = true;
    },
  };
}

/** Unit of the standard catalogue where it has the attribute, or one that the attribute is a coarser form of. */
export function unitOf(attribute: Attribute): string | null {
  return knownAttributes(standardCatalogue()).get(attribute)?.unit ?? null;
}

function inventRecords({ seed, name, shape }: InventedSensor): () => RowValue[] {
  const columns = shape.map((column) => inventColumn(column, randomOf(seed, `${name} ${column.name}`)));
  let number = 0;
  return () => {
    const at = number++;
    return columns.map((next) => next(at));
  };
}

function randomOf(seed: number, name: string): SeededRandom {
  return new SeededRandom(seed, createHash("sha256").update(name).digest().readInt32LE(0));
}

type NextValue = (number: number) => RowValue;

function inventColumn({ name, type, nullable }: Column, random: SeededRandom): NextValue {
  const value = valuesOf(name, type, random);
  return (number) => {
    const made = value(number); // also where it is absent, so that what is next does not depend on it
    return nullable && random.chance(absentChance) ? null : made;
  };
}

function valuesOf(name: Attribute, type: Column["type"], random: SeededRandom): NextValue {
  switch (type) {
    case "timestamp":
      return (number) => inventedStartMicros + BigInt(number) * BigInt(sensorIntervalMs) * 1_000n;
    case "float64": {
      const { digits, ...range } = rangeOf(name);
      const next = wander(range, random);
      return () => Number(next().toFixed(digits ?? 2));
    }
    case "int64": {
      const next = wander(rangeOf(name), random);
      return () => BigInt(Math.round(next()));
    }
    case "bool": {
      let state = random.chance(0.5);
      return () => {
        if (random.chance(0.1)) state = !state;
        return state;
      };
    }
    case "text": {
      const words = textsOf(name);
      return () => random.one(words);
    }
    case "bytes":
      return () => Uint8Array.from({ length: 8 }, () => random.whole(0, 255));
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly digits?: number;
}

/** Steps of about a fortieth of the range, turned back at its ends. */
function wander({ from, to }: Range, random: SeededRandom): () => number {
  const step = (to - from) / 40;
  let value = random.between(from, to);
  return () => {
    const before = value;
    value = Math.min(to, Math.max(from, value + random.bell(0, step)));
    return before;
  };
}

const unknownRange: Range = { from: 0, to: 100 };

const byUnit: Readonly<Record<string, Range>> = {
  dB: { from: 35, to: 90 },
  "µg/m³": { from: 4, to: 40 },
  kWh: { from: 0, to: 2 },
  years: { from: 18, to: 90 },
  day: { from: 0, to: 30 },
  s: { from: 60, to: 3_600 },
};

/** By a word of the attribute's name; the first that fits. Places are in Paris, where most invented people live. */
const byWord: readonly (readonly [RegExp, Range])[] = [
  [/^(latitude|lat)$/, { from: 48.81, to: 48.91, digits: 5 }],
  [/^(longitude|lon|lng)$/, { from: 2.25, to: 2.42, digits: 5 }],
  [/^(temperature|celsius)$/, { from: 14, to: 27 }],
  [/^(humidity|percent|battery|level)$/, unknownRange],
  [/^(pressure|hpa)$/, { from: 990, to: 1_030 }],
  [/^(noise|sound|loudness|decibel|db)$/, { from: 35, to: 90 }],
  [/^(heart|pulse|bpm)$/, { from: 55, to: 130 }],
  [/^(co2|ppm)$/, { from: 400, to: 1_400 }],
  [/^(light|lux|brightness)$/, { from: 0, to: 900 }],
  [/^(speed|velocity)$/, { from: 0, to: 14 }],
  [/^(power|watts?)$/, { from: 40, to: 3_000 }],
  [/^(x|y|z|distance|metres|meters)$/, { from: 0, to: 12 }],
  [/^(count|people|visitors|steps)$/, { from: 0, to: 40 }],
  [/^age$/, { from: 18, to: 90 }],
];

const scales: Readonly<Record<string, number>> = { tenths: 10, hundredths: 100, thousandths: 1_000, milli: 1_000 };

function rangeOf(name: Attribute): Range {
  const words = name.split(/[._]/);
  const scale = words.reduce((product, word) => product * (scales[word] ?? 1), 1);
  const named = byWord.find(([word]) => words.some((one) => word.test(one)))?.[1];
  const { from, to, digits } = byUnit[unitOf(name) ?? ""] ?? named ?? unknownRange;
  return { from: from * scale, to: to * scale, ...(digits === undefined ? {} : { digits }) };
}

const textsByWord: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(room|place|zone|area|coarse)$/, ["hall", "kitchen", "office", "stairs", "workshop"]],
  [/^(city|town)$/, ["Paris", "Lyon", "Lisbon", "Hamburg", "Milan"]],
  [/^country$/, ["France", "Portugal", "Germany", "Italy", "Poland"]],
  [/^(id|tag|device|badge)$/, ["a1", "b2", "c3", "d4", "e5"]],
  [/^(state|status|event|kind)$/, ["idle", "moving", "stopped"]],
];

function textsOf(name: Attribute): readonly string[] {
  const words = name.split(/[._]/);
  return (
    textsByWord.find(([word]) => words.some((one) => word.test(one)))?.[1] ?? ["one", "two", "three", "four", "five"]
  );
}

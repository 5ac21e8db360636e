// Concepts (SEP2P §5.1, use case 2): what a person may be found by, and the keys under which the index holds it. A whole number is
// entered under the intervals that hold it, so that a range takes few look-ups instead of one for each value.
import { accept, type Hasher, type Result, refuse, toCanonical, toHex } from "../base/index.ts";
import type { Target, TargetLeaf } from "../model/index.ts";
import { limits } from "./limits.ts";

/** One concept of a person's profile. `value` as in a question: a decimal, `true`, a text. */
export interface Concept {
  readonly name: string;
  readonly value: string;
  /** Of whole numbers, dates and timestamps: it can be asked for by range. */
  readonly isWhole: boolean;
}

/** 2^level values from `from`; of a single value the level is 0, and `from` the value itself, number or not. */
export interface Interval {
  readonly from: string;
  readonly level: number;
}

export function keyOf(hasher: Hasher, network: string, name: string, { from, level }: Interval): Uint8Array {
  return hasher.sha256(toCanonical(["hedgerow concept", network, name, from, level]));
}

/** Where everybody is entered who lets herself be found at all: what a question without a target looks up. No concept is named so. */
export function keyOfEverybody(hasher: Hasher, network: string): Uint8Array {
  return keyOf(hasher, network, "", { from: "", level: 0 });
}

const wholePattern = /^-?(0|[1-9]\d*)$/;

/** Where somebody with this value is entered. */
export function intervalsHolding({ value, isWhole }: Pick<Concept, "value" | "isWhole">): Interval[] {
  if (!isWhole || !wholePattern.test(value)) return [{ from: value, level: 0 }];
  const number = BigInt(value);
  return Array.from({ length: limits.maxLevel + 1 }, (_, level) => ({
    from: String((number >> BigInt(level)) << BigInt(level)),
    level,
  }));
}

/** The fewest intervals that hold every whole number of the range, and no other; null: more than `most`. */
export function intervalsCovering(from: bigint, to: bigint, most: number): Interval[] | null {
  const found: Interval[] = [];
  for (let next = from; next <= to; ) {
    if (found.length === most) return null;
    let level = 0;
    while (level < limits.maxLevel) {
      const wider = 1n << BigInt(level + 1);
      if (next % wider !== 0n || next + wider - 1n > to) break;
      level++;
    }
    found.push({ from: String(next), level });
    next += 1n << BigInt(level);
  }
  return found;
}

/** A target with keys in the place of values. Any of the keys of a leaf will do. */
export type KeyedTarget =
  | { readonly keys: readonly string[] }
  | { readonly all: readonly KeyedTarget[] }
  | { readonly any: readonly KeyedTarget[] };

export interface Wanted {
  readonly target: KeyedTarget;
  /** Each once, in hexadecimal. */
  readonly keys: ReadonlySet<string>;
}

/** The keys that a question needs. The same on every node, as the question is. */
export function keysWanted(hasher: Hasher, network: string, target: Target | null): Result<Wanted> {
  const keys = new Set<string>();
  let tooMany = false;
  const add = (name: string, intervals: readonly Interval[] | null): KeyedTarget => {
    if (intervals === null || keys.size + intervals.length > limits.maxKeys) {
      tooMany = true;
      return { keys: [] };
    }
    const own = intervals.map((interval) => toHex(keyOf(hasher, network, name, interval)));
    for (const key of own) keys.add(key);
    return { keys: own };
  };
  const walk = (of: Target): KeyedTarget => {
    if ("all" in of) return { all: of.all.map(walk) };
    if ("any" in of) return { any: of.any.map(walk) };
    return add(of.concept, intervalsOf(of));
  };
  const keyed = target === null ? add("", [{ from: "", level: 0 }]) : walk(target);
  if (tooMany) return refuse("ask-too-many-keys", { detail: `at most ${limits.maxKeys}` });
  return accept({ target: keyed, keys });
}

/** A range of anything but whole numbers names what lies between its ends. */
function intervalsOf(leaf: TargetLeaf): Interval[] | null {
  if ("values" in leaf) return leaf.values.map(({ value }) => ({ from: value ?? "", level: 0 }));
  return intervalsCovering(ceil(leaf.from), floor(leaf.to), limits.maxKeys);
}

function floor(decimal: string): bigint {
  const [whole, part] = decimal.split(".");
  return part !== undefined && decimal.startsWith("-") ? BigInt(whole!) - 1n : BigInt(whole!);
}
function ceil(decimal: string): bigint {
  const [whole, part] = decimal.split(".");
  return part !== undefined && !decimal.startsWith("-") ? BigInt(whole!) + 1n : BigInt(whole!);
}

/** Who satisfies the target, of who was found under each key. */
export function peopleOf<Person>(
  target: KeyedTarget,
  found: (key: string) => ReadonlySet<Person> | undefined,
): Set<Person> {
  if ("keys" in target) return new Set(target.keys.flatMap((key) => [...(found(key) ?? [])]));
  if ("any" in target) return new Set(target.any.flatMap((part) => [...peopleOf(part, found)]));
  const [first, ...others] = target.all.map((part) => peopleOf(part, found));
  return new Set([...(first ?? [])].filter((person) => others.every((other) => other.has(person))));
}

/** Whether somebody with these keys is asked: how a person checks that a question is about her. */
export function isAskedBy(target: KeyedTarget, own: { has(key: string): boolean }): boolean {
  if ("keys" in target) return target.keys.some((key) => own.has(key));
  return "any" in target
    ? target.any.some((part) => isAskedBy(part, own))
    : target.all.every((part) => isAskedBy(part, own));
}

/** What an owner lets herself be found by. */
export interface Findable {
  readonly concepts: readonly Concept[];
  /** Also by questions to everybody. */
  readonly everybody: boolean;
}

/** All keys under which she is entered, by their hexadecimal names. */
export function keysOf(hasher: Hasher, network: string, findable: Findable): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  const add = (key: Uint8Array) => keys.set(toHex(key), key);
  if (findable.everybody) add(keyOfEverybody(hasher, network));
  for (const concept of findable.concepts.slice(0, limits.maxConcepts))
    for (const interval of intervalsHolding(concept)) add(keyOf(hasher, network, concept.name, interval));
  return keys;
}

// The one mutator of the fuzzer. Three depths, all drawn from one seeded stream, so that a seed replays an input:
//   damage  bytes: flipped, cut, extended, spliced, with lengths that lie and nesting without end
//   distort a decoded value, then encoded again: wrong types, absent and unknown keys, doubled and reordered map entries
//   bend    a decoded value of which every part keeps its type: what a schema lets pass and a handler must refuse
import { fromCanonical, toCanonical } from "../../src/core/base/index.ts";
import type { Random } from "../../src/sim/kernel/index.ts";
import { head, Pairs, Raw, writeCbor } from "./cbor.ts";

export const boundaryNumbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  23,
  24,
  127,
  128,
  255,
  256,
  4_095,
  4_096,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  0.5,
  1e308,
  -1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const strangeTexts: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "\ud800",
  "../../etc/passwd",
  "é",
  "𝒳",
  "a".repeat(65),
  "a".repeat(10_000),
  "12D3KooW",
  "0".repeat(32),
  "-1",
  "1e9",
  "null",
  "\n",
  "%s%n",
  "<b>",
  "🂡".repeat(40),
];
const hugeLengths: readonly bigint[] = [
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  0x1f_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];

// ---- bytes

/** One hostile byte string made out of honest ones. */
export function damage(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const honest = random.pick(corpus);
  let bytes = Uint8Array.from(honest);
  for (let times = random.chance(0.7) ? 1 : random.between(2, 4); times > 0; times--) {
    bytes = Uint8Array.from(random.pick(byteDamages)(random, bytes, corpus));
  }
  return bytes;
}

type ByteDamage = (random: Random, bytes: Uint8Array, corpus: readonly Uint8Array[]) => Uint8Array;

export const byteDamages: readonly ByteDamage[] = [
  function flipBits(random, bytes) {
    for (let flips = random.between(1, 8); flips > 0 && bytes.length > 0; flips--)
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  function overwrite(random, bytes) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    return bytes;
  },
  function truncate(random, bytes) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function extend(random, bytes) {
    return joined(bytes, random.bytes(random.chance(0.9) ? random.between(1, 16) : random.between(100, 5_000)));
  },
  function splice(random, bytes, corpus) {
    const other = random.pick(corpus);
    return joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));
  },
  function drop(random, bytes) {
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(at + random.between(1, 9)));
  },
  function repeat(random, bytes) {
    const at = random.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + random.between(1, 64));
    return joined(bytes.subarray(0, end), bytes.subarray(at));
  },
  function lieAboutLength(random, bytes) {
    const width = random.pick([1, 2, 4, 8]);
    if (bytes.length < width) return bytes;
    const at = random.below(Math.min(bytes.length - width + 1, random.chance(0.5) ? 64 : bytes.length));
    const lie = random.pick(hugeLengths);
    for (let i = 0; i < width; i++) bytes[at + i] = Number((lie >> BigInt(8 * i)) & 0xffn);
    return bytes;
  },
  function declareHuge(random, bytes) {
    const out: number[] = [];
    head(out, random.pick([2, 3, 4, 5]), random.pick(hugeLengths), 8);
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), Uint8Array.from(out), bytes.subarray(at));
  },
  function nest(random, bytes) {
    const levels = random.chance(0.9) ? random.between(10, 200) : 20_000;
    return joined(new Uint8Array(levels).fill(random.pick([0x81, 0xa1, 0xc1, 0x9f, 0x5b, 0x7b, 0x28])), bytes);
  },
  function invent(random) {
    return random.bytes(random.below(80));
  },
  function grow(random, bytes) {
    if (!random.chance(0.03)) return joined(bytes, bytes);
    return joined(bytes, new Uint8Array(random.pick([70_000, 600_000, 7 * 1024 * 1024])));
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// ---- values

type Path = readonly (string | number)[];

/** A copy of a plain value (objects, arrays, bytes, scalars). */
export function copied<T>(value: T): T {
  return structuredClone(value);
}

/** Every place of a value, the value itself first. */
function placesOf(value: unknown, path: Path = [], into: Path[] = []): Path[] {
  if (into.length > 4_000) return into;
  into.push(path);
  if (Array.isArray(value)) for (const [i, item] of value.entries()) placesOf(item, [...path, i], into);
  else if (isMap(value)) for (const key of Object.keys(value)) placesOf(value[key], [...path, key], into);
  return into;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], value);
}

/** `value` with another thing at the place; changes `value` unless the place is the value itself. */
function replaced(value: unknown, path: Path, change: (old: unknown) => unknown): unknown {
  if (path.length === 0) return change(value);
  const holder = at(value, path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path[path.length - 1]!;
  holder[key] = change(holder[key]);
  return value;
}

function anything(random: Random, pool: readonly unknown[]): unknown {
  return random.pick<() => unknown>([
    () => random.pick(boundaryNumbers),
    () => random.pick(strangeTexts),
    () => random.bytes(random.pick([0, 1, 31, 32, 33, 64, 300])),
    () => random.chance(0.5),
    () => null,
    () => [],
    () => ({}),
    () => 2n ** 64n - 1n,
    () => Array.from({ length: random.pick([1, 17, 65, 300]) }, () => random.below(9)),
    () => part(random, random.pick(pool)),
    () => nested(random.pick([5, 23, 25, 60, 3_000])),
  ])();
}

function nested(levels: number): unknown {
  let value: unknown = [];
  if (levels > 1_000) return new Raw(new Uint8Array(levels).fill(0x81));
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

function part(random: Random, value: unknown): unknown {
  return copied(at(value, random.pick(placesOf(value))));
}

/** Wrong in form: what a decoder must notice. Encode it with `distorted`. */
function distortOnce(random: Random, value: unknown, pool: readonly unknown[]): unknown {
  const place = random.pick(placesOf(value));
  return replaced(value, place, (old) => {
    if (Array.isArray(old) && random.chance(0.6)) {
      return random.pick<() => unknown>([
        () => old.slice(0, -1),
        () => [...old, ...old],
        () => old.toReversed(),
        () => [...old, anything(random, pool)],
        () => (old.length === 0 ? old : Array.from({ length: 300 }, () => old[0])),
      ])();
    }
    if (isMap(old) && random.chance(0.8)) {
      const entries = Object.entries(old);
      const some = entries.length === 0 ? (["", 0] as const) : random.pick(entries);
      return random.pick<() => unknown>([
        () => Object.fromEntries(entries.filter((entry) => entry !== some)),
        () => new Pairs([...entries, [random.pick(strangeTexts), anything(random, pool)]]),
        () => new Pairs([...entries, some]),
        () => new Pairs([...entries, [some[0], anything(random, pool)]]),
        () => new Pairs(random.shuffled(entries)),
        () =>
          new Pairs(
            entries.map(([key, inner]) => (key === some[0] ? [random.pick(strangeTexts), inner] : [key, inner])),
          ),
        () =>
          new Pairs(
            entries.map(([key, inner]) =>
              key === some[0] ? [random.pick([0, null, key.length, true]), inner] : [key, inner],
            ),
          ),
      ])();
    }
    return anything(random, pool);
  });
}

/** A message that is wrong in form, as bytes. */
export function distorted(random: Random, values: readonly unknown[]): Uint8Array {
  let value = copied(random.pick(values));
  for (let times = random.between(1, 2); times > 0; times--) {
    value = distortOnce(random, value, values);
    // The places of a value that holds pairs or raw bytes are not walked again.
    if (!isPlain(value)) break;
  }
  return writeCbor(value);
}

function isPlain(value: unknown): boolean {
  if (value instanceof Pairs || value instanceof Raw) return false;
  if (Array.isArray(value)) return value.every(isPlain);
  return !isMap(value) || Object.values(value).every(isPlain);
}

/** Every part keeps its type: another number, another id, another order. What only a handler can refuse. */
export function bent<T>(random: Random, value: T, pool: readonly unknown[], times = random.between(1, 3)): T {
  let bentValue: unknown = copied(value);
  for (; times > 0; times--) {
    const place = random.pick(placesOf(bentValue));
    if (place.length === 1 && place[0] === "type") continue;
    bentValue = replaced(bentValue, place, (old) => bendPart(random, old, place, pool));
  }
  return bentValue as T;
}

function bendPart(random: Random, old: unknown, place: Path, pool: readonly unknown[]): unknown {
  // The same field of another message: a neighbour's id, another plan's digest, an older term.
  const other = random.chance(0.5) ? sameField(random, place[place.length - 1], pool) : undefined;
  if (other !== undefined && sameType(other, old)) return copied(other);
  if (typeof old === "number")
    return random.pick([old + 1, Math.max(0, old - 1), 0, 1, old + 1_000_000, 2 ** 53 - 1, random.below(65_536)]);
  if (typeof old === "boolean") return !old;
  if (typeof old === "string") {
    if (old.length === 0) return "x";
    const where = random.below(old.length);
    const letter = /^[0-9a-f]+$/.test(old) ? random.pick([..."0123456789abcdef"]) : random.pick([..."abcXYZ123-"]);
    return old.slice(0, where) + letter + old.slice(where + 1);
  }
  if (old instanceof Uint8Array) {
    const bytes = Uint8Array.from(old);
    if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  }
  if (Array.isArray(old)) {
    if (old.length === 0) return old;
    return random.pick([() => old.slice(1), () => [...old, random.pick(old)], () => random.shuffled(old)])();
  }
  return old;
}

function sameField(random: Random, name: string | number | undefined, pool: readonly unknown[]): unknown {
  if (typeof name !== "string") return undefined;
  const value = random.pick(pool);
  const places = placesOf(value).filter((path) => path[path.length - 1] === name);
  return places.length === 0 ? undefined : at(value, random.pick(places));
}

function sameType(a: unknown, b: unknown): boolean {
  return (
    typeof a === typeof b &&
    Array.isArray(a) === Array.isArray(b) &&
    a instanceof Uint8Array === b instanceof Uint8Array
  );
}

/** A hostile encoding of one of these messages, at any of the three depths; sometimes an honest one, replayed. */
export function hostileMessage(random: Random, corpus: readonly Uint8Array[], values: readonly unknown[]): Uint8Array {
  const depth = random.unit();
  if (depth < 0.05) return random.pick(corpus);
  if (depth < 0.4) return damage(random, corpus);
  if (depth < 0.75) return distorted(random, values);
  return toCanonical(bent(random, random.pick(values), values));
}

export function decodedAll(corpus: readonly Uint8Array[]): unknown[] {
  return corpus.map((bytes) => {
    const value = fromCanonical(bytes);
    if (!value.ok) throw new Error(`the corpus itself is refused: ${value.code} ${value.detail ?? ""}`);
    return value.value;
  });
}

// ---- text

const textPieces: readonly string[] = [
  "&a ",
  "*a",
  "!!js/function ",
  "<<: ",
  "---\n",
  "...\n",
  "? ",
  "- ",
  ": ",
  "{",
  "}",
  "[",
  "]",
  "\t",
  "|\n",
  ">\n",
  "'",
  '"',
  "#",
  "%YAML 9\n",
  "\u0000",
  "\ufeff",
  "\u2028",
  "__proto__: 1\n",
  "~",
  "1e999",
  "0x7fffffffffffffff",
  "-9223372036854775808",
  "not",
  "(",
  ")",
  "\\",
  "\r\n",
];

export function damagedText(random: Random, corpus: readonly string[]): string {
  let text = random.pick(corpus);
  for (let times = random.between(1, 4); times > 0; times--) {
    const where = random.below(text.length + 1);
    const other = random.pick(corpus);
    const change = random.below(10);
    if (change === 0) text = text.slice(0, where);
    else if (change === 1) text = text.slice(0, where) + random.pick(textPieces) + text.slice(where);
    else if (change === 2) text = text.slice(0, where) + text.slice(where + random.between(1, 12));
    else if (change === 3) text = text.slice(0, where) + other.slice(random.below(other.length + 1));
    else if (change === 4) text = text.slice(0, where) + String(random.pick(boundaryNumbers)) + text.slice(where);
    else if (change === 5) text = text.slice(0, where) + random.pick(strangeTexts) + text.slice(where);
    else if (change === 6)
      text =
        text.slice(0, where) +
        random.pick(["[", "{a: ", "- ", "("]).repeat(random.pick([3, 70, 1_500])) +
        text.slice(where);
    else if (change === 7) text = swapLines(random, text);
    else if (change === 8) text = tagged(random, text);
    else text = text.slice(0, where) + String.fromCharCode(random.below(0x250)) + text.slice(where + 1);
  }
  return text;
}

/** An anchor, an alias or a tag where a value of YAML stands. */
function tagged(random: Random, text: string): string {
  const parts = text.split(": ");
  const where = random.below(parts.length);
  return parts.map((part, i) => (i === where ? `${random.pick(["&a ", "*a ", "!!binary "])}${part}` : part)).join(": ");
}

function swapLines(random: Random, text: string): string {
  const lines = text.split("\n");
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join("\n");
}

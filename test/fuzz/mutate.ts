// The mutator of the fuzzer, for messages; for texts there is damaged-text.ts. Three depths, all drawn from one seeded stream, so that a
// seed replays an input:
//   damage  bytes (damage.ts): flipped, cut, extended, spliced, with lengths that lie and nesting without end
//   distort a decoded value, then encoded again: wrong types, absent and unknown keys, doubled and reordered map entries
//   bend    a decoded value of which every part keeps its type: what a schema lets pass and a handler must refuse
import { fromCanonical, toCanonical } from "../../src/core/base/index.ts";
import type { Random } from "../../src/sim/kernel/index.ts";
import { Pairs, Raw, writeCbor } from "./cbor.ts";
import { damage } from "./damage.ts";
import { boundaryNumbers, strangeTexts } from "./strange-values.ts";

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

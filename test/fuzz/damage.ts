// Hostile bytes out of honest ones: flipped, cut, extended, spliced, with lengths that lie and nesting without end.
import { joined } from "../../src/core/base/index.ts";
import type { Random } from "../../src/sim/kernel/index.ts";
import { head } from "./cbor.ts";
import { hugeLengths } from "./strange-values.ts";

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

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lots } from "./lots.ts";
import { drawn, Lottery } from "./lottery.ts";

function keysOf(seed: number, count: number): Int32Array {
  const lots = new Lots(seed, "key");
  return Int32Array.from({ length: count }, (_, i) => lots.seek(i).key() | (i % 3 === 0 ? 1 : 0));
}

describe("the lottery", () => {
  it("draws whom a full sort by key ⊕ rnd puts first", () => {
    const order = fc.record({
      seed: fc.nat(),
      count: fc.integer({ min: 1, max: 700 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(order, ({ seed, count, share }) => {
        const keys = keysOf(seed, count);
        const rnd = new Lots(seed, "setter").key();
        const actors = Math.max(1, Math.floor(share * count));
        const lottery = new Lottery(16); // grows by itself
        lottery.draw(keys, 0, count, rnd, actors);
        const plain = [...keys].map((key) => key ^ rnd).sort((a, b) => a - b);
        expect(lottery.last).toBe(plain[actors - 1]);
        expect(lottery.colluding).toBe(plain.slice(0, actors).filter((rank) => (rank & 1) === 1).length);
        expect(drawn(keys, 0, count, rnd, lottery.last)).toBe(plain.filter((rank) => rank <= lottery.last).length);
      }),
    );
  });

  it("finds its actors even if no key passes the first glance", () => {
    const keys = Int32Array.from({ length: 500 }, (_, i) => 0x7fffff00 - 2 * i); // all far above what is to be expected
    const lottery = new Lottery(512);
    lottery.draw(keys, 0, 500, 0, 8);
    expect(lottery.last).toBe(0x7fffff00 - 2 * 492);
  });

  it("gives candidates unequal chances for given keys: who has few neighbours in key space is drawn more often", () => {
    // A property of the order by XOR, not of this code: subtrees are drawn whole. Nobody chooses keys in knowledge of others'
    // caches, so nobody gains by it, and over networks chances are equal; but load is spread less evenly than by a shuffle.
    const keys = keysOf(7, 64);
    const lottery = new Lottery(64);
    const lots = new Lots(8, "setter");
    const times = new Array<number>(64).fill(0);
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw++) {
      const rnd = lots.seek(draw).key();
      lottery.draw(keys, 0, 64, rnd, 8);
      keys.forEach((key, i) => {
        if ((key ^ rnd) <= lottery.last) times[i]!++;
      });
    }
    const expected = (draws * 8) / 64;
    expect(times.reduce((sum, count) => sum + count, 0)).toBe(draws * 8);
    expect(Math.max(...times)).toBeGreaterThan(1.1 * expected);
    expect(Math.min(...times)).toBeLessThan(0.9 * expected);
    // A key's chance follows how crowded its eighth of key space is.
    const crowd = (key: number) => keys.filter((other) => other >>> 28 === key >>> 28).length;
    const byCrowd = [...keys.keys()].sort((a, b) => crowd(keys[a]!) - crowd(keys[b]!));
    const mean = (list: number[]) => list.reduce((sum, i) => sum + times[i]!, 0) / list.length;
    expect(mean(byCrowd.slice(0, 16))).toBeGreaterThan(mean(byCrowd.slice(-16)));
  });
});

// SEP2P §4.3: node cache size, relocation and maintenance; and that scale changes none of it. One test per claim, in our words.
import { expect, it } from "vitest";
import { type DrawOrder, type DrawReport, perMinute, simulateDraw } from "../../src/sim/index.ts";

const order: DrawOrder = {
  nodes: 100_000,
  colluding: 1_000,
  actors: 32,
  cache: 512,
  alpha: 1e-6,
  strategy: "sep2p",
  overlay: "chord",
  seed: 1,
  setters: 20_000,
  tries: 1,
};

const run = (change: Partial<DrawOrder> = {}): Promise<DrawReport> => simulateDraw({ ...order, ...change });

it("§4.3 with a small cache draws are moved often, which costs latency and work; with a larger one almost never", async () => {
  const reports = await Promise.all([24, 32, 40, 48, 64].map((cache) => run({ cache, setters: 5_000 })));
  const moved = reports.map(({ relocation }) => relocation.probability);
  expect([...moved].sort((a, b) => b - a)).toEqual(moved);
  expect(moved[0]).toBeGreaterThan(0.8);
  expect(reports[0]!.latency.crypto.average).toBeGreaterThan(2 * reports.at(-1)!.latency.crypto.average);
  expect(reports[0]!.work.crypto.average).toBeGreaterThan(2 * reports.at(-1)!.work.crypto.average);
  expect(moved.at(-1)).toBeLessThan(0.001);
});

it("§4.3 not reproduced: a cache just larger than the number of actors is not enough; it takes half as many again", async () => {
  // The paper: "Choosing a cache size greater than A, the query is almost never relocated." The cache is an average. Nodes
  // fall as they may, so a region where 33 are expected holds fewer than 32 with a probability of 0.41 (and witnesses who
  // all lie on one side of the point know a little less than all of it). The paper's own default of 48 is right.
  expect((await run({ cache: 33 })).relocation.probability).toBeGreaterThan(0.3);
  expect((await run({ cache: 48 })).relocation.probability).toBeLessThan(0.01);
  expect((await run({ cache: 512 })).relocation.probability).toBe(0);
});

it("§4.3 with a cache of 512 and an MTBF of a day, upkeep is less than one operation per node and minute", async () => {
  const { maintenance } = await run({ setters: 100 });
  expect(maintenance.averageCache).toBeCloseTo(512, -1);
  expect(maintenance.perMinuteAtOneDay.crypto).toBeGreaterThan(0.5);
  expect(maintenance.perMinuteAtOneDay.crypto).toBeLessThan(1);
  // It holds because who comes back is known. If all verify its certificate once more, it is a little above one.
  expect(perMinute(maintenance.stranger, 24).crypto).toBeGreaterThan(1);
  expect(perMinute(maintenance.stranger, 24).crypto).toBeLessThan(1.1);
});

it("§4.3 knowing everybody is no way out: a cache of 32K costs dozens of operations per node and minute", async () => {
  const [small, large] = [await run({ setters: 100 }), await run({ setters: 100, cache: 32_768 })];
  expect(large.maintenance.perCycle.crypto / small.maintenance.perCycle.crypto).toBeGreaterThan(50);
  expect(large.maintenance.perMinuteAtOneDay.crypto).toBeGreaterThan(40);
  expect(perMinute(large.maintenance.perCycle, 5 * 24).crypto).toBeGreaterThan(9); // even at five days
});

it("§4.3 upkeep in messages goes as upkeep in operations", async () => {
  const reports = await Promise.all([64, 512, 4_096].map((cache) => run({ setters: 100, cache })));
  const ratios = reports.map(({ maintenance: { perCycle } }) => perCycle.messages / perCycle.crypto);
  for (const ratio of ratios) expect(ratio).toBeCloseTo(1, 0);
});

it("§4.3 k is the same in small and large networks at equal share of colluding nodes", async () => {
  for (const part of [0.001, 0.01]) {
    const [few, many] = await Promise.all(
      [10_000, 1_000_000].map((nodes) => run({ nodes, colluding: nodes * part, setters: 10_000, cache: 64 })),
    );
    expect(Math.abs(few!.k.average - many!.k.average), `${part}`).toBeLessThan(0.1);
  }
});

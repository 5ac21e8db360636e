// SEP2P §4.1 and §4.2: how well each strategy keeps colluding nodes from choosing actors, and what a verifier pays. One test per
// claim, in our words, on networks small enough for a test; the figures in docs/paper show the large ones.
import { describe, expect, it } from "vitest";
import { type DrawOrder, type DrawReport, type StrategyName, simulateDraw } from "../../src/sim/index.ts";

const order: DrawOrder = {
  nodes: 10_000,
  colluding: 100,
  actors: 32,
  cache: 512,
  alpha: 1e-6,
  strategy: "sep2p",
  overlay: "chord",
  seed: 1,
  setters: 10_000,
  tries: 1,
};

const run = (change: Partial<DrawOrder>): Promise<DrawReport> => simulateDraw({ ...order, ...change });

/** Actors that the attacker owns, over what it would own by chance: the inverse of effectiveness, on average over networks. */
async function excess(change: Partial<DrawOrder>, networks: number) {
  const ratios: number[] = [];
  for (let seed = 1; seed <= networks; seed++) {
    const { corruptedActors } = await run({ ...change, seed });
    ratios.push(corruptedActors.average / corruptedActors.ideal);
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / networks;
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (networks - 1);
  return { mean, error: Math.sqrt(variance / networks) };
}

const parts = [0.0001, 0.001, 0.01, 0.1];
const weak = ["es-nav", "es-av", "m-hash"] as const satisfies readonly StrategyName[];

describe("§4.2 security effectiveness", () => {
  it("of SEP2P is that of the ideal trusted server, within sampling error, whatever the share of colluding nodes", async () => {
    for (const part of parts) {
      const { mean, error } = await excess({ colluding: order.nodes * part }, 12);
      // Four standard errors, and what the α of each row costs: 32 actors instead of 32·C/N in a case in 150,000.
      expect(Math.abs(mean - 1), `${100 * part} %`).toBeLessThan(4 * error + 0.01);
      expect(error).toBeLessThan(0.1);
    }
  });

  it("of ES.NAV, ES.AV and M.Hash is clearly below, at every share", async () => {
    for (const strategy of weak) {
      for (const part of parts.slice(1)) {
        const { effectiveness } = await run({ strategy, colluding: order.nodes * part });
        expect(effectiveness.high, `${strategy} at ${100 * part} %`).toBeLessThan(0.2);
      }
    }
  });

  it("of these, follows from who lies near enough to a point to claim it: about C/N over 1 − α^(C/N)", async () => {
    // An honest node lies near enough with 1 − α, so none of C colluding ones does with α^(C/N); the paper gives no formula.
    for (const part of [0.001, 0.01, 0.1]) {
      const { effectiveness } = await run({ strategy: "m-hash", colluding: order.nodes * part, setters: 3_000 });
      expect(effectiveness.value / (part / (1 - order.alpha ** part))).toBeCloseTo(1, 0);
    }
  });

  it("of ES.AV is better than that of ES.NAV while the attacker has fewer nodes than there are actors, and then no more", async () => {
    for (const colluding of [1, 4, 16]) {
      const [nav, av] = [await run({ strategy: "es-nav", colluding }), await run({ strategy: "es-av", colluding })];
      expect(av.effectiveness.value / nav.effectiveness.value, `${colluding}`).toBeGreaterThan(1.5);
    }
    const [nav, av] = [await run({ strategy: "es-nav" }), await run({ strategy: "es-av" })];
    expect(av.effectiveness).toEqual(nav.effectiveness);
  });
});

describe("§3.1 bounds", () => {
  it("the trusted server is ideal at one operation; a random value made by C + 1 nodes as well, at 2(C + 1) + A", async () => {
    for (const [strategy, cost] of [
      ["server", 1],
      ["security-optimal", 2 * 101 + 32],
    ] as const) {
      const { effectiveness, verification } = await run({ strategy });
      expect(effectiveness.low).toBeLessThan(1.02);
      expect(effectiveness.high).toBeGreaterThan(0.98);
      expect(verification).toMatchObject({ average: cost, deviation: 0 });
    }
  });

  it("a trigger that chooses by itself owns all actors: effectiveness is C/N, its least", async () => {
    const { effectiveness } = await run({ strategy: "cost-optimal", setters: 100 });
    expect(effectiveness.value).toBeCloseTo(0.01, 12);
  });
});

describe("§4.1 and §4.2 thresholds and costs", () => {
  it("not reproduced: at α = 1e-4 an attacker does hold all witnesses now and then, as often as the equations say", async () => {
    // The paper saw none in several networks at α = 1e-4. Over every node as setter we do see some, about as many as the
    // equations say: per draw α for each row. What it "never" saw must have been fewer draws than these.
    let captured = 0;
    const networks = 20;
    for (let seed = 1; seed <= networks; seed++)
      captured += (await run({ seed, alpha: 1e-4, actors: 1, cache: 8 })).captured;
    const perDraw = captured / (networks * order.setters);
    expect(perDraw).toBeGreaterThan(0.5e-4);
    expect(perDraw).toBeLessThan(6e-4); // at most α for each of the four rows, and luck
  });

  it("verification takes 2k for SEP2P and ES.NAV, 4 to 8 up to 1 %; ES.AV takes A + 1 more, M.Hash A more", async () => {
    for (const part of [0.001, 0.01]) {
      const colluding = order.nodes * part;
      const sep2p = await run({ colluding });
      expect(sep2p.verification.average).toBeCloseTo(2 * sep2p.k.average, 10);
      expect(sep2p.verification.average).toBeGreaterThanOrEqual(4);
      expect(sep2p.verification.average).toBeLessThanOrEqual(8);
      for (const [strategy, more] of [
        ["es-nav", 0],
        ["es-av", 33],
        ["m-hash", 32],
      ] as const) {
        const { verification } = await run({ strategy, colluding });
        expect(verification.average - more, strategy).toBeCloseTo(sep2p.verification.average, 1);
      }
    }
  });
});

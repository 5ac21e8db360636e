import { describe, expect, it } from "vitest";
import { drawLimits } from "../../core/draw/index.ts";
import { type DrawReport, drawTableOf, overlays, simulateDraw, strategies } from "./index.ts";
import type { DrawOrder } from "./order.ts";

const order: DrawOrder = {
  nodes: 2_000,
  colluding: 40,
  actors: 8,
  cache: 64,
  alpha: 1e-4,
  strategy: "sep2p",
  overlay: "chord",
  seed: 1,
  setters: 2_000,
  tries: 1,
};

describe("the large draw", () => {
  it("gives the same report for any number of threads, and another for another seed", async () => {
    const large = { ...order, nodes: 100_000, colluding: 1_000, setters: 100_000 };
    const reports: DrawReport[] = [];
    for (const workers of [1, 2, 3]) reports.push(await simulateDraw(large, { workers }));
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
    expect((await simulateDraw({ ...large, seed: 2 })).corruptedActors).not.toEqual(reports[0]!.corruptedActors);
  });

  it("runs every strategy on every overlay", async () => {
    for (const strategy of strategies) {
      for (const overlay of overlays) {
        const report = await simulateDraw({ ...order, strategy, overlay, setters: 50 });
        expect(report.verification.average, `${strategy} on ${overlay}`).toBeGreaterThan(0);
        expect(report.hops.average).toBeGreaterThan(1);
        expect(report.corruptedActors.max).toBeLessThanOrEqual(order.actors);
      }
    }
  });

  it("lets a cache hold everybody, and everybody be drawn", async () => {
    const report = await simulateDraw({ ...order, nodes: 100, colluding: 5, actors: 100, cache: 100, setters: 100 });
    expect(report.corruptedActors).toMatchObject({ average: 5, deviation: 0, ideal: 5 });
    expect(report.effectiveness.value).toBe(1);
  });

  it("moves a draw whose R3 is too sparse, and gives up after as many moves as live nodes do", async () => {
    const sparse = await simulateDraw({ ...order, actors: 64, cache: 72 });
    expect(sparse.relocation.probability).toBeGreaterThan(0.1);
    expect(sparse.relocation.gaveUp).toBe(0);
    const hopeless = await simulateDraw({ ...order, actors: 64, cache: 8, setters: 20 });
    expect(hopeless.relocation).toMatchObject({ probability: 1, gaveUp: 20, moves: { max: drawLimits.maxAttempts } });
  });

  it("stops when asked to", async () => {
    const stop = new AbortController();
    const running = simulateDraw(
      { ...order, setters: 10_000_000 },
      { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) },
    );
    await expect(running).rejects.toThrow("enough");
  });

  it("refuses an order that makes no sense, with the reason", () => {
    for (const wrong of [
      { nodes: 3 },
      { colluding: 2_000 },
      { actors: 0 },
      { cache: 0.5 },
      { setters: 0 },
      { tries: 0 },
    ]) {
      expect(drawTableOf({ ...order, ...wrong })).toMatchObject({ ok: false, code: "draw-parameters" });
    }
  });
});

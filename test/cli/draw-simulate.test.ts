// hedgerow draw simulate
import { describe, expect, it } from "vitest";
import { capture } from "./capture.ts";

const small = ["draw", "simulate", "--nodes", "2000", "--colluding", "20", "--cache", "64", "--actors", "8"];

describe("draw simulate", () => {
  it("gives programs one document, the same whatever the number of workers", async () => {
    const outs: string[] = [];
    for (const workers of ["1", "2"]) {
      const { exitCode, out, err } = await capture([...small, "--setters", "70000", "--workers", workers, "--json"]);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
      outs.push(out);
    }
    expect(outs[1]).toBe(outs[0]);
    expect(JSON.parse(outs[0]!)).toMatchObject({
      nodes: 2_000,
      strategy: "sep2p",
      overlay: "chord",
      setters: 70_000,
      effectiveness: { value: expect.any(Number), low: expect.any(Number), high: expect.any(Number) },
      verification: { average: expect.any(Number) },
      latency: { crypto: { average: expect.any(Number) }, messages: { average: expect.any(Number) } },
      maintenance: { perMinuteAtOneDay: { crypto: expect.any(Number) } },
    });
  });

  it("tells people how random the draw stayed, and what it costs", async () => {
    const { exitCode, out } = await capture([...small, "--strategy", "es-nav"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/es-nav: 2,000 nodes, 20 colluding, 2,000 draws of 8 actors/);
    expect(out).toMatch(/effectiveness +0\.0\d+ \(95 %: /);
    expect(out).toMatch(/one after the other +\d/);
  });

  it("refuses what makes no sense, and says why", async () => {
    const { exitCode, out } = await capture([...small, "--actors", "4000", "--json"]);
    expect(exitCode).not.toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: "draw-parameters",
      detail: expect.stringMatching(/actors/),
    });
    const unknown = await capture([...small, "--strategy", "trust-me"]);
    expect(unknown.exitCode).not.toBe(0);
    expect(unknown.err).toMatch(/sep2p/);
  });
});

// hedgerow draw table: what needs no network.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { capture } from "./capture.ts";

interface Document {
  readonly alpha: number;
  readonly networkRisk: number;
  readonly averageK: number;
  readonly rows: readonly {
    readonly k: number;
    readonly rs: number;
    readonly expected: number;
    readonly miss: number;
    readonly finds: number;
    readonly risk: number;
    readonly cumulatedRisk: number;
  }[];
}

const large = ["draw", "table", "--nodes", "10000000", "--colluding", "100000", "--alpha", "1e-10"];
const documentOf = async (args: readonly string[]) => {
  const { exitCode, out, err } = await capture([...args, "--json"]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  return JSON.parse(out) as Document;
};

it("draw run draws nothing for a roster whose folder is not there", async () => {
  const { exitCode, err } = await capture(["draw", "run", "--actors", "3", "--out", "nowhere/roster.cbor"]);
  expect(exitCode).toBe(1);
  expect(err).toContain(`There is no folder ${join(tmpdir(), "nowhere")}.`);
});

describe("draw table", () => {
  it("gives programs each row with all its digits", async () => {
    const { alpha, rows } = await documentOf(large);
    expect(alpha).toBe(1e-10);
    expect(rows.map(({ k }) => k)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(rows[0]!.rs / 1e-15 - 1).toBeCloseTo(0, 9); // one in C is α: nearly α / C
    for (const { rs, expected, miss, finds, risk, cumulatedRisk } of rows) {
      expect(expected).toBe(rs * 1e7);
      expect(miss + finds).toBeCloseTo(1, 12);
      expect(risk).toBeLessThan(1e-10);
      expect(cumulatedRisk).toBeLessThan(rows.length * 1e-10);
    }
    expect(rows.at(-1)!.miss).toBeLessThanOrEqual(1e-10);
    expect(rows.at(-2)!.miss).toBeGreaterThan(1e-10);
  });

  it("shows people a line for each row, the average k, and the network's risk beside the region's", async () => {
    const { exitCode, out, err } = await capture(large);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out.match(/^ {2}\d+ +\d\.\d+e-\d+ /gm)).toHaveLength(10);
    for (const words of [
      "10,000,000 nodes",
      "below 1.00e-10",
      "at most 3.19e-4",
      "with each draw",
      "a day",
      "6.26 on average, 10 at most",
    ]) {
      expect(out).toContain(words);
    }
  });

  it("--risk network makes alpha the whole network's, at the price of more witnesses", async () => {
    const [region, network] = [await documentOf(large), await documentOf([...large, "--risk", "network"])];
    expect(region.networkRisk).toBeGreaterThan(1e-5);
    expect(network.networkRisk).toBeLessThan(1e-10);
    expect(network.alpha).toBeLessThan(1e-15);
    expect(network.averageK).toBeGreaterThan(region.averageK);
  });

  it("takes the paper's alpha unless told otherwise", async () => {
    expect(await documentOf(["draw", "table", "--nodes", "10000", "--colluding", "100"])).toMatchObject({
      alpha: 1e-6,
    });
  });

  const misunderstood: [string[], RegExp][] = [
    [["--colluding", "1"], /--nodes[\s\S]*hedgerow draw table --help/],
    [["--nodes", "10"], /--colluding/],
    [["--nodes", "1e9", "--colluding", "1"], /whole number from 2 to 10000000000/],
    [["--nodes", "1", "--colluding", "1"], /whole number from 2/],
    [["--nodes", "10", "--colluding", "0"], /whole number from 1/],
    [["--nodes", "10", "--colluding", "1", "--alpha", "0"], /probability from 1e-30 to 0.1/],
    [["--nodes", "10", "--colluding", "1", "--alpha", "1"], /probability/],
    [["--nodes", "10", "--colluding", "1", "--alpha", "rare"], /probability/],
    [["--nodes", "10", "--colluding", "1", "--alpha", ""], /probability/],
    [["--nodes", "10", "--colluding", "1", "--risk", "mine"], /region, network/],
  ];
  for (const [args, next] of misunderstood) {
    it(`${args.join(" ")} → 2, with what is allowed`, async () => {
      const { exitCode, out, err } = await capture(["draw", "table", ...args]);
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
      expect(err).toMatch(next);
    });
  }

  it("refuses numbers that fit no network, with a code for programs", async () => {
    const { exitCode, out } = await capture(["draw", "table", "--nodes", "10", "--colluding", "10", "--json"]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: "draw-parameters",
      detail: expect.stringMatching(/^colluding/),
    });
    const endless = await capture(["draw", "table", "--nodes", "1000000000", "--colluding", "900000000", "--json"]);
    expect(endless.exitCode).toBe(1);
    expect(JSON.parse(endless.out)).toMatchObject({ ok: false, code: "draw-table-too-long" });
  });
});

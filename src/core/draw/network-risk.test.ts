// The α that an authority writes for a target of the whole network holds whatever N turns out to be; and the risks that are
// printed count every number of witnesses that a verifier takes, and every draw.
import { describe, expect, it } from "vitest";
import { kTable, largestRegion } from "./k-table.ts";
import { limits } from "./limits.ts";
import { alphaForNetworkRisk, dailyRisk, drawRisk, networkRisk } from "./network-risk.ts";
import { atLeast } from "./tails.ts";

it.each([
  [1, 1e-6],
  [2, 1e-3],
  [20, 1e-4],
  [500, 1e-6],
  [100_000, 1e-10],
])("with %d colluding nodes the network's risk stays below %d", (colluding, target) => {
  const alpha = alphaForNetworkRisk({ colluding, target });
  if (!alpha.ok) throw new Error(alpha.detail);
  expect(networkRisk({ colluding, alpha: alpha.value })).toBeLessThan(target);
});

it("refuses a target that no region could keep, or that is no probability", () => {
  expect(alphaForNetworkRisk({ colluding: 1_000_000, target: 1e-29 })).toMatchObject({ code: "draw-parameters" });
  expect(alphaForNetworkRisk({ colluding: 1, target: 0.5 })).toMatchObject({ code: "draw-parameters" });
});

describe.each([
  { nodes: 10_000_000, colluding: 100_000, alpha: 1e-10 },
  { nodes: 2_000, colluding: 100, alpha: 1e-6 },
])("with $colluding of $nodes colluding, each region below $alpha", ({ nodes, colluding, alpha }) => {
  const each = (count: number) =>
    Array.from({ length: limits.maxWitnesses }, (_, i) =>
      atLeast(i + 1, count, largestRegion(i + 1, colluding, alpha)),
    );
  const sum = (risks: readonly number[]) => risks.reduce((all, risk) => all + risk, 0);

  it("the network's risk counts each k that a verifier takes, not only those of a table", () => {
    const table = kTable({ nodes, colluding, alpha });
    if (!table.ok) throw new Error(table.detail);
    const { length } = table.value.rows;
    expect(length).toBeLessThan(limits.maxWitnesses / 4);
    const risk = networkRisk({ colluding, alpha });
    expect(risk).toBeGreaterThan(1.5 * colluding * sum(each(colluding - 1).slice(0, length)));
    expect(risk).toBeLessThan(colluding * sum(each(colluding - 1)));
  });

  it("each lot of a draw adds as much again, and a day has as many as the rate allows", () => {
    const risk = drawRisk({ colluding, alpha });
    const lots = 1 + limits.maxAttempts;
    expect(risk).toBeLessThan(lots * sum(each(colluding)));
    expect(risk).toBeGreaterThan((lots * sum(each(colluding))) / 4); // one region that is filled is often not the only one
    const perDay = colluding * limits.drawsPerWindow * 144;
    expect(dailyRisk({ colluding, alpha })).toBe(Math.min(1, perDay * risk));
  });
});

it("one node alone has nobody to witness for it, and is drawn to its own place now and then", () => {
  const alone = { colluding: 1, alpha: 1e-6 };
  expect(networkRisk(alone)).toBe(0);
  expect(drawRisk(alone)).toBeCloseTo(9e-6, 12);
  expect(dailyRisk(alone)).toBeCloseTo(0.0156, 4);
});

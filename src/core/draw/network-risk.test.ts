// The α that an authority writes for a target of the whole network: it holds whatever N turns out to be.
import { expect, it } from "vitest";
import { kTable } from "./k-table.ts";
import { limits } from "./limits.ts";
import { alphaForNetworkRisk, networkRisk } from "./network-risk.ts";

it.each([
  [1, 1e-6],
  [2, 1e-3],
  [20, 1e-4],
  [500, 1e-6],
  [100_000, 1e-10],
])("with %d colluding nodes the network's risk stays below %d, however many nodes there are", (colluding, target) => {
  const alpha = alphaForNetworkRisk({ colluding, target });
  if (!alpha.ok) throw new Error(alpha.detail);
  for (const factor of [2, 10, 100, 1_000]) {
    const table = kTable({ nodes: colluding * factor, colluding, alpha: alpha.value });
    if (!table.ok || table.value.rows.length > limits.maxWitnesses) continue; // no list of witnesses is so long
    expect(networkRisk(table.value)).toBeLessThan(target);
  }
});

it("refuses a target that no region could keep, or that is no probability", () => {
  expect(alphaForNetworkRisk({ colluding: 1_000_000, target: 1e-29 })).toMatchObject({ code: "draw-parameters" });
  expect(alphaForNetworkRisk({ colluding: 1, target: 0.5 })).toMatchObject({ code: "draw-parameters" });
});

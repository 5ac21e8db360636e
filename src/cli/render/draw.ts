// The k-table as people read it.
import type { DrawTableView } from "../../sdk/draw.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";

export function drawTableText(view: DrawTableView, style: Style): string {
  const { nodes, colluding, rows } = view;
  const headings = ["K", "REGION", "NODES THERE", "FINDS K", "MISSES", "RISK SO FAR"];
  const lines = rows.map((row) => [
    String(row.k),
    row.rs.toExponential(6),
    row.expected.toPrecision(4),
    found(row.finds, row.miss),
    chance(row.miss),
    chance(row.cumulatedRisk),
  ]);
  const last = rows.at(-1)!.k;
  return `${style.bold(`${nodes.toLocaleString("en-GB")} nodes, ${colluding.toLocaleString("en-GB")} colluding`)}\n${table(headings, lines)}${facts(
    [
      ["risk of a region", `below ${chance(view.alpha)}`],
      [
        "risk of the network",
        `at most ${chance(view.networkRisk)}: some colluding node could be witnessed by colluders only`,
      ],
      ["risk of drawing", drawingRisk(view)],
      ["witnesses", `${view.averageK.toFixed(2)} on average, ${last} at most`],
      ["to verify a roster", `${2 * last} signatures at most`],
    ],
  )}`;
}

/** Where lots fall is fresh each time, so this risk grows with each draw. */
export function drawingRisk(risk: Pick<DrawTableView, "drawRisk" | "dailyRisk">): string {
  return `at most ${chance(risk.drawRisk)} with each draw; ${chance(risk.dailyRisk)} a day, if colluding nodes draw all they may`;
}

export function chance(probability: number): string {
  return probability === 0 || probability === 1 ? String(probability) : probability.toExponential(2);
}

/** So many digits that what is missing to certainty shows. */
function found(finds: number, miss: number): string {
  if (miss >= 0.01) return `${(100 * finds).toFixed(1)} %`;
  if (miss < 1e-13) return "100 %";
  return `${(100 * finds).toFixed(Math.ceil(-Math.log10(miss)) - 1)} %`;
}

// The draw's mathematics for commands and programs; no node is needed.
import { degreesOf, type KTableRow, kTable, networkRisk, tableForNetworkRisk } from "../core/draw/index.ts";
import { valueOrThrow } from "./refused.ts";

export { drawLimits } from "../core/draw/index.ts";

export interface DrawTableOrder {
  readonly nodes: number;
  readonly colluding: number;
  readonly alpha: number;
  /** Whose probability `alpha` is: one region's, as in the paper, or the whole network's. */
  readonly risk: "region" | "network";
}

export interface DrawTableView {
  readonly nodes: number;
  readonly colluding: number;
  readonly risk: "region" | "network";
  /** Per region, whatever was asked for. */
  readonly alpha: number;
  /** At most so probable: the attacker owns a trigger that could fill its witnesses with her own nodes, in any row. */
  readonly networkRisk: number;
  /** The k that nodes use on average, each the smallest that its neighbourhood offers; without a table, all use the last. */
  readonly averageK: number;
  readonly rows: readonly KTableRow[];
}

export function drawTable({ nodes, colluding, alpha, risk }: DrawTableOrder): DrawTableView {
  const table = valueOrThrow(
    risk === "network" ? tableForNetworkRisk({ nodes, colluding, target: alpha }) : kTable({ nodes, colluding, alpha }),
  );
  return {
    nodes,
    colluding,
    risk,
    alpha: table.alpha,
    networkRisk: networkRisk(table),
    averageK: degreesOf(table).average,
    rows: table.rows,
  };
}

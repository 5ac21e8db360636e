// What a node draws with, as people read it.
import type { DrawStateView, EstimateView } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { counted, duration, listOf, shortNode } from "../words.ts";
import { chance, drawingRisk } from "./draw.ts";

/** "2,010 nodes ± 7 % (1,880 to 2,150; from 1,005 in 1/2 of the space)" */
export function estimateText({ nodes, low, high, error, confidence, cached, share }: EstimateView): string {
  const number = (value: number) => value.toLocaleString("en-GB");
  if (error === 0) return `${number(nodes)} nodes, counted: the cache holds all of them`;
  const percent = `${(100 * error).toPrecision(2)} %`;
  const block = `1/${Math.round(1 / share)} of the space`;
  return `${number(nodes)} nodes ± ${percent} (${number(low)} to ${number(high)} with ${100 * confidence} %; from ${number(cached)} in ${block})`;
}

export function drawStatusText(state: DrawStateView, style: Style, nowMs: number): string {
  const { estimate, cache, rows, reports } = state;
  const lines = rows.map(({ k, rs, expected }) => [String(k), rs.toExponential(3), expected.toPrecision(3)]);
  const attested =
    cache.joinedMs === null
      ? "not yet"
      : `${duration(nowMs - cache.joinedMs)} ago, by the witnesses of ${listOf(cache.from.map(({ node, name }) => name ?? shortNode(node)))}`;
  const told = cache.vouched === 0 ? "" : `; ${counted(cache.vouched, "node")} known from there only`;
  const fixed = facts([
    ["nodes", estimateText(estimate)],
    [
      "assumed",
      `at most ${counted(state.colluding, "colluding node")}; they fill a region with less than ${state.alpha}`,
    ],
    ["risk of the network", `at most ${chance(state.networkRisk)}`],
    ["risk of drawing", drawingRisk(state)],
    ["cache", `${counted(estimate.cached, "node")}; a region for candidates shall hold ${cache.size}`],
    ["attested", `${attested}${told}`],
  ]);
  return `${fixed}${table(["WITNESSES", "REGION", "NODES THERE"], lines)}${reportsText(reports, style, nowMs)}`;
}

function reportsText(reports: DrawStateView["reports"], style: Style, nowMs: number): string {
  if (reports.length === 0) return "Nobody is known to have lied or failed in a draw.\n";
  const rows = reports.map(({ node, name, proven, seen }) => [
    style.bold(name ?? "-"),
    style.dim(shortNode(node)),
    proven === null ? style.doubtful("seen here") : style.bad("proven"),
    proven?.says ??
      `${seen?.code}, ${counted(seen?.times ?? 0, "time")}, ${duration(nowMs - (seen?.lastMs ?? nowMs))} ago`,
  ]);
  return table(["NODE", "ID", "LIE", "WHAT"], rows);
}

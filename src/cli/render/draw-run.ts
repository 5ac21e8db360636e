// A draw as people read it: where everybody is, what was checked, and what it cost.
import type { RosterView } from "../../sdk/draw.ts";
import { type DrawView, ringLines } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { counted, milliseconds, shortNode } from "../words.ts";
import { estimateText } from "./draw-status.ts";

export function drawText(view: DrawView, style: Style): string {
  const { regions } = view;
  const who = new Map<string, { name: string; at: number; parts: string[] }>();
  const take = (part: string, nodes: readonly DrawView["trigger"][]) => {
    for (const { node, name, at } of nodes) {
      const known = who.get(node) ?? { name: name ?? shortNode(node), at, parts: [] };
      known.parts.push(part);
      who.set(node, known);
    }
  };
  take("trigger", [view.trigger]);
  take("beacon witness", view.beaconWitnesses);
  take("lot witness", view.rosterWitnesses);
  take("drawn", view.actors);
  const rows = [...who.entries()]
    .sort(([, a], [, b]) => a.at - b.at)
    .map(([node, { name, at, parts }]) => [style.bold(name), style.dim(shortNode(node)), place(at), parts.join(", ")]);
  const checks = view.checks.map(
    ({ what, holds, operations, detail }) =>
      `  ${holds ? style.good("holds") : style.bad("fails")}  ${what} (${operations} operations)${detail === "" ? "" : `: ${detail}`}\n`,
  );
  return `${style.bold(`${counted(view.actors.length, "processor")} drawn`)} among ${counted(view.nodes, "node")} in ${milliseconds(view.tookMs)}

${line(view)}
${table(["NODE", "ID", "PLACE", "PART"], rows)}${facts([
  [
    "R1",
    `${share(regions.r1.size)} round the trigger, ${counted(regions.r1.nodes, "node")}; ${view.beaconWitnesses.length} made the beacon and sealed the roster`,
  ],
  [
    "R2",
    `${share(regions.r2.size)} round the lot, ${counted(regions.r2.nodes, "node")}; ${view.rosterWitnesses.length} signed what was drawn`,
  ],
  ["R3", `${share(regions.r3.size)} round the lot, ${counted(regions.r3.nodes, "candidate")}`],
  ["nodes", estimateText(view.estimate)],
  ["assumed", `at most ${counted(view.colluding, "colluding node")}; they fill a region with less than ${view.alpha}`],
  ["cost", cost(view)],
])}
${checks.join("")}`;
}

/** What nobody can count is not said to be counted. */
function cost({ messages, operations, restarts, attempt }: DrawView): string {
  const byRule = `by rule, ${messages} messages and ${operations} asymmetric operations of all nodes together`;
  if (restarts + attempt === 0) return byRule;
  return `${byRule}; not in it: ${counted(restarts, "restart")}, ${counted(attempt, "lot")} in regions too sparse`;
}

function line(view: DrawView): string {
  const places = (nodes: readonly { readonly at: number }[]) => nodes.map(({ at }) => at);
  const [ring, lot] = ringLines({
    trigger: view.trigger.at,
    lot: view.lot,
    beaconWitnesses: places(view.beaconWitnesses),
    rosterWitnesses: places(view.rosterWitnesses),
    processors: places(view.actors),
  });
  return `  ${ring}\n  ${lot}\n`;
}

export function rosterText(view: RosterView, style: Style): string {
  const { actors, witnesses, operations, colluding, alpha } = view;
  return `${style.good("The roster verifies")}, with ${operations} asymmetric operations.\n${facts([
    ["network", view.network],
    ["drawn", new Date(view.drawnAtMs).toISOString()],
    ["trigger", view.trigger],
    ["purpose", view.purpose],
    ...actors.map((node, i): [string, string] => [i === 0 ? "processors" : "", node]),
    ...witnesses.map((node, i): [string, string] => [i === 0 ? "witnesses" : "", node]),
  ])}
It proves: unless more than ${counted(colluding, "node")} of the network collude, or something rarer than ${alpha} happened,
at least one of its ${witnesses.length} witnesses is honest, so nobody chose these processors. That the trigger is a node of the network
it does not prove: nodes know its certificate, and refuse who has none.
It does not prove that they are honest, nor that the roster has not been used before: who uses it checks purpose and time.
`;
}

function place(at: number): string {
  return at.toFixed(4);
}

function share(size: number): string {
  return size >= 0.01 ? `${(100 * size).toPrecision(3)} % of the space` : `${size.toExponential(2)} of the space`;
}

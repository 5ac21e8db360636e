// What a simulated evaluation found, as people read it.
import type { DrawReport } from "../../sim/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { milliseconds } from "../words.ts";

const whole = (count: number) => count.toLocaleString("en-GB");
const decimal = (value: number, digits = 2) =>
  value >= 10_000 ? whole(Math.round(value)) : Number(value.toFixed(digits)).toString();

export function drawReportText(report: DrawReport, style: Style, tookMs: number): string {
  const { effectiveness, corruptedActors, k, relocation, maintenance } = report;
  const title = `${report.strategy}: ${whole(report.nodes)} nodes, ${whole(report.colluding)} colluding, ${whole(report.setters)} draws of ${report.actors} actors`;
  const verdict = `${effectiveness.value.toPrecision(3)} (95 %: ${effectiveness.low.toPrecision(3)} to ${effectiveness.high.toPrecision(3)})`;
  const asIdeal = effectiveness.low <= 1.01 && effectiveness.high >= 0.99;
  const costs = table(
    ["", "OPERATIONS", "AT MOST", "MESSAGES", "AT MOST"],
    (["latency", "work"] as const).map((name) => {
      const { crypto, messages } = report[name];
      return [
        name === "latency" ? "one after the other" : "all together",
        decimal(crypto.average, 1),
        decimal(crypto.max, 0),
        decimal(messages.average, 1),
        decimal(messages.max, 0),
      ];
    }),
  );
  return `${style.bold(title)}\n${facts([
    ["effectiveness", asIdeal ? style.good(verdict) : style.bad(verdict)],
    [
      "actors of the attacker",
      `${decimal(corruptedActors.average, 3)} of ${report.actors} on average, ${corruptedActors.max} at most; by chance ${decimal(corruptedActors.ideal, 3)}`,
    ],
    ["draws all its own", `${whole(report.captured)} of ${whole(report.setters)}`],
    ["triggers all its own", `${whole(report.triggersAtRisk)} of ${whole(report.colluding)}`],
    ["to verify", `${decimal(report.verification.average)} operations, ${decimal(report.verification.max)} at most`],
    ...(k.average > 0 ? [["witnesses", `${decimal(k.average)} on average, ${k.max} at most`] as const] : []),
    ["moved for want of nodes", `${decimal(100 * relocation.probability, 3)} % of draws${gaveUp(relocation.gaveUp)}`],
    ["hops of a look-up", `${decimal(report.hops.average, 1)} on ${report.overlay}, ${report.hops.max} at most`],
    [
      "upkeep at an MTBF of a day",
      `${decimal(maintenance.perMinuteAtOneDay.crypto)} operations and ${decimal(maintenance.perMinuteAtOneDay.messages)} messages per node and minute`,
    ],
  ])}${costs}${style.dim(`  seed ${report.seed}, took ${milliseconds(tookMs)}`)}\n`;
}

function gaveUp(count: number): string {
  return count === 0 ? "" : `, ${whole(count)} of them in vain`;
}

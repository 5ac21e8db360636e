// An answer about people as text: the values with their intervals, who took part, what it cost, and what is missing.
import type { PeopleAnswer, PeopleValue } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";

type Column = PeopleAnswer["columns"][number];

/** `empty`: what is said where there are no rows. */
export function answerText(
  answer: PeopleAnswer,
  style: Style,
  empty = "  no group has enough people to be shown\n",
): string {
  const { columns, rows, participation, missing, cost } = answer;
  const headings = columns.map(({ name, unit }) =>
    unit === null ? name.toUpperCase() : `${name.toUpperCase()} (${unit})`,
  );
  const shown = rows.map((row) => row.map((value, index) => valueText(value, columns[index]!, style)));
  const counts = (["contributed", "policy", "grant", "budget", "failed", "silent"] as const).map(
    (outcome) => `${outcomeWords[outcome]} ${peopleText(participation[outcome])}`,
  );
  return [
    rows.length === 0 ? empty : table(headings, shown),
    "\n",
    facts([
      ["people asked", `${peopleText(participation.asked)}: ${counts.join(", ")}`],
      ["counts", "with noise, 95 % intervals, as everything here"],
      ["noise", noiseWords[answer.noise]],
      ["cost", `ε = ${figure(cost.epsilon)}, δ = ${cost.delta} to each who contributed (ρ = ${figure(cost.rho)})`],
    ]),
    ...missing.map(
      (gatherer) =>
        `  ${style.bad("partial:")} gatherer ${gatherer + 1} gave nothing, so who sent to it is not in the answer\n`,
    ),
  ].join("");
}

const outcomeWords: Readonly<Record<string, string>> = {
  contributed: "contributed",
  policy: "refused by their rules",
  grant: "not granted",
  budget: "budget spent",
  failed: "failed",
  silent: "silent",
};

const noiseWords = {
  split: "in shares by the gatherers: no processor knew the value without it",
  one: "by one processor, which knew the values without it",
} as const;

function valueText(value: PeopleValue, column: Column, style: Style): string {
  if (value.list !== undefined) return value.list.map((item) => itemWords(item, column)).join("; ");
  const { interval } = value;
  const text = scalarText(value.value, column);
  if (interval === undefined) return text;
  return `${style.bold(text)} ${style.dim(`[${scalarText(interval.low, column)}, ${scalarText(interval.high, column)}]`)}`;
}

function itemWords(item: NonNullable<PeopleValue["list"]>[number], column: Column): string {
  const text = scalarText(item.value, column);
  return item.people === undefined ? text : `${text} (${peopleText(item.people)})`;
}

export function peopleText({ value, interval }: PeopleAnswer["participation"]["asked"]): string {
  const count = figure(Number(value));
  return interval === undefined ? count : `${count} [${figure(interval.low)}, ${figure(interval.high)}]`;
}

/** As a person reads it: dates and times in full, numbers with four digits that mean something. */
export function scalarText(value: PeopleValue["value"], { type }: Column): string {
  if (value === null) return "null";
  if (type === "date") return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
  if (type === "timestamp") return new Date(Number(value) / 1_000).toISOString();
  return typeof value === "number" ? figure(value) : value;
}

function figure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

// An answer about people as text: the values with their noise and intervals, who took part, what it cost, and what is missing.
import type { PeopleAnswer, PeopleValue } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { counted, day, listOf } from "../words.ts";
import { figure } from "./figure.ts";

type Column = PeopleAnswer["columns"][number];
type Item = NonNullable<PeopleValue["list"]>[number];

/** More groups than a person reads at once; a file has all. */
const shownRows = 200;

const noneCommon = "no value was common enough to be shown (threshold)";
const noGroups = "  no group has enough people to be shown\n";

/** `empty`: what is said where there are no rows. */
export function answerText(answer: PeopleAnswer, style: Style, empty = noGroups, nowMs = Date.now()): string {
  const { columns, rows, participation, missing, cost } = answer;
  const left = answer.rows.length - shownRows;
  return [
    answer.rows.length === 1 ? oneText(answer, style) : answer.rows.length === 0 ? empty : groupsText(answer, style),
    left > 0 ? `  and ${counted(left, "more group")}: hedgerow query result --format csv\n` : "",
    hiddenText(answer),
    "\n",
    facts([
      ["noise", `${noiseWords[answer.noise]}; the intervals are of 95 %, counts of people too`],
      ["people asked", peopleText(participation.asked)],
      ["contributed", peopleText(participation.contributed)],
      ["refused", listOf(refusals.map(([outcome, words]) => `${words} ${peopleText(participation[outcome])}`))],
      ["silent", peopleText(participation.silent)],
      ...renewal(answer, nowMs),
      ["cost", `ε = ${figure(cost.epsilon)}, δ = ${cost.delta} to each who contributed (ρ = ${figure(cost.rho)})`],
    ]),
    ofNobody(answer),
    ...columns.flatMap((column, at) => (rows.length === 1 ? vague(column, rows[0]![at]!) : [])),
    ...missing.map(
      (gatherer) =>
        `  ${style.bad("partial:")} gatherer ${gatherer + 1} gave nothing, so who sent to it is not in the answer\n`,
    ),
    manySilent(answer) ? `  ${style.bad("partial:")} more than one in ten of those asked never answered\n` : "",
  ].join("");
}

/** What is not there cannot be seen: whoever sums up the rows, or misses one, has to know. */
function hiddenText({ threshold }: PeopleAnswer): string {
  if (threshold === undefined) return "";
  return `  groups with fewer than ${Math.ceil(threshold)} people, by a noised count, are not shown\n`;
}

/** Beyond what the noise explains: with fewer people nobody can tell, and the intervals say so. */
export function manySilent({ participation: { asked, silent } }: PeopleAnswer): boolean {
  const least = silent.interval?.low ?? Number(silent.value);
  const most = asked.interval?.high ?? Number(asked.value);
  return least > 0 && least > silentShare * most;
}

/** A few are always away. */
const silentShare = 0.1;

/** Nobody's own period is told: it would say something of who she is. Periods of one length end together. */
function renewal({ participation: { budget } }: PeopleAnswer, nowMs: number): [string, string][] {
  if ((budget.interval?.low ?? Number(budget.value)) <= 0) return [];
  const ends = day((Math.floor(nowMs / usualPeriodMs) + 1) * usualPeriodMs);
  return [["budgets renew", `on ${ends} where an owner keeps to 30 days, as rules do that say nothing else`]];
}

const usualPeriodMs = 30 * 86_400_000;

const narrower = "More people or a larger epsilon narrow it: hedgerow query plan FILE --people N --error E";

function vague(column: Column, value: PeopleValue): string[] {
  const { range, name } = column;
  if (range === undefined)
    return isMostlyNoise(value) ? [`  ${name} says little: its interval is as wide as itself. ${narrower}\n`] : [];
  const isWide = ({ interval }: Item) =>
    interval !== undefined && 2 * (interval.high - interval.low) >= range.high - range.low;
  const names =
    value.list === undefined
      ? [name].filter(() => isWide(value))
      : value.list.flatMap((item, place) => (isWide(item) ? [itemName(column, item, place)] : []));
  if (names.length === 0) return [];
  const many = names.length > 1;
  const what = `${many ? "say little: their intervals are" : "says little: its interval is"} half of ${figure(range.low)} to ${figure(range.high)} or more`;
  return [`  ${listOf(names)} ${what}. ${narrower}\n`];
}

/** Half of it or more may be noise: 0 is then as good an answer, and somebody would take it for one. */
function isMostlyNoise({ value, interval }: PeopleValue): boolean {
  return typeof value === "number" && interval !== undefined && interval.high - interval.low >= Math.abs(value);
}

/** Noise makes numbers of nobody, too. */
function ofNobody({ rows, participation: { contributed } }: PeopleAnswer): string {
  if (rows.length === 0 || (contributed.interval?.low ?? Number(contributed.value)) > 0) return "";
  return "  all of it says little: it may be that nobody contributed, and then these numbers are noise alone\n";
}

const refusals = [
  ["policy", "by their rules"],
  ["grant", "not granted"],
  ["budget", "budget spent"],
  ["failed", "failed"],
] as const;

const noiseWords = {
  split: "in shares by the gatherers: no processor knew the value without it",
  one: "by one processor, which knew the values without it",
} as const;

/** One group: a line for each number. */
function oneText({ columns, rows }: PeopleAnswer, style: Style): string {
  const lines = columns.flatMap((column, at): string[][] => {
    const value = rows[0]![at]!;
    if (value.list === undefined) return [lineOf(column.name, value, column, style)];
    if (value.list.length === 0) return [[column.name, noneCommon, "", "", ""]];
    return value.list.map((item, i) => lineOf(itemName(column, item, i), item, column, style));
  });
  return table(["OUTPUT", "VALUE", "IN", "NOISE (σ)", "95 % INTERVAL"], lines);
}

/** What it is of: a bin, a quantile, a place in the list. */
export function itemName({ name }: Column, item: Item, place: number): string {
  return `${name} ${labelOf(item) ?? place + 1}`;
}

function labelOf({ bin, fraction }: Item): string | null {
  if (bin !== undefined) return `${figure(bin.from)} to ${figure(bin.to)}`;
  return fraction === undefined ? null : String(fraction);
}

function lineOf(name: string, item: Item, column: Column, style: Style): string[] {
  const text = style.bold(scalarText(item.value, column));
  // Of a value that was counted, the noise is in the count.
  const { people } = item;
  const shown = people === undefined ? text : `${text}: ${figure(Number(people.value))} people`;
  const { noise, interval } = people ?? item;
  const unit = column.unit ?? "";
  const ends = people === undefined ? column : { ...column, type: "int64" as const };
  return [name, shown, unit, noise === undefined ? "" : figure(noise), intervalText(interval, ends)];
}

function groupsText({ columns, rows }: PeopleAnswer, style: Style): string {
  const headings = columns.map(({ name, unit }) =>
    unit === null ? name.toUpperCase() : `${name.toUpperCase()} (${unit})`,
  );
  const shown = rows
    .slice(0, shownRows)
    .map((row) => row.map((value, index) => valueText(value, columns[index]!, style)));
  return table(headings, shown);
}

function valueText(value: PeopleValue, column: Column, style: Style): string {
  if (value.list?.length === 0) return noneCommon;
  if (value.list !== undefined) return value.list.map((item) => itemText(item, column)).join("; ");
  const text = scalarText(value.value, column);
  if (value.interval === undefined) return text;
  const noise = value.noise === undefined ? "" : `σ ${figure(value.noise)} `;
  return `${style.bold(text)} ${style.dim(`${noise}${intervalText(value.interval, column)}`)}`;
}

function itemText(item: Item, column: Column): string {
  const text = scalarText(item.value, column);
  if (item.people !== undefined) return `${text} (${peopleText(item.people)})`;
  const label = labelOf(item);
  return label === null ? text : `${label}: ${text}`;
}

function intervalText(interval: PeopleValue["interval"], column: Column): string {
  return interval === undefined ? "" : `[${scalarText(interval.low, column)}, ${scalarText(interval.high, column)}]`;
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

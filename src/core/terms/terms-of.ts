// Terms: a question's (ε, δ) divided among what it releases, and the noise that follows. All that decides is the question and its
// settings, so everybody who is asked comes to the same terms.
//
//   δ   half for thresholds where there are any, in equal parts; the rest for the conversion to ρ
//   ρ   a twentieth for who took part, the rest in equal parts for each aggregate and for the selection of groups
import { accept, type Result, refuse } from "../base/index.ts";
import type { Aggregate, AskSettings, Question, ValueType } from "../model/index.ts";
import {
  compose,
  defaultNoiseCells,
  isZero,
  type NoiseCells,
  oneNoiseCell,
  parseDecimal,
  planGroups,
  planMeasure,
  type Ratio,
  ratio,
  rhoFor,
  times,
} from "../privacy/index.ts";
import { needsOneNoiseCell } from "./compile.ts";
import type { Terms } from "./contract.ts";
import { keyColumn, keyText, listedValue } from "./keys.ts";
import type { AggregatePart, Layout } from "./layout.ts";
import { limits } from "./limits.ts";
import { planAggregate } from "./plan-aggregate.ts";
import { rowsBounds } from "./sensitivities.ts";

const participationPart = ratio(1, 20);

export function termsOf(question: Question, settings: AskSettings): Result<Terms> {
  const cells = noiseCellsFor(question, settings);
  if (!cells.ok) return cells;
  const budget = divide(question);
  if (!budget.ok) return budget;
  const fits = checkColumns(question);
  if (!fits.ok) return fits;
  const { rho, forEach, deltaEach } = budget.value;
  const participation = planMeasure("owners", rowsBounds(1, 1), times(rho, participationPart), cells.value);
  if (!participation.ok) return participation;
  const { maxRowsContributed: rows } = question.privacy;
  const groups = groupsOf(question, forEach, deltaEach);
  if (!groups.ok) return groups;
  const groupsPerOwner = reachedBy(question);
  const keys = question.groups.keys.map(({ column, type }) => keyColumn(column, type));
  const keyBytes = groups.value.at === "listed" ? 2 : keys.reduce((sum, key) => sum + key.bytes, 0);
  const each = {
    groupsPerOwner,
    rows,
    people: settings.maximumPeople,
    rho: forEach,
    delta: deltaEach,
    cells: cells.value,
  };
  const room = roomFor(question, groups.value, keyBytes, groupsPerOwner, settings);
  if (!room.ok) return room;
  const aggregates: AggregatePart[] = [];
  let from = 0;
  for (const [index, aggregate] of question.aggregates.entries()) {
    const planned = planAggregate(aggregate, typeOf(question, aggregate), { ...each, from, treeCells: room.value });
    if (!planned.ok) return { ...planned, blame: `aggregate ${index + 1}` };
    aggregates.push(planned.value);
    from += planned.value.cells;
  }
  const entryBytes = 1 + keyBytes + aggregates.reduce((sum, { bytes }) => sum + bytes, 0);
  const layout: Layout = {
    ...{
      keys,
      groups: groups.value,
      groupsPerOwner,
      rowsPerGroup: rows,
      keyBytes,
      entryBytes,
      cells: from,
      aggregates,
    },
    participation: participation.value,
    noiseCells: cells.value,
  };
  return sized({
    ...{ question, settings, layout, contributionBytes: 2 + groupsPerOwner * entryBytes },
    cost: compose(
      participation.value.cost,
      ...(groups.value.at === "found" ? [groups.value.plan.cost] : []),
      ...aggregates.map(({ plan }) => plan.cost),
    ),
    partsNeeded: settings.noise === "split" ? participation.value.noise.sharesNeeded : 1,
  });
}

function noiseCellsFor(question: Question, { noise, gatherers }: AskSettings): Result<NoiseCells> {
  if (noise === "one") return accept(oneNoiseCell);
  if (needsOneNoiseCell(question)) return refuse("terms-noise-place");
  if (gatherers === 1) return refuse("terms-gatherers");
  // Of two, one may be curious: the other's share has to be enough.
  return accept(gatherers === 2 ? { cells: 2, colluding: 1, vanishing: 0 } : defaultNoiseCells(gatherers));
}

interface Divided {
  readonly rho: Ratio;
  readonly forEach: Ratio;
  readonly deltaEach: Ratio;
}

function divide({ privacy, groups, aggregates }: Question): Result<Divided> {
  const epsilon = parseDecimal(privacy.epsilon);
  if (!epsilon.ok) return epsilon;
  const delta = parseDecimal(privacy.delta);
  if (!delta.ok) return delta;
  if (isZero(delta.value)) return refuse("terms-delta");
  const selection = groups.selection.at === "threshold" ? 1 : 0;
  const found = aggregates.filter((one) => one.function === "top_k" && one.candidates === null).length;
  const thresholds = selection + found;
  const half = times(delta.value, ratio(1, 2));
  const rho = rhoFor(epsilon.value, thresholds === 0 ? delta.value : half);
  if (!rho.ok) return rho;
  const rest = times(
    rho.value,
    ratio(participationPart.denominator - participationPart.numerator, participationPart.denominator),
  );
  return accept({
    rho: rho.value,
    forEach: times(rest, ratio(1, aggregates.length + selection)),
    deltaEach: times(half, ratio(1, Math.max(1, thresholds))),
  });
}

/** Every column that is spoken of is there, and of a type that this can be done with. */
function checkColumns({ local, groups, aggregates, outputs, order }: Question): Result<void> {
  const types = local.columns.map(({ type }) => type);
  const unfit = (detail: string) => refuse("terms-unfit", { detail });
  if ((groups.selection.at === "single") !== (groups.keys.length === 0)) return unfit("groups without keys");
  for (const { column, type } of groups.keys) {
    if (types[column] !== type || type === "float64") return unfit("a key that is no text, whole number or time");
  }
  for (const { function: name, column } of aggregates) {
    if (column === null) {
      if (name !== "count") return unfit(`${name} of nothing`);
      continue;
    }
    const type = types[column];
    const fits = name === "count" ? type !== undefined : name === "top_k" ? type !== "float64" : isNumber(type);
    if (type === undefined || !fits) return unfit(`${name} of a ${type ?? "column that is not there"}`);
  }
  for (const { of } of outputs) {
    const there = "key" in of ? groups.keys[of.key] : aggregates[of.aggregate];
    if (there === undefined) return unfit("an output of nothing");
  }
  return order.every(({ output }) => output < outputs.length) ? accept(undefined) : unfit("an order by nothing");
}

function isNumber(type: ValueType | undefined): boolean {
  return type === "int64" || type === "float64";
}

function typeOf({ local }: Question, { column }: Aggregate): ValueType {
  return column === null ? "int64" : local.columns[column]!.type;
}

function reachedBy({ groups, privacy }: Question): number {
  const { selection } = groups;
  if (selection.at === "single") return 1;
  return selection.at === "public"
    ? Math.min(privacy.maxGroupsContributed, selection.rows.length)
    : privacy.maxGroupsContributed;
}

function groupsOf(question: Question, rho: Ratio, delta: Ratio): Result<Layout["groups"]> {
  const { keys, selection } = question.groups;
  if (selection.at === "threshold") {
    const plan = planGroups(rowsBounds(reachedBy(question), 1), rho, delta);
    return plan.ok ? accept({ at: "found", plan: plan.value }) : plan;
  }
  const rows = selection.at === "single" ? [[]] : selection.rows;
  const fit = rows.every((row) => row.length === keys.length && row.every(({ type }, key) => type === keys[key]!.type));
  if (!fit) return refuse("terms-unfit", { detail: "a listed group without all keys" });
  const places = new Map(rows.map((row, place) => [keyText(row.map(listedValue)), place]));
  return places.size === rows.length
    ? accept({ at: "listed", rows, places })
    : refuse("terms-unfit", { detail: "a group that is listed twice" });
}

/** Cells of one group that are left for each tree behind quantiles. */
function roomFor(
  question: Question,
  groups: Layout["groups"],
  keyBytes: number,
  groupsPerOwner: number,
  { maximumPeople }: AskSettings,
): Result<number> {
  const rows = question.privacy.maxRowsContributed;
  let [fixed, named, trees] = [0, 0, 0];
  for (const aggregate of question.aggregates) {
    if (aggregate.function === "quantiles") trees++;
    else if (aggregate.function === "histogram") fixed += aggregate.bins;
    else if (aggregate.function === "top_k" && aggregate.candidates === null) {
      named += 4 + rows * (keyColumn(0, typeOf(question, aggregate)).bytes + 8);
    } else
      fixed += aggregate.function === "top_k" ? aggregate.candidates!.length : aggregate.function === "avg" ? 2 : 1;
  }
  const found = groups.at === "found";
  const possible = found ? maximumPeople * groupsPerOwner : groups.rows.length;
  // Values that nobody listed are as many as people name, however few the groups are.
  const namedBytes = found ? named : Math.ceil((maximumPeople * groupsPerOwner * named) / groups.rows.length);
  const bytes = limits.maxPartBytes / possible - namedBytes - (found ? keyBytes + 8 : 0);
  const room = Math.floor(found ? bytes / 8 : Math.min(bytes / 8, limits.maxCells / possible)) - fixed;
  if (room < 0) return refuse("terms-too-large", { detail: `${possible} groups of ${fixed} numbers` });
  return accept(trees === 0 ? 0 : Math.floor(room / trees));
}

function sized(terms: Terms): Result<Terms> {
  const { contributionBytes, question } = terms;
  if (contributionBytes > limits.maxContributionBytes) {
    const detail = `${contributionBytes} bytes of each person, at most ${limits.maxContributionBytes}`;
    return refuse("terms-too-large", { detail });
  }
  const each = question.outputs.reduce((sum, { of }) => {
    return sum + ("key" in of ? 1 : listLength(question.aggregates[of.aggregate]!));
  }, 0);
  const rows = Math.min(question.limit ?? Number.POSITIVE_INFINITY, rowsOf(terms));
  if (rows * each <= limits.maxAnswerNumbers) return accept(terms);
  return refuse("terms-too-large", {
    detail: `an answer of ${rows * each} numbers, at most ${limits.maxAnswerNumbers}`,
  });
}

function listLength(aggregate: Aggregate): number {
  if (aggregate.function === "histogram") return aggregate.bins;
  if (aggregate.function === "quantiles") return aggregate.fractions.length;
  return aggregate.function === "top_k" ? aggregate.k : 1;
}

/** Of groups that nobody listed about as many as could have enough people; noise lets some more pass. */
function rowsOf({ layout: { groups, groupsPerOwner }, settings }: Terms): number {
  if (groups.at === "listed") return groups.rows.length;
  return Math.floor((settings.maximumPeople * groupsPerOwner) / Math.max(1, groups.plan.threshold));
}

// A query's state as text.
import type { TriedItem } from "../../sdk/dataflow-dry-run.ts";
import type { OutcomeView, QueryPhase, QuerySummary, QueryView, ResultItem } from "../../sdk/index.ts";
import type { Style } from "../style.ts";
import { facts, table } from "../table.ts";
import { clockTime, counted, day, listOf, milliseconds, rate, reasonText, shortQuery } from "../words.ts";
import { answerText } from "./answer.ts";
import { skippedText } from "./plan.ts";

export function phaseText(phase: QueryPhase, outcome: OutcomeView["outcome"] | null, style: Style): string {
  if (phase === "settled") {
    const word = outcome ?? "settled";
    return word === "completed" || word === "stopped" ? style.good(word) : style.bad(word);
  }
  if (phase === "running") return style.good(phase);
  return phase === "degraded" ? style.doubtful(phase) : phase;
}

export function namesIn(view: Pick<QueryView, "vertices">): Map<string, string> {
  return new Map(view.vertices.map(({ node, nodeName }) => [node as string, nodeName]));
}

export function listText(queries: readonly QuerySummary[], style: Style): string {
  if (queries.length === 0) return "No queries yet. Run one: hedgerow query run FILE\n";
  const rows = queries.map((query) => [
    shortQuery(query.id),
    query.name,
    phaseText(query.phase, query.outcome, style),
    query.part,
    `${query.vertices} on ${counted(query.nodes, "node")}`,
    query.setupMs === null ? "-" : milliseconds(query.setupMs),
    `${day(query.startedAtMs)} ${clockTime(query.startedAtMs).slice(0, 8)}`,
  ]);
  return table(["ID", "NAME", "PHASE", "OUR PART", "OPERATORS", "SET-UP", "STARTED (UTC)"], rows, "");
}

/** Nothing that a node had accepted is missing. */
export function isWhole({ undelivered, losses, reasons }: OutcomeView): boolean {
  return undelivered === 0 && losses.length === 0 && reasons.every(({ code }) => code !== "batches-lost");
}

function deliveryText(outcome: OutcomeView, style: Style): string {
  if (isWhole(outcome)) return "every accepted batch was delivered";
  const { undelivered, losses } = outcome;
  const parts: string[] = [];
  if (undelivered > 0) parts.push(`${counted(undelivered, "accepted batch", "accepted batches")} not delivered`);
  if (losses.length > 0 || parts.length === 0) {
    const unknown = losses.length === 0 || losses.some(({ mostBatches }) => mostBatches === null);
    const most = losses.reduce((sum, { mostBatches }) => sum + (mostBatches ?? 0), 0);
    const many = unknown
      ? "an unknown number of accepted batches"
      : `at most ${counted(most, "accepted batch", "accepted batches")}`;
    parts.push(`${many} lost with ${losses.length > 1 ? "their nodes" : "a node"}`);
  }
  return style.bad(parts.join("; "));
}

export function outcomeText(outcome: OutcomeView, names: ReadonlyMap<string, string>, style: Style): string {
  const reasons = outcome.reasons.map((reason) => `  ${reasonText(reason, names)}\n`).join("");
  return `${phaseText("settled", outcome.outcome, style)}; ${deliveryText(outcome, style)}\n${reasons}`;
}

export function placesText(view: QueryView, style: Style): string {
  const rows = view.vertices.map((vertex) => [
    style.bold(vertex.id),
    `${vertex.operator}${vertex.own ? " (own)" : ""}`,
    vertex.nodeName + (vertex.incarnation > 0 ? style.doubtful(` (moved ${vertex.incarnation}×)`) : ""),
    vertex.state,
    vertex.inputs.length === 0 ? "-" : `${vertex.recordsIn}`,
    vertex.produces === null ? "-" : `${vertex.recordsOut}`,
    rate(vertex.produces === null ? vertex.recordsInPerSecond : vertex.recordsOutPerSecond),
  ]);
  return table(["CELL", "OPERATOR", "NODE", "STATE", "RECORDS IN", "OUT", "RATE"], rows);
}

export function queryText(view: QueryView, style: Style): string {
  const names = namesIn(view);
  const head: [string, string][] = [
    ["id", view.id],
    ["phase", phaseText(view.phase, view.outcome?.outcome ?? null, style)],
    ["purpose", view.purpose],
    ["alternative", view.alternative],
    ["set up in", view.setupMs === null ? "-" : milliseconds(view.setupMs)],
    ["receipts", `${view.receipts ?? "-"}`],
    ["assurance", view.assurance ?? "-"],
  ];
  const edges = view.edges.map((edge) => [
    `${edge.from} ─▶ ${edge.to}`,
    listOf(edge.carries),
    `${edge.batches}`,
    `${edge.records}`,
  ]);
  const reasons = view.reasons.map((reason) => `  ${reasonText(reason, names)}\n`).join("");
  return [
    `Query ${style.bold(view.name)}\n`,
    facts(head),
    reasons === "" ? "" : `\nWhy it is ${view.phase}\n${reasons}`,
    `\n${placesText(view, style)}`,
    edges.length === 0 ? "" : `\n${table(["EDGE", "CARRIES", "BATCHES", "RECORDS"], edges)}`,
    skippedText(view.skipped, names, style),
    view.outcome === null ? "" : `\n${outcomeText(view.outcome, names, style)}`,
  ].join("");
}

type Refused = QueryView["skipped"][number] & { readonly tried: string };

/** Plans that were set up and refused since the last picture. */
export function refusedSince(before: QueryView | undefined, now: QueryView): Refused[] {
  const known = new Set(before?.skipped.map(({ tried }) => tried));
  return now.skipped.filter((one): one is Refused => one.tried !== undefined && !known.has(one.tried));
}

export function refusedText({ alternative, reasons }: Refused, view: QueryView, style: Style): string {
  const why = reasons.map((reason) => reasonText(reason, namesIn(view))).join("; ");
  return `${style.doubtful("refused")}, so not the plan "${alternative}": ${why}`;
}

/** What happened to it between two pictures, a line each. */
export function happenings(before: QueryView | undefined, now: QueryView, style: Style): string[] {
  const refused = refusedSince(before, now).map((one) => refusedText(one, now, style));
  return before?.id === now.id ? [...refused, ...moves(before, now, style)] : refused;
}

function moves(before: QueryView, now: QueryView, style: Style): string[] {
  const gone = new Map<string, string[]>();
  const lines = now.vertices.flatMap((cell) => {
    const was = before.vertices.find(({ id }) => id === cell.id);
    if (was === undefined) return [];
    if (cell.incarnation === was.incarnation) {
      if (cell.state === "gone" && was.state !== "gone")
        gone.set(was.nodeName, [...(gone.get(was.nodeName) ?? []), cell.id]);
      return [];
    }
    const why = cell.former.find(({ incarnation }) => incarnation === cell.incarnation - 1)?.reason;
    const because = why === undefined ? "" : `: ${why.sentence}`;
    const place =
      cell.node === was.node
        ? `was started again on ${cell.nodeName}`
        : `moved from ${was.nodeName} to ${cell.nodeName}`;
    return [style.doubtful(`${cell.id} ${place}${because}`)];
  });
  for (const [name, cells] of gone) lines.push(style.bad(`${name} stopped answering (${cells.join(", ")})`));
  return lines;
}

/** One line for a log or a pipe. */
export function watchLine(view: QueryView, style: Style): string {
  const running = view.vertices.filter((vertex) => vertex.state === "running").length;
  const sinks = view.vertices.filter((vertex) => vertex.produces === null);
  const arrived = sinks.reduce((sum, vertex) => sum + vertex.recordsIn, 0);
  const perSecond = sinks.reduce((sum, vertex) => sum + vertex.recordsInPerSecond, 0);
  const phase = phaseText(view.phase, view.outcome?.outcome ?? null, style);
  const reasons = [...view.reasons, ...(view.outcome?.reasons ?? [])].map((reason) =>
    reasonText(reason, namesIn(view)),
  );
  const cells = `${running}/${view.vertices.length} cells running`;
  return [phase, cells, `${counted(arrived, "record")} arrived`, rate(perSecond), ...reasons].join(", ");
}

export function itemText(item: ResultItem | TriedItem, style: Style): string {
  switch (item.type) {
    case "rows":
      return item.rows
        .map((row) => {
          const values = Object.entries(row).map(([name, value]) => `${style.dim(`${name}=`)}${value ?? "missing"}`);
          return `${item.vertex}  ${values.join("  ")}\n`;
        })
        .join("");
    case "answer":
      return answerText(item.answer, style);
    case "line":
      return `${item.vertex}  ${item.text}\n`;
    case "missed":
      return style.doubtful(`(${counted(item.items, "item")} no longer held by the node)\n`);
    case "settled": {
      const assurance = item.assurance === null ? "" : ` (assurance: ${item.assurance})`;
      return `${outcomeText(item.outcome, new Map(), style).trimEnd()}${assurance}\n`;
    }
  }
}

// hedgerow query run --every | --windows | --map: a question asked window by window, its answers followed and drawn.
import { renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OutcomeView, PeopleAnswer, Submission } from "../../sdk/index.ts";
import { limits } from "../../sdk/limits.ts";
import { runSeries, type SeriesItem, type SeriesOrder, submissionOfWindow, windowOf } from "../../sdk/series.ts";
import { answerExitCode, endText } from "../answer-end.ts";
import { CommandFailed, type ExitCode, exitCodes, needFolderOf, usageFault } from "../failure.ts";
import { answerText, manySilent, peopleText } from "../render/answer.ts";
import { gridOf, mapColumns, mostMapEdges } from "../render/map-grid.ts";
import { type MapWords, mapSvg } from "../render/map-svg.ts";
import { mapText } from "../render/map-text.ts";
import type { Session } from "../session.ts";
import { reasonText, shortQuery } from "../words.ts";

export interface SeriesOptions {
  readonly every?: number;
  readonly windows?: number;
  readonly window?: number;
  readonly from?: number;
  readonly map?: string;
}

export function isSeries({ every, windows, window, from, map }: SeriesOptions): boolean {
  return [every, windows, window, from, map].some((option) => option !== undefined);
}

export async function runWindows(
  session: Session,
  submission: Submission,
  options: SeriesOptions & { readonly detach?: boolean; readonly patience?: number },
): Promise<ExitCode> {
  const order = orderOf(submission, options);
  await checkMap(session, order, options);
  const clock = {
    signal: session.signal,
    nowMs: Date.now,
    wait: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
  };
  let [answers, whole] = [0, 0];
  let under: { id: string; window: number } | null = null;
  let progress = session.progress("planning");
  try {
    for await (const item of runSeries(session.client, order, clock)) {
      progress.end();
      await session.data(item);
      if (item.type === "faulty") {
        const { tellFaults } = await import("./query-before.ts");
        return tellFaults(session, item.faults);
      }
      under = item.type === "accepted" ? { id: item.id, window: item.window } : null;
      if (item.type === "answer") {
        answers++;
        if (answerExitCode({ ...item, assurance: null }) === exitCodes.done) whole++;
      }
      await tell(session, item, order, options);
      if (item.type === "accepted" || item.window < order.windows)
        progress = session.progress(item.type === "accepted" ? "asking people" : "waiting for the next window");
    }
  } finally {
    progress.end();
    if (session.signal.aborted && under !== null)
      session.note(
        `\nThe round of window ${under.window} goes on by itself, and no further one is asked. See what comes out: hedgerow query result ${shortQuery(under.id)}\n`,
      );
  }
  if (answers < order.windows) return exitCodes.failed;
  return whole === answers ? exitCodes.done : exitCodes.partial;
}

function orderOf(
  submission: Submission,
  { every, windows, window, from, detach, patience }: Parameters<typeof runWindows>[2],
): SeriesOrder {
  if (!submission.fileName.toLowerCase().endsWith(".sql")) {
    throw usageFault(
      "Windows and maps are of a question in SQL, and this is a query in YAML.",
      "Leave --every, --windows, --window, --from and --map out, or write the question as FILE.sql.",
    );
  }
  if (detach === true)
    throw usageFault("A series lives as long as this command does.", "Leave --detach out; Ctrl-C ends the series.");
  if (patience !== undefined)
    throw usageFault(
      "--patience is for a single answer.",
      "Leave it out: each window is followed until it has settled.",
    );
  if (every === undefined && (windows ?? 1) > 1)
    throw usageFault("It is not said when the next window is asked.", "Give the seconds between two: --every 60");
  const windowMs = (window ?? every ?? 60) * 1_000;
  return {
    submission,
    windows: windows ?? (every === undefined ? 1 : limits.maxWindows),
    everyMs: (every ?? 0) * 1_000,
    windowMs,
    fromMs: from ?? Date.now() - windowMs,
  };
}

/** Before anybody's privacy is spent on it. What else is wrong with the statement, the node says. */
async function checkMap(session: Session, order: SeriesOrder, { map }: SeriesOptions): Promise<void> {
  if (map === undefined) return;
  if (!map.toLowerCase().endsWith(".svg")) throw usageFault(`${map} is no SVG file.`, "Name it so: --map noise.svg");
  needFolderOf(resolve(session.terminal.cwd, map));
  const { questionOf } = await import("../../sdk/query.ts");
  const parsed = questionOf(submissionOfWindow(order.submission, windowOf(order, 0)));
  if (parsed.ok && mapColumns(parsed.question.outputs) === null) throw noMap();
}

export function noMap(): CommandFailed {
  return new CommandFailed("The answer is no map.", {
    code: "no-map",
    next: `Group by two whole numbers called latitude_hundredths and longitude_hundredths (or _tenths, _thousandths), at most ${mostMapEdges} of each, and select a number.`,
  });
}

async function tell(session: Session, item: SeriesItem, order: SeriesOrder, options: SeriesOptions): Promise<void> {
  const { style } = session;
  const heading = `Window ${item.window}${order.windows < limits.maxWindows ? ` of ${order.windows}` : ""}, ${spanText(item)}`;
  switch (item.type) {
    case "accepted": {
      const cells = item.plan.vertices.filter(({ id }) => id !== "answer");
      const where = cells.map(({ id, nodeName }) => `${id} on ${nodeName}`).join(", ");
      await session.say(`${style.bold(heading)}: query ${shortQuery(item.id)}, ${where}\n`);
      break;
    }
    case "answer":
      await session.say(`${shownAnswer(item.answer, session)}${endText({ ...item, assurance: null }, style)}`);
      if (options.map !== undefined) {
        const file = mapFile(options.map, item.window, order.windows);
        const drawn = drawMap(
          session,
          item.answer,
          file,
          wordsOf(item.answer, order.submission.fileName, spanText(item), item.outcome),
        );
        session.note(session.json ? "" : drawn ? `The map is in ${file}\n\n` : `${noMap().message}\n\n`);
      }
      break;
    case "none": {
      const why = item.reasons.map((reason) => reasonText(reason)).join("; ");
      await session.say(`${style.bad("no answer")} for window ${item.window}${why === "" ? "" : `: ${why}`}\n`);
      break;
    }
  }
}

/** A map where it is one, the table of numbers otherwise. */
export function shownAnswer(answer: PeopleAnswer, session: Session): string {
  const grid = gridOf(answer);
  if (grid === null) return answerText(answer, session.style);
  return `${mapText(grid, session.style)}${answerText({ ...answer, rows: [] }, session.style, "")}`;
}

/** Never half a file: who looks at it while it is drawn sees the one before. False: it is no map. */
export function drawMap(session: Session, answer: PeopleAnswer, file: string, words: MapWords): boolean {
  const grid = gridOf(answer);
  if (grid === null) return false;
  const path = resolve(session.terminal.cwd, file);
  writeFileSync(`${path}.new`, mapSvg(grid, words));
  renameSync(`${path}.new`, path);
  return true;
}

/** `outcome`: of the question, where it is known. */
export function wordsOf(
  answer: PeopleAnswer,
  title: string,
  when: string,
  outcome: OutcomeView | null = null,
): MapWords {
  const { participation, cost, missing } = answer;
  const partial = [
    ...(missing.length === 0 ? [] : ["partial: what some gatherers held is not in it"]),
    ...(manySilent(answer) ? ["partial: more than one in ten of those asked never answered"] : []),
    ...(outcome === null || outcome.outcome === "completed" ? [] : [`partial: the question ended ${outcome.outcome}`]),
  ];
  return {
    title,
    lines: [
      when,
      `${peopleText(participation.contributed)} of ${peopleText(participation.asked)} people who were asked took part (counted with noise)`,
      `ε = ${Number(cost.epsilon.toPrecision(3))}, δ = ${cost.delta} to each who took part`,
      ...partial,
    ],
  };
}

/** Of several windows each has a file: noise.svg becomes noise-1.svg, noise-2.svg, … */
function mapFile(file: string, window: number, windows: number): string {
  return windows === 1 ? file : `${file.slice(0, -".svg".length)}-${window}.svg`;
}

function spanText({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  const time = (atMs: number) => new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
  return `${time(fromMs)} to ${time(toMs).slice(time(fromMs).startsWith(time(toMs).slice(0, 10)) ? 11 : 0)} UTC`;
}

// A question asked again and again, a window of time after the other (SEP2P §5.1, use case 1). A series is a sequence of rounds and
// nothing more: each is planned anew, so it has a roster of its own and other processors, and each is charged to whoever takes part. No
// round begins before the one before has settled.
//
//   window 1 ── ask ── answer ── (until the next is due) ── window 2 ── ask ── no answer ── … ── window n
//
// A window that gives no answer does not end the series: the next may. It lives in the process that asked, so that nobody's privacy is
// spent while nobody looks: when that ends, by Ctrl-C or a crash, the round under way settles by itself and no further one is asked.
import type { HedgerowClient } from "./client.ts";
import { ApiRefusal } from "./errors.ts";
import type { Submission } from "./index.ts";
import { limits } from "./limits.ts";
import type { FaultView, Outcome, OutcomeView, PeopleAnswer, PlanView, Reason } from "./views.ts";

export interface SeriesOrder {
  readonly submission: Submission;
  readonly windows: number;
  /** From the beginning of one round to the beginning of the next, if the first is over by then. */
  readonly everyMs: number;
  /** What a window covers. Window n begins where the one before ends. */
  readonly windowMs: number;
  /** Beginning of the first window. */
  readonly fromMs: number;
}

export interface SeriesWindow {
  /** From 1. */
  readonly window: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export type SeriesItem =
  | ({ readonly type: "accepted"; readonly id: string; readonly plan: PlanView } & SeriesWindow)
  /** `outcome`: it may say that the answer is not whole; null: nobody knows how the round ended. */
  | ({
      readonly type: "answer";
      readonly id: string;
      readonly answer: PeopleAnswer;
      readonly outcome: OutcomeView | null;
    } & SeriesWindow)
  /** `outcome` null: it was not even begun, or nobody knows how it ended. */
  | ({ readonly type: "none"; readonly outcome: Outcome | null; readonly reasons: readonly Reason[] } & SeriesWindow)
  /** Found before anything is sent; the series ends. */
  | ({ readonly type: "faulty"; readonly faults: readonly FaultView[] } & SeriesWindow);

/** What the statement knows of its window, by these names. */
export const windowParameters = { from: "window_from", to: "window_to" } as const;

export function windowOf({ fromMs, windowMs }: Pick<SeriesOrder, "fromMs" | "windowMs">, index: number): SeriesWindow {
  const beginMs = fromMs + index * windowMs;
  return { window: index + 1, fromMs: beginMs, toMs: beginMs + windowMs };
}

/** The submission of one window. Parameters that somebody gave herself stay as they are. */
export function submissionOfWindow(submission: Submission, { fromMs, toMs }: SeriesWindow): Submission {
  const given = submission.parameters ?? [];
  const own = [
    { name: windowParameters.from, value: new Date(fromMs).toISOString() },
    { name: windowParameters.to, value: new Date(toMs).toISOString() },
  ].filter(({ name }) => given.every((one) => one.name !== name));
  return { ...submission, parameters: [...given, ...own] };
}

export async function* runSeries(
  client: Pick<HedgerowClient, "queryRun" | "queryResult">,
  order: SeriesOrder,
  { signal, nowMs, wait }: SeriesClock,
): AsyncGenerator<SeriesItem, void, undefined> {
  const begunMs = nowMs();
  const windows = Math.min(order.windows, limits.maxWindows);
  for (let index = 0; index < windows; index++) {
    signal.throwIfAborted();
    const window = windowOf(order, index);
    for await (const item of runRound(client, submissionOfWindow(order.submission, window), signal)) {
      yield { ...item, ...window };
      if (item.type === "faulty") return;
    }
    if (index + 1 < windows) await wait(Math.max(0, begunMs + (index + 1) * order.everyMs - nowMs()), signal);
  }
}

export interface SeriesClock {
  /** Aborted: nothing further is asked. */
  readonly signal: AbortSignal;
  nowMs(): number;
  /** Rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export type RoundItem = SeriesItem extends infer Item
  ? Item extends SeriesItem
    ? Omit<Item, keyof SeriesWindow>
    : never
  : never;

/** The finder says that nobody was called. One that is lost says nothing: those whom it had called have paid, and what they sent counts. */
export function isOfNobody(reasons: readonly Reason[]): boolean {
  return reasons.some(({ vertex, code }) => vertex === "find" && code !== "ask-finder-lost");
}

/** One round, to its end. */
export async function* runRound(
  client: Pick<HedgerowClient, "queryRun" | "queryResult">,
  submission: Submission,
  signal: AbortSignal,
): AsyncGenerator<RoundItem, void, undefined> {
  try {
    const asked = await client.queryRun(submission, { signal });
    if (asked.at === "faulty") return yield { type: "faulty", faults: asked.faults };
    const { id, plan } = asked;
    yield { type: "accepted", id, plan };
    let answer: PeopleAnswer | null = null;
    let settled: OutcomeView | null = null;
    // The stream is read to its end first: nobody holds it open while she looks at what came.
    for await (const item of client.queryResult({ id, follow: true }, { signal })) {
      if (item.type === "answer") answer = item.answer;
      if (item.type === "settled") settled = item.outcome;
    }
    const { outcome, reasons } = settled ?? { outcome: null, reasons: [] };
    // Where nobody could be found or asked, what came out all the same is noise about nobody.
    const nobody = outcome !== "completed" && isOfNobody(reasons);
    if (answer !== null && !nobody) yield { type: "answer", id, answer, outcome: settled };
    else yield { type: "none", outcome, reasons };
  } catch (cause) {
    // No draw, too few processors, …: a node that says no may say yes in a minute. That it is gone is no refusal.
    if (!(cause instanceof ApiRefusal)) throw cause;
    const { code, sentence, detail } = cause;
    yield { type: "none", outcome: null, reasons: [{ code, sentence, ...(detail === undefined ? {} : { detail }) }] };
  }
}

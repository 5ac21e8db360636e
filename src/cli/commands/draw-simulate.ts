// hedgerow draw simulate
import { availableParallelism } from "node:os";
import { valueOrThrow } from "../../sdk/refused.ts";
import { type DrawOrder, drawTableOf, simulateDraw } from "../../sim/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import { drawReportText } from "../render/draw-simulate.ts";
import type { Session } from "../session.ts";
import { duration } from "../words.ts";

type Options = Omit<DrawOrder, "setters"> & { readonly setters?: number; readonly workers?: number };

export async function simulate(session: Session, _: string[], options: Options): Promise<ExitCode> {
  const { nodes, colluding, actors, cache, alpha, strategy, overlay, seed, tries } = options;
  const setters = options.setters ?? nodes;
  const order: DrawOrder = { nodes, colluding, actors, cache, alpha, strategy, overlay, seed, setters, tries };
  valueOrThrow(drawTableOf(order));
  const startedMs = performance.now();
  let drawingMs = startedMs;
  let tenths = 0;
  const progress = session.progress("preparing");
  try {
    const report = await simulateDraw(order, {
      workers: options.workers ?? availableParallelism(),
      signal: session.signal,
      onStep(text) {
        progress.step(text);
        drawingMs = 0;
      },
      onProgress(done) {
        if (drawingMs === 0) drawingMs = performance.now();
        // Where lines stay, one for each tenth is enough.
        const tenth = Math.floor((10 * done) / setters);
        if (!session.terminal.errIsTty && tenth === tenths) return;
        tenths = tenth;
        progress.step(`${bar(done / setters)} ${done.toLocaleString("en-GB")} draws${left(drawingMs, done, setters)}`);
      },
    });
    progress.end();
    await session.data(report);
    await session.say(drawReportText(report, session.style, performance.now() - startedMs));
    return exitCodes.done;
  } finally {
    progress.end();
  }
}

const barCells = 24;

function bar(share: number): string {
  const full = Math.min(barCells, Math.round(share * barCells));
  return `[${"█".repeat(full)}${"·".repeat(barCells - full)}] ${Math.round(100 * share)} %`;
}

function left(startedMs: number, done: number, all: number): string {
  const tookMs = performance.now() - startedMs;
  // Of the first stretch nothing is known but its end.
  return tookMs < 500 ? "" : `, about ${duration((tookMs / done) * (all - done))} left`;
}

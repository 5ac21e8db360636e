// hedgerow sim lifecycle | membership
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { facts } from "../table.ts";
import { counted, milliseconds } from "../words.ts";

/** Seeds of one stretch: between two, the terminal is painted and Ctrl-C is heard. */
const stretch = 10;

export async function lifecycle(
  session: Session,
  _: string[],
  options: { readonly seeds: number; readonly first: number; readonly trace?: boolean },
): Promise<ExitCode> {
  const { simulateOne } = await import("../../sim/index.ts");
  const startedMs = performance.now();
  const progress = session.progress(`0 of ${options.seeds} seeds`);
  const outcomes: Record<string, number> = {};
  let [failures, events, delivered] = [0, 0, 0];
  let traces = 0n;
  try {
    for (let done = 0; done < options.seeds; done++) {
      if (done % stretch === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        session.signal.throwIfAborted();
        progress.step(
          `${done} of ${options.seeds} seeds, ${counted(failures, "failure")}${timeLeft(startedMs, done, options.seeds)}`,
        );
      }
      const run = simulateOne(options.first + done, options.trace ? { traceLines: 100_000 } : {});
      events += run.events;
      delivered += run.delivered;
      traces = BigInt.asUintN(64, traces * 0x100000001b3n + BigInt(`0x${run.traceHash}`));
      const outcome = run.violation === undefined ? run.outcome : "violation";
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (options.trace) for (const line of run.trace) await session.say(`${line}\n`);
      if (run.violation !== undefined) failures++;
      const { seed, violation, traceHash } = run;
      await session.data({
        seed,
        outcome,
        events: run.events,
        traceHash,
        ...(violation === undefined ? {} : { violation }),
      });
      if (violation !== undefined) await session.say(`${session.style.bad("violation")} seed ${seed}: ${violation}\n`);
      else await session.say(`seed ${seed}: ${outcome}, ${run.events} events, trace ${traceHash}\n`);
    }
  } finally {
    progress.end();
  }
  await session.say(
    `${counted(options.seeds, "seed")} from ${options.first}: ${failures === 0 ? session.style.good("no violation") : session.style.bad(counted(failures, "violation"))}\n${facts(
      [
        [
          "outcomes",
          Object.entries(outcomes)
            .map(([name, count]) => `${count} ${name}`)
            .join(", "),
        ],
        ["events", events.toLocaleString("en-GB")],
        ["batches delivered", delivered.toLocaleString("en-GB")],
        ["traces", traces.toString(16).padStart(16, "0")],
        ["took", milliseconds(performance.now() - startedMs)],
      ],
    )}`,
  );
  return failures === 0 ? exitCodes.done : exitCodes.failed;
}

function timeLeft(startedMs: number, done: number, all: number): string {
  if (done === 0) return "";
  return `, about ${Math.ceil((((performance.now() - startedMs) / done) * (all - done)) / 1_000)} s left`;
}

export async function membership(
  session: Session,
  _: string[],
  options: { readonly nodes: number; readonly loss: number; readonly seed: number },
): Promise<ExitCode> {
  const { simulateMembership } = await import("../../sim/index.ts");
  const progress = session.progress(`${options.nodes} nodes find each other`);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const report = simulateMembership({ nodes: options.nodes, loss: options.loss, seed: options.seed });
  progress.end();
  await session.data(report);
  const good = report.converged && report.gossipAfterConvergence === 0;
  const verdict = !report.converged
    ? session.style.bad("did not converge")
    : good
      ? session.style.good("converged, then silent")
      : session.style.bad("converged, but was not silent");
  await session.say(
    `${counted(report.nodes, "node")}, seed ${report.seed}: ${verdict}\n${facts([
      ["converged", `after ${milliseconds(report.convergedAtMs)} of virtual time`],
      ["gossip", `${report.gossipMessages.toLocaleString("en-GB")} messages, then ${report.gossipAfterConvergence}`],
      ["probes", report.probes.toLocaleString("en-GB")],
      ["neighbours", `${report.maxNeighbours} at most`],
      ["trace", report.traceHash],
    ])}`,
  );
  return good ? exitCodes.done : exitCodes.failed;
}

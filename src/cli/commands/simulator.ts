// hedgerow sim lifecycle | draw | membership | query
import { evidenceKinds } from "../../sdk/index.ts";
import type { QuerySimulation } from "../../sim/index.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { facts, table } from "../table.ts";
import { bytes, counted, duration, listOf, milliseconds } from "../words.ts";

/** Seeds of one stretch: between two, the terminal is painted and Ctrl-C is heard. */
const stretch = 10;

interface SeedRun {
  readonly seed: number;
  readonly outcome: string;
  readonly violation?: string;
  readonly events: number;
  readonly traceHash: string;
  readonly trace: readonly string[];
}

interface Seeds<Run extends SeedRun> {
  readonly count: number;
  readonly first: number;
  readonly trace: boolean;
  readonly one: (seed: number, options: { readonly traceLines?: number }) => Run;
  /** What one run adds to its line of JSON. */
  readonly more: (run: Run) => Readonly<Record<string, number>>;
  /** What the sums of that are called. */
  readonly sums: Readonly<Record<string, string>>;
}

/** One run for each seed: the same seed gives the same trace. */
async function runSeeds<Run extends SeedRun>(session: Session, seeds: Seeds<Run>): Promise<ExitCode> {
  const { count, first, one, more, sums } = seeds;
  const startedMs = performance.now();
  const progress = session.progress(`0 of ${count} seeds`);
  const outcomes: Record<string, number> = {};
  const summed: Record<string, number> = { events: 0 };
  let failures = 0;
  let traces = 0n;
  try {
    for (let done = 0; done < count; done++) {
      if (done % stretch === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        session.signal.throwIfAborted();
        progress.step(`${done} of ${count} seeds, ${counted(failures, "failure")}${timeLeft(startedMs, done, count)}`);
      }
      const run = one(first + done, seeds.trace ? { traceLines: 100_000 } : {});
      const { seed, violation, traceHash, events } = run;
      const numbers = more(run);
      for (const [name, number] of Object.entries({ events, ...numbers })) summed[name] = (summed[name] ?? 0) + number;
      traces = BigInt.asUintN(64, traces * 0x100000001b3n + BigInt(`0x${traceHash}`));
      const outcome = violation === undefined ? run.outcome : "violation";
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (seeds.trace) for (const line of run.trace) await session.say(`${line}\n`);
      const trace = seeds.trace ? { trace: run.trace } : {};
      if (violation !== undefined) failures++;
      const wrong = violation === undefined ? {} : { violation };
      await session.data({ seed, outcome, events, traceHash, ...numbers, ...wrong, ...trace });
      if (violation !== undefined) await session.say(`${session.style.bad("violation")} seed ${seed}: ${violation}\n`);
      else await session.say(`seed ${seed}: ${outcome}, ${events} events, trace ${traceHash}\n`);
    }
  } finally {
    progress.end();
  }
  const verdict =
    failures === 0 ? session.style.good("no violation") : session.style.bad(counted(failures, "violation"));
  const inWords = Object.entries(outcomes).map(([name, times]) => `${times} ${name}`);
  await session.say(
    `${counted(count, "seed")} from ${first}: ${verdict}\n${facts([
      ["outcomes", inWords.join(", ")],
      ...Object.entries({ events: "events", ...sums }).map(([name, word]): [string, string] => [
        word,
        (summed[name] ?? 0).toLocaleString("en-GB"),
      ]),
      ["traces", traces.toString(16).padStart(16, "0")],
      ["took", milliseconds(performance.now() - startedMs)],
    ])}`,
  );
  return failures === 0 ? exitCodes.done : exitCodes.failed;
}

export async function lifecycle(
  session: Session,
  _: string[],
  options: { readonly seeds: number; readonly first: number; readonly trace?: boolean },
): Promise<ExitCode> {
  const { simulateOne } = await import("../../sim/index.ts");
  return runSeeds(session, {
    count: options.seeds,
    first: options.first,
    trace: options.trace === true,
    one: simulateOne,
    more: ({ delivered }) => ({ delivered }),
    sums: { delivered: "batches delivered" },
  });
}

export async function draw(
  session: Session,
  _: string[],
  options: { readonly seeds: number; readonly seed: number; readonly trace?: boolean },
): Promise<ExitCode> {
  const { simulateDraws } = await import("../../sim/index.ts");
  return runSeeds(session, {
    count: options.seeds,
    first: options.seed,
    trace: options.trace === true,
    one: simulateDraws,
    more: ({ nodes, colluding, lies, rosters, overwhelmed, convicted }) => ({
      ...{ nodes, colluding, lies, rosters, overwhelmed },
      ...Object.fromEntries(evidenceKinds.map((kind) => [kind, convicted.includes(kind) ? 1 : 0])),
    }),
    sums: {
      nodes: "nodes",
      colluding: "of them colluding",
      lies: "lies told",
      rosters: "rosters accepted",
      overwhelmed: "without an honest witness",
      ...Object.fromEntries(evidenceKinds.map((kind) => [kind, `runs that convict of ${kind}`])),
    },
  });
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

export async function query(
  session: Session,
  _: string[],
  options: { readonly owners: number; readonly seed: number },
): Promise<ExitCode> {
  const { simulatingQuery } = await import("../../sim/index.ts");
  const { owners, seed } = options;
  const startedMs = performance.now();
  const progress = session.progress(`${owners} people are found, asked and answer`);
  const steps = simulatingQuery({ owners, seed });
  let report: QuerySimulation;
  let shownMs = startedMs;
  let shownPercent = -1;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        report = step.value;
        break;
      }
      if (performance.now() - shownMs < betweenLooksMs) continue;
      const { name, done } = step.value;
      const left = timeLeft(startedMs, Math.round(done * owners), owners);
      const percent = Math.floor(100 * done);
      // Where lines do not move, a hundred will do.
      if (percent !== shownPercent)
        progress.step(`${owners} people: ${stages[name]}, ${percent} %${left}, ${bytes(memoryNow())}`);
      shownPercent = percent;
      await new Promise((resolve) => setImmediate(resolve));
      session.signal.throwIfAborted();
      shownMs = performance.now();
    }
  } finally {
    progress.end();
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const took = { tookMs: Math.round(performance.now() - startedMs), peakBytes: 1_024 * maxRSS };
  const processorMs = Math.round((userCPUTime + systemCPUTime) / 1_000);
  await session.data({ ...report, ...took, processorMs });
  const verdict = report.isGood
    ? session.style.good("answered")
    : session.style.bad(report.refusal ?? "answered wrongly");
  await session.say(
    `${counted(report.owners, "person", "people")}, seed ${report.seed}: ${verdict}\n${facts([
      ...report.parts.map((part): [string, string] => [
        part.role,
        `${number(part.messages)} messages, ${number(part.bytes)} bytes; ${number(part.messagesPerOwner)} and ${number(part.bytesPerOwner)} a person`,
      ]),
      ["verified", `${report.operationsPerPerson} operations a person, for ${report.witnesses} witnesses`],
      ["answer", report.answer === null ? "none" : beside(report.answer, report.truth)],
      ...Object.entries(report.outcomes).map(([outcome, count]): [string, string] => {
        const noised = report.counted?.[outcome as keyof typeof report.counted];
        return [outcome, noised === undefined ? number(count) : beside(noised, count)];
      }),
      ["round", `${milliseconds(report.roundMs)} of virtual time`],
      ["took", `${duration(took.tookMs)}, ${duration(processorMs)} of a processor, ${bytes(took.peakBytes)} of memory`],
    ])}\n${table(
      ["PEOPLE", "WHOSE RULES", "OUTCOME", "BECAUSE"],
      report.ruleSets.map(({ name, people, outcomes, refusals }) => [
        number(people),
        name,
        listOf(Object.keys(outcomes)),
        listOf(Object.keys(refusals)),
      ]),
    )}`,
  );
  return report.isGood ? exitCodes.done : exitCodes.failed;
}

const stages = { people: "are born", publishing: "publish", drawing: "a lot is drawn", asking: "are asked" } as const;
const betweenLooksMs = 250;
const memoryNow = () => process.memoryUsage.rss();
const number = (value: number) => value.toLocaleString("en-GB", { maximumFractionDigits: 2 });
const beside = ({ value, noise }: { readonly value: number; readonly noise: number }, truth: number) =>
  `${number(value)} ± ${number(1.96 * noise)} (95 %); ${number(truth)} without noise`;

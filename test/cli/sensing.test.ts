// hedgerow query run --every …, --map, and hedgerow pod results, against a daemon whose service is made up.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept, type Digest, refuse } from "../../src/core/base/index.ts";
import { keep } from "../../src/io/pod/index.ts";
import type { NodeService, PeopleAnswer, ServiceInput } from "../../src/sdk/index.ts";
import { type CaptureOptions, capture, type FakeNode, startFakeNode } from "./capture.ts";
import { fault, plan, queryId } from "./fake-service.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-sensing-"));
const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-9)";
writeFileSync(
  join(cwd, "map.sql"),
  `${head} CAST(ROUND(district_latitude * 100) AS INT64) AS latitude_hundredths,
CAST(ROUND(district_longitude * 100) AS INT64) AS longitude_hundredths, AVG(noise, contribution_bounds_per_group => (30, 90)) AS noise
FROM samples WHERE at >= @window_from AND at < @window_to
GROUP BY CAST(ROUND(district_latitude * 100) AS INT64), CAST(ROUND(district_longitude * 100) AS INT64)`,
);
writeFileSync(join(cwd, "count.sql"), `${head} COUNT(*) AS n FROM people`);
writeFileSync(join(cwd, "query.yaml"), "hedgerow: 1\n");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});

const count = { value: 12 };
const answer: PeopleAnswer = {
  columns: [
    { name: "latitude_hundredths", type: "int64", unit: null },
    { name: "longitude_hundredths", type: "int64", unit: null },
    { name: "noise", type: "float64", unit: "dB" },
  ],
  rows: [4885, 4886].map((latitude, row) => [
    { value: latitude },
    { value: 235 },
    { value: 60 + row, noise: 0.1, interval: { low: 59.9 + row, high: 60.1 + row, coverage: 0.95, method: "" } },
  ]),
  participation: {
    ...{
      contributed: count,
      policy: count,
      grant: count,
      budget: count,
      failed: count,
      silent: { value: 0 },
      asked: count,
    },
  },
  missing: [],
  cost: { rho: 0.01, epsilon: 1, delta: 1e-9 },
  noise: "split",
};

type Ending = "completed" | "failed" | "gatherer-gone" | "many-silent" | "finder-lost" | { code: "draw-failed" };
/** A daemon that gives windows these endings, one after the other, and remembers what it was asked. */
async function asked(endings: readonly Ending[]) {
  const seen: ServiceInput<"queryRun">[] = [];
  let current: Ending = "completed";
  const service: Partial<NodeService> = {
    async queryRun(input) {
      seen.push(input);
      current = endings[seen.length - 1] ?? "completed";
      if (input.text.includes("cycle")) return accept({ at: "faulty", faults: [fault] });
      return typeof current === "object"
        ? refuse("ask-index-silent")
        : accept({ at: "accepted", id: queryId, plan: plan.plan });
    },
    async queryResult() {
      return accept(resultOf(current));
    },
  };
  const node = await startFakeNode(service);
  open.push(node);
  const hedgerow = (args: string[], options: CaptureOptions = {}) =>
    node.run(["query", "run", ...args], { cwd, ...options });
  return { hedgerow, seen };
}
async function* resultOf(ending: Ending) {
  const missing = ending === "gatherer-gone" ? [1] : [];
  const participation = { ...answer.participation, ...(ending === "many-silent" ? { silent: count } : {}) };
  yield { type: "answer", sequence: 0, answer: { ...answer, missing, participation } } as const;
  const found = { code: "ask-too-few", sentence: "Too few people.", vertex: "find" };
  const lost = { ...found, code: "ask-finder-lost", sentence: "The finder is lost." };
  const reasons = ending === "failed" ? [found] : ending === "finder-lost" ? [lost] : [];
  const outcome = {
    ...{ outcome: reasons.length > 0 ? ("failed" as const) : ("completed" as const), reasons },
    ...{ undelivered: 0, settledAtMs: 1 },
  };
  yield { type: "settled", outcome, assurance: "software" } as const;
}
const jsonLines = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const from = ["--from", "2026-03-01T07:00:00Z", "--window", "900"];

describe("query run, window by window", () => {
  it("gives each window its span, and draws each answer into a file of its own", async () => {
    const { hedgerow, seen } = await asked([]);
    const { exitCode, out } = await hedgerow([
      "map.sql",
      ...from,
      "--every",
      "5",
      "--windows",
      "2",
      "--map",
      "noise.svg",
      "--broadcast",
    ]);
    expect(exitCode).toBe(0);
    expect(seen.map(({ parameters }) => parameters.map(({ value }) => value))).toEqual([
      ["2026-03-01T07:00:00.000Z", "2026-03-01T07:15:00.000Z"],
      ["2026-03-01T07:15:00.000Z", "2026-03-01T07:30:00.000Z"],
    ]);
    expect(seen.every(({ settings }) => settings.broadcast === true)).toBe(true);
    expect(out).toContain("Window 2 of 2, 2026-03-01 07:15:00 to 07:30:00 UTC: query 01234567");
    expect(out).toMatch(/48\.85 {2}░ 60 ±0\.1/);
    expect(
      readdirSync(cwd)
        .filter((name) => name.startsWith("noise"))
        .sort(),
    ).toEqual(["noise-1.svg", "noise-2.svg"]);
    expect(readFileSync(join(cwd, "noise-2.svg"), "utf8")).toContain("2026-03-01 07:15:00 to 07:30:00 UTC");
  });

  it("leaves parameters that somebody gives herself", async () => {
    const { hedgerow, seen } = await asked([]);
    await hedgerow(["map.sql", ...from, "--param", "window_from=2020-01-01T00:00:00Z"]);
    expect(seen[0]!.parameters.find(({ name }) => name === "window_from")!.value).toBe("2020-01-01T00:00:00Z");
  });

  it("goes on after a window without an answer, shows no noise about nobody, and exits 1", async () => {
    const { hedgerow } = await asked(["failed", { code: "draw-failed" }, "completed"]);
    const run = await hedgerow(["map.sql", ...from, "--every", "5", "--windows", "3", "--json"]);
    expect(run.exitCode).toBe(1);
    expect(jsonLines(run.out).map(({ type, window }) => `${type} ${window}`)).toEqual([
      ...["accepted 1", "none 1", "none 2", "accepted 3", "answer 3"],
    ]);
    const { out } = await (await asked(["failed"])).hedgerow(["map.sql", ...from]);
    expect(out).toContain("no answer for window 1: Too few people. (cell find)");
    expect(out).not.toContain("48.85");
  }, 20_000);

  it("says of a window's answer that is not whole that it is none, on its map as well, and exits 5", async () => {
    for (const [ending, words] of [
      ["gatherer-gone", "partial: what some gatherers held is not in it"],
      ["many-silent", "partial: more than one in ten of those asked never answered"],
      ["finder-lost", "partial: the question ended failed"],
    ] as const) {
      const { hedgerow } = await asked([ending]);
      const { exitCode, out } = await hedgerow(["map.sql", ...from, "--map", "partial.svg"]);
      expect([ending, exitCode]).toEqual([ending, 5]);
      expect(out).toContain("partial answer");
      expect(readFileSync(join(cwd, "partial.svg"), "utf8")).toContain(words);
    }
  });

  it("asks nobody for a map whose folder is not there", async () => {
    const { hedgerow, seen } = await asked([]);
    const { exitCode, err } = await hedgerow(["map.sql", ...from, "--map", "nowhere/noise.svg"]);
    expect([exitCode, seen]).toEqual([1, []]);
    expect(err).toContain(`There is no folder ${cwd}/nowhere.`);
  });

  it("ends at Ctrl-C between two windows, and asks nothing further", async () => {
    const { hedgerow, seen } = await asked([]);
    const run = await hedgerow(["map.sql", ...from, "--every", "3600"], {
      interruptWhen: (out) => out.includes("people asked"),
    });
    expect(run.exitCode).toBe(130);
    expect(seen).toHaveLength(1);
  });

  it("says at Ctrl-C in the middle of a round what becomes of it", async () => {
    const { hedgerow } = await asked([]);
    const run = await hedgerow(["map.sql", ...from, "--every", "3600"], {
      interruptWhen: (out) => out.includes("query 0123"),
    });
    expect(run.exitCode).toBe(130);
    expect(run.err).toContain("The round of window 1 goes on by itself, and no further one is asked.");
    expect(run.err).toContain("hedgerow query result 01234567");
  });

  it("tells faults once, with their places, and asks no further window", async () => {
    const { hedgerow, seen } = await asked([]);
    writeFileSync(join(cwd, "cycle.sql"), "-- cycle\n");
    const { exitCode, out } = await hedgerow(["cycle.sql", "--every", "5", "--windows", "3"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("[query-cycle]");
    expect(seen).toHaveLength(1);
  });

  it.each([
    [["query.yaml", "--every", "60"], 2, "in YAML"],
    [["map.sql", "--windows", "3"], 2, "--every 60"],
    [["map.sql", "--every", "60", "--detach"], 2, "Leave --detach out"],
    [["map.sql", "--every", "1"], 2, "from 5 to 604800"],
    [["map.sql", "--every", "60", "--windows", "1001"], 2, "from 1 to 1000"],
    [["map.sql", "--from", "yesterday"], 2, "2026-03-01T07:00:00Z"],
    [["map.sql", "--every", "60", "--patience", "5"], 2, "followed until it has settled"],
    [["map.sql", "--map", "noise.png"], 2, "--map noise.svg"],
    [["count.sql", "--map", "noise.svg"], 1, "latitude_hundredths"],
  ])("asks nobody for %j, and says what to write instead", async (args, code, remedy) => {
    const { hedgerow, seen } = await asked([]);
    const { exitCode, err } = await hedgerow(args);
    expect(exitCode).toBe(code);
    expect(err).toContain(remedy);
    expect(seen).toEqual([]);
  });
});

describe("pod results", () => {
  const folder = join(cwd, "someone");
  const round = (digit: string) => digit.repeat(64) as Digest;
  const about = { hedgerow: 1, purpose: "statistics", principal: "Ada\u001b[31m Institute", parameters: [] } as const;
  const results = (...args: string[]) => capture(["pod", "results", ...args], { cwd, env: { HEDGEROW_NODE: folder } });

  it("says that there are none, lists the newest first, and keeps what came first of a round", async () => {
    mkdirSync(join(folder, "pod"), { recursive: true });
    expect(await results()).toMatchObject({ exitCode: 0, out: "Nobody has told you an answer yet.\n" });
    for (const [index, digit] of ["a", "b"].entries())
      keep(join(folder, "pod"), "results", {
        ...about,
        round: round(digit),
        atMs: 1_000 * index,
        name: `q${index}`,
        answer,
      });
    expect(keep(join(folder, "pod"), "results", { ...about, round: round("a"), atMs: 9_000, name: "q9", answer })).toBe(
      false,
    );
    const { out } = await results();
    expect(out).toMatch(/bbbbbbbb .* q1 +Ada \[31m Institute +statistics +12\n.*aaaaaaaa .* q0/);
    expect(out).not.toContain("\u001b");
    expect(jsonLines((await results("--json")).out).map(({ name }) => name)).toEqual(["q1", "q0"]);
  });

  it("shows one as a map, and draws it", async () => {
    const { exitCode, out } = await results("bbbb", "--map", "kept.svg");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/48\.86 {2}█ 61 ±0\.1/);
    expect(existsSync(join(cwd, "kept.svg"))).toBe(true);
  });

  it("says what is wrong with a name", async () => {
    expect(await results("c")).toMatchObject({ exitCode: 1, err: expect.stringContaining("hedgerow pod results") });
    expect(await results("--map", "kept.svg")).toMatchObject({ exitCode: 2 });
  });

  it("keeps 48 of them, and forgets the oldest", async () => {
    const pod = join(cwd, "much", "pod");
    mkdirSync(pod, { recursive: true });
    for (let index = 0; index < 50; index++)
      keep(pod, "results", {
        ...about,
        round: index.toString(16).padStart(64, "0") as Digest,
        atMs: index,
        name: "q",
        answer,
      });
    const { out } = await capture(["pod", "results", "--json"], { cwd, env: { HEDGEROW_NODE: join(cwd, "much") } });
    expect(jsonLines(out).map(({ atMs }) => atMs)).toEqual([...Array(48).keys()].map((index) => 49 - index));
  });
});

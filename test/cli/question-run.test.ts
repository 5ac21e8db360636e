// hedgerow query run FILE.sql against a daemon whose people are made up.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept, refuse } from "../../src/core/base/index.ts";
import type {
  NodeService,
  PeopleAnswer,
  QueryView,
  QuestionPlanView,
  Reason,
  ServiceAnswer,
} from "../../src/sdk/index.ts";
import { type FakeNode, startFakeNode } from "./capture.ts";
import { analystNode, cameraNode, exitNode, plan, queryId, viewAt } from "./fake-service.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-question-run-"));
writeFileSync(join(cwd, "days.sql"), "SELECT …\n");
writeFileSync(join(cwd, "flow.yaml"), "hedgerow: 1\n");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});

const interval = (low: number, high: number) => ({ low, high, coverage: 0.95, method: "" });
const people = (value: number) => ({ value, noise: 2, interval: interval(Math.max(0, value - 4), value + 4) });
const answer: PeopleAnswer = {
  columns: [{ name: "days", type: "float64", unit: "day" }],
  rows: [[{ value: 7.25, noise: 1.5, interval: interval(4.3, 10.2) }]],
  participation: {
    ...{ asked: people(108), contributed: people(90), policy: people(9), grant: people(4) },
    ...{ budget: people(3), failed: people(0), silent: people(2) },
  },
  missing: [],
  cost: { rho: 0.02, epsilon: 0.99, delta: 1e-6 },
  noise: "split",
};

const cellsOf = (states: Readonly<Record<string, string>>, recordsOut = 0) =>
  ["find", "gather-1", "total", "answer"].map((id, at) => ({
    ...viewAt("running").vertices[0]!,
    ...{ id, node: [cameraNode, exitNode, exitNode, analystNode][at]!, nodeName: ["oak", "elm", "ash", "desk"][at]! },
    ...{ operator: "people", inputs: [], state: states[id] ?? "running", recordsOut: id === "find" ? recordsOut : 0 },
  })) as unknown as ServiceAnswer<"queryShow">["vertices"];
const view = (phase: QueryView["phase"], states = {}, recordsOut = 0, over = {}) =>
  viewAt(phase, { skipped: [], vertices: cellsOf(states, recordsOut), receipts: 14, ...over });

const ended = (outcome: "completed" | "failed", ...reasons: Reason[]) => ({
  ...{ outcome, reasons, undelivered: 0, losses: [], settledAtMs: 1 },
});

interface Ending {
  readonly outcome?: ReturnType<typeof ended>;
  readonly answer?: PeopleAnswer;
}

const question = (answerMs: number): QuestionPlanView => ({
  ...{ name: "days", purpose: "statistics", notes: [], reads: [], foundBy: [], cells: [], edges: [], roles: [] },
  settings: {
    ...{ gatherers: 3, standby: 0, noise: "split", minimumPeople: 10, maximumPeople: 100, forwarders: 1, answerMs },
  },
  cost: { rho: 0.02, epsilon: 0.99, delta: 1e-6 },
  ...{ contributionBytes: 20, groups: { at: "single", listed: 1, threshold: null }, expected: [] },
  drawn: {
    ...{ cells: [], processors: 4, colluding: 1, nodes: 9, alpha: 1e-6, expectedColluding: 0.4, worstColluding: 2 },
  },
  ...{ processors: { wanted: 4, known: 9 }, solved: null },
});

function asking({ outcome = ended("completed"), answer: came }: Ending): Partial<NodeService> {
  const settled = view("settled", {}, 4711, { outcome });
  return {
    queryRun: async () => accept({ at: "accepted", id: queryId, plan: plan.plan, question: question(1_000) }),
    queryShow: async () => accept(settled),
    queryWatch: async () =>
      accept(
        (async function* () {
          yield view("instantiating");
          yield view("running");
          yield view("running", {}, 4711);
          yield view("running", { find: "ended" }, 4711);
          yield settled;
        })(),
      ),
    queryResult: async () =>
      accept(
        (async function* () {
          if (came !== undefined) yield { type: "answer", sequence: 0, answer: came } as const;
          yield { type: "settled", outcome, assurance: "software" } as const;
        })(),
      ),
  };
}

async function ask(over: Partial<NodeService>, ...args: string[]) {
  const node = await startFakeNode(over);
  open.push(node);
  return node.run(["query", "run", "days.sql", ...args], { cwd });
}

describe("query run of a question", () => {
  it("waits for the answer and tells value, noise, interval, who took part, price, processors and receipts", async () => {
    const { exitCode, out, err } = await ask(asking({ answer }));
    expect(exitCode).toBe(0);
    expect(out).toContain("It costs each who contributes ε = 0.99, δ = 0.000001");
    expect(out).toMatch(/days +7\.25 +day +1\.5 +\[4\.3, 10\.2\]\n/);
    expect(out).toMatch(/people asked +108 \[104, 112\]\n/);
    expect(out).toMatch(/refused +by their rules 9 .*, not granted 4 .*, budget spent 3 .*, failed 0 /);
    expect(out).toMatch(/cost +ε = 0\.99, δ = 0\.000001 to each who contributed/);
    expect(out).toContain("find on oak, gather-1 on elm, total on ash\n");
    expect(out).toContain("14 receipts, assurance software");
    expect(err).toContain("hedgerow query audit 01234567");
  });

  it("waits a little for the receipts, which are collected when it has ended", async () => {
    const over = asking({ answer });
    let looks = 0;
    const { out } = await ask({
      ...over,
      queryShow: async () => accept(view("settled", {}, 0, { receipts: looks++ < 2 ? 0 : 9 })),
    });
    expect(looks).toBe(3);
    expect(out).toContain("9 receipts");
  });

  it("tells nothing of how many were found, which has no noise: neither to people nor to programs", async () => {
    const text = await ask(asking({ answer }));
    const json = await ask(asking({ answer }), "--json");
    for (const { out, err } of [text, json]) expect(out + err).not.toContain("4711");
  });

  it("--json has a line for each phase, in order and each once, then the answer and the end", async () => {
    const { out } = await ask(asking({ answer }), "--json");
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type, phase }) => phase ?? type)).toEqual([
      ...["accepted", "finding people", "waiting for answers", "adding up", "answer", "settled"],
    ]);
    expect(lines[0].question.cost.epsilon).toBe(0.99);
    expect(lines[2].untilMs).toBeGreaterThan(Date.now() - 60_000);
    expect(lines.at(-1)).toMatchObject({ receipts: 14, roster: [{ cell: "find", node: "oak" }, {}, {}] });
  });

  it("a partial answer says so, and has an exit code of its own", async () => {
    const { exitCode, out } = await ask(asking({ answer: { ...answer, missing: [1] } }));
    expect(exitCode).toBe(5);
    expect(out).toContain("partial: gatherer 2 gave nothing");
    expect(out).toContain("partial answer: it says less than it should");
  });

  it("an answer of few of those asked is partial: as far as the noise lets that be told", async () => {
    const came = async (silent: number) => {
      const participation = { ...answer.participation, silent: people(silent), asked: people(108) };
      return await ask(asking({ answer: { ...answer, participation } }));
    };
    expect((await came(14)).exitCode).toBe(0); // between 10 and 18 of about 108: it may be fewer than one in ten
    const { exitCode, out } = await came(108);
    expect(exitCode).toBe(5);
    expect(out).toContain("partial: more than one in ten of those asked never answered");
  });

  it("says of a value that is mostly noise that it says little", async () => {
    const noisy = [[{ value: 0, noise: 8, interval: interval(0, 16.2) }]];
    expect((await ask(asking({ answer: { ...answer, rows: noisy } }))).out).toContain("days says little");
    expect((await ask(asking({ answer }))).out).not.toContain("says little");
  });

  it("says when budgets renew, where some were spent", async () => {
    const participation = { ...answer.participation, budget: people(30) };
    const { out } = await ask(asking({ answer: { ...answer, participation } }));
    const ends = new Date(Math.ceil(Date.now() / (30 * 86_400_000)) * 30 * 86_400_000).toISOString().slice(0, 10);
    expect(out).toContain(`on ${ends} where an owner keeps to 30 days`);
    expect((await ask(asking({ answer }))).out).not.toContain("budgets renew");
  });

  it("an answer of a question that failed on the way is no whole answer", async () => {
    const outcome = ended("failed", { code: "node-silent", sentence: "A node stopped answering.", vertex: "gather-1" });
    const { exitCode, out } = await ask(asking({ answer, outcome }));
    expect(exitCode).toBe(5);
    expect(out).toContain("A node stopped answering. (cell gather-1)");
  });

  it("too few people have an exit code of their own", async () => {
    const outcome = ended("failed", { code: "ask-too-few", sentence: "Too few people were found.", vertex: "find" });
    const { exitCode, out } = await ask(asking({ outcome }));
    expect(exitCode).toBe(6);
    expect(out).toContain("no answer\n  Too few people were found. (cell find)\n");
  });

  it("what else keeps it from an answer is told by its sentence, exit code 1", async () => {
    const outcome = ended("failed", { code: "privacy-shares-missing", sentence: "Too few cells have added." });
    const { exitCode, out } = await ask(asking({ outcome }));
    expect(exitCode).toBe(1);
    expect(out).toContain("Too few cells have added.");
    const drawing = await ask({ queryRun: async () => refuse("draw-too-few-processors", { detail: "9 asked for" }) });
    expect(drawing).toMatchObject({ exitCode: 1, err: expect.stringContaining("9 asked for") });
  });

  it("never waits for ever: after people's time and its patience it says what to do", { timeout: 20_000 }, async () => {
    const never = async function* () {
      yield view("running");
      await new Promise(() => {});
    };
    const over = { ...asking({ answer }), queryWatch: async () => accept(never()) };
    const { exitCode, err } = await ask(over, "--patience", "1");
    expect(exitCode).toBe(1);
    expect(err).toContain("No answer came within 2 s; the question goes on.");
    expect(err).toContain("hedgerow query stop 01234567");
  });

  it("--detach returns at once, and --patience is for questions", async () => {
    const detached = await ask(asking({}), "--detach");
    expect(detached).toMatchObject({ exitCode: 0, out: expect.stringContaining("hedgerow query watch 01234567") });
    const node = await startFakeNode();
    open.push(node);
    const yaml = await node.run(["query", "run", "flow.yaml", "--patience", "5"], { cwd });
    expect(yaml).toMatchObject({ exitCode: 2, err: expect.stringContaining("--patience is for questions") });
  });
});

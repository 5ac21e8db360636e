// hedgerow query result --format …
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "@uwdata/flechette";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept } from "../../src/core/base/index.ts";
import type { NodeService, PeopleAnswer, ServiceAnswer } from "../../src/sdk/index.ts";
import { type FakeNode, startFakeNode } from "./capture.ts";
import { exitNode, queryId, viewAt } from "./fake-service.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-result-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});

const count = { value: 0 };
const interval = { low: 3, high: 4, coverage: 0.95, method: "" };
const answer: PeopleAnswer = {
  columns: [
    { name: "movie", type: "text", unit: null },
    { name: "stars", type: "float64", unit: null },
  ],
  rows: [
    [{ value: "Heat, part 2" }, { value: 3.5, noise: 0.25, interval }],
    [{ value: "Ran" }, { value: 3.25, noise: 0.5, interval }],
  ],
  participation: {
    ...{ asked: count, contributed: count, policy: count, grant: count, budget: count, failed: count, silent: count },
  },
  missing: [],
  cost: { rho: 1, epsilon: 1, delta: 1e-6 },
  noise: "one",
};
type Outcome = Parameters<typeof ended>[0];
const ended = (outcome: "completed" | "failed", code?: string) => ({
  ...{ outcome, undelivered: 0, losses: [], settledAtMs: 1 },
  reasons: code === undefined ? [] : [{ code, sentence: "Too few people were found.", vertex: "find" }],
});

/** A question's results, or (without an answer) nothing but its end. */
function people(came: PeopleAnswer | null, outcome: Outcome | null = "completed", code?: string): Partial<NodeService> {
  const vertices = viewAt("running").vertices.map((one) => ({ ...one, operator: "people-total" }));
  return {
    queryShow: async () => accept(viewAt("settled", { vertices })),
    queryResult: async () =>
      accept(
        (async function* (): AsyncGenerator<ServiceAnswer<"queryResult">> {
          if (came !== null) yield { type: "answer", sequence: 0, answer: came };
          if (outcome !== null) yield { type: "settled", outcome: ended(outcome, code), assurance: "software" };
        })(),
      ),
  };
}

async function result(over: Partial<NodeService>, ...args: string[]) {
  const node = await startFakeNode(over);
  open.push(node);
  return node.run(["query", "result", queryId, ...args], { cwd });
}

const csv = 'movie,stars,stars_low,stars_high,stars_noise\r\n"Heat, part 2",3.5,3,4,0.25\r\nRan,3.25,3,4,0.5\r\n';

describe("query result of a question", () => {
  it("--format csv is a row for each group, and nothing else on stdout", async () => {
    const { exitCode, out } = await result(people(answer), "--format", "csv");
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: csv });
  });

  it("--output writes the same to a file, and says so beside", async () => {
    const { out, err } = await result(people(answer), "--format", "csv", "--output", "days.csv");
    expect(out).toBe("");
    expect(err).toContain("2 rows in days.csv");
    expect(readFileSync(join(cwd, "days.csv"), "utf8")).toBe(csv);
    expect(existsSync(join(cwd, "days.csv.part"))).toBe(false);
  });

  it("a file that is there is not replaced, not even one that came while the results were awaited", async () => {
    const file = join(cwd, "mine.csv");
    writeFileSync(file, "mine");
    const early = await result(people(answer), "--format", "csv", "--output", "mine.csv");
    expect(early).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining(`${file} exists already. Choose another`),
    });
    const meanwhile: Partial<NodeService> = {
      ...people(answer),
      queryShow: async () => {
        writeFileSync(join(cwd, "came.csv"), "mine");
        return accept(viewAt("settled"));
      },
    };
    const { exitCode, err } = await result(meanwhile, "--format", "csv", "--output", "came.csv");
    expect({ exitCode, err }).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining(`is in ${cwd}/came.csv.part`),
    });
    expect(readFileSync(file, "utf8") + readFileSync(join(cwd, "came.csv"), "utf8")).toBe("minemine");
    expect(readFileSync(join(cwd, "came.csv.part"), "utf8")).toBe(csv);
  });

  it("--format arrow is a file with the same columns", async () => {
    expect((await result(people(answer), "--format", "arrow", "--output", "days.arrow")).exitCode).toBe(0);
    const table = tableFromIPC(readFileSync(join(cwd, "days.arrow")));
    expect(table.names).toEqual(["movie", "stars", "stars_low", "stars_high", "stars_noise"]);
    expect(Array.from(table.getChild("stars_noise"))).toEqual([0.25, 0.5]);
  });

  it("--format json is the answer as one document", async () => {
    const { out } = await result(people(answer), "--format", "json");
    expect(JSON.parse(out)).toEqual(answer);
  });

  it("no answer leaves no file: an empty one would look like an answer", async () => {
    const few = await result(people(null, "failed", "ask-too-few"), "--format", "csv", "--output", "none.csv");
    expect(few).toMatchObject({ exitCode: 6, err: expect.stringContaining("Too few people were found.") });
    const early = await result(people(null, null), "--format", "csv", "--output", "none.csv");
    expect(early).toMatchObject({ exitCode: 1, err: expect.stringContaining("There is no answer yet.") });
    expect(existsSync(join(cwd, "none.csv"))).toBe(false);
    expect(existsSync(join(cwd, "none.csv.part"))).toBe(false);
  });

  it("a folder that is not there is named before anything is asked", async () => {
    const failed = await result(people(answer), "--format", "csv", "--output", "nowhere/days.csv");
    expect(failed).toMatchObject({ exitCode: 1, err: expect.stringContaining(`There is no folder ${cwd}/nowhere.`) });
    expect(failed.err).not.toContain(".part");
  });

  it("a partial answer has its exit code here, too", async () => {
    const csvOfSome = await result(people({ ...answer, missing: [0] }), "--format", "csv");
    expect(csvOfSome).toMatchObject({ exitCode: 5, out: csv });
    expect(csvOfSome.err).toContain("partial answer");
    expect((await result(people({ ...answer, missing: [0] }))).exitCode).toBe(5);
    expect((await result(people(null, "failed", "ask-too-few"))).exitCode).toBe(6);
  });
});

describe("query result of a dataflow", () => {
  it("takes columns and types from the cell before the sink", async () => {
    const { exitCode, out } = await result({}, "--format", "csv");
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: "counter.value\r\n11\r\n12\r\n" });
    await result({}, "--format", "arrow", "--output", "flow.arrow");
    const table = tableFromIPC(readFileSync(join(cwd, "flow.arrow")), { useBigInt: true });
    expect(Array.from(table.getChild("counter.value"))).toEqual([11n, 12n]);
    const json = await result({}, "--format", "json");
    expect(JSON.parse(json.out)).toEqual([{ "counter.value": 11 }, { "counter.value": 12 }]);
  });

  it("results of two cells do not fit in one table", async () => {
    const rows = (vertex: string) =>
      ({ type: "rows", sequence: 0, vertex, node: exitNode, rows: [{ "counter.value": 1 }] }) as const;
    const over: Partial<NodeService> = {
      queryResult: async () =>
        accept(
          (async function* () {
            yield rows("show");
            yield rows("plus");
          })(),
        ),
    };
    const { exitCode, err } = await result(over, "--format", "csv", "--output", "two.csv");
    expect(exitCode).toBe(2);
    expect(err).toContain("Two cells gave results, show and plus");
    expect(existsSync(join(cwd, "two.csv"))).toBe(false);
  });

  it.each([
    [["--format", "arrow"], "--format arrow --output FILE"],
    [["--output", "x"], "Say which: --format json, csv or arrow"],
    [["--format", "csv", "--json"], "cannot be used with"],
    [["--format", "xls"], "Allowed choices"],
  ])("%j is not understood", async (args, said) => {
    const { exitCode, out, err } = await result({}, ...args);
    expect(exitCode).toBe(2);
    expect(out + err).toContain(said);
  });
});

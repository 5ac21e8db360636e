// hedgerow query run against a daemon whose service is made up.
import { describe, expect, it } from "vitest";
import { accept, refuse } from "../../src/core/base/index.ts";
import { startFakeNode } from "./capture.ts";
import { otherQueryId, plan, queryId, viewAt } from "./fake-service.ts";
import { cwd, fake, never, open } from "./made-up-node.ts";

describe("query run", () => {
  it("says how long set-up took, where each operator runs, and leaves the query running", async () => {
    const hedgerow = await fake({ queryWatch: async () => accept(never()) });
    const { exitCode, out, err } = await hedgerow("query", "run", "good.yaml");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/running, set up in 13 ms, assurance software/);
    expect(out).toMatch(/plus +increment +gateway +running/);
    expect(out).toMatch(/Alternatives passed over\n {2}precise\n {4}A policy in force forbids/);
    expect(err).toContain("hedgerow query stop 01234567");
  });

  it("says where that is which a cell prints: it is not the asker's", async () => {
    async function* running(operator: string) {
      const view = viewAt("running");
      yield { ...view, vertices: view.vertices.map((vertex) => ({ ...vertex, operator })) };
      await new Promise(() => {});
    }
    const said = async (operator: string) => {
      const hedgerow = await fake({ queryWatch: async () => accept(running(operator)) });
      return (await hedgerow("query", "run", "good.yaml")).out;
    };
    expect(await said("sink-print")).toMatch(
      /What \S+ prints stays at \S+: hedgerow query result 01234567 --node FOLDER-OF-/,
    );
    expect(await said("sink-result")).not.toContain("prints stays at");
  });

  it("--follow prints what comes out, and ends when the query has settled", async () => {
    const hedgerow = await fake();
    const { exitCode, out, err } = await hedgerow("query", "run", "good.yaml", "--follow");
    expect(exitCode).toBe(0);
    expect(out).toContain("show  counter.value=11\nshow  counter.value=12\n");
    expect(err).toContain("completed; every accepted batch was delivered");
  });

  it("--follow says why nothing comes: a cell fails, wherever it is placed", async () => {
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const about = { atMs: 0, level: "warn" } as const;
    async function* logs() {
      yield { ...about, event: "mending", text: "plus moves to another node (operator-threw: RangeError)" };
      yield { ...about, event: "degraded", text: "no node can run plus now" };
      tell();
    }
    async function* results() {
      await told;
      yield { type: "settled", outcome: viewAt("settled").outcome!, assurance: null } as const;
    }
    const asked: unknown[] = [];
    const hedgerow = await fake({
      async queryLogs(input) {
        asked.push(input);
        return accept(logs());
      },
      queryResult: async () => accept(results()),
    });
    const { out, err } = await hedgerow("query", "run", "good.yaml", "--follow");
    expect(asked).toMatchObject([{ follow: true, level: "warn" }]);
    expect(err).toContain("plus moves to another node (operator-threw: RangeError)");
    expect(err).toContain("no node can run plus now");
    expect(out).not.toContain("no node can run plus now");
  });

  it("--follow --json is one JSON document per line, from accepted to settled", async () => {
    const hedgerow = await fake();
    const { out } = await hedgerow("query", "run", "good.yaml", "--follow", "--json");
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type)).toEqual(["accepted", "running", "rows", "settled"]);
  });

  it.each([
    ["--minimum-people", "5"],
    ["--maximum-people", "5"],
    ["--within", "5"],
    ["--gatherers", "2"],
    ["--standby", "1"],
    ["--forwarders", "1"],
    ["--noise", "one"],
    ["--param", "age=40"],
    ["--broadcast"],
  ])("%s is for questions in SQL, and asks nothing of a query in YAML", async (...options) => {
    const hedgerow = await fake();
    const commands = [["run"], ["plan"], ...(options[0] === "--param" ? [["validate"]] : [])];
    for (const [command = ""] of commands) {
      const { exitCode, out, err } = await hedgerow("query", command, "good.yaml", ...options);
      expect([command, exitCode, out]).toEqual([command, 2, ""]);
      expect(err).toContain(`${options[0]} is for questions in SQL`);
    }
  });

  it("--detach asks for nothing but acceptance", async () => {
    const hedgerow = await fake({ queryWatch: async () => refuse("unknown-query") });
    const { exitCode, out } = await hedgerow("query", "run", "good.yaml", "--detach");
    expect(exitCode).toBe(0);
    expect(out).toContain("hedgerow query watch 01234567");
  });

  it("a faulty file shows each fault with its place and remedy, and exits 1", async () => {
    const hedgerow = await fake();
    const { exitCode, out, err } = await hedgerow("query", "run", "cycle.yaml");
    expect(exitCode).toBe(1);
    expect(out).toContain(
      "q.yaml:7:5: plus and show feed each other [query-cycle]\n    remove one of the two inputs\n",
    );
    expect(err).toContain("1 fault; nothing was sent");
    const asJson = await hedgerow("query", "run", "cycle.yaml", "--json");
    expect(JSON.parse(asJson.out)).toMatchObject({ at: "faulty", faults: [{ code: "query-cycle", line: 7 }] });
  });

  describe("with plans that a policy refuses", () => {
    const because = (vertex: string) =>
      [{ code: "attribute-forbidden", sentence: "A policy in force forbids it.", vertex }] as const;
    const tried = [
      { alternative: "plan 1", reasons: [...because("count")], tried: queryId },
      { alternative: "plan 2", reasons: [...because("plus")], tried: "1".repeat(32) },
    ];
    const outcome = { outcome: "refused", reasons: [...because("show")], undelivered: 0, settledAtMs: 1 } as const;
    const passedOver = { alternative: "plan 4", reasons: [{ code: "no-eligible-node", sentence: "Nobody can." }] };
    const last = { id: otherQueryId, alternative: "plan 3" };
    async function* pictures(end: "running" | "settled") {
      yield viewAt("instantiating", { skipped: [] });
      yield viewAt("instantiating", { ...last, skipped: tried });
      if (end === "running") yield viewAt("running", { ...last, skipped: tried });
      else yield viewAt("settled", { ...last, setupMs: null, outcome, skipped: [...tried, passedOver] });
    }

    it("asks once, and tells each refusal as the node goes on", async () => {
      let asked = 0;
      const hedgerow = await fake({
        queryRun: async () => {
          asked++;
          return accept({ at: "accepted", id: queryId, plan: plan.plan });
        },
        queryWatch: async () => accept(pictures("running")),
      });
      const { exitCode, out, err } = await hedgerow("query", "run", "good.yaml");
      expect(asked).toBe(1);
      expect(out).toContain(
        'refused, so not the plan "plan 1": A policy in force forbids it. (cell count)\n' +
          'refused, so not the plan "plan 2": A policy in force forbids it. (cell plus)\n' +
          `Query ten-becomes-eleven ${otherQueryId}, plan "plan 3"\n`,
      );
      expect(err).toContain(`hedgerow query stop ${otherQueryId.slice(0, 8)}`);
      expect(exitCode).toBe(0);
    });

    it("keeps every reason to the end, also as JSON and for who watches, when the last is refused too", async () => {
      const hedgerow = await fake({ queryWatch: async () => accept(pictures("settled")) });
      const { exitCode, out } = await hedgerow("query", "run", "good.yaml");
      expect(exitCode).toBe(1);
      for (const text of ["(cell count)", "(cell plus)", "(cell show)", "plan 4\n    Nobody can."])
        expect(out).toContain(text);
      const json = await hedgerow("query", "run", "good.yaml", "--json");
      const lines = json.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(lines.map(({ type }) => type)).toEqual(["accepted", "refused", "refused", "settled"]);
      expect(lines[1]).toMatchObject({ query: queryId, alternative: "plan 1", next: otherQueryId });
      expect(lines[3].query).toMatchObject({ outcome, skipped: [...tried, passedOver] });
      const watched = await hedgerow("query", "watch", queryId);
      expect(watched.exitCode).toBe(1);
      for (const text of ["(cell count)", "(cell plus)", "(cell show)", "Nobody can."])
        expect(watched.out).toContain(text);
    });
  });

  it("that is refused before it runs says why, and exits 1", async () => {
    const reasons = [{ code: "policy-forbids", sentence: "A policy in force forbids it.", vertex: "count" }];
    const outcome = { outcome: "refused", reasons, undelivered: 0, settledAtMs: 1 } as const;
    const hedgerow = await fake({
      queryWatch: async () =>
        accept(
          (async function* () {
            yield viewAt("instantiating");
            // Seen while it is taken back, it has not come to its end.
            yield viewAt("stopping", { setupMs: null });
            yield viewAt("settled", { setupMs: null, outcome });
          })(),
        ),
    });
    const { exitCode, out } = await hedgerow("query", "run", "good.yaml");
    expect(exitCode).toBe(1);
    expect(out).toContain("refused; every accepted batch was delivered\n  A policy in force forbids it. (cell count)");
    expect(out).not.toContain("set up in");
  });

  it("Ctrl-C while following exits 130 and says that the query goes on", async () => {
    const node = await startFakeNode({
      queryResult: async () =>
        accept(
          (async function* () {
            yield {
              type: "line",
              sequence: 0,
              vertex: "show",
              node: viewAt("running").vertices[0]!.node,
              text: "twelve",
            } as const;
            await new Promise(() => {});
          })(),
        ),
    });
    open.push(node);
    const { exitCode, err } = await node.run(["query", "run", "good.yaml", "--follow"], {
      cwd,
      interruptWhen: (out) => out.includes("twelve"),
    });
    expect(exitCode).toBe(130);
    expect(err).toContain("The query goes on. Stop it: hedgerow query stop 01234567");
    expect(err).not.toContain("error");
  });

  it("a missing file is named", async () => {
    const hedgerow = await fake();
    const { exitCode, err } = await hedgerow("query", "run", "nowhere.yaml");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/There is no file .*nowhere\.yaml/);
  });
});

// hedgerow query … against a daemon whose service is made up.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { accept, refuse } from "../../src/core/base/index.ts";
import type { NodeService } from "../../src/sdk/index.ts";
import { type FakeNode, startFakeNode } from "./capture.ts";
import { auditThatHolds, cameraNode, exitNode, otherQueryId, plan, queryId, viewAt } from "./fake-service.ts";

const cwd = mkdtempSync(join(tmpdir(), "hedgerow-query-"));
writeFileSync(join(cwd, "good.yaml"), "hedgerow: 1\n");
writeFileSync(join(cwd, "cycle.yaml"), "# cycle\n");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});
async function fake(over: Partial<NodeService> = {}) {
  const node = await startFakeNode(over);
  open.push(node);
  return (...args: string[]) => node.run(args, { cwd });
}

const otherNode = `12D3Koo${"X".repeat(45)}`;
function lossy(mostBatches: number | null) {
  const losses = [{ vertex: "plus", incarnation: 0, node: exitNode, nodeName: "gateway", mostBatches }];
  return { outcome: "completed", reasons: [], undelivered: 0, losses, settledAtMs: 1 } as const;
}

async function* never() {
  yield viewAt("running");
  await new Promise(() => {});
}

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

describe("which query", () => {
  const two: NodeService["queryList"] = async () =>
    accept({
      queries: [queryId, otherQueryId].map((id, at) => ({
        id,
        name: `query-${at}`,
        phase: "running",
        outcome: null,
        startedAtMs: 1,
        setupMs: 1,
        vertices: 3,
        nodes: 2,
        part: "analyst",
      })),
    });
  it("is the newest when none is named, or one by name or by the start of its id", async () => {
    const hedgerow = await fake({ queryList: two });
    for (const args of [["show"], ["show", "01234"], ["show", "query-0"], ["show", queryId]]) {
      const { exitCode, out } = await hedgerow("query", ...args, "--json");
      expect(exitCode, args.join(" ")).toBe(0);
      expect(JSON.parse(out).id).toBe(queryId);
    }
  });
  it("is asked for when it is not clear or not known", async () => {
    const hedgerow = await fake({ queryList: two });
    const unclear = await hedgerow("query", "show", "0123");
    expect(unclear.exitCode).toBe(1);
    expect(unclear.err).toContain("Give more of the id");
    const unknown = await hedgerow("query", "show", "nonsense");
    expect(unknown.err).toContain("hedgerow query ls");
    const gone = await hedgerow("query", "show", "f".repeat(32), "--json");
    expect(gone.exitCode).toBe(1);
    expect(JSON.parse(gone.out)).toMatchObject({ ok: false, code: "unknown-query" });
  });
});

const moved = { state: "running", incarnation: 1, node: cameraNode, nodeName: "camera" } as const;
const place = (phase: "running" | "degraded" | "settled", plus: object, over: Parameters<typeof viewAt>[1] = {}) => {
  const view = viewAt(phase, over);
  return { ...view, vertices: view.vertices.map((cell) => (cell.id === "plus" ? { ...cell, ...plus } : cell)) };
};
const silent = { code: "node-unreachable", sentence: "The node does not answer.", node: exitNode, nodeName: "gateway" };

describe("query watch", () => {
  const views = [
    place("running", {}),
    place("degraded", { state: "gone", nodeName: "gateway (…EEEEEEEE)" }),
    place("running", { ...moved, former: [{ incarnation: 0, node: exitNode, nodeName: "gateway", reason: silent }] }),
    place("running", moved),
    place("running", moved),
  ];
  const watched: NodeService["queryWatch"] = async () =>
    accept(
      (async function* () {
        yield* views;
      })(),
    );

  it("says when a node stops answering and where a cell moved, and repeats no line", async () => {
    const hedgerow = await fake({ queryWatch: watched });
    const { exitCode, out } = await hedgerow("query", "watch");
    expect(exitCode).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^[\d:.]+ /, "").replace(/, \d+ records.*/, ""))).toEqual([
      "running, 3/3 cells running",
      "gateway stopped answering (plus)",
      "degraded, 2/3 cells running",
      "plus moved from gateway to camera: The node does not answer.",
      "running, 3/3 cells running",
    ]);
  });

  it("leaves these lines standing above the picture on a terminal", async () => {
    const node = await startFakeNode({ queryWatch: watched });
    open.push(node);
    const { out } = await node.run(["query", "watch"], { cwd, tty: true, env: { NO_COLOR: "1" } });
    const pictures = out.split("\u001b[J").slice(1);
    expect(pictures.filter((picture) => /^[\d:.]+ plus moved from gateway to camera/.test(picture))).toHaveLength(1);
    expect(out.match(/plus moved/g)).toHaveLength(1);
  });

  it("of a query that lost batches exits 1", async () => {
    const hedgerow = await fake({
      queryWatch: async () =>
        accept(
          (async function* () {
            yield place("settled", moved, { outcome: lossy(20) });
          })(),
        ),
    });
    expect((await hedgerow("query", "watch")).exitCode).toBe(1);
  });
});

describe("losses", () => {
  for (const [most, words] of [
    [20, "at most 20 accepted batches lost with a node"],
    [null, "an unknown number of accepted batches lost with a node"],
  ] as const)
    it(`are said with their number (${most}), exit 1, and are never called delivered`, async () => {
      const outcome = lossy(most);
      const hedgerow = await fake({
        queryShow: async () => accept(place("settled", moved, { outcome })),
        queryStop: async () => accept(place("settled", moved, { outcome })),
        queryResult: async () =>
          accept(
            (async function* () {
              yield { type: "settled", outcome, assurance: null } as const;
            })(),
          ),
      });
      const stop = await hedgerow("query", "stop", "0123");
      const result = await hedgerow("query", "result");
      const show = await hedgerow("query", "show");
      expect([stop.exitCode, result.exitCode, show.exitCode]).toEqual([1, 1, 0]);
      for (const text of [stop.out, result.err, show.out]) {
        expect(text).toContain(`completed; ${words}`);
        expect(text).not.toContain("every accepted batch was delivered");
        expect(text).not.toContain("[object");
      }
      const { out } = await hedgerow("query", "result", "--json");
      expect(JSON.parse(out).outcome.losses).toEqual([expect.objectContaining({ vertex: "plus", mostBatches: most })]);
    });
});

describe("names", () => {
  it("of nodes stand in what is said of them, also of one that is gone", async () => {
    const reasons = [{ ...silent, node: otherNode, nodeName: "annexe (…XXXXXXXX)", vertex: "plus" }];
    const hedgerow = await fake({ queryShow: async () => accept(place("degraded", { state: "gone" }, { reasons })) });
    const { out } = await hedgerow("query", "show");
    expect(out).toMatch(/receipts +-\n/);
    expect(out).toContain("The node does not answer. (cell plus; node annexe (…XXXXXXXX))");
  });
});

describe("query audit", () => {
  it("exits 0 when the chain holds, and says what vouches for it", async () => {
    const hedgerow = await fake();
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(0);
    expect(out).toContain("The chain holds from source to sink. 3 receipts, lowest assurance software");
  });

  it("shows the assurance of each cell in its row, and the lowest in the last line", async () => {
    const cells = auditThatHolds.cells.map((cell, at) =>
      at === 1 ? { ...cell, assurance: "hardware" as const } : cell,
    );
    const hedgerow = await fake({ queryAudit: async () => accept({ ...auditThatHolds, cells }) });
    const { out } = await hedgerow("query", "audit");
    expect(out).toMatch(/^ *count .* software +holds/m);
    expect(out).toMatch(/^ *plus .* hardware +holds/m);
    expect(out).toContain("lowest assurance software: nothing but software vouches");
  });

  it("says who handed over what was left out, how often, and why", async () => {
    const sentence = "A node handed over a receipt that another node signed.";
    const stray = { code: "receipt-foreign", sentence, detail: "it names X", node: cameraNode, times: 3 };
    const strays = [
      { ...stray, nodeName: "camera" },
      { ...stray, node: otherNode, times: 1 },
    ];
    const hedgerow = await fake({ queryAudit: async () => accept({ ...auditThatHolds, strays }) });
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(0);
    expect(out).toContain(`left out: 3 receipts handed over by camera: ${sentence} (it names X)`);
    expect(out).toMatch(/left out: 1 receipt handed over by \S*X+/);
    const asJson = await hedgerow("query", "audit", "--json");
    expect(JSON.parse(asJson.out).strays).toMatchObject([{ node: cameraNode, times: 3 }, { times: 1 }]);
  });

  it("names who was silent, while something is missing, and who answered with junk", async () => {
    const about = { node: cameraNode, nodeName: "camera" };
    const silent = [{ ...about, code: "audit-late", sentence: "The time of the audit was over." }];
    const strays = [{ ...about, code: "inquiry-malformed", sentence: "That is no answer.", times: 2 }];
    const open = ["plus #0 gave no receipt"];
    let complete = false;
    const hedgerow = await fake({
      queryAudit: async () => accept({ ...auditThatHolds, complete, open, silent, strays }),
    });
    const { out } = await hedgerow("query", "audit");
    expect(out).toContain("silent: camera: The time of the audit was over.");
    expect(out).toContain("left out: 2 answers handed over by camera: That is no answer.");
    complete = true;
    expect((await hedgerow("query", "audit")).out).not.toContain("silent:");
    expect(JSON.parse((await hedgerow("query", "audit", "--json")).out).silent).toMatchObject([{ code: "audit-late" }]);
  });

  it("exits 4 when nothing contradicts it and receipts are missing, and says which", async () => {
    const open = ["plus #0 gave no receipt"];
    const hedgerow = await fake({ queryAudit: async () => accept({ ...auditThatHolds, complete: false, open }) });
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(4);
    expect(out).toContain("holds as far as the receipts go: plus #0 gave no receipt.");
    expect(out).not.toContain("from source to sink.");
  });

  it("tells the cells of one vertex apart, and says what each end of an edge signed", async () => {
    const [count, plus, show] = auditThatHolds.cells;
    const dead = { ...plus!, verdict: "missing", receipts: 0, assurance: null } as const;
    const [edge, ...rest] = auditThatHolds.edges;
    const half = { ...edge!, verdict: "open", sent: 17, received: 0, batches: 0 } as const;
    const hedgerow = await fake({
      queryAudit: async () =>
        accept({
          ...auditThatHolds,
          verdict: "open",
          complete: false,
          open: ["plus #0 gave no receipt", "17 batches on count ─▶ plus with one signature only"],
          cells: [count!, dead, { ...plus!, incarnation: 1 }, show!],
          edges: [half, ...rest],
        }),
    });
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(4);
    expect(out).toMatch(/^ *plus #0 .*missing/m);
    expect(out).toMatch(/^ *plus #1 .*holds/m);
    expect(out).toMatch(/count ─▶ plus #0 +17 sent, 0 received .*open/);
    expect((await hedgerow("query", "audit", "--help")).out).toMatch(/4 if/);
  });

  it("says plainly what of an old stream is summed up, and holds all the same", async () => {
    const cells = auditThatHolds.cells.map((cell, at) =>
      at === 1 ? { ...cell, receipts: 1_500, summed: 9_216 } : cell,
    );
    const hedgerow = await fake({ queryAudit: async () => accept({ ...auditThatHolds, cells }) });
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ *plus .*1500, 9216 summed up/m);
    expect(out).toContain("single batches of that time can be proven no more");
  });

  it("exits 1 when it does not, and points at the edge", async () => {
    const [first, ...rest] = auditThatHolds.edges;
    const reasons = [
      { code: "receipt-roots-differ", sentence: "Both ends account for it differently.", detail: "batches 64 to 127" },
    ];
    const hedgerow = await fake({
      queryAudit: async () =>
        accept({ ...auditThatHolds, holds: false, edges: [{ ...first!, verdict: "broken", reasons }, ...rest] }),
    });
    const { exitCode, out } = await hedgerow("query", "audit");
    expect(exitCode).toBe(1);
    expect(out).toMatch(/count ─▶ plus .*broken +Both ends account for it differently\. \(batches 64 to 127\)/);
    expect(out).toContain("The chain does not hold.");
    const asJson = await hedgerow("query", "audit", "--json");
    expect(asJson.exitCode).toBe(1);
    expect(JSON.parse(asJson.out).holds).toBe(false);
  });
});

it("node peers shows what each may do, and what it does", async () => {
  const hedgerow = await fake();
  const { out } = await hedgerow("node", "peers");
  expect(out).toMatch(/ROLES +FUNCTIONS[\s\S]*producer +producer/);
});

describe("--json", () => {
  const documents = [
    ["query", "plan", "good.yaml"],
    ["query", "ls"],
    ["query", "show"],
    ["query", "stop", "0123"],
    ["query", "audit"],
    ["node", "status"],
    ["node", "peers"],
    ["node", "metrics"],
    ["node", "connect", "/ip4/127.0.0.1/tcp/1"],
    ["node", "import-revocations", "good.yaml"],
    ["doctor"],
  ];
  for (const args of documents) {
    it(`hedgerow ${args.join(" ")} writes one document and nothing else to stdout`, async () => {
      const hedgerow = await fake();
      const { exitCode, out } = await hedgerow(...args, "--json");
      expect(exitCode).toBe(0);
      expect(out.endsWith("\n")).toBe(true);
      expect(JSON.parse(out)).toBeTypeOf("object");
      const plain = await hedgerow(...args);
      expect(plain.exitCode).toBe(0);
      expect(plain.out.length).toBeGreaterThan(0);
    });
  }
  for (const args of [
    ["query", "watch"],
    ["query", "logs"],
    ["query", "result"],
  ]) {
    it(`hedgerow ${args.join(" ")} writes a document per line`, async () => {
      const hedgerow = await fake();
      const { exitCode, out } = await hedgerow(...args, "--json");
      expect(exitCode, out).toBe(0);
      for (const line of out.trimEnd().split("\n")) expect(JSON.parse(line)).toBeTypeOf("object");
    });
  }
});

describe("results", () => {
  it("of a query that failed exit 1", async () => {
    const outcome = { outcome: "failed", reasons: [], undelivered: 2, settledAtMs: 1 } as const;
    const hedgerow = await fake({
      queryResult: async () =>
        accept(
          (async function* () {
            yield { type: "settled", outcome, assurance: null } as const;
          })(),
        ),
    });
    const { exitCode, err } = await hedgerow("query", "result", "--follow");
    expect(exitCode).toBe(1);
    expect(err).toContain("failed; 2 accepted batches not delivered");
  });
  it("that end before the query does are not taken for all", async () => {
    const hedgerow = await fake({ queryResult: async () => accept((async function* () {})()) });
    expect((await hedgerow("query", "result", "--follow")).exitCode).toBe(1);
    expect((await hedgerow("query", "result")).exitCode).toBe(0);
  });
  it("of a stop that lost batches exit 1", async () => {
    const outcome = { outcome: "stopped", reasons: [], undelivered: 1, settledAtMs: 1 } as const;
    const hedgerow = await fake({ queryStop: async () => accept(viewAt("settled", { outcome })) });
    const { exitCode, out } = await hedgerow("query", "stop", "0123");
    expect(exitCode).toBe(1);
    expect(out).toContain("1 accepted batch not delivered");
  });
});

describe("query validate", () => {
  it("shows no more faults than anybody mends at once of what is no query", async () => {
    writeFileSync(
      join(cwd, "notes.md"),
      Array.from({ length: 60 }, (_, n) => `# ${n}\n\n\`a\` is not b: c: d\n`).join(""),
    );
    const { exitCode, out } = await (await fake())("query", "validate", "notes.md");
    expect(exitCode).toBe(1);
    expect(out.match(/notes\.md:/g)).toHaveLength(20);
    expect(out).toMatch(/and \d+ more; --json tells all/);
  });

  it("tells faults of form and all others in one run", async () => {
    const { capture } = await import("./capture.ts");
    const text =
      "hedgerow: 1\nname: n\npurpose: p\ncells:\n  a: { run: source-genrator, at: producr }\n  c: { run: sink-print, from: b, at: { matching: age > 3 } }\n";
    writeFileSync(join(cwd, "several.yaml"), text);
    const { exitCode, out } = await capture(["query", "validate", "several.yaml", "--json"], { cwd });
    expect(exitCode).not.toBe(0);
    const told = JSON.parse(out) as { faults: { code: string; line: number; remedy: string }[] };
    expect(told.faults.map(({ code, line }) => [code, line])).toEqual([
      ["unknown-operator", 5],
      ["wrong-value", 5],
      ["unknown-input", 6],
      ["placement-not-offered", 6],
    ]);
  });

  it("needs no node, and prints places that editors understand", async () => {
    const { capture } = await import("./capture.ts");
    const { exitCode, out } = await capture(["query", "validate", "cycle.yaml"], { cwd });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^cycle\.yaml:\d+:\d+: .+ \[[a-z-]+\]\n {4}\S/);
    const asJson = await capture(["query", "validate", "cycle.yaml", "--json"], { cwd });
    expect(JSON.parse(asJson.out)).toMatchObject({ at: "faulty", faults: [{ file: "cycle.yaml" }] });
  });

  it("looks at each of several files, whatever is wrong with the others", async () => {
    const { capture } = await import("./capture.ts");
    const good = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=0) COUNT(*) FROM people\n";
    writeFileSync(join(cwd, "syntax.yaml"), 'hedgerow: 1\nname: "open\n');
    writeFileSync(join(cwd, "last.sql"), good);
    const files = ["syntax.yaml", "nowhere.yaml", "cycle.yaml", "last.sql"];
    const { exitCode, out } = await capture(["query", "validate", ...files], { cwd });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^syntax\.yaml:3:1: .+ \[yaml-invalid\]\n {4}Close what was opened/m);
    expect(out).toMatch(/^nowhere\.yaml: there is no such file$/m);
    expect(out).toMatch(/^cycle\.yaml:\d+:\d+: /m);
    expect(out).toMatch(/^last\.sql: query last has no faults$/m);
    const asJson = await capture(["query", "validate", ...files, "--json"], { cwd });
    const lines = asJson.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ at, file }) => [at, file])).toEqual([
      ["faulty", "syntax.yaml"],
      ["unread", "nowhere.yaml"],
      ["faulty", "cycle.yaml"],
      ["valid", "last.sql"],
    ]);
    expect((await capture(["query", "validate", "last.sql", "last.sql"], { cwd })).exitCode).toBe(0);
  });

  it("takes a question in SQL the same way, and says what it took for granted", async () => {
    const { capture } = await import("./capture.ts");
    writeFileSync(join(cwd, "good.sql"), "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) COUNT(*) FROM people\n");
    const good = await capture(["query", "validate", "good.sql"], { cwd });
    expect(good).toMatchObject({ exitCode: 0 });
    expect(good.out).toContain("good.sql: query good has no faults\n    epsilon is not given: 1 is taken.\n");
    writeFileSync(join(cwd, "bad.sql"), "SELECT COUNT(*)\nFROM peple\n");
    const bad = await capture(["query", "validate", "bad.sql"], { cwd });
    expect(bad.exitCode).toBe(1);
    expect(bad.out).toMatch(
      /^bad\.sql:1:1: .+ \[sql-privacy\]\n {4}.+\nbad\.sql:2:6: .+ \[sql-unknown-name\]\n {4}.+"people"\?\n$/,
    );
  });
});

// hedgerow query audit against a daemon whose service is made up.
import { describe, expect, it } from "vitest";
import { accept } from "../../src/core/base/index.ts";
import { auditThatHolds, cameraNode } from "./fake-service.ts";
import { fake, otherNode } from "./made-up-node.ts";

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

// PIXIU §3.1 (trust-λ) and §3.2 (chained executor): one test per rule, restated in our words.
import { afterEach, expect, it } from "vitest";
import { type Digest, type EdgeId, publicKeyOfNodeId, type VertexId } from "../../src/core/base/index.ts";
import { allocateBatch } from "../../src/core/batch/index.ts";
import {
  cellPlan,
  chunkRoot,
  keyedLeaves,
  leafSecretBytes,
  mayEnter,
  mayLeave,
  openEnvelope,
  verifyReceipt,
} from "../../src/core/cell/index.ts";
import { CellWorld, Wire } from "../../src/io/cells/world.ts";
import { blake3, nodeCrypto } from "../../src/io/identity/index.ts";
import { openThree, secretShape as secret, transformNamed, valueShape as value } from "../support/cells.ts";

let world: CellWorld | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

async function line(count = 20): Promise<CellWorld> {
  world = new CellWorld(3);
  await openThree(world, { count, from: 10 });
  return world;
}

it("§3.1 there is one entry for data: only what the plan declares for an input comes in", async () => {
  const { planned } = await line();
  const cell = cellPlan(planned.plan, planned.planDigest, "increment" as VertexId);
  if (!cell.ok) throw new Error(cell.code);
  expect(mayEnter(cell.value, 0, allocateBatch(value, 3).bytes)).toEqual({ ok: true, value: { rows: 3 } });
  expect(mayEnter(cell.value, 0, allocateBatch(secret, 3).bytes)).toMatchObject({
    ok: false,
    code: "input-not-as-declared",
    blame: planned.plan.vertices[0]!.node,
  });
});

it("§3.1 there is one exit for data: only what is declared, and only when this node's policy allowed this plan", async () => {
  const { planned } = await line();
  const cell = cellPlan(planned.plan, planned.planDigest, "increment" as VertexId);
  if (!cell.ok) throw new Error(cell.code);
  const decision = { plan: planned.planDigest, policy: "22".repeat(32) as Digest };
  const batch = allocateBatch(value, 1).bytes;
  expect(mayLeave(cell.value, decision, batch)).toMatchObject({ ok: true });
  expect(mayLeave(cell.value, decision, allocateBatch(secret, 1).bytes)).toMatchObject({
    code: "output-not-as-declared",
  });
  expect(mayLeave(cell.value, undefined, batch)).toMatchObject({ code: "no-policy-decision" });
  const ofAnother = { ...decision, plan: "33".repeat(32) as Digest };
  expect(mayLeave(cell.value, ofAnother, batch)).toMatchObject({ code: "no-policy-decision" });
});

it("§3.1 the validator accepts data only from the cell that the plan names: others have no key", async () => {
  const here = await line();
  const wire = new Wire();
  await here.intercept("increment", wire);
  const stranger = await (async () => {
    const other = new CellWorld(1);
    await other.open([{ id: "source", operator: "source-generator", on: 0 }]);
    return other;
  })();
  // The analyst's wiring names the stranger's key for the sender: the real source and the cell no longer share a key.
  const { plan } = here.planned;
  const wiring = here.wiring("increment");
  const inputs = wiring.inputs.map((end) => ({ ...end, publicKey: stranger.placed.get("source")!.publicKey }));
  await here.hosts[2]!.start(plan.id, "sink" as VertexId, here.wiring("sink"));
  expect(await here.hosts[1]!.start(plan.id, "increment" as VertexId, { ...wiring, inputs })).toMatchObject({
    ok: true,
  });
  expect(await here.hosts[0]!.start(plan.id, "source" as VertexId, here.wiring("source"))).toMatchObject({
    ok: false,
    code: "edge-unreachable",
  });
  await stranger.close();
});

it("§3.1 data between cells is protected: the wire shows no batch", async () => {
  const here = await line();
  const wire = new Wire();
  await here.intercept("increment", wire);
  await here.run();
  await here.ended("source");
  const magic = Buffer.from(allocateBatch(value, 1).bytes.subarray(0, 4)); // every batch begins so
  expect(wire.recorded.length).toBeGreaterThan(20);
  expect(wire.recorded.some((piece) => piece.includes(magic))).toBe(false);
});

it("§3.1 a function that lies about its output is stopped, and the output does not leave", async () => {
  const leaky = transformNamed("leaky", () => allocateBatch(secret, 1).bytes);
  world = new CellWorld(2, { operators: [leaky] });
  await world.open([
    { id: "source", operator: "source-generator", params: { count: 5 }, on: 0 },
    { id: "leaky", operator: "leaky", inputs: ["source"], on: 1 },
    { id: "sink", operator: "sink-print", inputs: ["leaky"], on: 0 },
  ]);
  await world.run();
  await world.until(() => world!.codes("failed").length > 0);
  expect(world.codes("failed")).toEqual(["output-not-as-declared"]);
  expect(world.lines).toEqual([]);
});

it("§3.1 a proof has the digests of input, function and output, no data, and is signed by the node", async () => {
  const here = await line(1);
  await here.run();
  await here.ended("source");
  const crypto = nodeCrypto;
  const envelope = here.hosts[1]!.receipts(here.planned.plan.id)[0]!;
  const receipt = openEnvelope(envelope);
  if (!receipt.ok) throw new Error(receipt.code);
  const operator = here.planned.plan.vertices[1]!.operator.digest;
  expect(receipt.value).toMatchObject({ vertex: "increment", operator, plan: here.planned.planDigest, final: true });
  expect(receipt.value.inputs).toMatchObject([{ edge: "source>increment:0", batches: 1, records: 1 }]);
  expect(receipt.value.outputs).toMatchObject([{ edge: "increment>sink:0", batches: 1, records: 1 }]);
  expect(receipt.value.inputs[0]!.openRoot).not.toBe(receipt.value.outputs[0]!.openRoot);
  const key = publicKeyOfNodeId(here.nodeOf(1))!;
  expect(verifyReceipt(envelope, key, crypto)).toMatchObject({ ok: true });
  const other = publicKeyOfNodeId(here.nodeOf(2))!;
  expect(verifyReceipt(envelope, other, crypto)).toMatchObject({ ok: false, code: "receipt-forged" });
});

it("§3.1 a proof gives no data away, not even to who tries all values that it can have", async () => {
  const seen: Uint8Array[] = [];
  const recorder = transformNamed("recorder", (batch) => {
    seen.push(batch.slice());
    return null;
  });
  world = new CellWorld(3, { operators: [recorder] });
  await openThree(world, { count: 1, from: 10 }, "recorder");
  await world.run();
  await world.ended("source");
  const { id } = world.planned.plan;
  const edge = "source>recorder:0" as EdgeId;
  const guess = blake3(seen[0]!); // the one value: a guess that is right
  const [sent, received] = [world.hosts[0]!, world.hosts[1]!].map((host, i) =>
    host.leaves(id, (i === 0 ? "source" : "recorder") as VertexId, 0, edge, 0, 0),
  );
  expect(received).toEqual(sent);
  expect(sent).toHaveLength(1);
  const root = (leaf: Uint8Array) => chunkRoot(nodeCrypto, leaf);
  const signed = world.hosts.flatMap((host) => host.receipts(id).map((envelope) => Buffer.from(envelope.payload)));
  expect(signed.some((payload) => payload.includes(root(sent![0]!)))).toBe(true);
  const noSecret = keyedLeaves(blake3, new Uint8Array(leafSecretBytes));
  for (const leaf of [guess, nodeCrypto.sha256(seen[0]!), noSecret(guess)]) {
    expect(sent).not.toContainEqual(Buffer.from(leaf));
    expect(signed.some((payload) => payload.includes(root(leaf)))).toBe(false);
  }
});

it("§3.2 proofs chain from cell to cell: what one signed as sent, the next signed as received", async () => {
  const here = await line(200);
  await here.run();
  await here.ended("source");
  const audit = here.audit();
  expect(audit).toMatchObject({ holds: true, complete: true });
  expect(audit.edges.map(({ edge, sent, received }) => [edge, sent, received])).toEqual([
    ["source>increment:0" as EdgeId, 200, 200],
    ["increment>sink:0" as EdgeId, 200, 200],
  ]);
});

// Cells that sign for what they are not, to hide what they did or to frame another.
import { expect, it } from "vitest";
import { crypto, makeSigner, type TestSigner } from "../../../test/support/signers.ts";
import { type Digest, type EdgeId, type NodeId, publicKeyOfNodeId, type VertexId } from "../base/index.ts";
import { lifecycleLimits } from "../lifecycle/index.ts";
import type { Assurance, EdgeAccount, Plan, PlanVertex } from "../model/index.ts";
import { auditQuery, cellLimits, type KnownCell, LinkAccount, ReceiptChain, type ReceiptEnvelope } from "./index.ts";

const [source, plus, sink, spare] = [makeSigner(), makeSigner(), makeSigner(), makeSigner()] as const;
const operator = "0a".repeat(32) as Digest;
const planDigest = "0b".repeat(32) as Digest;
const vertex = (id: string, kind: string, inputs: string[], node: NodeId, spares: NodeId[] = []) =>
  ({
    id,
    operator: { name: id, digest: operator, kind },
    inputs,
    stateless: true,
    node,
    spares,
  }) as unknown as PlanVertex;
const plan = {
  id: "0c".repeat(16),
  vertices: [
    vertex("source", "source", [], source.node),
    vertex("plus", "transform", ["source"], plus.node, [spare.node]),
    vertex("sink", "sink", ["plus"], sink.node),
  ],
} as unknown as Plan;
const known: KnownCell[] = plan.vertices.map(({ id, node }) => ({ vertex: id, incarnation: 0, node, ran: true }));
const [first, second] = ["source>plus:0", "plus>sink:0"] as unknown as [EdgeId, EdgeId];
const batches = (count: number, salt = 0) => Array.from({ length: count }, (_, i) => Uint8Array.of(salt, i >> 8, i));
const all = batches(200);

function account(edge: EdgeId, peer: number, list: Uint8Array[]): EdgeAccount {
  const made = new LinkAccount(crypto, edge, peer);
  for (const batch of list) made.add(crypto.sha256(batch), 1);
  return made.cut();
}

interface Told {
  readonly incarnation?: number;
  readonly inputs?: EdgeAccount[];
  readonly outputs?: EdgeAccount[];
  readonly final?: boolean;
  readonly assurance?: Assurance;
}
function receipt(name: string, by: TestSigner, told: Told): ReceiptEnvelope {
  const { incarnation = 0, inputs = [], outputs = [], final = true, assurance = "software" } = told;
  const subject = { query: plan.id, plan: planDigest, vertex: name as VertexId, node: by.node, incarnation };
  const chain = new ReceiptChain({ ...subject, operator, policy: operator, assurance }, crypto, by);
  return chain.next({ inputs, outputs, undelivered: 0, final, whole: false, closedLinks: 0 });
}

const honest = {
  source: receipt("source", source, { outputs: [account(first, 0, all)] }),
  plus: receipt("plus", plus, { inputs: [account(first, 0, all)], outputs: [account(second, 0, all)] }),
  sink: receipt("sink", sink, { inputs: [account(second, 0, all)] }),
};
function audit(envelopes: readonly ReceiptEnvelope[], cells: readonly KnownCell[] = known) {
  const ports = { crypto, publicKeyOf: (node: NodeId) => publicKeyOfNodeId(node) };
  return auditQuery(plan, planDigest, envelopes, ports, undefined, cells);
}

it("what is told as it was holds whole", () => {
  expect(audit(Object.values(honest))).toMatchObject({ holds: true, complete: true, strays: [] });
});

it("a sink that dropped batches is not replaced by an incarnation that it makes up", () => {
  const dropped = receipt("sink", sink, { inputs: [account(second, 0, all.slice(0, 150))] });
  const invented = receipt("sink", sink, { incarnation: 1 });
  const told = audit([honest.source, honest.plus, dropped, invented]);
  expect(told).toMatchObject({ holds: false, complete: false });
  expect(told.strays).toMatchObject([{ code: "receipt-not-of-plan", blame: sink.node }]);
});

it("nobody told of what was replaced takes a later incarnation for whole", () => {
  const invented = receipt("plus", plus, { incarnation: 1 });
  expect(audit([...Object.values(honest), invented], [])).toMatchObject({ complete: false });
});

it("an account of an edge that is not there makes up for no invented output", () => {
  const twice = batches(400);
  const made = [account(first, 0, all), account("nowhere>plus:7" as EdgeId, 0, twice)];
  const more = receipt("plus", plus, { inputs: made, outputs: [account(second, 0, twice)] });
  const took = receipt("sink", sink, { inputs: [account(second, 0, twice)] });
  expect(audit([honest.source, more, took])).toMatchObject({
    complete: false,
    strays: [{ code: "receipt-not-of-plan", blame: plus.node }],
  });
});

it("a second, empty link does not hide invented output", () => {
  const twice = batches(400);
  const outputs = [account(second, 0, twice), account(second, 1, [])];
  const more = receipt("plus", plus, { inputs: [account(first, 0, all)], outputs });
  const took = receipt("sink", sink, { inputs: [account(second, 0, twice)] });
  const told = audit([honest.source, more, took]);
  expect(told.holds).toBe(false);
  expect(told.cells[1]!.findings).toMatchObject([{ code: "output-invented", blame: plus.node }]);
});

it("two accounts of one link in a receipt are none", () => {
  const made = [account(first, 0, all), account(first, 0, batches(200, 9))];
  const doubled = receipt("plus", plus, { inputs: made, outputs: [account(second, 0, all)] });
  expect(audit([honest.source, doubled, honest.sink])).toMatchObject({
    complete: false,
    strays: [{ code: "receipt-not-of-plan", blame: plus.node, detail: expect.stringContaining("two accounts") }],
  });
  const twice = receipt("source", source, { outputs: [account(first, 0, all), account(first, 0, all)] });
  expect(audit([twice, honest.plus, honest.sink]).strays).toMatchObject([{ blame: source.node }]);
});

it("a spare that never ran frames nobody, and stands in for nobody", () => {
  const framing = receipt("plus", spare, {});
  const told = audit([...Object.values(honest), framing]);
  expect(told).toMatchObject({ holds: true, complete: true, strays: [{ blame: spare.node }] });
  const copied = receipt("plus", spare, { inputs: [account(first, 0, all)], outputs: [account(second, 0, all)] });
  expect(audit([honest.source, copied, honest.sink])).toMatchObject({
    complete: false,
    missing: [{ vertex: "plus", incarnation: 0 }],
  });
});

it("a forged receipt counts against nobody", () => {
  const forged = { ...honest.source, signatures: [{ keyid: source.node, sig: new Uint8Array(64) }] } as ReceiptEnvelope;
  expect(audit([...Object.values(honest), forged])).toMatchObject({
    holds: true,
    complete: true,
    strays: [{ code: "receipt-forged" }],
  });
});

it("what a replaced cell had in flight, signed by one side only, is open", () => {
  const tail = batches(10, 3);
  const told = audit(
    [
      receipt("source", source, { outputs: [account(first, 0, all), account(first, 1, tail)] }),
      receipt("plus", plus, {
        inputs: [account(first, 0, all.slice(0, 1))],
        outputs: [account(second, 0, all.slice(0, 1))],
        final: false,
      }),
      receipt("plus", spare, {
        incarnation: 1,
        inputs: [account(first, 0, tail)],
        outputs: [account(second, 0, tail)],
      }),
      receipt("sink", sink, { inputs: [account(second, 0, all), account(second, 1, tail)] }),
    ],
    [...known, { vertex: "plus" as VertexId, incarnation: 1, node: spare.node, ran: true }],
  );
  expect(told).toMatchObject({ holds: true, complete: false });
});

it("an earlier incarnation that the coordinator never named is not believed, whoever signs for it", () => {
  const moved = [...known, { vertex: "plus" as VertexId, incarnation: 2, node: spare.node, ran: true }];
  const newest = receipt("plus", spare, { incarnation: 2 });
  for (const by of [plus, spare]) {
    const between = receipt("plus", by, { incarnation: 1, inputs: [account(first, 0, batches(50, 7))] });
    const told = audit([...Object.values(honest), newest, between], moved);
    expect(told.strays).toMatchObject([{ code: "receipt-not-of-plan", blame: by.node }]);
    expect(told.missing).toEqual([{ vertex: "plus", incarnation: 1 }]);
  }
  // Nor one of a vertex of which the coordinator named nothing.
  const others = known.filter(({ vertex: id }) => id !== "plus");
  expect(audit(Object.values(honest), others).strays).toMatchObject([{ blame: plus.node }]);
});

it("two nodes that claim one cell are told apart, and neither is believed about an edge", () => {
  const tail = batches(10, 3);
  const moved = [
    receipt("source", source, { outputs: [account(first, 1, tail)] }),
    receipt("plus", spare, { incarnation: 1, inputs: [account(first, 0, tail)], outputs: [account(second, 0, tail)] }),
    receipt("sink", sink, { inputs: [account(second, 1, tail)] }),
  ];
  const claim = receipt("plus", plus, { incarnation: 1, inputs: [account(first, 0, batches(10, 5))] });
  const told = audit([...moved, claim], []);
  const claims = told.cells.filter(({ vertex: id }) => id === "plus");
  expect(claims.map(({ node, verdict, findings }) => [node, verdict, findings])).toEqual([
    [spare.node, "holds", []],
    [plus.node, "holds", []],
  ]);
  expect(told.contested).toEqual([{ vertex: "plus", incarnation: 1 }]);
  expect(told).toMatchObject({ holds: true, complete: false });
  expect(told.edges.map(({ verdict }) => verdict)).toEqual(["in-flight", "in-flight"]);
  // Who has the coordinator's word needs no claim.
  const word = [...known, { vertex: "plus" as VertexId, incarnation: 1, node: spare.node, ran: true }];
  expect(audit([...moved, claim], word)).toMatchObject({ contested: [], strays: [{ blame: plus.node }] });
});

it("nobody but the node that the plan places it on signs for the first cell of a vertex", () => {
  const framing = receipt("plus", spare, { inputs: [account(first, 0, batches(9, 4))] });
  const told = audit([...Object.values(honest), framing], []);
  expect(told).toMatchObject({ holds: true, complete: true, strays: [{ blame: spare.node }] });
});

it("a cell has no more links than its edges and the replacements at their other ends", () => {
  const most = cellLimits.maxReplacements;
  expect(most).toBe(lifecycleLimits.maxReplacements);
  const peers = Array.from({ length: 60 }, (_, peer) => account(second, peer, []));
  const within = receipt("plus", plus, { inputs: [account(first, 0, all)], outputs: peers.slice(0, most + 1) });
  expect(audit([within]).strays).toEqual([]);
  expect(audit([within]).edges).toHaveLength(1 + most + 1);
  const past = receipt("plus", plus, { outputs: [account(second, most + 1, all)] });
  expect(audit([past])).toMatchObject({ edges: [], strays: [{ code: "receipt-not-of-plan", blame: plus.node }] });
  const replaced = receipt("plus", plus, { incarnation: most + 1 });
  expect(audit([replaced], []).strays).toMatchObject([{ code: "receipt-not-of-plan", blame: plus.node }]);
});

it("contradictions without end are listed as far as they say something", () => {
  const outputs = [account(second, 0, batches(10))];
  const lies = Array.from({ length: 100 }, (_, i) =>
    receipt("plus", plus, { inputs: [account(first, i % 33, batches(5, i))], outputs }),
  );
  const plusCell = audit(lies).cells.find(({ vertex: id }) => id === "plus")!;
  expect(plusCell.verdict).toBe("broken");
  expect(plusCell.findings).toHaveLength(cellLimits.maxFindingsPerCell);
});

it("shows of each cell its own assurance, and of the query the lowest", () => {
  const sealed = receipt("plus", plus, {
    inputs: [account(first, 0, all)],
    outputs: [account(second, 0, all)],
    assurance: "hardware",
  });
  const told = audit([honest.source, sealed]);
  expect(told.cells.map(({ assurance }) => assurance)).toEqual(["software", "hardware", null]);
  expect(told.lowestAssurance).toBe("software");
});

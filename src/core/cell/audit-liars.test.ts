// Cells that sign for what they are not, to hide what they did or to frame another.
import { expect, it } from "vitest";
import { crypto, makeSigner, type TestSigner } from "../../../test/support/signers.ts";
import { type Digest, type EdgeId, type NodeId, publicKeyOfNodeId, type VertexId } from "../base/index.ts";
import type { EdgeAccount, Plan, PlanVertex } from "../model/index.ts";
import { auditQuery, type KnownCell, LinkAccount, ReceiptChain, type ReceiptEnvelope } from "./index.ts";

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
}
function receipt(name: string, by: TestSigner, told: Told): ReceiptEnvelope {
  const { incarnation = 0, inputs = [], outputs = [], final = true } = told;
  const subject = { query: plan.id, plan: planDigest, vertex: name as VertexId, node: by.node, incarnation };
  const chain = new ReceiptChain({ ...subject, operator, policy: operator, assurance: "software" }, crypto, by);
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
  expect(audit([honest.source, doubled, honest.sink])).toMatchObject({ complete: false });
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

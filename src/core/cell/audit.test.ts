// The audit names the edge, and with both lists of digests the batch, whatever one of the ends says it did.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crypto, makeSigner } from "../../../test/support/signers.ts";
import { type Digest, type EdgeId, type NodeId, publicKeyOfNodeId, type VertexId } from "../base/index.ts";
import type { Plan, PlanVertex } from "../model/index.ts";
import {
  auditQuery,
  decodeEnvelope,
  encodeEnvelope,
  type KnownCell,
  type LeafLookup,
  type LeafQuestion,
  LinkAccount,
  ReceiptChain,
  type ReceiptEnvelope,
} from "./index.ts";

const signers = { source: makeSigner(), increment: makeSigner(), sink: makeSigner() };
type Name = keyof typeof signers;
const names = Object.keys(signers) as Name[];
const operator = "0a".repeat(32) as Digest;
const planDigest = "0b".repeat(32) as Digest;
const vertices = names.map((id, i) => ({
  id,
  operator: { name: id, digest: operator, kind: i === 0 ? "source" : i === 2 ? "sink" : "transform" },
  inputs: i === 0 ? [] : [names[i - 1]],
  stateless: i > 0,
  node: signers[id].node,
  spares: [],
})) as unknown as PlanVertex[];
const plan = { id: "0c".repeat(16), vertices } as unknown as Plan;
const first = "source>increment:0" as EdgeId;
const second = "increment>sink:0" as EdgeId;
const ports = { crypto, publicKeyOf: (node: NodeId) => publicKeyOfNodeId(node) };

const batchesOf = (count: number, salt = 0): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(salt, i >> 8, i & 255));

interface Story {
  /** What each end signs, by vertex. */
  readonly ins: Partial<Record<Name, readonly Uint8Array[]>>;
  readonly outs: Partial<Record<Name, readonly Uint8Array[]>>;
  readonly final?: boolean;
  readonly undelivered?: number;
  /** Receipts after so many batches. */
  readonly every?: number;
  /** Incarnation of the cell in the middle: the ones before it gave no receipts. */
  readonly moved?: number;
}

/** Plays a story: each cell accounts for what it says it saw, and signs. */
function tell({ ins, outs, final = true, undelivered = 0, every = 50, moved = 0 }: Story): {
  envelopes: ReceiptEnvelope[];
  leaves: LeafLookup;
} {
  const envelopes: ReceiptEnvelope[] = [];
  const accounts = new Map<string, LinkAccount>();
  for (const name of names) {
    const subject = {
      query: plan.id,
      plan: planDigest,
      vertex: name as string as VertexId,
      node: signers[name].node,
      incarnation: name === "increment" ? moved : 0,
      operator,
      policy: operator,
      assurance: "software" as const,
    };
    const peer = name === "increment" ? 0 : moved;
    const chain = new ReceiptChain(subject, crypto, signers[name]);
    const ends = [
      {
        edge: name === "increment" ? first : second,
        batches: ins[name],
        account: new LinkAccount(crypto, name === "increment" ? first : second, peer),
        side: "inputs",
      },
      {
        edge: name === "source" ? first : second,
        batches: outs[name],
        account: new LinkAccount(crypto, name === "source" ? first : second, peer),
        side: "outputs",
      },
    ].filter((end) => end.batches !== undefined);
    const most = Math.max(...ends.map((end) => end.batches!.length));
    const cut = (last: boolean) => {
      const of = (side: string) =>
        ends.filter((end) => end.side === side && end.account.changed).map((end) => end.account.cut());
      envelopes.push(
        chain.next({
          inputs: of("inputs"),
          outputs: of("outputs"),
          undelivered: last ? undelivered : 0,
          final: last && final,
          whole: false,
          closedLinks: 0,
        }),
      );
    };
    for (let i = 0; i < most; i++) {
      for (const end of ends) if (end.batches![i] !== undefined) end.account.add(crypto.sha256(end.batches![i]!), 1);
      if ((i + 1) % every === 0) cut(false);
    }
    cut(true);
    for (const end of ends) accounts.set(`${name} ${end.edge}`, end.account);
  }
  const leaves = ({ vertex, edge, chunk }: LeafQuestion) => accounts.get(`${vertex} ${edge}`)?.leaves(chunk) ?? [];
  return { envelopes, leaves };
}

/** An honest line; `received` is what the sink says came. */
function story(received: (sent: Uint8Array[]) => Uint8Array[], more: Partial<Story> = {}): Story {
  const [a, b] = [batchesOf(200), batchesOf(200, 1)];
  return { ins: { increment: a, sink: received(b) }, outs: { source: a, increment: b }, ...more };
}

interface Told {
  readonly envelopes: ReceiptEnvelope[];
  readonly leaves?: LeafLookup;
  readonly known?: readonly KnownCell[];
}
function audit({ envelopes, leaves, known }: Told) {
  return auditQuery(plan, planDigest, envelopes, ports, leaves, known);
}
const edgeOf = (result: ReturnType<typeof audit>, edge: EdgeId) => result.edges.find((one) => one.edge === edge)!;

it("holds from source to sink when both ends of each edge signed the same", () => {
  const result = audit(tell(story((sent) => sent)));
  expect(result).toMatchObject({ holds: true, complete: true, lowestAssurance: "software", strays: [], wanted: [] });
  expect(result.edges.map((edge) => [edge.verdict, edge.sent, edge.received])).toEqual([
    ["holds", 200, 200],
    ["holds", 200, 200],
  ]);
});

const swapped = (list: Uint8Array[], at: number) => list.toSpliced(at, 2, list[at + 1]!, list[at]!);
const lies: [string, (at: number) => (sent: Uint8Array[]) => Uint8Array[], string][] = [
  ["tampered", (at) => (sent) => sent.with(at, Uint8Array.of(99, 99)), "batch-tampered"],
  ["dropped", (at) => (sent) => sent.toSpliced(at, 1), "batch-dropped"],
  ["replayed", (at) => (sent) => sent.toSpliced(at + 1, 0, sent[at]!), "batch-replayed"],
  ["re-ordered", (at) => (sent) => swapped(sent, at), "batch-reordered"],
];
describe("pinpoints a batch to its edge and number", () => {
  for (const [what, lie, code] of lies) {
    it(`${what}, wherever`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 197 }), (at) => {
          const told = tell(story(lie(at)));
          const result = audit(told);
          expect(result.holds).toBe(false);
          expect(edgeOf(result, first).verdict).toBe("holds");
          const broken = edgeOf(result, second);
          expect(broken.verdict).toBe("broken");
          expect(broken.findings).toMatchObject([
            { code, blame: second, batch: code === "batch-replayed" ? at + 1 : at },
          ]);
        }),
        { numRuns: 30 },
      );
    });
  }
  it("asks for the leaves that it needs, and says what it knows without them", () => {
    const result = audit({ envelopes: tell(story((sent) => sent.with(130, Uint8Array.of(9)))).envelopes });
    expect(edgeOf(result, second).findings).toMatchObject([{ code: "batch-mismatch", detail: "batches 128 to 191" }]);
    expect(result.wanted.map((question) => [question.vertex, question.chunk])).toEqual([
      ["increment", 2],
      ["sink", 2],
    ]);
  });
  it("the last batch of a finished stream, dropped or doubled", () => {
    expect(edgeOf(audit(tell(story((sent) => sent.slice(0, -1)))), second).findings).toMatchObject([
      { code: "batch-dropped", batch: 199 },
    ]);
    expect(edgeOf(audit(tell(story((sent) => [...sent, sent[199]!]))), second).findings).toMatchObject([
      { code: "batch-replayed", batch: 200 },
    ]);
    expect(edgeOf(audit(tell(story((sent) => [...sent, Uint8Array.of(7)]))), second).findings).toMatchObject([
      { code: "batch-invented", batch: 200 },
    ]);
  });
});

it("shows a tail that only one end has signed as in flight, not as a fault", () => {
  const result = audit(tell(story((sent) => sent.slice(0, 150), { final: false })));
  expect(result).toMatchObject({ holds: true, complete: false });
  expect(edgeOf(result, second)).toMatchObject({ verdict: "in-flight", inFlight: 50, findings: [] });
});

it("is complete only with the receipts of every cell that ran, also of one that was replaced", () => {
  const whole = tell(story((sent) => sent));
  const dead = { vertex: "increment" as VertexId, incarnation: 0 };
  const without = whole.envelopes.filter(({ payload }) => !Buffer.from(payload).includes(signers.increment.node));
  expect(audit({ ...whole, envelopes: without })).toMatchObject({ holds: true, complete: false, missing: [dead] });
  expect(audit(whole)).toMatchObject({ complete: true, missing: [] });
});

it("lists a cell that ran and died without a receipt, as its coordinator knows it, and none that never ran", () => {
  const told = tell(story((sent) => sent, { moved: 2 }));
  const increment = "increment" as VertexId;
  const known = [
    { vertex: "source" as VertexId, incarnation: 0, node: signers.source.node, ran: true },
    { vertex: "sink" as VertexId, incarnation: 0, node: signers.sink.node, ran: true },
    { vertex: increment, incarnation: 0, node: signers.increment.node, ran: true },
    { vertex: increment, incarnation: 1, node: signers.sink.node, ran: false },
    { vertex: increment, incarnation: 2, node: signers.increment.node, ran: true },
  ];
  const result = audit({ ...told, known });
  expect(result).toMatchObject({ holds: true, complete: false, missing: [{ vertex: increment, incarnation: 0 }] });
  expect(result.cells.map((cell) => [cell.vertex, cell.incarnation, cell.verdict])).toEqual([
    ["source", 0, "holds"],
    ["increment", 0, "silent"],
    ["increment", 2, "holds"],
    ["sink", 0, "holds"],
  ]);
  // Nobody to ask: whatever came before may have run.
  expect(audit(told).missing.map(({ incarnation }) => incarnation)).toEqual([0, 1]);
});

it("is not complete when a cell reported batches undelivered", () => {
  const result = audit(tell(story((sent) => sent.slice(0, 190), { undelivered: 10 })));
  expect(result).toMatchObject({ holds: true, complete: false });
});

it("shows what the sender itself reported as undelivered", () => {
  const result = audit(tell(story((sent) => sent.slice(0, 190), { undelivered: 10 })));
  expect(edgeOf(result, second)).toMatchObject({ verdict: "undelivered", inFlight: 10 });
});

describe("a lying cell", () => {
  it("that hands over leaves which are not under the root that it signed", () => {
    const told = tell(story((sent) => sent.with(5, Uint8Array.of(9))));
    const honest = tell(story((sent) => sent));
    const leaves: LeafLookup = (question) =>
      question.vertex === "sink" ? honest.leaves(question) : told.leaves(question);
    const { findings } = edgeOf(audit({ envelopes: told.envelopes, leaves }), second);
    expect(findings).toContainEqual(expect.objectContaining({ code: "leaves-not-of-root", blame: signers.sink.node }));
  });
  it("that sends more than it can have made", () => {
    const a = batchesOf(10);
    const b = batchesOf(12, 1);
    const result = audit(tell({ ins: { increment: a, sink: b }, outs: { source: a, increment: b } }));
    const cell = result.cells.find((one) => one.vertex === "increment")!;
    expect(cell).toMatchObject({
      verdict: "broken",
      findings: [{ code: "output-invented", blame: signers.increment.node }],
    });
  });
  it("that tells two histories", () => {
    const one = tell(story((sent) => sent)).envelopes;
    const other = tell(story((sent) => swapped(sent, 3))).envelopes;
    const ofSink = (envelopes: ReceiptEnvelope[]) =>
      envelopes.filter((each) => each.signatures[0]!.keyid === signers.sink.node);
    const result = audit({ envelopes: [...one, ...ofSink(other)] });
    expect(result.cells.find((cell) => cell.vertex === "sink")!.findings.map((finding) => finding.code)).toContain(
      "receipt-chain-broken",
    );
  });
  it("that keeps a receipt back", () => {
    const { envelopes } = tell(story((sent) => sent));
    const ofSource = envelopes.filter((each) => each.signatures[0]!.keyid === signers.source.node);
    const result = audit({ envelopes: envelopes.filter((each) => each !== ofSource[1]) });
    expect(result.cells[0]!.findings).toMatchObject([{ code: "receipt-missing", detail: "receipts 1 to 1 of source" }]);
  });
});

describe("a receipt that does not count", () => {
  const { envelopes } = tell(story((sent) => sent));
  const one = envelopes[0]!;
  it("altered: receipt-forged", () => {
    for (const at of [20, one.payload.length - 3]) {
      const payload = one.payload.with(at, one.payload[at]! ^ 1);
      const result = audit({ envelopes: [{ ...one, payload }, ...envelopes.slice(1)] });
      expect(result.holds).toBe(false);
      expect(["receipt-forged", "receipt-malformed"]).toContain(result.strays[0]!.code);
    }
  });
  it("signed by somebody else in its node's name: receipt-forged", () => {
    const signatures = [{ ...one.signatures[0]!, sig: envelopes.at(-1)!.signatures[0]!.sig }];
    expect(audit({ envelopes: [{ ...one, signatures }] }).strays).toMatchObject([{ code: "receipt-forged" }]);
  });
  it("of another plan: receipt-not-of-plan", () => {
    const other = auditQuery(plan, "0d".repeat(32) as Digest, envelopes, ports);
    expect(new Set(other.strays.map((stray) => stray.code))).toEqual(new Set(["receipt-not-of-plan"]));
    expect(other.cells.every((cell) => cell.verdict === "silent")).toBe(true);
  });
  it("garbage: receipt-malformed; and envelopes come back as they were encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeEnvelope(bytes)).toMatchObject({ ok: false, code: "receipt-malformed" });
      }),
      { numRuns: 2_000 },
    );
    expect(decodeEnvelope(encodeEnvelope(one))).toEqual({ ok: true, value: one });
  });
});

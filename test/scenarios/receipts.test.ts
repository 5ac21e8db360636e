// Receipts of a stream that runs for long: provers, stores and audit in virtual time, one turn for each second.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type Digest,
  type EdgeId,
  type NodeId,
  nodeIdOfPublicKey,
  publicKeyOfNodeId,
  type QueryId,
  type Signer,
  toHex,
  type VertexId,
} from "../../src/core/base/index.ts";
import {
  auditQuery,
  cellLimits,
  decodeEnvelope,
  type LeafLookup,
  noPast,
  openEnvelope,
  Prover,
  pastAfter,
  ReceiptChain,
  type ReceiptEnvelope,
  type Side,
} from "../../src/core/cell/index.ts";
import type { Plan, PlanVertex, Receipt } from "../../src/core/model/index.ts";
import { createMemoryReceipts } from "../../src/io/storage/index.ts";

const sha256 = (...parts: readonly Uint8Array[]) =>
  new Uint8Array(parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest());
/** Signatures that cost nothing: nobody forges here. */
const seal = (publicKey: Uint8Array, message: Uint8Array) => sha256(publicKey, message);
const crypto = {
  sha256,
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    Buffer.compare(seal(publicKey, message), signature) === 0,
};
const everything = Number.POSITIVE_INFINITY;
const query = "0c".repeat(16) as QueryId;
const planDigest = "0b".repeat(32) as Digest;
const digest = "0a".repeat(32) as Digest;

type Name = "source" | "plus" | "sink";
const names: readonly Name[] = ["source", "plus", "sink"];
const after = { source: "plus", plus: "sink" } as const;
const edgeFrom = (name: "source" | "plus") => `${name}>${after[name]}:0` as EdgeId;

/** source ─▶ plus ─▶ sink: each cell a prover, all in one store. */
class Stream {
  readonly store = createMemoryReceipts();
  readonly keys = new Map(names.map((name, i) => [name, sha256(Uint8Array.of(i + 1))]));
  readonly cells = new Map<Name, { incarnation: number; prover: Prover }>();
  /** What the receiving end says came instead of batch n. */
  lies: (from: "source" | "plus", batch: number) => number[] = (_, batch) => [batch];
  #batches = { source: 0, plus: 0 };

  constructor() {
    for (const name of names) this.place(name, 0);
  }

  node(name: Name): NodeId {
    return nodeIdOfPublicKey(this.keys.get(name)!);
  }

  get plan(): Plan {
    const vertices = names.map((id, i) => ({
      id,
      operator: { name: id, digest, kind: i === 0 ? "source" : i === 2 ? "sink" : "transform" },
      inputs: i === 0 ? [] : [names[i - 1]],
      stateless: i > 0,
      node: this.node(id),
      spares: [],
    }));
    return { id: query, vertices: vertices as unknown as PlanVertex[] } as Plan;
  }

  subject(name: Name, incarnation: number) {
    const cell = { query, vertex: name as string as VertexId, incarnation };
    const rest = { plan: planDigest, node: this.node(name), operator: digest, policy: digest };
    return { ...cell, ...rest, assurance: "software" as const };
  }

  signer(name: Name): Signer {
    const publicKey = this.keys.get(name)!;
    return { publicKey, sign: (message) => seal(publicKey, message) };
  }

  place(name: Name, incarnation: number): void {
    const subject = this.subject(name, incarnation);
    const log = this.store.open(subject, { principal: "ann", nodes: [] });
    const prover = new Prover(subject, { hasher: crypto, signer: this.signer(name), log });
    this.cells.set(name, { incarnation, prover });
  }

  account(name: Name, side: Side, other: Name) {
    const edge = side === "output" ? edgeFrom(name as "source") : edgeFrom(other as "source");
    return this.cells.get(name)!.prover.account(side, edge, this.cells.get(other)!.incarnation);
  }

  /** So many batches go all the way; the receiving ends account for what they say. */
  flow(batches: number): void {
    const leaf = (from: Name, batch: number) => sha256(Buffer.from(`${from} ${batch}`));
    for (let i = 0; i < batches; i++) {
      for (const from of ["source", "plus"] as const) {
        const batch = this.#batches[from]++;
        this.account(from, "output", after[from]).add(leaf(from, batch), 1);
        for (const heard of this.lies(from, batch)) this.account(after[from], "input", from).add(leaf(from, heard), 1);
      }
    }
  }

  sign(final = false, ...who: readonly Name[]): void {
    for (const name of who.length > 0 ? who : names) {
      const signed = this.cells.get(name)!.prover.sign(0, final);
      if (!signed.ok) throw new Error(signed.detail);
    }
  }

  seconds(count: number, batches = 3): void {
    for (let second = 0; second < count; second++) {
      this.flow(batches);
      this.sign();
    }
  }

  envelopes(): ReceiptEnvelope[] {
    return this.store.page(query, undefined, everything, everything).envelopes.map((bytes) => {
      const envelope = decodeEnvelope(bytes);
      if (!envelope.ok) throw new Error(envelope.code);
      return envelope.value;
    });
  }

  audit(envelopes = this.envelopes(), leaves: LeafLookup = this.leaves) {
    return auditQuery(this.plan, planDigest, envelopes, { crypto, publicKeyOf: publicKeyOfNodeId }, leaves);
  }

  readonly leaves: LeafLookup = ({ vertex, incarnation, edge, peer, chunk }) => {
    const cell = this.cells.get(vertex as string as Name);
    return cell?.incarnation === incarnation ? cell.prover.leaves(edge, peer, chunk) : [];
  };
}
const opened = (envelope: ReceiptEnvelope): Receipt => {
  const receipt = openEnvelope(envelope);
  if (!receipt.ok) throw new Error(receipt.code);
  return receipt.value;
};

/** Longer than anything is kept: more than three segments. */
const long = 3 * cellLimits.receiptsPerSegment + 100;

describe("a stream that is older than what is kept of it", () => {
  it("holds from source to sink: the later receipts stand for the earlier ones, and say so", () => {
    const stream = new Stream();
    stream.seconds(long);
    const running = stream.audit();
    expect(running).toMatchObject({ holds: true, complete: false, missing: [], strays: [], wanted: [] });
    stream.sign(true);
    const audit = stream.audit();
    expect(audit).toMatchObject({ holds: true, complete: true });
    for (const cell of audit.cells) {
      expect(cell.verdict).toBe("holds");
      expect(cell.receipts).toBeLessThanOrEqual(2 * cellLimits.receiptsPerSegment);
      expect(cell.summed + cell.receipts).toBe(long + 1);
    }
    expect(audit.edges.map(({ verdict, sent, unmatched }) => [verdict, sent, unmatched])).toEqual([
      ["holds", 3 * long, 0],
      ["holds", 3 * long, 0],
    ]);
  });

  it("is held in a bound, whatever its age", () => {
    const stream = new Stream();
    const sizes: number[] = [];
    for (let part = 0; part < 4; part++) {
      stream.seconds(2 * cellLimits.receiptsPerSegment);
      sizes.push(stream.envelopes().reduce((sum, { payload }) => sum + payload.length, 0));
    }
    expect(Math.max(...sizes)).toBeLessThan(1.1 * sizes[0]!);
  });

  it("of which somebody collected receipts long ago: old and new ones fit, whatever lies between", () => {
    const stream = new Stream();
    stream.seconds(50);
    const old = stream.envelopes();
    stream.seconds(long);
    const audit = stream.audit([...old, ...stream.envelopes()]);
    expect(audit.holds).toBe(true);
    expect(audit.cells.map(({ findings }) => findings)).toEqual([[], [], []]);
  });

  it("with a batch tampered with long ago: broken on its edge, with what is known of where", () => {
    const stream = new Stream();
    stream.lies = (from, batch) => [from === "plus" && batch === 130 ? 9_999_999 : batch];
    stream.seconds(long);
    const audit = stream.audit();
    expect(audit.holds).toBe(false);
    const [first, second] = audit.edges;
    expect(first!.verdict).toBe("holds");
    expect(second).toMatchObject({
      verdict: "broken",
      findings: [{ code: "batch-mismatch", blame: edgeFrom("plus") }],
    });
    expect(second!.findings[0]!.detail).toMatch(/^batches 0 to \d+, of which only sums are kept$/);
  });

  for (const [what, lie, code] of [
    ["tampered with", (batch: number, at: number) => [batch === at ? 9_999_999 : batch], "batch-tampered"],
    ["dropped", (batch: number, at: number) => (batch === at ? [] : [batch]), "batch-dropped"],
    ["replayed", (batch: number, at: number) => (batch === at ? [batch, batch] : [batch]), "batch-replayed"],
    ["moved", (b: number, at: number) => [b === at ? at + 1 : b === at + 1 ? at : b], "batch-reordered"],
  ] as const) {
    it(`with a batch ${what} since what is kept begins: pinned down to the batch`, () => {
      const stream = new Stream();
      const at = 3 * long - 1_500;
      stream.lies = (from, batch) => (from === "plus" ? lie(batch, at) : [batch]);
      stream.seconds(long);
      const broken = stream.audit().edges[1]!;
      const batch = code === "batch-replayed" ? at + 1 : at;
      expect(broken).toMatchObject({ verdict: "broken", findings: [{ code, blame: edgeFrom("plus"), batch }] });
    });
  }

  it("on which little flows: a cell that signs for other links still stands for the quiet one", () => {
    const stream = new Stream();
    stream.seconds(3);
    // The source sends once in a while; the sink keeps signing for what it gets from another cell.
    const { plan } = stream;
    const vertices = plan.vertices.flatMap((vertex) =>
      vertex.id === "sink"
        ? [
            { ...plan.vertices[0]!, id: "other" as VertexId },
            { ...vertex, inputs: [...vertex.inputs, "other" as VertexId] },
          ]
        : [vertex],
    );
    Object.defineProperty(stream, "plan", { value: { ...plan, vertices } });
    const busy = stream.cells.get("sink")!.prover.account("input", "other>sink:1" as EdgeId, 0);
    for (let second = 0; second < long; second++) {
      if (second % 997 === 0) stream.flow(1);
      busy.add(sha256(Uint8Array.of(second & 255)), 1);
      stream.sign();
    }
    const audit = stream.audit();
    const quiet = audit.edges.filter(({ edge }) => edge !== "other>sink:1");
    expect(quiet.map(({ verdict, unmatched }) => [verdict, unmatched])).toEqual([
      ["holds", 0],
      ["holds", 0],
    ]);
    expect(audit.cells.find(({ vertex }) => vertex === "sink")!.summed).toBeGreaterThan(0);
  });
});

describe("a cell that died and was placed anew, long ago", () => {
  /** plus dies with `unsigned` batches that only its neighbours signed; the stream runs on for long. */
  function moved(lies?: Stream["lies"], unsigned = 1_000): Stream {
    const stream = new Stream();
    if (lies !== undefined) stream.lies = lies;
    stream.seconds(200);
    stream.flow(unsigned);
    stream.sign(false, "source", "sink");
    stream.place("plus", 1);
    stream.seconds(long);
    stream.sign(true);
    return stream;
  }

  it("both of its old links are compared as far as it signed, the new ones whole", () => {
    const audit = moved().audit();
    // Not complete: of what was in flight when it died there is one signature only.
    expect(audit).toMatchObject({ holds: true, complete: false, missing: [] });
    const link = ({ edge, fromIncarnation, toIncarnation, verdict, inFlight, unmatched }: (typeof audit.edges)[0]) =>
      [edge, fromIncarnation, toIncarnation, verdict, inFlight, unmatched] as const;
    expect(audit.edges.map(link)).toEqual([
      [edgeFrom("source"), 0, 0, "in-flight", 1_000, 0],
      [edgeFrom("source"), 0, 1, "holds", 0, 0],
      [edgeFrom("plus"), 0, 0, "in-flight", 1_000, 0],
      [edgeFrom("plus"), 1, 0, "holds", 0, 0],
    ]);
  });

  it("what was tampered with on an old link is still found, and where", () => {
    const audit = moved((from, batch) => [from === "source" && batch === 321 ? 9_999_999 : batch]).audit();
    expect(audit.edges[0]).toMatchObject({ verdict: "broken", toIncarnation: 0 });
    expect(audit.edges[0]!.findings).toMatchObject([
      { code: "batch-mismatch", detail: "batches 320 to 383: 1600 sent, 600 received" },
    ]);
    expect(audit.edges.slice(1).map(({ verdict }) => verdict)).toEqual(["holds", "in-flight", "holds"]);
  });

  it("as many times as a life cycle allows: every old link is there, each receipt within its bound", () => {
    const stream = new Stream();
    for (let incarnation = 1; incarnation <= 32; incarnation++) {
      stream.seconds(100, 40);
      stream.place("plus", incarnation);
    }
    stream.seconds(long);
    const audit = stream.audit();
    expect(audit.holds).toBe(true);
    expect(audit.edges).toHaveLength(2 * 33);
    expect(audit.edges.every(({ unmatched }) => unmatched === 0)).toBe(true);
    expect(Math.max(...stream.envelopes().map(({ payload }) => payload.length))).toBeLessThan(512 * 1024);
  });

  it("a node that keeps back what it signed of an old link: receipt-missing", () => {
    const stream = moved();
    const kept = stream.envelopes().filter((envelope) => {
      const { vertex, inputs } = opened(envelope);
      return vertex !== "sink" || inputs.every(({ closed }) => closed !== true);
    });
    const sink = stream.audit(kept).cells.find(({ vertex }) => vertex === "sink")!;
    expect(sink.findings).toMatchObject([
      { code: "receipt-missing", detail: "the last accounts of 1 ended links of sink" },
    ]);
  });
});

describe("a liar gains nothing from what is summed up", () => {
  it("a gap is no fault only before a receipt that stands for what is missing", () => {
    const stream = new Stream();
    stream.seconds(long);
    const ofPlus = (envelope: ReceiptEnvelope) => opened(envelope).vertex === "plus";
    const all = stream.envelopes();
    const [whole, ...rest] = all.filter(ofPlus);
    expect(opened(whole!).whole).toBe(true);
    const others = all.filter((envelope) => !ofPlus(envelope));
    expect(stream.audit([...others, whole!, ...rest]).holds).toBe(true);
    const without = stream.audit([...others, ...rest]).cells.find(({ vertex }) => vertex === "plus")!;
    expect(without.findings.map(({ code }) => code)).toContain("receipt-missing");
  });

  it("a past that does not follow from the roots before it, or leaves some out, contradicts itself", () => {
    const stream = new Stream();
    const rootsOf = (chunks: number) =>
      Array.from({ length: chunks }, (_, chunk) => toHex(sha256(Uint8Array.of(chunk))) as Digest);
    const told = (more: object) => {
      const chain = new ReceiptChain(stream.subject("source", 0), crypto, stream.signer("source"));
      const link = { edge: edgeFrom("source"), peer: 0, batches: 0, records: 0, firstChunk: 0, roots: [] };
      const next = (account: object) =>
        chain.next({
          inputs: [],
          outputs: [{ ...link, ...account }],
          undelivered: 0,
          final: false,
          whole: false,
          closedLinks: 0,
        });
      const first = next({ batches: 4 * 64, firstChunk: 0, roots: rootsOf(4) });
      const second = next({ batches: 6 * 64, firstChunk: 4, roots: rootsOf(2), ...more });
      return stream.audit([first, second]).cells[0]!.findings.map(({ detail }) => detail);
    };
    const past = rootsOf(4).reduce((before, root) => pastAfter(crypto, before, root), noPast);
    expect(told({ past })).toEqual([]);
    expect(told({ past: digest })).toEqual(["source>plus:0: two pasts at chunk 4"]);
    expect(told({})).toEqual([
      "source>plus:0: its roots do not match its 384 batches",
      "source>plus:0: two pasts at chunk 4",
    ]);
    expect(told({ past, firstChunk: 5, roots: rootsOf(1) })).toEqual(["source>plus:0: chunks 4 to 4 are left out"]);
  });

  it("receipts of two ends that do not meet show nothing, and the audit says so", () => {
    const stream = new Stream();
    stream.seconds(300);
    const early = stream.envelopes().filter((envelope) => opened(envelope).vertex === "source");
    stream.seconds(long);
    const late = stream.envelopes().filter((envelope) => opened(envelope).vertex !== "source");
    const audit = stream.audit([...early.filter((envelope) => opened(envelope).sequence < 250), ...late]);
    expect(audit).toMatchObject({ holds: true, complete: false });
    expect(audit.edges[0]).toMatchObject({ verdict: "in-flight", unmatched: 704 });
  });
});

it("a disk that takes no receipt ends the signing, and says so; nothing is shown that is not stored", () => {
  const stream = new Stream();
  stream.seconds(3);
  const full = {
    turning: true,
    append: () => {
      throw new Error("no space left on device");
    },
    keepSecret: () => {},
    close: () => {},
  };
  const prover = new Prover(stream.subject("plus", 7), { hasher: crypto, signer: stream.signer("plus"), log: full });
  expect(prover.sign(0, false)).toEqual({ ok: true, value: undefined }); // not wired: there is nothing to sign yet
  prover.account("input", edgeFrom("source"), 0).add(sha256(Uint8Array.of(1)), 1);
  const refused = { ok: false, code: "receipt-not-stored", detail: "no space left on device" };
  expect(prover.sign(0, false)).toEqual(refused);
  expect(prover.sign(0, true)).toEqual(refused);
});

// What reaches a cell: hellos and frames of its edges, the batches in them, and receipts that others sign.
import {
  fromCanonical,
  type NodeId,
  publicKeyOfNodeId,
  toCanonical,
  type VertexId,
} from "../../../src/core/base/index.ts";
import { BatchReader, checkBatch, encodeRows, prepareShape } from "../../../src/core/batch/index.ts";
import {
  auditQuery,
  cellPlan,
  checkWiring,
  decodeChallenge,
  decodeEnvelope,
  decodeHello,
  EdgeReceiver,
  EdgeSender,
  encodeChallenge,
  encodeEnvelope,
  encodeHello,
  type FrameHeader,
  frameHeaderBytes,
  frameTypes,
  mayEnter,
  openEnvelope,
  ReceiptChain,
  type ReceiptEnvelope,
  readFrameHeader,
  verifyReceipt,
  writeFrameHeader,
} from "../../../src/core/cell/index.ts";
import { type Plan, planSchema, type RecordShape } from "../../../src/core/model/index.ts";
import { planDigest } from "../../../src/core/query/index.ts";
import { Random, simulatedCrypto, simulatedIdentity } from "../../../src/sim/kernel/index.ts";
import { hasher } from "../../support/query-fakes.ts";
import { damage } from "../damage.ts";
import { bent, decodedAll, distorted, hostileMessage } from "../mutate.ts";
import { boundaryNumbers } from "../strange-values.ts";
import { check, type Target, verdictOf } from "../target.ts";
import { honestPlans } from "./honest-plans.ts";

const shape = [
  { name: "a", type: "int64", nullable: true },
  { name: "b", type: "text", nullable: false },
  { name: "c", type: "float64", nullable: false },
  { name: "d", type: "bytes", nullable: true },
  { name: "e", type: "bool", nullable: false },
] as unknown as RecordShape;
const prepared = prepareShape(shape);
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    a: i % 3 === 0 ? null : BigInt(i),
    b: "é".repeat(i % 5),
    c: i / 7,
    d: i % 2 === 0 ? null : new Uint8Array(i % 9),
    e: i % 2 === 0,
  }));
const batches = [0, 1, 7, 8, 9, 64].map((count) => {
  const encoded = encodeRows(shape, rows(count)) as unknown;
  const bytes = encoded instanceof Uint8Array ? encoded : (encoded as { value: Uint8Array }).value;
  return Uint8Array.from(bytes);
});

const headers = Object.keys(frameTypes).flatMap((type) =>
  [0, 1, 300].map((sequence) => {
    const bytes = new Uint8Array(frameHeaderBytes);
    writeFrameHeader(bytes, {
      type: type as FrameHeader["type"],
      bodyBytes: 16 + sequence,
      sequence,
      origin: sequence,
      path: 0,
    });
    return bytes;
  }),
);
const link = { query: "ab".repeat(16) as never, edge: "source>add:0" as never, from: 0, to: 3 };
const hellos = [
  encodeHello({ ...link, fresh: new Uint8Array(32).fill(1) }),
  encodeHello({ ...link, from: 7, fresh: new Uint8Array(32) }),
];
const challenges = [
  encodeChallenge({ fresh: new Uint8Array(32), expected: 4, reverse: 0 }),
  encodeChallenge({ fresh: new Uint8Array(32), expected: 2 ** 40, reverse: 9 }),
];

// ---- receipts: a signed chain per vertex of an honest plan

const plan = honestPlans[0]!;
const crypto = simulatedCrypto(20_000);
const identities = new Map(
  plan.vertices.map((vertex, i) => [vertex.id, simulatedIdentity(new Random(i + 1))] as const),
);
const signedPlan: Plan = planSchema.parse({
  ...plan,
  vertices: plan.vertices.map((vertex) => ({ ...vertex, node: identities.get(vertex.id)!.node, spares: [] })),
});
const signedDigest = planDigest(signedPlan, hasher);
const envelopes: ReceiptEnvelope[] = signedPlan.vertices.flatMap((vertex) => {
  const { signer } = identities.get(vertex.id)!;
  const about = { query: signedPlan.id, plan: signedDigest, vertex: vertex.id, node: vertex.node, incarnation: 0 };
  const chain = new ReceiptChain(
    { ...about, operator: vertex.operator.digest, policy: vertex.operator.digest, assurance: "software" },
    crypto,
    signer,
  );
  const account = { inputs: [], outputs: [], undelivered: 0, whole: false, closedLinks: 0 };
  return [chain.next({ ...account, final: false }), chain.next({ ...account, final: true })];
});
const encodedEnvelopes = envelopes.map(encodeEnvelope);
const envelopeValues = decodedAll(encodedEnvelopes);
const receiptValues = envelopes.map((envelope) => (fromCanonical(envelope.payload) as { value: unknown }).value);
const auditPorts = { crypto, publicKeyOf: (node: NodeId) => publicKeyOfNodeId(node) };

function hostileEnvelope(random: Random): Uint8Array {
  if (random.chance(0.4)) return hostileMessage(random, encodedEnvelopes, envelopeValues);
  const honest = random.pick(envelopes);
  const value = random.pick(receiptValues);
  const payload = random.chance(0.5)
    ? distorted(random, receiptValues)
    : toCanonical(bent(random, value, receiptValues));
  return encodeEnvelope({ ...honest, payload });
}

export const cellTargets: readonly Target[] = [
  {
    name: "batch: check, then read what it lets pass",
    inputs: 9_000,
    reaches: ["batch-malformed", "batch-wrong-shape", "batch-too-large"],
    attempt(random) {
      const bytes = random.chance(0.05) ? random.pick(batches) : damage(random, batches);
      const checked = checkBatch(bytes, prepared);
      if (!checked.ok) return checked.code;
      const read = new BatchReader(bytes, shape).rowsAsObjects();
      check(read.length === checked.value.rows, "another number of rows is read");
      return "accepted";
    },
  },
  {
    name: "frames: header",
    inputs: 7_000,
    reaches: ["frame-malformed", "frame-too-large"],
    attempt(random) {
      const bytes = damage(random, headers);
      if (bytes.length < frameHeaderBytes) return "frame-malformed"; // the connection waits for the rest
      return verdictOf(readFrameHeader(bytes));
    },
  },
  {
    name: "frames: receiver of an edge",
    inputs: 4_000,
    reaches: ["frame-replayed", "frame-out-of-order", "frame-after-end", "frame-malformed", "incarnation-outdated"],
    attempt(random) {
      const receiver = new EdgeReceiver(1, 2);
      let sequence = 0;
      for (let frames = random.between(1, 30); frames > 0; frames--) {
        if (random.chance(0.1)) {
          const relinked = receiver.relink(random.pick([0, 1, 2, 9]));
          if (!relinked.ok) return relinked.code;
          sequence = 0;
        }
        const type = random.chance(0.05) ? "end" : "data";
        const number = random.chance(0.9)
          ? sequence++
          : Math.abs(random.pick(boundaryNumbers.filter(Number.isSafeInteger)));
        const origin = random.chance(0.9) ? receiver.expected : random.below(5);
        const taken = receiver.take({
          type,
          bodyBytes: 16,
          sequence: number,
          origin,
          path: random.chance(0.97) ? 0 : random.below(4),
        });
        receiver.discharge(random.below(3), random.below(40));
        check(receiver.acknowledged <= receiver.expected, "it acknowledges what it has not taken");
        if (!taken.ok) return taken.code;
      }
      return "accepted";
    },
  },
  {
    name: "frames: sender of an edge",
    inputs: 3_000,
    reaches: ["acknowledgement-out-of-range", "edge-state-lost"],
    attempt(random) {
      const sender = new EdgeSender<number>();
      for (let output = 0; output < 10; output++)
        sender.push({ type: "data", path: 0, origin: output, output, bytes: 9, sealed: output });
      for (let answers = random.between(1, 6); answers > 0; answers--) {
        const before = random.chance(0.5) ? random.below(14) : random.pick(boundaryNumbers.filter((n) => n >= 0));
        const answered = random.chance(0.5) ? sender.acknowledge(before) : sender.resume(before);
        check(sender.retainedFrames >= 0 && sender.retainedFrames <= 10, "it keeps another number of frames");
        if (!answered.ok) return answered.code;
      }
      return "accepted";
    },
  },
  {
    name: "edge handshake: hello and challenge",
    inputs: 6_000,
    reaches: ["edge-handshake"],
    attempt: (random) =>
      random.chance(0.7)
        ? verdictOf(decodeHello(damage(random, hellos)))
        : verdictOf(decodeChallenge(damage(random, challenges))),
  },
  {
    name: "cell: plan, wiring and what may enter",
    inputs: 4_000,
    reaches: ["wiring-not-of-plan", "bad-cell-key", "input-not-as-declared", "unknown-cell"],
    attempt(random) {
      const parsed = planSchema.safeParse(random.chance(0.4) ? signedPlan : bent(random, signedPlan, honestPlans));
      if (!parsed.success) return "plan-malformed";
      const id = random.chance(0.95) ? random.pick(parsed.data.vertices).id : ("nowhere" as VertexId);
      const cell = cellPlan(parsed.data, signedDigest, id);
      if (!cell.ok) return cell.code;
      const expected = cell.value.inputs.map(({ edge, from }) => ({ edge, other: from }));
      const ends = expected.map(({ edge, other }) => ({
        edge,
        node: other.node,
        publicKey: new Uint8Array(32).fill(1),
        incarnation: 0,
      }));
      const wired = checkWiring(expected, random.chance(0.3) ? ends : bent(random, ends, [ends, signedPlan], 1));
      if (!wired.ok) return wired.code;
      if (random.chance(0.1)) {
        const shortKey = checkWiring(
          expected,
          ends.map((end) => ({ ...end, publicKey: random.bytes(31) })),
        );
        if (!shortKey.ok) return shortKey.code;
      }
      return expected.length === 0 ? "accepted" : verdictOf(mayEnter(cell.value, 0, damage(random, batches)));
    },
  },
  {
    name: "receipts: envelope, receipt, signature",
    inputs: 5_000,
    reaches: ["receipt-malformed", "receipt-forged"],
    attempt(random) {
      const decoded = decodeEnvelope(hostileEnvelope(random));
      if (!decoded.ok) return decoded.code;
      const receipt = openEnvelope(decoded.value);
      if (!receipt.ok) return receipt.code;
      const key = publicKeyOfNodeId(receipt.value.node);
      return key === null ? "receipt-forged" : verdictOf(verifyReceipt(decoded.value, key, crypto));
    },
  },
  {
    name: "receipts: audit of a query",
    inputs: 1_000,
    reaches: ["receipt-forged", "receipt-malformed", "receipt-chain-broken", "receipt-not-of-plan"],
    attempt(random) {
      const hostile = [...envelopes];
      for (let lies = random.between(1, 3); lies > 0; lies--) {
        const where = random.below(hostile.length);
        const decoded = decodeEnvelope(hostileEnvelope(random));
        const lie = random.below(3);
        if (lie === 0) hostile.splice(where, 1);
        else if (lie === 1) resigned(random, hostile, where);
        else if (decoded.ok) hostile[where] = decoded.value;
      }
      const audit = auditQuery(signedPlan, signedDigest, hostile, auditPorts);
      const findings = [
        ...audit.strays,
        ...audit.cells.flatMap((cell) => cell.findings),
        ...audit.edges.flatMap((edge) => edge.findings),
      ];
      return random.chance(0.5) ? (findings[0]?.code ?? "accepted") : (findings.at(-1)?.code ?? "accepted");
    },
  },
];

/** A liar with a key of its own signs what it likes. */
function resigned(random: Random, hostile: ReceiptEnvelope[], where: number): void {
  const [vertex, { signer, node }] = random.pick([...identities]);
  const value = bent(random, random.pick(receiptValues), receiptValues) as object;
  const about = { ...value, vertex, node, ...(random.chance(0.3) ? { plan: "00".repeat(32) } : {}) };
  const chain = new ReceiptChain(about as never, crypto, signer);
  hostile[where] = chain.next({
    inputs: [],
    outputs: [],
    undelivered: random.below(4),
    final: random.chance(0.5),
    whole: random.chance(0.5),
    closedLinks: random.below(3),
  });
}

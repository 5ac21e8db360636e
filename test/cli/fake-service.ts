// A NodeService with a small network and one query in its head, for tests of the API, the SDK and the CLI.
import { accept, type Digest, type QueryId, refuse } from "../../src/core/base/index.ts";
import type { NodeService, QueryView, ServiceAnswer } from "../../src/sdk/index.ts";

const nodeOf = (letter: string) => `12D3Koo${letter.repeat(45)}`;
export const analystNode = nodeOf("A");
export const cameraNode = nodeOf("C");
export const exitNode = nodeOf("E");
export const queryId = "0123456789abcdef0123456789abcdef" as QueryId;
export const otherQueryId = "0123ffffffffffffffffffffffffffff" as QueryId;
const digest = "d".repeat(64);
const atMs = 1_790_000_000_000;

const value = { name: "counter.value", type: "int64", nullable: false } as const;
const vertices = [
  { id: "count", operator: "source-generator", kind: "source", node: cameraNode, nodeName: "camera", inputs: [] },
  { id: "plus", operator: "increment", kind: "transform", node: exitNode, nodeName: "gateway", inputs: ["count"] },
  { id: "show", operator: "sink-print", kind: "sink", node: exitNode, nodeName: "gateway", inputs: ["plus"] },
] as const;
const edges = [
  { id: "count>plus:0", from: "count", to: "plus", input: 0, carries: ["counter.value"] },
  { id: "plus>show:0", from: "plus", to: "show", input: 0, carries: ["counter.value"] },
];
const skipped = [
  {
    alternative: "precise",
    reasons: [
      {
        code: "policy-forbids",
        sentence: "A policy in force forbids an attribute that the query reads.",
        node: cameraNode,
        attribute: "location.precise",
      },
    ],
  },
];

export const plan: Extract<ServiceAnswer<"queryPlan">, { at: "planned" }> = {
  at: "planned",
  plan: {
    name: "ten-becomes-eleven",
    purpose: "demonstration",
    query: digest,
    alternative: "coarse",
    vertices: vertices.map((vertex) => ({
      ...vertex,
      own: false,
      consumes: vertex.kind === "source" ? [] : ["counter.value"],
      produces: vertex.kind === "sink" ? null : [value],
      spares: vertex.id === "plus" ? [{ node: cameraNode, name: "camera" }] : [],
    })),
    edges,
    exposure: [
      { node: cameraNode, name: "camera", vertices: ["count"], attributes: ["counter.value"] },
      { node: exitNode, name: "gateway", vertices: ["plus", "show"], attributes: ["counter.value"] },
    ],
    skipped,
  },
};

export const fault = {
  code: "query-cycle",
  file: "q.yaml",
  line: 7,
  column: 5,
  path: "vertices[1].inputs",
  message: "plus and show feed each other",
  remedy: "remove one of the two inputs",
};

export function viewAt(phase: QueryView["phase"], over: Partial<ServiceAnswer<"queryShow">> = {}) {
  const runs = phase !== "instantiating" && phase !== "starting";
  const view: ServiceAnswer<"queryShow"> = {
    id: queryId,
    name: "ten-becomes-eleven",
    purpose: "demonstration",
    alternative: "coarse",
    query: digest,
    plan: digest,
    phase,
    reasons: [],
    startedAtMs: atMs,
    setupMs: runs ? 12.5 : null,
    vertices: plan.plan.vertices.map(({ spares: _, ...vertex }) => ({
      ...vertex,
      incarnation: 0,
      state: runs ? "running" : "preparing",
      recordsIn: 10,
      recordsOut: 10,
      recordsInPerSecond: 2.5,
      recordsOutPerSecond: 2.5,
    })),
    edges: edges.map((edge) => ({ ...edge, batches: 1, records: 10 })),
    skipped,
    outcome:
      phase === "settled" ? { outcome: "completed", reasons: [], undelivered: 0, settledAtMs: atMs + 1_000 } : null,
    receipts: phase === "settled" ? 3 : null,
    assurance: runs ? "software" : null,
    ...over,
  };
  return view;
}

async function* itemsOf<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

const placed = { node: analystNode, name: "desk", at: 0.5 };
const region = { size: 1, nodes: 12 };
export const drawn: ServiceAnswer<"draw"> = {
  draw: "ab".repeat(32) as Digest,
  purpose: "cd".repeat(32) as Digest,
  sequence: 7,
  nodes: 12,
  estimate: { nodes: 12, low: 12, high: 12, confidence: 1, error: 0, cached: 12, share: 1 },
  colluding: 1,
  alpha: 1e-6,
  trigger: placed,
  lot: 0.25,
  attempt: 0,
  restarts: 0,
  tookMs: 44,
  beaconWitnesses: [placed, placed],
  rosterWitnesses: [placed, placed],
  actors: [placed],
  regions: { r1: region, r2: region, r3: region },
  messages: 22,
  operations: 20,
  checks: [{ what: "the roster", holds: true, operations: 4, detail: "" }],
  roster: "AAAA",
};

export const drawState: ServiceAnswer<"drawState"> = {
  estimate: { nodes: 2_010, low: 1_880, high: 2_150, confidence: 0.95, error: 0.07, cached: 1_005, share: 0.5 },
  colluding: 20,
  alpha: 1e-6,
  networkRisk: 3e-5,
  drawRisk: 2e-6,
  dailyRisk: 0.03,
  rows: [{ k: 3, rs: 0.0014, expected: 2.8 }],
  cache: { size: 512, joinedMs: atMs, from: [{ node: cameraNode, name: "camera" }], vouched: 3 },
  reports: [
    {
      node: cameraNode,
      name: "camera",
      proven: { kind: "conflict", says: "signed two statements that contradict each other", evidence: "AAAA" },
      seen: null,
    },
    {
      node: exitNode,
      name: "gateway",
      proven: null,
      seen: { code: "draw-silent", sentence: "It did not answer.", times: 2, lastMs: atMs },
    },
  ],
};

export const auditThatHolds: ServiceAnswer<"queryAudit"> = {
  query: queryId,
  verdict: "holds",
  holds: true,
  complete: true,
  open: [],
  receipts: 3,
  assurance: "software",
  cells: vertices.map(({ id, operator, node, nodeName }) => ({
    vertex: id,
    operator,
    node,
    nodeName,
    incarnation: 0,
    verdict: "holds",
    receipts: 1,
    summed: 0,
    assurance: "software",
    reasons: [],
  })),
  edges: edges.map(({ id, from, to }) => ({
    edge: id,
    from,
    to,
    verdict: "holds",
    batches: 1,
    records: 10,
    sent: 1,
    received: 1,
    incarnations: { from: 0, to: 0 },
    reasons: [],
  })),
};

/** Every call works; tests replace what they want to go otherwise. */
export function fakeService(over: Partial<NodeService> = {}): NodeService {
  const known = (id: string) => id === queryId;
  const clock = { wallMs: Date.now(), monotonicMs: 5_000, peersAheadMs: 12 };
  const disk = { folder: "/var/lib/hedgerow", freeBytes: 50_000_000_000, usedBytes: 1_000_000 };
  return {
    draw: async () => accept(drawn),
    drawState: async () => accept(drawState),
    status: async () =>
      accept({
        node: analystNode,
        name: "desk",
        network: "garden",
        principal: "ada",
        roles: ["analyst"],
        functions: [],
        assurance: "software",
        version: "0.1.0",
        addresses: ["/ip4/127.0.0.1/tcp/4001"],
        uptimeMs: 65_000,
        process: process.pid,
        peers: { known: 2, connected: 2 },
        queries: { active: 1, settled: 0 },
        cells: 0,
        disk,
        people: { kept: 0, unpublished: 0, indexed: 0 },
        clock,
        certificate: { serial: "01", notAfterMs: Date.now() + 86_400_000 * 300 },
      }),
    health: async () => accept({ healthy: true, checks: [{ name: "disk", ok: true, detail: "writable" }] }),
    metrics: async () => accept("# TYPE hedgerow_peers gauge\nhedgerow_peers 2\n"),
    doctor: async () =>
      accept({
        nodeVersion: process.version,
        version: "0.1.0",
        certificate: {
          valid: true,
          serial: "01",
          notBeforeMs: Date.now() - 1_000,
          notAfterMs: Date.now() + 86_400_000 * 300,
        },
        listening: [{ address: "/ip4/127.0.0.1/tcp/4001", loopbackOnly: true }],
        disk,
        clock,
        peers: [{ node: cameraNode, name: "camera", reachable: true, roundTripMs: 1.2, clockAheadMs: 12 }],
        unreachable: [],
      }),
    peers: async () =>
      accept({
        peers: [
          {
            node: cameraNode,
            name: "camera",
            principal: "greenhouse",
            roles: ["producer"],
            functions: ["producer"],
            liveness: "alive",
            connected: true,
            addresses: ["/ip4/127.0.0.1/tcp/4002"],
            heardAgoMs: 300,
            assurance: "software",
            version: "0.1.0",
            policy: { rules: [{ effect: "forbid", attribute: "location.precise" }] },
            equipment: [{ name: "counter", kind: "sensor", exclusive: true }],
          },
        ],
      }),
    connect: async () => accept({ node: cameraNode, principal: "greenhouse" }),
    importRevocation: async () => accept({ revocations: [{ node: cameraNode, serial: "02", alreadyKnown: false }] }),
    shutdown: async () => accept({ draining: true }),
    queryValidate: async ({ text }) =>
      accept(text.includes("cycle") ? { at: "faulty", faults: [fault] } : { at: "valid", name: "ten-becomes-eleven" }),
    queryPlan: async ({ text }) => accept(text.includes("cycle") ? { at: "faulty", faults: [fault] } : plan),
    queryRun: async ({ text }) =>
      accept(
        text.includes("cycle") ? { at: "faulty", faults: [fault] } : { at: "accepted", id: queryId, plan: plan.plan },
      ),
    queryList: async () =>
      accept({
        queries: [
          {
            id: queryId,
            name: "ten-becomes-eleven",
            phase: "running",
            outcome: null,
            startedAtMs: atMs,
            setupMs: 12.5,
            vertices: 3,
            nodes: 2,
            part: "analyst",
          },
        ],
      }),
    queryShow: async ({ id }) => (known(id) ? accept(viewAt("running")) : refuse("unknown-query", { blame: id })),
    queryWatch: async ({ id }) =>
      known(id)
        ? accept(itemsOf(viewAt("instantiating"), viewAt("starting"), viewAt("running"), viewAt("settled")))
        : refuse("unknown-query", { blame: id }),
    queryLogs: async () =>
      accept(itemsOf({ atMs, level: "info", event: "cell-ready", text: "plus is ready", vertex: "plus" } as const)),
    queryStop: async () =>
      accept(
        viewAt("settled", { outcome: { outcome: "stopped", reasons: [], undelivered: 0, settledAtMs: atMs + 1_000 } }),
      ),
    queryDetach: async () => accept(viewAt("running")),
    queryAttach: async () => accept(viewAt("running")),
    queryResult: async ({ from }) =>
      accept(
        itemsOf(
          {
            type: "rows",
            sequence: from,
            vertex: "show",
            node: analystNode,
            rows: [{ "counter.value": 11 }, { "counter.value": 12 }],
          } as const,
          {
            type: "settled",
            outcome: { outcome: "completed", reasons: [], undelivered: 0, settledAtMs: atMs + 1_000 },
            assurance: "software",
          } as const,
        ),
      ),
    queryAudit: async () => accept(auditThatHolds),
    ...over,
  };
}

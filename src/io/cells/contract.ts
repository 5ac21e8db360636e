// What a node asks of its cells: the life cycle prepares, wires, starts, drains and discards them.
import type { Duplex } from "node:stream";
import type { Digest, EdgeId, NodeId, QueryId, RefusalCode, Result, Signer, VertexId } from "../../core/base/index.ts";
import type {
  CellPlan,
  PolicyDecision,
  Prover,
  ReceiptCursor,
  ReceiptEnvelope,
  ReceiptPage,
  ReceiptReaders,
  ReceiptStore,
} from "../../core/cell/index.ts";
import type { Assurance, Plan, PlanVertex } from "../../core/model/index.ts";
import type { AsyncTransform, BuiltinOperator, OperatorPorts } from "../../operators/index.ts";
import type { AgreementKey } from "../curve/index.ts";
import type { EdgeListener, EdgeListenerOptions } from "../edges/index.ts";
import type { Engine } from "./engine.ts";

export interface CellOrder {
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly vertex: VertexId;
  readonly incarnation: number;
  /** Body of a person's own operator. */
  readonly body?: Uint8Array | undefined;
  /** Digest of the policy under which this node allowed the plan. Without it nothing leaves the cell. */
  readonly policyDigest?: Digest | undefined;
}

export interface WiredEnd {
  readonly edge: string;
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
}
export interface WiredInput extends WiredEnd {
  /** The cell before has delivered everything and is gone: nothing will come. */
  readonly ended?: boolean;
}
export interface WiredOutput extends WiredEnd {
  readonly edgeAddresses: readonly string[];
}
export interface Wiring {
  readonly inputs: readonly WiredInput[];
  readonly outputs: readonly WiredOutput[];
}

/** How many batches the former incarnation of a downstream neighbour had acknowledged. */
export interface Acknowledged {
  readonly edge: string;
  readonly node: NodeId;
  readonly incarnation: number;
  readonly batches: number;
}

export type CellEvent = { readonly query: QueryId; readonly vertex: VertexId; readonly incarnation: number } & (
  | { readonly type: "failed"; readonly code: RefusalCode; readonly detail: string; readonly undelivered: number }
  /** A source is exhausted: what it made is still on its way. */
  | { readonly type: "finished" }
  /**
   * The cell ended, once: its stream did, or it was drained. 0: everything it was responsible for has been delivered.
   * Along a path the same batch may be reported by each cell that kept it; the source's figure is the one end to end.
   */
  | { readonly type: "drained"; readonly undelivered: number }
  | { readonly type: "edge-lost"; readonly edge: string; readonly code: RefusalCode; readonly detail: string }
  /** A frame was refused; the edge reconnects by itself. For logs and metrics. */
  | { readonly type: "frame-refused"; readonly edge: string; readonly code: RefusalCode; readonly detail: string }
);

/** An event without the cell that it is about. */
export type Happening = CellEvent extends infer Event
  ? Event extends CellEvent
    ? Omit<Event, "query" | "vertex" | "incarnation">
    : never
  : never;

export interface CellStatistics {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly state: "prepared" | "running" | "draining" | "ended" | "failed";
  readonly batchesIn: number;
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly batchesOut: number;
  readonly recordsOut: number;
  readonly bytesOut: number;
  /** Since the statistics were last asked for. */
  readonly recordsInPerSecond: number;
  readonly recordsOutPerSecond: number;
  /** Batches sent and not yet acknowledged, on the fullest edge; batches being worked on. */
  readonly unacknowledged: number;
  readonly inProgress: number;
  /** Repeats dropped after a re-placement; frames refused. */
  readonly repeats: number;
  readonly refused: number;
}

export interface CellHost {
  readonly edgeAddresses: readonly string[];
  prepare(order: CellOrder): Promise<Result<{ publicKey: Uint8Array; edgeAddresses: string[] }>>;
  /**
   * Resolves when its outgoing edges are connected. May be repeated after a refusal. A source does not produce before
   * `release`; every other cell works on what comes.
   */
  start(query: QueryId, vertex: VertexId, wiring: Wiring): Promise<Result<void>>;
  /** The query flows: a source produces. Nothing to other cells. */
  release(query: QueryId, vertex: VertexId): void;
  /** Neighbours were re-placed: higher incarnations, with new keys. Says what their predecessors had acknowledged. */
  rewire(query: QueryId, vertex: VertexId, wiring: Wiring): Promise<Result<{ acknowledged: Acknowledged[] }>>;
  /** A source ends its stream; another cell ends when its inputs have, or are in `ended`. The event `drained` follows. */
  drain(query: QueryId, vertex: VertexId, ended: readonly string[]): void;
  /** Of a query that is stopped: cells at the other ends of these edges are gone for good. The cell goes on with the others. */
  cut(query: QueryId, vertex: VertexId, gone: readonly string[]): void;
  /** Kills a cell and forgets its keys; its receipts stay, its leaves until `forget`. */
  discard(query: QueryId, vertex: VertexId, incarnation: number): Promise<{ undelivered: number }>;
  /** The node was excluded from the network: every edge to and from it is shut at once. */
  exclude(node: NodeId): void;
  /** Kills what is left of a query here. Its receipts stay as long as the store has room for them. */
  forget(query: QueryId): Promise<void>;
  onEvent(handler: (event: CellEvent) => void): void;
  /** All receipts kept of the query's cells here; signs what is not signed yet first. */
  receipts(query: QueryId): readonly ReceiptEnvelope[];
  /** The same by pages, encoded; the first page signs. */
  receiptsPage(query: QueryId, from: ReceiptCursor | undefined, count: number, bytes: number): ReceiptPage;
  receiptCount(query: QueryId): number;
  /** Who may read them; undefined when no cell of the query ever signed here. */
  receiptReaders(query: QueryId): ReceiptReaders | undefined;
  /** Digests of the batches of a chunk at one end of a link (core/cell/audit.ts, LeafQuestion). */
  leaves(
    query: QueryId,
    vertex: VertexId,
    incarnation: number,
    edge: EdgeId,
    peer: number,
    chunk: number,
  ): Uint8Array[];
  statistics(query: QueryId): CellStatistics[];
  /** A data edge that came through the overlay. */
  acceptStream(stream: Duplex): void;
  close(): Promise<void>;
}

/** A cell as its node's ports know it. */
export interface PortedCell {
  readonly query: QueryId;
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** What is sealed to the cell opens with it. */
  readonly key: AgreementKey;
}

export interface CellHostOptions {
  readonly node: NodeId;
  readonly signer: Signer;
  readonly assurance: Assurance;
  readonly listener: EdgeListenerOptions;
  readonly operators: ReadonlyMap<string, BuiltinOperator>;
  readonly ports: (cell: PortedCell) => OperatorPorts;
  /** Starts a person's own operator in a sandbox; absent: such plans are refused. */
  readonly startBody?: (vertex: PlanVertex, body: Uint8Array, plan: Plan) => Promise<Result<AsyncTransform>>;
  /** The fallback when the direct dial fails. */
  readonly openEdgeStream?: (to: NodeId) => Promise<Result<Duplex>>;
  /** Where signed receipts are kept. Default: in memory. */
  readonly receiptStore?: ReceiptStore;
  /** false only in the benchmark that measures what receipts cost. */
  readonly receipts?: boolean;
  /** Calls back at the interval until stopped. Default: the machine's clock, once per second. */
  readonly everyInterval?: (run: () => void) => () => void;
}

/** What a running cell is made of. */
export interface CellParts {
  readonly plan: CellPlan;
  readonly incarnation: number;
  readonly key: AgreementKey;
  readonly engine: Engine;
  readonly decision: PolicyDecision | undefined;
  readonly prover: Prover | null;
  readonly listener: EdgeListener;
  readonly options: CellHostOptions;
  readonly emit: (event: CellEvent) => void;
}

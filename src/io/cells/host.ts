// All cells of a node (the paper's "data function instances", PBDS §6.4): prepared, wired, run and forgotten by query.
import type { Duplex } from "node:stream";
import { accept, type NodeId, type QueryId, type Result, refuse, type VertexId } from "../../core/base/index.ts";
import {
  type CellPlan,
  cellLimits,
  cellPlan,
  decodeEnvelope,
  Prover,
  type ReceiptEnvelope,
  type ReceiptReaders,
  type ReceiptStore,
  resumesFrom,
} from "../../core/cell/index.ts";
import type { Plan } from "../../core/model/index.ts";
import { CellKeyPool, EdgeListener, keepFreedMemory } from "../edges/index.ts";
import { nodeCrypto } from "../identity/index.ts";
import { createMemoryReceipts } from "../storage/index.ts";
import { RunningCell } from "./cell.ts";
import type { CellEvent, CellHost, CellHostOptions, CellOrder } from "./contract.ts";
import { startEngine } from "./engine.ts";
import { limits } from "./limits.ts";

const hasher = nodeCrypto;

export async function createCellHost(options: CellHostOptions): Promise<CellHost> {
  keepFreedMemory();
  return new LocalCellHost(options, await EdgeListener.open(options.listener));
}

class LocalCellHost implements CellHost {
  readonly #options: CellHostOptions;
  readonly #listener: EdgeListener;
  readonly #keys = new CellKeyPool();
  readonly #store: ReceiptStore;
  /** By query and vertex; incarnations of a vertex follow one another. */
  readonly #cells = new Map<QueryId, Map<VertexId, RunningCell[]>>();
  readonly #handlers: ((event: CellEvent) => void)[] = [];
  readonly #stopInterval: () => void;
  #preparing = 0;

  constructor(options: CellHostOptions, listener: EdgeListener) {
    this.#options = options;
    this.#listener = listener;
    this.#store = options.receiptStore ?? createMemoryReceipts();
    const every = options.everyInterval ?? everySecond;
    this.#stopInterval = every(() => {
      for (const cell of this.#all()) cell.sign();
    });
  }

  get edgeAddresses(): readonly string[] {
    return this.#listener.addresses;
  }

  async prepare(order: CellOrder): Promise<Result<{ publicKey: Uint8Array; edgeAddresses: string[] }>> {
    const { plan, planDigest, vertex, incarnation, policyDigest } = order;
    const present = this.#find(plan.id, vertex);
    if (
      present?.incarnation === incarnation &&
      present.plan.planDigest === planDigest &&
      present.state === "prepared"
    ) {
      return accept({ publicKey: present.publicKey, edgeAddresses: this.#listener.addresses }); // asked twice
    }
    if (present !== undefined && present.incarnation >= incarnation) return refuse("cell-exists", { blame: vertex });
    const alive = this.#all().filter((cell) => !cell.discarded).length;
    if (alive + this.#preparing >= limits.maxCells) return refuse("too-many-cells");
    if (!Number.isSafeInteger(incarnation) || incarnation < 0 || incarnation > cellLimits.maxIncarnation) {
      return refuse("wiring-not-of-plan", { blame: vertex, detail: `incarnation ${incarnation}` });
    }
    const cell = cellPlan(plan, planDigest, vertex);
    if (!cell.ok) return cell;
    const signed = this.#store.newest({ query: plan.id, vertex, incarnation });
    const before = signed === undefined ? undefined : decodeEnvelope(signed);
    if (before?.ok === false || (before?.ok && !resumesFrom(before.value))) {
      return refuse("cell-exists", { blame: vertex, detail: "it signed receipts before this node was started" });
    }
    this.#preparing++;
    const key = this.#keys.take();
    const place = { query: plan.id, vertex, incarnation, plan, planDigest, key };
    const engine = await startEngine(cell.value, () => this.#options.ports(place), order.body, this.#options).finally(
      () => this.#preparing--,
    );
    if (!engine.ok) return engine;
    const prover = this.#proverOf(order, cell.value, before?.value);
    const running = new RunningCell({
      plan: cell.value,
      incarnation,
      key,
      engine: engine.value,
      decision: policyDigest === undefined ? undefined : { plan: planDigest, policy: policyDigest },
      prover,
      listener: this.#listener,
      options: this.#options,
      emit: (event) => {
        for (const handler of this.#handlers) handler(event);
      },
    });
    const ofQuery = this.#cells.get(plan.id) ?? new Map<VertexId, RunningCell[]>();
    this.#cells.set(plan.id, ofQuery);
    ofQuery.set(vertex, [...(ofQuery.get(vertex) ?? []), running]);
    return accept({ publicKey: running.publicKey, edgeAddresses: this.#listener.addresses });
  }

  async start(...[query, vertex, wiring]: Parameters<CellHost["start"]>): Promise<Result<void>> {
    return this.#find(query, vertex)?.start(wiring) ?? unknownCell(vertex);
  }

  async rewire(...[query, vertex, wiring]: Parameters<CellHost["rewire"]>): ReturnType<CellHost["rewire"]> {
    return this.#find(query, vertex)?.rewire(wiring) ?? unknownCell(vertex);
  }

  release(query: QueryId, vertex: VertexId): void {
    this.#find(query, vertex)?.release();
  }

  drain(query: QueryId, vertex: VertexId, ended: readonly string[]): void {
    this.#find(query, vertex)?.drain(ended);
  }

  cut(query: QueryId, vertex: VertexId, gone: readonly string[]): void {
    this.#find(query, vertex)?.cut(gone);
  }

  async discard(query: QueryId, vertex: VertexId, incarnation: number): Promise<{ undelivered: number }> {
    const cell = this.#cells
      .get(query)
      ?.get(vertex)
      ?.find((one) => one.incarnation === incarnation);
    return { undelivered: (await cell?.discard()) ?? 0 };
  }

  exclude(node: NodeId): void {
    for (const cell of this.#all()) cell.exclude(node);
  }

  async forget(query: QueryId): Promise<void> {
    const cells = this.#of(query);
    this.#cells.delete(query);
    await Promise.all(cells.map((cell) => cell.discard()));
  }

  onEvent(handler: (event: CellEvent) => void): void {
    this.#handlers.push(handler);
  }

  receipts(query: QueryId) {
    const { envelopes } = this.receiptsPage(query, undefined, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    return envelopes.flatMap((bytes) => {
      const envelope = decodeEnvelope(bytes);
      return envelope.ok ? [envelope.value] : [];
    });
  }

  receiptsPage(...[query, from, count, bytes]: Parameters<CellHost["receiptsPage"]>) {
    if (from === undefined) for (const cell of this.#of(query)) cell.sign();
    return this.#store.page(query, from, count, bytes);
  }

  receiptCount(query: QueryId): number {
    return this.#store.count(query);
  }

  receiptReaders(query: QueryId): ReceiptReaders | undefined {
    return this.#store.readers(query);
  }

  leaves(...[query, vertex, incarnation, edge, peer, chunk]: Parameters<CellHost["leaves"]>): Uint8Array[] {
    const cell = this.#cells
      .get(query)
      ?.get(vertex)
      ?.find((one) => one.incarnation === incarnation);
    return cell?.prover?.leaves(edge, peer, chunk) ?? [];
  }

  statistics(query: QueryId) {
    return this.#of(query).map((cell) => cell.statistics());
  }

  acceptStream(stream: Duplex): void {
    this.#listener.accept(stream);
  }

  async close(): Promise<void> {
    this.#stopInterval();
    await Promise.all([...this.#cells.keys()].map((query) => this.forget(query)));
    this.#keys.close();
    this.#store.close();
    await this.#listener.close();
  }

  #proverOf(order: CellOrder, cell: CellPlan, before: ReceiptEnvelope | undefined): Prover | null {
    const { plan, planDigest, vertex, incarnation, policyDigest: policy } = order;
    const { node, signer, assurance, receipts } = this.#options;
    if (receipts === false || policy === undefined) return null;
    const operator = cell.vertex.operator.digest;
    const log = this.#store.open({ query: plan.id, vertex, incarnation }, readersOf(plan));
    const subject = { query: plan.id, plan: planDigest, vertex, node, incarnation, operator, policy, assurance };
    return new Prover(subject, { hasher, signer, log }, before);
  }

  #find(query: QueryId, vertex: VertexId): RunningCell | undefined {
    return this.#cells.get(query)?.get(vertex)?.at(-1);
  }
  #of(query: QueryId): RunningCell[] {
    return [...(this.#cells.get(query)?.values() ?? [])].flat();
  }
  #all(): RunningCell[] {
    return [...this.#cells.keys()].flatMap((query) => this.#of(query));
  }
}

function readersOf({ analyst, vertices }: Plan): ReceiptReaders {
  const nodes = new Set(vertices.flatMap(({ node, spares }) => [node, ...spares]));
  return { principal: analyst.principal, nodes: [...nodes] };
}

function unknownCell(vertex: VertexId) {
  return refuse("unknown-cell", { blame: vertex });
}

function everySecond(run: () => void): () => void {
  const timer = setInterval(run, limits.receiptIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

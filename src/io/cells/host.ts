// All cells of a node (the paper's "data function instances", PBDS §6.4): prepared, wired, run and forgotten by query.
import type { Duplex } from "node:stream";
import { accept, type NodeId, type QueryId, type Result, refuse, type VertexId } from "../../core/base/index.ts";
import { cellLimits, cellPlan } from "../../core/cell/index.ts";
import { CellKeyPool, EdgeListener, keepFreedMemory } from "../edges/index.ts";
import { RunningCell } from "./cell.ts";
import type { CellEvent, CellHost, CellHostOptions, CellOrder } from "./contract.ts";
import { startEngine } from "./engine.ts";
import { limits } from "./limits.ts";
import { Prover } from "./prover.ts";

export async function createCellHost(options: CellHostOptions): Promise<CellHost> {
  keepFreedMemory();
  return new LocalCellHost(options, await EdgeListener.open(options.listener));
}

class LocalCellHost implements CellHost {
  readonly #options: CellHostOptions;
  readonly #listener: EdgeListener;
  readonly #keys = new CellKeyPool();
  /** By query and vertex; incarnations of a vertex follow one another. */
  readonly #cells = new Map<QueryId, Map<VertexId, RunningCell[]>>();
  readonly #handlers: ((event: CellEvent) => void)[] = [];
  readonly #stopInterval: () => void;
  #preparing = 0;

  constructor(options: CellHostOptions, listener: EdgeListener) {
    this.#options = options;
    this.#listener = listener;
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
    this.#preparing++;
    const engine = await startEngine(cell.value, order.body, this.#options).finally(() => this.#preparing--);
    if (!engine.ok) return engine;
    const { node, signer, assurance } = this.#options;
    const operator = cell.value.vertex.operator.digest;
    const running = new RunningCell({
      plan: cell.value,
      incarnation,
      key: this.#keys.take(),
      engine: engine.value,
      decision: policyDigest === undefined ? undefined : { plan: planDigest, policy: policyDigest },
      prover:
        this.#options.receipts === false || policyDigest === undefined
          ? null
          : new Prover(
              {
                query: plan.id,
                plan: planDigest,
                vertex,
                node,
                incarnation,
                operator,
                policy: policyDigest,
                assurance,
              },
              signer,
            ),
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
    return this.#of(query).flatMap((cell) => {
      cell.sign();
      return cell.prover?.receipts ?? [];
    });
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
    await this.#listener.close();
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

function unknownCell(vertex: VertexId) {
  return refuse("unknown-cell", { blame: vertex });
}

function everySecond(run: () => void): () => void {
  const timer = setInterval(run, limits.receiptIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

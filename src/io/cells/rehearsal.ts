// A plan tried in one process, a batch at a time: its operators in their sandboxes, with the validator of a cell around each; no edges,
// keys, receipts or nodes. Each source lives by a clock of its own that only its waiting moves, so a stream of a day takes a moment.
//
// INVARIANT 1: batches move in the order of their sources' clocks, each through the whole plan before the next: the same each time.
// INVARIANT 2: a batch comes into a cell and leaves it as in a running one (cell.ts): core/cell/validator.ts decides about both.
// INVARIANT 3: the first refusal ends all. A query goes on without a failed cell as far as it can; who tries one wants the fault.
import { accept, type Digest, type Refusal, type Result, type VertexId } from "../../core/base/index.ts";
import { BatchReader, selectBatch } from "../../core/batch/index.ts";
import { type CellPlan, cellPlan, mayEnter, mayLeave } from "../../core/cell/index.ts";
import { layersOf, type Plan, type PlanVertex } from "../../core/model/index.ts";
import type { OperatorPorts } from "../../operators/index.ts";
import type { CellHostOptions } from "./contract.ts";
import { type Engine, endOf, faultOf, operate, startEngine } from "./engine.ts";
import { limits } from "./limits.ts";

/** What a source waits by. */
export interface RehearsalClock {
  readonly nowMs: number;
  /** Over at once; the clock has moved. */
  sleep(ms: number): Promise<void>;
}

export interface RehearsalOrder extends Pick<CellHostOptions, "operators" | "startBody"> {
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** Of people's own operators. */
  readonly bodies: ReadonlyMap<Digest, Uint8Array>;
  /** What stands for a node's equipment. */
  readonly ports: (vertex: PlanVertex, clock: RehearsalClock) => OperatorPorts;
  /** A source that has given so many is cut off. */
  readonly recordsPerSource: number;
  readonly signal?: AbortSignal | undefined;
  /** After each batch that went through; `records`: of all sources so far. Waited for. */
  readonly onTurn?: (records: number) => Promise<void>;
}

export interface RehearsedCell {
  readonly vertex: PlanVertex;
  readonly batchesIn: number;
  readonly recordsIn: number;
  readonly batchesOut: number;
  readonly recordsOut: number;
  /** That its operator took. */
  readonly ms: number;
  /** A source that would have gone on. */
  readonly cut: boolean;
}

export interface RehearsalFault {
  readonly vertex: PlanVertex;
  readonly refusal: Refusal;
  /** What the operator was working on; null before its first batch, at its end, and of a source. */
  readonly given: Uint8Array | null;
}

export interface Rehearsed {
  readonly cells: readonly RehearsedCell[];
  /** The furthest clock of a source. */
  readonly spanMs: number;
  readonly fault: RehearsalFault | null;
}

export async function rehearse(order: RehearsalOrder): Promise<Rehearsed> {
  const rehearsal = new Rehearsal(order);
  const stop = () => void rehearsal.close();
  order.signal?.addEventListener("abort", stop);
  try {
    const fault = (await rehearsal.prepare()) ?? (await rehearsal.flow()) ?? (await rehearsal.end());
    order.signal?.throwIfAborted();
    return { ...rehearsal.told(), fault };
  } finally {
    order.signal?.removeEventListener("abort", stop);
    await rehearsal.close();
  }
}

class SteppedClock implements RehearsalClock {
  nowMs = 0;
  async sleep(ms: number): Promise<void> {
    this.nowMs += ms;
  }
}

class TriedCell {
  readonly plan: CellPlan;
  readonly engine: Engine;
  readonly clock: SteppedClock;
  batchesIn = 0;
  recordsIn = 0;
  batchesOut = 0;
  recordsOut = 0;
  ms = 0;
  cut = false;

  constructor(plan: CellPlan, engine: Engine, clock: SteppedClock) {
    this.plan = plan;
    this.engine = engine;
    this.clock = clock;
  }

  async timed<T>(work: () => T | Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    try {
      return await work();
    } finally {
      this.ms += performance.now() - startedAtMs;
    }
  }

  told(): RehearsedCell {
    const { batchesIn, recordsIn, batchesOut, recordsOut, ms, cut } = this;
    return { vertex: this.plan.vertex, batchesIn, recordsIn, batchesOut, recordsOut, ms, cut };
  }
}

type Ended = RehearsalFault | null;

class Rehearsal {
  readonly #order: RehearsalOrder;
  readonly #cells = new Map<VertexId, TriedCell>();

  constructor(order: RehearsalOrder) {
    this.#order = order;
  }

  async prepare(): Promise<Ended> {
    const { plan, planDigest, bodies, ports } = this.#order;
    for (const vertex of plan.vertices) {
      this.#order.signal?.throwIfAborted();
      const cell = cellPlan(plan, planDigest, vertex.id);
      if (!cell.ok) return { vertex, refusal: cell, given: null };
      const clock = new SteppedClock();
      const body = bodies.get(vertex.operator.body ?? ("" as Digest));
      const engine = await startEngine(cell.value, () => ports(vertex, clock), body, this.#order);
      if (!engine.ok) return { vertex, refusal: engine, given: null };
      this.#cells.set(vertex.id, new TriedCell(cell.value, engine.value, clock));
    }
    return null;
  }

  /** Until every source is exhausted or cut off. */
  async flow(): Promise<Ended> {
    const sources = [...this.#cells.values()].flatMap((cell) =>
      cell.engine.kind === "source" ? [new TriedSource(cell, cell.engine, this.#order.recordsPerSource)] : [],
    );
    for (const source of sources) await source.pull();
    let records = 0;
    for (let turn = 1; ; turn++) {
      const source = earliest(sources);
      if (source === null) return null;
      const { cell, next } = source;
      if (next?.ok !== true) return next && { vertex: cell.plan.vertex, refusal: next, given: null };
      const before = cell.recordsOut;
      const ended = await this.#leave(cell, next.value, null);
      if (ended !== null) return ended;
      records += cell.recordsOut - before;
      await this.#turn(records, turn);
      await source.pull();
    }
  }

  /** Producers first, what each still holds. */
  async end(): Promise<Ended> {
    for (const id of layersOf(this.#order.plan.vertices)!.flat()) {
      const cell = this.#cells.get(id)!;
      if (cell.engine.kind === "source") continue;
      const { vertex } = cell.plan;
      const held = await cell.timed(() => endOf(cell.engine, cell.plan));
      if (!held.ok) return { vertex, refusal: held, given: null };
      for (const batch of held.value) {
        const ended = await this.#leave(cell, batch, null);
        if (ended !== null) return ended;
      }
    }
    await this.#order.onTurn?.(this.#made());
    return null;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#cells.values()].map((cell) => cell.engine.close()));
  }

  told(): Omit<Rehearsed, "fault"> {
    const cells = [...this.#cells.values()];
    return { cells: cells.map((cell) => cell.told()), spanMs: Math.max(0, ...cells.map(({ clock }) => clock.nowMs)) };
  }

  #made(): number {
    return [...this.#cells.values()].reduce(
      (sum, { engine, recordsOut }) => sum + (engine.kind === "source" ? recordsOut : 0),
      0,
    );
  }

  /** Lets the loop breathe, so that Ctrl-C is heard. */
  async #turn(records: number, turn: number): Promise<void> {
    await this.#order.onTurn?.(records);
    if (turn % limits.batchesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    this.#order.signal?.throwIfAborted();
  }

  async #enter(cell: TriedCell, input: number, batch: Uint8Array): Promise<Ended> {
    const { vertex } = cell.plan;
    const entered = mayEnter(cell.plan, input, batch);
    if (!entered.ok) return { vertex, refusal: entered, given: null };
    const given = batch.slice(); // an operator may write into what it gets
    const position = { path: 0, origin: cell.batchesIn++ };
    cell.recordsIn += entered.value.rows;
    const made = await cell.timed(() => operate(cell.engine, input, batch, position));
    if (!made.ok) return { vertex, refusal: made, given };
    return made.value === null ? null : this.#leave(cell, made.value, given);
  }

  async #leave(cell: TriedCell, batch: Uint8Array, given: Uint8Array | null): Promise<Ended> {
    const { planDigest } = this.#order;
    // Of no node's policy: there is none here.
    const left = mayLeave(cell.plan, { plan: planDigest, policy: planDigest }, batch);
    if (!left.ok) return { vertex: cell.plan.vertex, refusal: left, given };
    cell.batchesOut++;
    cell.recordsOut += left.value.rows;
    for (const { edge, to } of cell.plan.outputs) {
      const next = this.#cells.get(to.id)!;
      const input = next.plan.inputs.findIndex((one) => one.edge === edge);
      const ended = await this.#enter(next, input, batch.slice());
      if (ended !== null) return ended;
    }
    return null;
  }
}

class TriedSource {
  readonly cell: TriedCell;
  readonly #engine: Extract<Engine, { kind: "source" }>;
  #left: number;
  /** What it gives next, or why it cannot; null: nothing more. */
  next: Result<Uint8Array> | null = null;
  pulls = 0;

  constructor(cell: TriedCell, engine: Extract<Engine, { kind: "source" }>, records: number) {
    this.cell = cell;
    this.#engine = engine;
    this.#left = records;
  }

  async pull(): Promise<void> {
    this.pulls++;
    const before = this.cell.clock.nowMs;
    const given = await this.cell.timed(() => this.#engine.source.next().then((batch) => accept(batch), faultOf));
    this.next = !given.ok ? given : given.value === null ? null : this.#upTo(given.value);
    if (this.next === null) this.cell.clock.nowMs = before; // for what nobody gets, nobody waited
  }

  /** Of a batch what it may still give; null: nothing. */
  #upTo(batch: Uint8Array): Result<Uint8Array> | null {
    const shape = this.cell.plan.vertex.output ?? [];
    const reader = new BatchReader(batch, shape);
    if (reader.rows > this.#left) this.cell.cut = true;
    const rows = Math.min(reader.rows, this.#left);
    this.#left -= rows;
    if (rows === reader.rows) return accept(batch);
    if (rows === 0) return null;
    const first = Uint32Array.from({ length: rows }, (_, row) => row);
    return accept(
      selectBatch(
        reader,
        shape,
        shape.map((_, column) => column),
        first,
      ),
    );
  }
}

/** That has something to give: by its clock; of two at once the one that has given less often, then the one named first. */
function earliest(sources: readonly TriedSource[]): TriedSource | null {
  let first: TriedSource | null = null;
  for (const source of sources) {
    if (source.next === null) continue;
    const [atMs, firstMs] = [source.cell.clock.nowMs, first?.cell.clock.nowMs ?? Number.POSITIVE_INFINITY];
    if (atMs < firstMs || (atMs === firstMs && first !== null && source.pulls < first.pulls)) first = source;
  }
  return first;
}

// One running cell (PIXIU §3.1's trust-λ, DESIGN §1): validator → operator → prover, between its edges.
//
//   prepared -- start --> running -- inputs ended | source exhausted --> ending -- all acknowledged --> ended
//   running -- drain --> draining: the same way, with a deadline       any -- refusal --> failed
//
// INVARIANT 1: no batch reaches an edge that the validator did not let leave.
// INVARIANT 2: everything is bounded: edges keep a window, inputs are pulled only while there is room for what they give.
// INVARIANT 3: an input is discharged when what was made of it is (core/cell/discharge.ts); a failure discharges nothing.
import { accept, type EdgeId, type NodeId, type RefusalCode, type Result, refuse } from "../../core/base/index.ts";
import {
  type CellPlan,
  checkWiring,
  DischargeQueue,
  type InputFrame,
  type LinkAccount,
  mayEnter,
  mayLeave,
  originOf,
  type PolicyDecision,
} from "../../core/cell/index.ts";
import { leafHash } from "../../core/ledger/index.ts";
import { OperatorFault } from "../../operators/index.ts";
import {
  type CellKey,
  type EdgeListener,
  IncomingEdge,
  type IncomingFrame,
  OutgoingEdge,
  releaseBuffer,
} from "../edges/index.ts";
import type { Acknowledged, CellEvent, CellHostOptions, CellStatistics, WiredOutput, Wiring } from "./contract.ts";
import type { Engine } from "./engine.ts";
import { batchHasher } from "./hasher.ts";
import { limits } from "./limits.ts";
import type { Prover } from "./prover.ts";

type State = CellStatistics["state"];

export interface CellParts {
  readonly plan: CellPlan;
  readonly incarnation: number;
  readonly key: CellKey;
  readonly engine: Engine;
  readonly decision: PolicyDecision | undefined;
  readonly prover: Prover | null;
  readonly listener: EdgeListener;
  readonly options: CellHostOptions;
  readonly emit: (event: CellEvent) => void;
}

type Happening = CellEvent extends infer Event
  ? Event extends CellEvent
    ? Omit<Event, "query" | "vertex" | "incarnation">
    : never
  : never;

export class RunningCell {
  readonly #parts: CellParts;
  readonly #inputs: readonly IncomingEdge[];
  readonly #outputs: readonly OutgoingEdge[];
  readonly #inputAccounts: (LinkAccount | null)[];
  readonly #outputAccounts: (LinkAccount | null)[];
  readonly #discharge = new DischargeQueue();
  readonly #ends: InputFrame[] = [];
  readonly #endedInputs = new Set<number>();
  #state: State = "prepared";
  #outputCount = 0;
  /** Batches that the operator has and has not answered. */
  #working = 0;
  #pumping = false;
  #ending = false;
  #released = false;
  /** Inputs on which nothing will come because their cell is gone. */
  readonly #gone = new Set<string>();
  /** Where each output leads, to say who acknowledged what. */
  readonly #nodes = new Map<string, NodeId>();
  discarded = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #room: (() => void) | null = null;
  readonly #counts = { batchesIn: 0, recordsIn: 0, recordsOut: 0, bytesOut: 0, repeats: 0, refused: 0 };
  #asked = { atMs: performance.now(), recordsIn: 0, recordsOut: 0 };

  constructor(parts: CellParts) {
    this.#parts = parts;
    const { plan, key, incarnation, prover } = parts;
    const own = { query: plan.plan.id, planDigest: plan.planDigest, key, incarnation };
    this.#inputAccounts = plan.inputs.map(() => null);
    this.#outputAccounts = plan.outputs.map(() => null);
    this.#inputs = plan.inputs.map(
      ({ edge, paths }, i) =>
        new IncomingEdge({ ...own, edge, paths }, parts.listener, {
          readable: () => this.#pump(),
          relinked: (peer) => {
            this.#inputAccounts[i] = prover?.account("input", edge, peer) ?? null;
          },
          refused: (code, detail) => this.#frameRefused(edge, code, detail),
          reset: (detail) => this.#tell({ type: "edge-lost", edge, code: "edge-reset", detail }),
        }),
    );
    this.#outputs = plan.outputs.map(
      ({ edge }, i) =>
        new OutgoingEdge(
          { ...own, edge },
          {
            acknowledged: () => this.#settle(),
            relinked: (peer) => {
              this.#outputAccounts[i] = prover?.account("output", edge, peer) ?? null;
            },
            resent: (batch) => this.#outputAccounts[i]?.add(leafHash(batchHasher, batch), rowsOf(batch)),
            refused: (code, detail) => this.#frameRefused(edge, code, detail),
            lost: (code, detail) => this.#tell({ type: "edge-lost", edge, code, detail }),
          },
        ),
    );
  }

  get plan(): CellPlan {
    return this.#parts.plan;
  }
  get incarnation(): number {
    return this.#parts.incarnation;
  }
  get publicKey(): Uint8Array {
    return this.#parts.key.publicKey;
  }
  get prover(): Prover | null {
    return this.#parts.prover;
  }
  get state(): State {
    return this.#state;
  }

  async start(wiring: Wiring): Promise<Result<void>> {
    if (this.#state === "failed") return refuse("unknown-cell", { detail: "the cell has failed" });
    const wired = await this.#wire(wiring);
    if (!wired.ok || this.#state !== "prepared") return wired;
    this.#state = "running";
    this.#pump();
    return accept(undefined);
  }

  release(): void {
    if (this.#released || this.#state !== "running" || this.#parts.engine.kind !== "source") return;
    this.#released = true;
    void this.#runSource();
  }

  async rewire(wiring: Wiring): Promise<Result<{ acknowledged: Acknowledged[] }>> {
    const before = this.#outputs.map((edge) => ({
      edge,
      incarnation: edge.incarnation,
      batches: edge.acknowledgedBatches,
    }));
    const former = new Map(this.#nodes);
    const wired = await this.#wire(wiring);
    if (!wired.ok) return wired;
    const acknowledged: Acknowledged[] = [];
    for (const { edge, incarnation, batches } of before) {
      const node = former.get(edge.edge);
      if (incarnation === null || node === undefined || edge.incarnation === incarnation) continue;
      acknowledged.push({ edge: edge.edge, node, incarnation, batches });
    }
    this.#pump();
    return accept({ acknowledged });
  }

  async #wire(wiring: Wiring): Promise<Result<void>> {
    if (this.discarded) return refuse("unknown-cell", { detail: "the cell was discarded" });
    const { inputs, outputs } = this.#parts.plan;
    const before = checkWiring(
      inputs.map(({ edge, from }) => ({ edge, other: from })),
      wiring.inputs,
    );
    if (!before.ok) return before;
    const after = checkWiring(
      outputs.map(({ edge, to }) => ({ edge, other: to })),
      wiring.outputs,
    );
    if (!after.ok) return after;
    for (const end of wiring.outputs) this.#nodes.set(end.edge, end.node);
    this.#inputsGone(wiring.inputs.filter((end) => end.ended === true).map((end) => end.edge));
    for (const edge of this.#inputs) {
      if (this.#gone.has(edge.edge)) continue;
      const wired = edge.wire(wiring.inputs.find((end) => end.edge === edge.edge)!);
      if (!wired.ok) return wired;
    }
    const connected = await Promise.all(
      this.#outputs.map((edge) => edge.wire(this.#routeTo(wiring.outputs.find((end) => end.edge === edge.edge)!))),
    );
    return connected.find((result) => !result.ok) ?? accept(undefined);
  }

  #routeTo(end: WiredOutput) {
    const { openEdgeStream } = this.#parts.options;
    const overlay = openEdgeStream === undefined ? undefined : () => openEdgeStream(end.node);
    return { publicKey: end.publicKey, incarnation: end.incarnation, addresses: end.edgeAddresses, overlay };
  }

  drain(ended: readonly string[]): void {
    this.#inputsGone(ended);
    if (this.#over()) return;
    if (this.#state === "prepared") return this.#complete(); // never ran: nothing is in flight
    this.#state = "draining";
    this.#watchDrain();
    const { engine } = this.#parts;
    if (engine.kind === "source") {
      void engine.source.close();
      if (!this.#released) this.#endOutputs();
    }
    this.#makeRoom();
    this.#pump();
  }

  /** Kills it: connections, operator, timers. Its receipts stay. */
  async discard(): Promise<number> {
    const undelivered = this.#undelivered();
    if (!this.#over()) {
      this.#state = "ended";
      this.sign();
    }
    this.discarded = true;
    clearTimeout(this.#drainTimer);
    for (const edge of [...this.#inputs, ...this.#outputs]) edge.close();
    this.#makeRoom();
    await this.#parts.engine.close();
    return undelivered;
  }

  #inputsGone(edges: readonly string[]): void {
    this.#parts.plan.inputs.forEach(({ edge }, input) => {
      if (!edges.includes(edge)) return;
      this.#gone.add(edge);
      this.#endedInputs.add(input);
    });
  }

  sign(): void {
    this.#parts.prover?.sign(this.#undelivered(), this.#state === "ended" || this.#state === "failed");
  }

  statistics(): CellStatistics {
    const now = performance.now();
    const { recordsIn, recordsOut } = this.#counts;
    const seconds = Math.max(now - this.#asked.atMs, 1) / 1000;
    const recordsInPerSecond = (recordsIn - this.#asked.recordsIn) / seconds;
    const recordsOutPerSecond = (recordsOut - this.#asked.recordsOut) / seconds;
    this.#asked = { atMs: now, recordsIn, recordsOut };
    return {
      vertex: this.#parts.plan.vertex.id,
      incarnation: this.#parts.incarnation,
      state: this.#state,
      ...this.#counts,
      batchesOut: this.#outputCount,
      bytesIn: this.#inputs.reduce((sum, edge) => sum + edge.bytes, 0),
      recordsInPerSecond,
      recordsOutPerSecond,
      unacknowledged: Math.max(0, ...this.#outputs.map((edge) => edge.retainedBatches)),
      inProgress: this.#working,
    };
  }

  // ---- the way in

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    let more = true;
    while (more) {
      more = false;
      for (let input = 0; input < this.#inputs.length; input++) if (this.#turn(input)) more = true;
    }
    this.#pumping = false;
    for (const edge of this.#inputs) edge.acknowledgeSoon();
    const { size } = this.#endedInputs;
    if (size > 0 && size === this.#inputs.length && this.#working === 0) void this.#endOperator();
  }

  #turn(input: number): boolean {
    const edge = this.#inputs[input]!;
    for (let taken = 0; taken < limits.framesPerTurn; taken++) {
      const frame = this.#ready() ? edge.next() : null;
      if (frame === null) return false;
      this.#handle(input, frame);
    }
    return true;
  }

  #ready(): boolean {
    if (this.#state !== "running" && this.#state !== "draining") return false;
    const { engine } = this.#parts;
    if (engine.kind === "sandbox" && this.#working >= limits.maxBatchesInSandbox) return false;
    if (engine.kind === "sink" && this.#working > 0) return false;
    return !this.#full();
  }

  #full(): boolean {
    for (const edge of this.#outputs) if (edge.full) return true;
    return false;
  }

  #handle(input: number, frame: IncomingFrame): void {
    const { plan, engine } = this.#parts;
    if (frame.what === "end") {
      this.#endedInputs.add(input);
      this.#ends.push({ input, link: frame.link, sequence: frame.sequence });
      return;
    }
    const entered = mayEnter(plan, input, frame.batch);
    if (!entered.ok) return this.#fail(entered.code, entered.detail ?? "");
    const account = this.#inputAccounts[input];
    if (account) account.add(leafHash(batchHasher, frame.batch), entered.value.rows);
    if (frame.what === "repeat") {
      this.#counts.repeats++;
      return;
    }
    this.#counts.batchesIn++;
    this.#counts.recordsIn += entered.value.rows;
    if (engine.kind === "transform") {
      let output: Uint8Array | null;
      try {
        output = engine.transform.process(input, frame.batch);
      } catch (cause) {
        return this.#failBecause(cause);
      }
      this.#made(input, frame, output);
      // A stateless operator keeps nothing of its input, and what it returns is the cell's.
      if (!plan.anchor) {
        if (output === null || output.buffer !== frame.batch.buffer) releaseBuffer(frame.batch);
        if (output !== null) releaseBuffer(output);
      }
      return;
    }
    this.#work(input, frame);
  }

  /** Operators that answer later: sandboxed ones, and sinks until the batch is durable. */
  #work(input: number, frame: IncomingFrame): void {
    const { engine } = this.#parts;
    if (engine.kind === "sink") {
      let written: void | Promise<void>;
      try {
        written = engine.sink.write(frame.batch);
      } catch (cause) {
        return this.#failBecause(cause);
      }
      if (written === undefined) {
        this.#made(input, frame, null);
        if (!this.#parts.plan.anchor) releaseBuffer(frame.batch);
        return;
      }
      this.#working++;
      written.then(
        () => this.#answered(input, frame, accept(null)),
        (cause) => this.#failBecause(cause),
      );
      return;
    }
    if (engine.kind !== "sandbox") return;
    this.#working++;
    engine.transform.process(input, frame.batch).then(
      (result) => this.#answered(input, frame, result),
      (cause) => this.#failBecause(cause),
    );
  }

  #answered(input: number, frame: IncomingFrame, result: Result<Uint8Array | null>): void {
    this.#working--;
    if (this.#state === "failed" || this.#state === "ended") return;
    if (!result.ok) return this.#fail(result.code, result.detail ?? "");
    this.#made(input, frame, result.value);
    this.#pump();
  }

  #made(input: number, frame: IncomingFrame, output: Uint8Array | null): void {
    if (output === null) {
      this.#inputs[input]!.discharge(frame.link, frame.sequence);
      return;
    }
    const { plan, incarnation } = this.#parts;
    const number = this.#outputCount;
    const path = plan.anchor ? 0 : plan.inputs[input]!.pathBase + frame.path;
    const origin = plan.anchor ? originOf(incarnation, number) : frame.origin;
    if (!this.#send(output, path, origin)) return;
    if (this.#outputs.length === 0) this.#inputs[input]!.discharge(frame.link, frame.sequence);
    else this.#discharge.wait({ input, link: frame.link, sequence: frame.sequence }, number);
  }

  // ---- the way out

  #send(batch: Uint8Array, path: number, origin: number): boolean {
    const { plan, decision, prover } = this.#parts;
    const left = mayLeave(plan, decision, batch);
    if (!left.ok) {
      this.#fail(left.code, left.detail ?? "");
      return false;
    }
    const number = this.#outputCount++;
    this.#counts.recordsOut += left.value.rows;
    this.#counts.bytesOut += batch.length;
    if (prover !== null) {
      const leaf = leafHash(batchHasher, batch);
      for (const account of this.#outputAccounts) account?.add(leaf, left.value.rows);
      if ((number & 63) === 63 && prover.crowded) this.sign();
    }
    for (const edge of this.#outputs) edge.send(path, origin, number, batch);
    return true;
  }

  async #runSource(): Promise<void> {
    const { engine, incarnation } = this.#parts;
    if (engine.kind !== "source") return;
    try {
      for (let turn = 1; this.#state === "running"; turn++) {
        if (this.#full()) {
          await this.#roomAgain();
          continue;
        }
        const batch = await engine.source.next();
        if (batch === null || this.#over()) break;
        if (!this.#send(batch, 0, originOf(incarnation, this.#outputCount))) return;
        releaseBuffer(batch);
        if (turn % limits.batchesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (cause) {
      return this.#failBecause(cause);
    }
    if (this.#over()) return;
    if (this.#state === "running") this.#tell({ type: "finished" });
    this.#endOutputs();
  }

  /** Every input has ended and the operator has answered: what it still holds, then the end. */
  async #endOperator(): Promise<void> {
    if (this.#ending || this.#over() || this.#state === "prepared") return;
    this.#ending = true;
    const { engine, plan, incarnation } = this.#parts;
    try {
      const held = await engine.end();
      if (!held.ok) return this.#fail(held.code, held.detail ?? "");
      if (held.value.length > 0 && !plan.anchor)
        return this.#fail("operator-failed", "a stateless operator held batches back");
      for (const batch of held.value) {
        while (this.#full() && !this.#over()) await this.#roomAgain();
        if (this.#over() || !this.#send(batch, 0, originOf(incarnation, this.#outputCount))) return;
      }
    } catch (cause) {
      return this.#failBecause(cause);
    }
    if (!this.#over()) this.#endOutputs();
  }

  #endOutputs(): void {
    this.#ending = true;
    for (const edge of this.#outputs) edge.end(this.#outputCount);
    this.#settle();
  }

  /** Something was acknowledged downstream. */
  #settle(): void {
    if (this.#over()) return;
    let frontier = Number.POSITIVE_INFINITY;
    for (const edge of this.#outputs) frontier = Math.min(frontier, edge.dischargedOutputs);
    this.#discharge.settle(frontier, (frame) => this.#inputs[frame.input]!.discharge(frame.link, frame.sequence));
    if (this.#state === "draining") this.#watchDrain();
    if (this.#room !== null && !this.#full()) this.#makeRoom();
    if (this.#ending && this.#outputs.every((edge) => edge.settled)) this.#complete();
    else if (this.#inputs.length > 0) this.#pump();
  }

  #roomAgain(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }
  #makeRoom(): void {
    const room = this.#room;
    this.#room = null;
    room?.();
  }

  // ---- how it ends

  #over(): boolean {
    return this.#state === "ended" || this.#state === "failed";
  }

  #complete(): void {
    if (this.#over()) return;
    for (const end of this.#ends) this.#inputs[end.input]!.discharge(end.link, end.sequence);
    this.#ends.length = 0;
    for (const edge of this.#inputs) edge.acknowledge();
    this.#state = "ended";
    this.sign();
    void this.#parts.engine.close();
    clearTimeout(this.#drainTimer);
    this.#tell({ type: "drained", undelivered: 0 });
  }

  #failBecause(cause: unknown): void {
    const refusal = cause instanceof OperatorFault ? cause.refusal : refuse("operator-failed");
    this.#fail(refusal.code, refusal.detail ?? "");
  }

  #fail(code: RefusalCode, detail: string): void {
    if (this.#over()) return;
    this.#state = "failed";
    this.sign();
    for (const edge of [...this.#inputs, ...this.#outputs]) edge.reset(code);
    void this.#parts.engine.close();
    this.#makeRoom();
    clearTimeout(this.#drainTimer);
    this.#tell({ type: "failed", code, detail, undelivered: this.#undelivered() });
  }

  /** Gives up when nothing has settled for long: what is left is reported. */
  #watchDrain(): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => {
      if (this.#over()) return;
      const undelivered = this.#undelivered();
      void this.discard();
      this.#tell({ type: "drained", undelivered });
    }, limits.drainTimeoutMs);
  }

  /** Batches this cell is responsible for: sent and not acknowledged, or taken and not yet worked off. */
  #undelivered(): number {
    if (this.#outputs.length === 0)
      return this.#inputs.reduce((sum, edge) => sum + edge.outstanding, 0) - this.#ends.length;
    return this.#working + Math.max(...this.#outputs.map((edge) => edge.retainedBatches));
  }

  #frameRefused(edge: EdgeId, code: RefusalCode, detail: string): void {
    this.#counts.refused++;
    this.#tell({ type: "frame-refused", edge, code, detail });
  }

  #tell(happening: Happening): void {
    const { plan, incarnation, emit } = this.#parts;
    emit({ query: plan.plan.id, vertex: plan.vertex.id, incarnation, ...happening });
  }
}

function rowsOf(batch: Uint8Array): number {
  return new DataView(batch.buffer, batch.byteOffset, batch.length).getUint32(4, true);
}

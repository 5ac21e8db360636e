// One running cell (PIXIU §3.1's trust-λ, DESIGN §1): validator → operator → prover, between its edges.
//
//   prepared -- start --> running -- inputs ended | source exhausted --> ending -- all acknowledged --> ended
//   running -- drain --> draining: the same way, with a deadline       any -- refusal --> failed
//
// INVARIANT 1: no batch reaches an edge that the validator did not let leave.
// INVARIANT 2: everything is bounded: edges keep a window, inputs are pulled only while there is room for what they give.
// INVARIANT 3: an input is discharged when what was made of it is (core/cell/discharge.ts); a failure discharges nothing.
import { accept, type NodeId, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import {
  type CellPlan,
  DischargeQueue,
  type InputFrame,
  mayEnter,
  mayLeave,
  originOf,
  type Prover,
} from "../../core/cell/index.ts";
import { type IncomingFrame, releaseBuffer } from "../edges/index.ts";
import { CellEdges, discarded, endedIn } from "./cell-edges.ts";
import type { Acknowledged, CellParts, CellStatistics, Happening, Wiring } from "./contract.ts";
import { endOf, faultOf, operate, writtenBy } from "./engine.ts";
import { limits } from "./limits.ts";
import { CellMeter } from "./meter.ts";

type State = CellStatistics["state"];

export class RunningCell {
  readonly #parts: CellParts;
  readonly #edges: CellEdges;
  readonly #discharge = new DischargeQueue();
  readonly #ends: InputFrame[] = [];
  readonly #endedInputs = new Set<number>();
  #state: State = "prepared";
  /** Batches that the operator has and has not answered. */
  #working = 0;
  #pumping = false;
  #ending = false;
  #released = false;
  #cut = false;
  discarded = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #room: (() => void) | null = null;
  readonly #meter = new CellMeter();

  constructor(parts: CellParts) {
    this.#parts = parts;
    this.#edges = new CellEdges(
      { ...parts, openEdgeStream: parts.options.openEdgeStream, written: writtenBy(parts.engine) },
      {
        readable: () => this.#pump(),
        acknowledged: () => this.#settle(),
        refused: (edge, code, detail) => {
          this.#meter.refused++;
          this.#tell({ type: "frame-refused", edge, code, detail });
        },
        lost: (edge, code, detail) => {
          this.#tell({ type: "edge-lost", edge, code, detail });
          if (this.#state === "draining") this.#watchDrain();
        },
      },
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
    if (this.discarded) return discarded();
    this.#inputsGone(endedIn(wiring));
    const wired = await this.#edges.wire(wiring);
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
    if (this.discarded) return discarded();
    this.#inputsGone(endedIn(wiring));
    const rewired = await this.#edges.rewire(wiring);
    if (rewired.ok) this.#pump();
    return rewired;
  }

  drain(ended: readonly string[]): void {
    const known = this.#endedInputs.size;
    this.#inputsGone(ended);
    if (this.#over()) return;
    if (this.#state === "prepared") return this.#complete(); // never ran: nothing is in flight
    // A command that is repeated must not put the end off.
    const isNews = this.#state !== "draining" || this.#endedInputs.size > known;
    this.#state = "draining";
    if (isNews) this.#watchDrain();
    const { engine } = this.#parts;
    if (engine.kind === "source") {
      void engine.source.close();
      if (!this.#released) this.#endOutputs();
    }
    this.#makeRoom();
    this.#pump();
  }

  cut(gone: readonly string[]): void {
    if (this.#over()) return;
    this.#cut = true;
    this.#inputsGone(gone);
    this.#pump();
    this.#endIfInVain();
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
    this.#edges.close();
    this.#makeRoom();
    await this.#parts.engine.close();
    return undelivered;
  }

  #inputsGone(edges: readonly string[]): void {
    for (const input of this.#edges.gone(edges)) this.#endedInputs.add(input);
  }

  exclude(node: NodeId): void {
    if (!this.#over()) this.#edges.exclude(node);
  }

  sign(): void {
    const signed = this.#parts.prover?.sign(this.#undelivered(), this.#over());
    if (signed?.ok === false) this.#fail(signed);
  }

  statistics(): CellStatistics {
    return {
      vertex: this.#parts.plan.vertex.id,
      incarnation: this.#parts.incarnation,
      state: this.#state,
      ...this.#meter.read(),
      bytesIn: this.#edges.bytesIn,
      unacknowledged: this.#edges.unacknowledged,
      inProgress: this.#working,
    };
  }

  // ---- the way in

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let more = true; more; ) {
      more = false;
      for (let input = 0; input < this.#edges.inputs.length; input++) if (this.#turn(input)) more = true;
    }
    this.#pumping = false;
    this.#edges.acknowledgeSoon();
    if (this.#parts.prover?.crowded) this.sign();
    const { size } = this.#endedInputs;
    if (size > 0 && size === this.#edges.inputs.length && this.#working === 0) void this.#endOperator();
  }

  #turn(input: number): boolean {
    const edge = this.#edges.inputs[input]!;
    for (let taken = 0; taken < limits.framesPerTurn; taken++) {
      const frame = this.#ready() ? edge.next() : null;
      if (frame === null) return false;
      this.#handle(input, frame);
    }
    return true;
  }

  #ready(): boolean {
    if (this.#ending) return false; // an input that was given up may still speak
    if (this.#state !== "running" && this.#state !== "draining") return false;
    const { engine } = this.#parts;
    if (engine.kind === "sandbox" && this.#working >= limits.maxBatchesInSandbox) return false;
    if (engine.kind === "sink" && this.#working > 0) return false;
    return !this.#edges.full;
  }

  #handle(input: number, frame: IncomingFrame): void {
    const { plan, engine } = this.#parts;
    if (frame.what === "end") {
      this.#endedInputs.add(input);
      this.#ends.push({ input, link: frame.link, sequence: frame.sequence });
      return;
    }
    const entered = mayEnter(plan, input, frame.batch);
    if (!entered.ok) return this.#fail(entered);
    this.#edges.received(input, frame.batch, frame.digest, entered.value.rows);
    if (frame.what === "repeat") {
      this.#meter.repeats++;
      return;
    }
    this.#meter.batchesIn++;
    this.#meter.recordsIn += entered.value.rows;
    const result = operate(engine, input, frame.batch, frame);
    if (!(result instanceof Promise)) return this.#answer(input, frame, result);
    this.#working++;
    result.then((later) => {
      this.#working--;
      this.#answer(input, frame, later);
      this.#pump();
    });
  }

  #answer(input: number, frame: IncomingFrame, result: Result<Uint8Array | null>): void {
    if (this.#over()) return;
    if (!result.ok) return this.#fail(result);
    this.#made(input, frame, result.value);
    const { plan, engine } = this.#parts;
    if (plan.anchor || engine.kind === "sandbox") return;
    // A stateless operator keeps nothing of its input, and what it returns is the cell's.
    if (result.value === null || result.value.buffer !== frame.batch.buffer) releaseBuffer(frame.batch);
    if (result.value !== null) releaseBuffer(result.value);
  }

  #made(input: number, frame: IncomingFrame, output: Uint8Array | null): void {
    const taken = { input, link: frame.link, sequence: frame.sequence };
    if (output === null) return this.#edges.discharge(taken);
    const { plan, incarnation } = this.#parts;
    const number = this.#meter.batchesOut;
    const path = plan.anchor ? 0 : plan.inputs[input]!.pathBase + frame.path;
    const origin = plan.anchor ? originOf(incarnation, number) : frame.origin;
    if (!this.#send(output, path, origin)) return;
    if (this.#edges.outputs.length === 0) this.#edges.discharge(taken);
    else this.#discharge.wait(taken, number);
  }

  // ---- the way out

  #send(batch: Uint8Array, path: number, origin: number): boolean {
    const { plan, decision, prover } = this.#parts;
    const left = mayLeave(plan, decision, batch);
    if (!left.ok) {
      this.#fail(left);
      return false;
    }
    const number = this.#meter.batchesOut++;
    this.#meter.recordsOut += left.value.rows;
    this.#meter.bytesOut += batch.length;
    this.#edges.send(batch, left.value.rows, path, origin, number);
    if ((number & 63) === 63 && prover?.crowded) this.sign();
    return true;
  }

  async #runSource(): Promise<void> {
    const { engine, incarnation } = this.#parts;
    if (engine.kind !== "source") return;
    try {
      for (let turn = 1; this.#state === "running"; turn++) {
        if (this.#edges.full) {
          await this.#roomAgain();
          continue;
        }
        const batch = await engine.source.next();
        if (batch === null || this.#over()) break;
        if (!this.#send(batch, 0, originOf(incarnation, this.#meter.batchesOut))) return;
        releaseBuffer(batch);
        if (turn % limits.batchesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (cause) {
      return this.#fail(faultOf(cause));
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
      const held = await endOf(engine, plan);
      if (!held.ok) return this.#fail(held);
      for (const batch of held.value) {
        while (this.#edges.full && !this.#over()) await this.#roomAgain();
        if (this.#over() || !this.#send(batch, 0, originOf(incarnation, this.#meter.batchesOut))) return;
      }
    } catch (cause) {
      return this.#fail(faultOf(cause));
    }
    if (!this.#over()) this.#endOutputs();
  }

  #endOutputs(): void {
    this.#ending = true;
    this.#edges.end(this.#meter.batchesOut);
    this.#settle();
  }

  /** Something was acknowledged downstream. */
  #settle(): void {
    if (this.#over()) return;
    this.#discharge.settle(this.#edges.frontier, (frame) => this.#edges.discharge(frame));
    if (this.#state === "draining") this.#watchDrain();
    if (this.#room !== null && !this.#edges.full) this.#makeRoom();
    if (this.#ending && this.#edges.settled) return this.#complete();
    if (this.#edges.inputs.length > 0) this.#pump();
    this.#endIfInVain();
  }

  #roomAgain(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }
  #makeRoom(): void {
    this.#room?.();
    this.#room = null;
  }

  // ---- how it ends

  #over(): boolean {
    return this.#state === "ended" || this.#state === "failed";
  }

  #complete(): void {
    if (this.#over()) return;
    for (const end of this.#ends.splice(0)) this.#edges.discharge(end);
    this.#edges.acknowledge();
    this.#state = "ended";
    this.sign();
    void this.#parts.engine.close();
    clearTimeout(this.#drainTimer);
    this.#tell({ type: "drained", undelivered: 0 });
  }

  #fail({ code, detail = "" }: Refusal): void {
    if (this.#over()) return;
    this.#state = "failed";
    this.sign();
    this.#edges.reset(code);
    void this.#parts.engine.close();
    this.#makeRoom();
    clearTimeout(this.#drainTimer);
    this.#tell({ type: "failed", code, detail, undelivered: this.#undelivered() });
  }

  /** Gives up when nothing has settled for long, or nothing can: what is left is reported. */
  #watchDrain(): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.#giveUp(), this.#edges.stuck ? 0 : limits.drainTimeoutMs);
  }

  /** Its query is stopped, and nobody takes what it has or could still make: whoever is before it waits in vain, too. */
  #endIfInVain(): void {
    if (this.#cut && (this.#edges.deaf || (this.#ending && this.#edges.stuck))) this.#giveUp();
  }

  #giveUp(): void {
    if (this.#over()) return;
    if (this.#edges.stuck || this.#edges.deaf) this.#edges.turnAway("edge-unreachable");
    void this.discard();
    this.#tell({ type: "drained", undelivered: this.#undelivered() });
  }

  /** Batches this cell is responsible for: sent and not acknowledged, or taken and not yet worked off. */
  #undelivered(): number {
    if (this.#edges.outputs.length === 0) return this.#edges.outstanding - this.#ends.length;
    return this.#working + this.#edges.unacknowledged;
  }

  #tell(happening: Happening): void {
    const { plan, incarnation, emit } = this.#parts;
    emit({ query: plan.plan.id, vertex: plan.vertex.id, incarnation, ...happening });
  }
}

// Cells and data edges, small and faithful: frames are numbered, acknowledged once the successor took responsibility,
// resumed after loss, relinked to replacements. The ends of an edge are core's own (core/cell): what is simulated is the
// transport between them and the operators.
import type { VertexId } from "../../core/base/index.ts";
import { DischargeQueue, EdgeReceiver, EdgeSender, originOf, pathBase } from "../../core/cell/index.ts";
import type { CellRef, PeerEnd, Wiring } from "../../core/lifecycle/index.ts";
import { edgesOf, type Plan, type PlanVertex, vertexOf } from "../../core/model/index.ts";

/** One batch on an edge. `trail`: the vertices it came through since its anchor, which is the first. */
export interface Payload {
  readonly trail: string;
  readonly origin: number;
}
export interface DataFrame {
  readonly kind: "frame";
  readonly edge: string;
  readonly fromIncarnation: number;
  readonly toIncarnation: number;
  readonly type: "data" | "end";
  readonly sequence: number;
  readonly path: number;
  readonly origin: number;
  readonly payload: Payload | null;
}
export interface DataAck {
  readonly kind: "ack";
  readonly edge: string;
  readonly fromIncarnation: number;
  readonly toIncarnation: number;
  readonly expected: number;
  readonly acknowledged: number;
}
export type DataMessage = DataFrame | DataAck;

/** What a cell tells the world. */
export interface CellPorts {
  send(node: PeerEnd["node"], message: DataMessage): void;
  drained(undelivered: number): void;
  finished(): void;
  made(payload: Payload): void;
  /** Reached a sink, or the state of a cell that has one. */
  arrived(payload: Payload): void;
  dropped(payload: Payload): void;
  readonly acceptRepeats: boolean;
}

interface Input extends PeerEnd {
  readonly index: number;
  receiver: EdgeReceiver;
  ended: boolean;
}
interface Output extends PeerEnd {
  readonly sender: EdgeSender<Payload | null>;
  acknowledgedBatches: number;
  isGone: boolean;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const resendFrames = 8;
const maxRetained = 8;
const windowBatches = 3;
/** A source that never ends falls silent after these: more of the same would cost time and find nothing. */
const endlessBatches = 60;

export class ModelCell {
  readonly ref: CellRef;
  readonly vertex: PlanVertex;
  stage: "prepared" | "running" | "ended" = "prepared";
  draining = false;
  released = false;
  /** Kept by a stateful cell and not emitted yet. */
  absorbed = 0;
  lastProgressMs = 0;
  private readonly inputs: Mutable<Input>[] = [];
  private readonly outputs: Mutable<Output>[] = [];
  private readonly discharge = new DischargeQueue();
  private readonly ends: { input: number; link: number; sequence: number }[] = [];
  private outputCount = 0;
  private closing = false;
  private left: number;
  private readonly isEndless: boolean;
  private readonly plan: Plan;
  private readonly paths: ReadonlyMap<string, number>;
  private readonly ports: CellPorts;

  constructor(plan: Plan, paths: ReadonlyMap<string, number>, ref: CellRef, batches: number | null, ports: CellPorts) {
    this.plan = plan;
    this.paths = paths;
    this.ref = ref;
    this.vertex = vertexOf(plan, ref.vertex)!;
    this.left = batches ?? endlessBatches;
    this.isEndless = batches === null;
    this.ports = ports;
  }

  get isLive(): boolean {
    return this.stage !== "ended";
  }

  wiredInputs(): readonly PeerEnd[] {
    return this.inputs;
  }

  wiredNodes(): { edge: string; node: PeerEnd["node"] }[] {
    return [...this.inputs, ...this.outputs].map(({ edge, node }) => ({ edge, node }));
  }

  start(wiring: Wiring): void {
    const edges = edgesOf(this.plan);
    for (const { edge, node, incarnation, ended } of wiring.inputs) {
      const { input } = edges.find((one) => one.id === edge)!;
      const receiver = new EdgeReceiver(incarnation, this.paths.get(edge)!);
      this.inputs.push({ edge, node, incarnation, index: input, receiver, ended });
    }
    this.inputs.sort((a, b) => a.index - b.index);
    for (const { edge, node, incarnation } of wiring.outputs)
      this.outputs.push({ edge, node, incarnation, sender: new EdgeSender(), acknowledgedBatches: 0, isGone: false });
    this.stage = "running";
    this.endIfInputsDid();
  }

  rewire(wiring: Wiring): (PeerEnd & { batches: number })[] {
    const acknowledged: (PeerEnd & { batches: number })[] = [];
    for (const end of wiring.inputs) {
      const input = this.inputs.find((one) => one.edge === end.edge)!;
      if (end.ended) input.ended = true;
      if (end.incarnation <= input.incarnation) continue;
      // Dedupe off (a deliberately broken variant): the new link knows nothing of what the old one brought.
      if (this.ports.acceptRepeats) input.receiver = new EdgeReceiver(end.incarnation, this.paths.get(end.edge)!);
      else input.receiver.relink(end.incarnation);
      input.node = end.node;
      input.incarnation = end.incarnation;
    }
    for (const end of wiring.outputs) {
      const output = this.outputs.find((one) => one.edge === end.edge)!;
      if (end.incarnation <= output.incarnation) continue;
      const { edge, node, incarnation, acknowledgedBatches: batches } = output;
      acknowledged.push({ edge, node, incarnation, batches });
      output.sender.relink((frame) => frame.sealed);
      Object.assign(output, { node: end.node, incarnation: end.incarnation, acknowledgedBatches: 0, isGone: false });
    }
    this.resend();
    this.endIfInputsDid();
    return acknowledged;
  }

  release(): void {
    this.released = true;
  }

  drain(ended: readonly string[], nowMs: number): void {
    if (this.stage !== "running") return;
    if (!this.draining) this.lastProgressMs = nowMs;
    this.draining = true;
    for (const input of this.inputs) if (ended.includes(input.edge)) input.ended = true;
    if (this.vertex.operator.kind === "source") this.close();
    else this.endIfInputsDid();
  }

  cut(gone: readonly string[]): void {
    for (const input of this.inputs) if (gone.includes(input.edge)) input.ended = true;
    for (const output of this.outputs) if (gone.includes(output.edge)) output.isGone = true;
    this.endIfInputsDid();
  }

  /** What it holds or could still make has nobody to go to. */
  get isInVain(): boolean {
    if (this.stage !== "running" || !this.outputs.some(({ isGone }) => isGone)) return false;
    return this.outputs.every(({ sender, isGone }) => isGone || (this.closing && sender.settled));
  }

  /** Kills it. Returns what it was responsible for and did not deliver. */
  discard(): number {
    if (this.stage === "ended") return 0;
    this.stage = "ended";
    return this.held();
  }

  /** A source makes its next batch, if it may. False: it is done. */
  produce(): void {
    if (this.stage !== "running" || !this.released || this.closing || this.vertex.operator.kind !== "source") return;
    if (this.left === 0) {
      if (this.isEndless) return;
      this.close();
      this.ports.finished();
      return;
    }
    if (this.outputs.some((output) => output.sender.retainedFrames >= maxRetained)) return;
    this.left--;
    const origin = originOf(this.ref.incarnation, this.outputCount);
    const payload = { trail: this.ref.vertex, origin };
    this.ports.made(payload);
    this.push(0, payload);
  }

  resend(): void {
    if (this.stage !== "running") return;
    for (const output of this.outputs) {
      const first = output.sender.nextSequence - output.sender.retainedFrames;
      const again = output.sender.resume(first);
      if (!again.ok) continue;
      for (const [i, frame] of again.value.slice(0, resendFrames).entries())
        this.sendFrame(output, { ...frame, sequence: first + i });
    }
  }

  get hasUnacknowledged(): boolean {
    return this.stage === "running" && this.outputs.some((output) => output.sender.retainedFrames > 0);
  }

  onFrame(from: PeerEnd["node"], frame: DataFrame, nowMs: number): void {
    const input = this.inputs.find((one) => one.edge === frame.edge);
    const mine = frame.toIncarnation === this.ref.incarnation && this.stage !== "prepared";
    if (input === undefined || !mine || input.node !== from || input.incarnation !== frame.fromIncarnation) return;
    // An input may have been declared ended: what still comes on it stays with its sender, and is counted there.
    if (this.stage === "running" && !this.closing) {
      const taken = input.receiver.take({ ...frame, bodyBytes: 0 });
      if (taken.ok) {
        this.lastProgressMs = nowMs;
        const { link, sequence, what } = taken.value;
        if (what === "process") this.process(input, { input: input.index, link, sequence }, frame);
        if (what === "end") {
          this.ends.push({ input: input.index, link, sequence });
          input.ended = true;
          this.endIfInputsDid();
        }
      }
    }
    this.acknowledge(input);
  }

  onAck(from: PeerEnd["node"], ack: DataAck, nowMs: number): void {
    const output = this.outputs.find((one) => one.edge === ack.edge);
    const mine = ack.fromIncarnation === this.ref.incarnation && this.stage === "running";
    if (output === undefined || !mine || output.node !== from || output.incarnation !== ack.toIncarnation) return;
    const done = output.sender.acknowledge(ack.acknowledged);
    if (!done.ok || output.sender.nextSequence < ack.expected) return;
    if (done.value.batches > 0) this.lastProgressMs = nowMs;
    output.acknowledgedBatches += done.value.batches;
    this.settle();
  }

  private process(input: Input, frame: { input: number; link: number; sequence: number }, data: DataFrame): void {
    const payload = data.payload!;
    const here = { trail: `${payload.trail}>${this.ref.vertex}`, origin: payload.origin };
    if (this.vertex.operator.kind === "sink" || !this.vertex.stateless) {
      this.ports.arrived(here);
      input.receiver.discharge(frame.link, frame.sequence);
      if (this.vertex.operator.kind === "sink") return;
      this.absorbed++;
      if (this.absorbed === windowBatches) this.emitWindow();
      return;
    }
    if (isFiltered(here)) {
      this.ports.dropped(here);
      input.receiver.discharge(frame.link, frame.sequence);
      return;
    }
    this.discharge.wait(frame, this.outputCount);
    this.push(pathBase(this.vertex, frame.input, this.paths as never) + data.path, here);
  }

  private emitWindow(): void {
    this.absorbed = 0;
    const payload = { trail: this.ref.vertex, origin: originOf(this.ref.incarnation, this.outputCount) };
    this.ports.made(payload);
    this.push(0, payload);
  }

  private push(path: number, payload: Payload): void {
    const output = this.outputCount++;
    for (const edge of this.outputs) {
      edge.sender.push({ type: "data", path, origin: payload.origin, output, bytes: 1, sealed: payload });
      this.sendFrame(edge, {
        type: "data",
        sequence: edge.sender.nextSequence - 1,
        path,
        origin: payload.origin,
        sealed: payload,
      });
    }
  }

  private sendFrame(
    { edge, node, incarnation }: Output,
    frame: { type: "data" | "end"; sequence: number; path: number; origin: number; sealed: Payload | null },
  ): void {
    const { type, sequence, path, origin, sealed: payload } = frame;
    const fromIncarnation = this.ref.incarnation;
    this.ports.send(node, {
      kind: "frame",
      edge,
      fromIncarnation,
      toIncarnation: incarnation,
      type,
      sequence,
      path,
      origin,
      payload,
    });
  }

  private endIfInputsDid(): void {
    if (this.stage !== "running" || this.inputs.length === 0 || !this.inputs.every((input) => input.ended)) return;
    this.close();
  }

  private close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.absorbed > 0) this.emitWindow();
    for (const edge of this.outputs) {
      edge.sender.push({ type: "end", path: 0, origin: 0, output: this.outputCount, bytes: 1, sealed: null });
      this.sendFrame(edge, { type: "end", sequence: edge.sender.nextSequence - 1, path: 0, origin: 0, sealed: null });
    }
    this.settle();
  }

  private settle(): void {
    let frontier = Number.POSITIVE_INFINITY;
    for (const { sender } of this.outputs) frontier = Math.min(frontier, sender.dischargedOutputs);
    this.discharge.settle(frontier, ({ input, link, sequence }) =>
      this.inputs[input]!.receiver.discharge(link, sequence),
    );
    if (this.closing && this.stage === "running" && this.outputs.every(({ sender }) => sender.settled)) {
      for (const { input, link, sequence } of this.ends) this.inputs[input]!.receiver.discharge(link, sequence);
      this.stage = "ended";
      this.ports.drained(0);
    }
    for (const input of this.inputs) this.acknowledge(input);
  }

  private acknowledge(input: Input): void {
    const { edge, node, incarnation, receiver } = input;
    this.ports.send(node, {
      kind: "ack",
      edge,
      fromIncarnation: incarnation,
      toIncarnation: this.ref.incarnation,
      expected: receiver.expected,
      acknowledged: receiver.acknowledged,
    });
  }

  private held(): number {
    const retained = this.outputs.map(({ sender }) => sender.retainedBatches);
    return Math.max(0, ...retained) + this.absorbed;
  }
}

/** Whether a transform drops the batch: fixed by what it is, as a filter's answer is. */
export function isFiltered({ trail, origin }: Payload): boolean {
  return (origin * 31 + trail.length * 7) % 11 === 0;
}

/** All ways from an anchor to where its batches end: sinks, and cells that keep state. */
export function trailsOf(plan: Plan, anchor: VertexId): string[] {
  const walk = (id: VertexId, trail: string): string[] =>
    edgesOf(plan)
      .filter((edge) => edge.from === id)
      .flatMap((edge) => {
        const next = vertexOf(plan, edge.to)!;
        const longer = `${trail}>${edge.to}`;
        return next.operator.kind === "sink" || !next.stateless ? [longer] : walk(edge.to, longer);
      });
  return walk(anchor, anchor);
}

// The machines of data edges together, without keys and sockets: a diamond of stateless cells between a source and a
// sink, under lost connections, re-placements and every interleaving that fast-check finds.
import fc from "fast-check";
import { expect, it } from "vitest";
import { assert, type EdgeId, edgeId, type VertexId } from "../base/index.ts";
import type { Plan, PlanVertex } from "../model/index.ts";
import {
  cellLimits,
  DischargeQueue,
  EdgeReceiver,
  EdgeSender,
  type FrameHeader,
  isAnchor,
  originOf,
  pathBase,
  pathsOf,
} from "./index.ts";

const words: Record<string, { kind: "source" | "transform" | "sink"; inputs: string[] }> = {
  source: { kind: "source", inputs: [] },
  left: { kind: "transform", inputs: ["source"] },
  right: { kind: "transform", inputs: ["source"] },
  merge: { kind: "transform", inputs: ["left", "right"] },
  last: { kind: "transform", inputs: ["merge"] },
  sink: { kind: "sink", inputs: ["last"] },
};
const vertices = Object.entries(words).map(
  ([id, { kind, inputs }]) => ({ id, operator: { kind }, stateless: true, inputs }) as unknown as PlanVertex,
);
const plan = { vertices } as Pick<Plan, "vertices">;
const counted = pathsOf(plan);
assert(counted.ok, "the diamond has few paths");
const paths = counted.value;
const replaceable = ["left", "right", "merge", "last"] as const;

interface Sealed {
  readonly header: FrameHeader;
  readonly value: number;
}

/** A cell, its receivers by input and its senders by edge. */
class Cell {
  readonly vertex: PlanVertex;
  readonly incarnation: number;
  readonly receivers: EdgeReceiver[];
  readonly senders = new Map<EdgeId, EdgeSender<Sealed>>();
  readonly discharge = new DischargeQueue();
  outputs = 0;
  constructor(vertex: PlanVertex, incarnation: number, incarnationOf: (id: VertexId) => number) {
    this.vertex = vertex;
    this.incarnation = incarnation;
    this.receivers = vertex.inputs.map(
      (from, i) => new EdgeReceiver(incarnationOf(from), paths.get(edgeId(from, vertex.id, i))!),
    );
    for (const edge of edgesFrom(vertex.id)) this.senders.set(edge.id, new EdgeSender());
  }
}

interface Edge {
  readonly id: EdgeId;
  readonly from: VertexId;
  readonly to: VertexId;
  readonly input: number;
}
const edges: Edge[] = vertices.flatMap((to) =>
  to.inputs.map((from, input) => ({ id: edgeId(from, to.id, input), from, to: to.id, input })),
);
function edgesFrom(id: VertexId): Edge[] {
  return edges.filter((edge) => edge.from === id);
}

class World {
  readonly cells = new Map<VertexId, Cell>();
  readonly wires = new Map<EdgeId, { up: boolean; forward: Sealed[]; backward: number[] }>();
  readonly arrived: string[] = [];
  readonly expected: string[] = [];
  ended = false;

  constructor() {
    for (const vertex of vertices) this.cells.set(vertex.id, new Cell(vertex, 0, () => 0));
    for (const edge of edges) this.wires.set(edge.id, { up: true, forward: [], backward: [] });
  }

  produce(value: number): boolean {
    const source = this.cells.get("source" as VertexId)!;
    if (this.ended || [...source.senders.values()].some((sender) => sender.full)) return false;
    for (const way of ["left", "right"]) if (passes(value)) this.expected.push(`${way} ${source.outputs}`);
    this.emit(source, value, 0, originOf(0, source.outputs));
    return true;
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.endOutputs(this.cells.get("source" as VertexId)!);
  }

  emit(cell: Cell, value: number, path: number, origin: number): void {
    const output = cell.outputs++;
    for (const edge of edgesFrom(cell.vertex.id)) this.push(cell, edge, { type: "data", path, origin, output, value });
  }

  endOutputs(cell: Cell): void {
    for (const edge of edgesFrom(cell.vertex.id)) {
      if (cell.senders.get(edge.id)!.ended) continue;
      this.push(cell, edge, { type: "end", path: 0, origin: 0, output: cell.outputs, value: 0 });
    }
  }

  push(
    cell: Cell,
    edge: Edge,
    of: { type: "data" | "end"; path: number; origin: number; output: number; value: number },
  ): void {
    const sender = cell.senders.get(edge.id)!;
    const { type, path, origin, output, value } = of;
    const header: FrameHeader = { type, bodyBytes: 16, sequence: sender.nextSequence, origin, path };
    const sealed = { header, value };
    sender.push({ type, path, origin, output, bytes: 64, sealed });
    const wire = this.wires.get(edge.id)!;
    if (wire.up) wire.forward.push(sealed);
  }

  deliver(edge: Edge): boolean {
    const sealed = this.wires.get(edge.id)!.forward.shift();
    if (sealed === undefined) return false;
    const cell = this.cells.get(edge.to)!;
    const receiver = cell.receivers[edge.input]!;
    const taken = receiver.take(sealed.header);
    expect(taken).toMatchObject({ ok: true });
    if (!taken.ok || taken.value.what === "repeat") return true;
    const { link, sequence } = taken.value;
    if (taken.value.what === "end") {
      if (cell.receivers.every((each) => each.ended)) this.endOutputs(cell);
      if (edgesFrom(edge.to).length === 0) receiver.discharge(link, sequence);
      return true;
    }
    const { origin } = sealed.header;
    const path = pathBase(cell.vertex, edge.input, paths) + sealed.header.path;
    if (cell.vertex.operator.kind === "sink") {
      this.arrived.push(`${["left", "right"][path]} ${origin}`);
      receiver.discharge(link, sequence);
    } else if (!passes(sealed.value)) receiver.discharge(link, sequence);
    else {
      cell.discharge.wait({ input: edge.input, link, sequence }, cell.outputs);
      this.emit(cell, sealed.value, path, origin);
    }
    return true;
  }

  acknowledge(edge: Edge): void {
    const wire = this.wires.get(edge.id)!;
    if (wire.up) wire.backward.push(this.cells.get(edge.to)!.receivers[edge.input]!.acknowledged);
  }

  hear(edge: Edge): boolean {
    const before = this.wires.get(edge.id)!.backward.shift();
    if (before === undefined) return false;
    const cell = this.cells.get(edge.from)!;
    expect(cell.senders.get(edge.id)!.acknowledge(before)).toMatchObject({ ok: true });
    let frontier = Number.POSITIVE_INFINITY;
    for (const sender of cell.senders.values()) frontier = Math.min(frontier, sender.dischargedOutputs);
    cell.discharge.settle(frontier, (frame) => cell.receivers[frame.input]!.discharge(frame.link, frame.sequence));
    return true;
  }

  lose(edge: Edge): void {
    Object.assign(this.wires.get(edge.id)!, { up: false, forward: [], backward: [] });
  }

  reconnect(edge: Edge): void {
    const wire = this.wires.get(edge.id)!;
    if (wire.up) return;
    const again = this.cells
      .get(edge.from)!
      .senders.get(edge.id)!
      .resume(this.cells.get(edge.to)!.receivers[edge.input]!.expected);
    expect(again).toMatchObject({ ok: true });
    if (again.ok) Object.assign(wire, { up: true, forward: again.value.map((frame) => frame.sealed), backward: [] });
  }

  /** Some cells die at once, and are placed anew. */
  replace(ids: readonly VertexId[]): void {
    const incarnationOf = (id: VertexId) => this.cells.get(id)!.incarnation + (ids.includes(id) ? 1 : 0);
    const fresh = ids.map((id) => new Cell(this.cells.get(id)!.vertex, incarnationOf(id), incarnationOf));
    for (const cell of fresh) this.cells.set(cell.vertex.id, cell);
    for (const edge of edges) {
      if (!ids.includes(edge.from) && !ids.includes(edge.to)) continue;
      this.lose(edge);
      const receiver = this.cells.get(edge.to)!.receivers[edge.input]!;
      if (!ids.includes(edge.to))
        expect(receiver.relink(this.cells.get(edge.from)!.incarnation)).toMatchObject({ ok: true });
      if (ids.includes(edge.from)) continue;
      this.cells
        .get(edge.from)!
        .senders.get(edge.id)!
        .relink((frame, sequence) => ({ ...frame.sealed, header: { ...frame.sealed.header, sequence } }));
    }
  }

  /** Everything connects again and all that is on its way arrives. */
  heal(): void {
    for (const edge of edges) this.reconnect(edge);
    for (let quiet = false; !quiet; ) {
      quiet = true;
      for (const edge of edges) {
        while (this.deliver(edge)) quiet = false;
        this.acknowledge(edge);
        while (this.hear(edge));
      }
    }
    // A cell acknowledges the end of its inputs once its own end is acknowledged downstream.
    for (let i = 0; i < vertices.length; i++) {
      for (const cell of this.cells.values()) {
        if (cell.receivers.length === 0 || ![...cell.senders.values()].every((sender) => sender.settled)) continue;
        for (const receiver of cell.receivers) receiver.discharge(receiver.incarnation, receiver.expected - 1);
      }
      for (const edge of edges) {
        this.acknowledge(edge);
        while (this.hear(edge));
      }
    }
  }
}

/** A filter in every cell drops some batches: those are discharged where they end. */
function passes(value: number): boolean {
  return value % 5 !== 0;
}

const edgeArbitrary = fc.constantFrom(...edges);
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("produce" as const), value: fc.nat(20) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant("deliver" as const),
      edge: edgeArbitrary,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), edge: edgeArbitrary }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("hear" as const), edge: edgeArbitrary }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), edge: edgeArbitrary }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("reconnect" as const), edge: edgeArbitrary }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("replace" as const), ids: fc.subarray([...replaceable], { minLength: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), really: fc.nat(9) }) },
);

it("delivers every batch exactly once, whatever is lost and re-placed", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 250 }), (actions) => {
      const world = new World();
      for (const one of actions) {
        if (one.do === "produce") world.produce(one.value);
        else if (one.do === "deliver") for (let i = 0; i < one.times; i++) world.deliver(one.edge);
        else if (one.do === "replace") world.replace(one.ids as unknown as VertexId[]);
        else if (one.do === "end") one.really === 0 && world.end();
        else world[one.do](one.edge);
        expect(new Set(world.arrived).size).toBe(world.arrived.length); // safety at every step
      }
      world.end();
      world.heal();
      expect([...world.arrived].sort()).toEqual([...world.expected].sort());
      // Each path stays in order, and nobody is left responsible for anything.
      for (const way of ["left", "right"]) {
        const origins = world.arrived.filter((one) => one.startsWith(way)).map((one) => Number(one.split(" ")[1]));
        expect(origins).toEqual([...origins].sort((a, b) => a - b));
      }
      for (const cell of world.cells.values()) {
        for (const sender of cell.senders.values()) expect(sender.settled).toBe(true);
        for (const receiver of cell.receivers) expect(receiver.outstanding).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});

it("keeps what nobody acknowledged, and says how much", () => {
  const world = new World();
  const toLeft = edges.find((edge) => edge.to === "left")!;
  for (let value = 1; value <= 3; value++) world.produce(value);
  world.deliver(toLeft);
  world.acknowledge(toLeft);
  world.hear(toLeft); // left took one, but nobody behind it did
  expect(world.cells.get("source" as VertexId)!.senders.get(toLeft.id)!.retainedBatches).toBe(3);
});

it("holds back when too much is unacknowledged", () => {
  const world = new World();
  let made = 0;
  while (world.produce(1)) made++;
  expect(made).toBe(cellLimits.maxRetainedFrames);
});

it("names anchors: sources and stateful cells", () => {
  expect(vertices.filter(isAnchor).map((vertex) => vertex.id)).toEqual(["source"]);
  expect([...paths.values()]).toEqual([1, 1, 1, 1, 2, 2]);
});

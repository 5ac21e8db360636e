// Plans tried without nodes: what comes out is what running cells give, in an order that never changes.
import { expect, it } from "vitest";
import { transformNamed, valueShape } from "../../../test/support/cells.ts";
import { refuse } from "../../core/base/index.ts";
import { allocateBatch, BatchReader } from "../../core/batch/index.ts";
import { type BuiltinOperator, catalogue, OperatorFault, type OperatorPorts } from "../../operators/index.ts";
import { generateNodeKey } from "../identity/index.ts";
import { planOf, type VertexWords } from "./harness.ts";
import { type RehearsalOrder, type Rehearsed, rehearse } from "./rehearsal.ts";
import { CellWorld } from "./world.ts";

const { node } = generateNodeKey();
type Words = readonly Omit<VertexWords, "node">[];

async function tried(
  words: Words,
  own: readonly BuiltinOperator[] = [],
  order: Partial<RehearsalOrder> = {},
): Promise<Rehearsed & { lines: string[] }> {
  const lines: string[] = [];
  const operators = new Map([...catalogue(), ...own.map((one) => [one.name, one] as const)]);
  const planned = planOf(
    words.map((word) => ({ ...word, node })),
    operators,
  );
  const ports: RehearsalOrder["ports"] = (_, clock) => {
    const lent: Partial<OperatorPorts> = {
      print: (line) => void lines.push(line),
      sleep: (ms) => clock.sleep(ms),
    };
    return lent as OperatorPorts;
  };
  const rehearsed = await rehearse({
    ...planned,
    bodies: new Map(),
    operators,
    ports,
    recordsPerSource: 1_000,
    ...order,
  });
  return { ...rehearsed, lines };
}

const source = (id: string, params: object) => ({ id, operator: "source-generator", params: { ...params } });

it("gives what running cells give, also what is held to the end", async () => {
  const words = [
    source("source", { count: 23, batch: 5 }),
    { id: "plus", operator: "increment", inputs: ["source"] },
    { id: "window", operator: "window", params: { count: 4 }, inputs: ["plus"] },
    {
      id: "sums",
      operator: "aggregate",
      params: { by: ["window"], compute: [{ function: "sum", attribute: "value" }] },
      inputs: ["window"],
    },
    { id: "print", operator: "sink-print", params: { limit: 3 }, inputs: ["sums"] },
  ];
  const world = new CellWorld(1);
  try {
    await world.open(words.map((word) => ({ ...word, on: 0 })));
    await world.run();
    await world.ended("source");
    const { lines, fault, cells } = await tried(words);
    expect(fault).toBeNull();
    expect(lines).toEqual(world.lines);
    expect(lines.at(-1)).toBe("and 3 more");
    const statistics = world.hosts[0]!.statistics(world.planned.plan.id);
    const counts = new Map(statistics.map((cell) => [cell.vertex, cell]));
    for (const { vertex, batchesIn, recordsIn, batchesOut, recordsOut } of cells)
      expect({ batchesIn, recordsIn, batchesOut, recordsOut }).toEqual({
        batchesIn: counts.get(vertex.id)?.batchesIn,
        recordsIn: counts.get(vertex.id)?.recordsIn,
        batchesOut: counts.get(vertex.id)?.batchesOut,
        recordsOut: counts.get(vertex.id)?.recordsOut,
      });
  } finally {
    await world.close();
  }
});

it("streams meet by the sources' clocks, whoever is named first; of two at once both have their turn", async () => {
  const { lines, spanMs } = await tried([
    source("slow", { from: 0, count: 3, every_ms: 100 }),
    source("fast", { from: 1_000, count: 5, every_ms: 40 }),
    source("at-once", { from: 2_000, count: 2 }),
    { id: "both", operator: "merge", inputs: ["slow", "fast", "at-once"] },
    { id: "print", operator: "sink-print", inputs: ["both"] },
  ]);
  //                        0 ms: one each, then         40      80     100  120     160    200
  expect(lines.map(Number)).toEqual([0, 1_000, 2_000, 2_001, 1_001, 1_002, 1, 1_003, 1_004, 2]);
  expect(spanMs).toBe(200);
});

it("cuts a source off in the middle of a batch, and only what would have given more counts as cut", async () => {
  const { lines, cells, spanMs } = await tried(
    [
      source("endless", { batch: 4, every_ms: 1_000 }),
      source("exact", { from: 50, count: 6, batch: 6 }),
      { id: "both", operator: "merge", inputs: ["endless", "exact"] },
      { id: "print", operator: "sink-print", inputs: ["both"] },
    ],
    [],
    { recordsPerSource: 6 },
  );
  expect(lines.map(Number)).toEqual([0, 1, 2, 3, 50, 51, 52, 53, 54, 55, 4, 5]);
  expect(cells.map(({ vertex, recordsOut, cut }) => [vertex.id, recordsOut, cut]).slice(0, 2)).toEqual([
    ["endless", 6, true],
    ["exact", 6, false],
  ]);
  expect(spanMs).toBe(1_000);
});

it("an operator that writes into its batch changes nothing for the cell beside it, nor for who looks at a fault", async () => {
  let batches = 0;
  const scribbler = transformNamed("scribbler", (batch) => {
    new BatchReader(batch, valueShape).int64(0).fill(7n);
    if (++batches === 3) throw new OperatorFault(refuse("operator-data", { detail: "the third" }));
    return batch;
  });
  const { lines, fault } = await tried(
    [
      source("source", { from: 10 }),
      { id: "scribble", operator: "scribbler", inputs: ["source"] },
      { id: "scribbled", operator: "sink-print", params: { label: "scribbled" }, inputs: ["scribble"] },
      { id: "print", operator: "sink-print", inputs: ["source"] },
    ],
    [scribbler],
  );
  expect(lines).toEqual(["scribbled 7", "10", "scribbled 7", "11"]);
  expect(fault).toMatchObject({ vertex: { id: "scribble" }, refusal: { code: "operator-data", detail: "the third" } });
  expect(new BatchReader(fault!.given!, valueShape).value(0, 0)).toBe(12n);
});

it("what does not leave a running cell does not leave a tried one", async () => {
  const undeclared = transformNamed(
    "undeclared",
    () => allocateBatch([{ name: "secret" as never, type: "int64", nullable: false }], 1).bytes,
  );
  const chain = (operator: string): Words => [
    source("source", { count: 2 }),
    { id: "middle", operator, inputs: ["source"] },
    { id: "print", operator: "sink-print", inputs: ["middle"] },
  ];
  const wrong = await tried(chain("undeclared"), [undeclared]);
  expect(wrong.fault).toMatchObject({ vertex: { id: "middle" }, refusal: { code: "output-not-as-declared" } });
  expect(wrong.lines).toEqual([]);
  const hoarder: BuiltinOperator = {
    ...transformNamed("hoarder", () => null),
    start: () => ({
      ok: true,
      value: {
        kind: "transform",
        transform: { process: () => null, end: () => [allocateBatch(valueShape, 1).bytes] },
      },
    }),
  };
  const held = await tried(chain("hoarder"), [hoarder]);
  expect(held.fault).toMatchObject({ refusal: { code: "operator-failed", detail: /stateless/ } });
  expect(held.lines).toEqual([]);
});

it("an operator that is not there fails before anything flows, and who interrupts ends it", async () => {
  const words: Words = [source("source", {}), { id: "print", operator: "sink-print", inputs: ["source"] }];
  const none = await tried(words, [], { operators: new Map() });
  expect(none).toMatchObject({ fault: { vertex: { id: "source" }, given: null }, cells: [] });
  const interrupt = new AbortController();
  const order = {
    recordsPerSource: Number.MAX_SAFE_INTEGER,
    signal: interrupt.signal,
    onTurn: async (records: number) => void (records === 500 && interrupt.abort(new Error("enough"))),
  };
  await expect(tried(words, [], order)).rejects.toThrow("enough");
});

// For tests of cells: the paper's three of them on a node each, and operators that do as a test says.
import type { Digest } from "../../src/core/base/index.ts";
import { operatorLimitsSchema, type RecordShape } from "../../src/core/model/index.ts";
import type { CellWorld } from "../../src/io/cells/world.ts";
import type { BuiltinOperator } from "../../src/operators/index.ts";

export const valueShape: RecordShape = [{ name: "value" as never, type: "int64", nullable: false }];
export const secretShape: RecordShape = [{ name: "secret" as never, type: "int64", nullable: false }];

/** Declares that it emits `valueShape`, whatever it does. */
export function transformNamed(name: string, process: (batch: Uint8Array) => Uint8Array | null): BuiltinOperator {
  return {
    name,
    kind: "transform",
    summary: "",
    inputs: { min: 1, max: 1 },
    needs: null,
    limits: operatorLimitsSchema.parse({}),
    digest: "0e".repeat(32) as Digest,
    infer: () => ({ ok: true, value: { consumes: [], output: valueShape, stateless: true } }),
    start: () => ({
      ok: true,
      value: { kind: "transform", transform: { process: (_, batch) => process(batch), end: () => [] } },
    }),
  };
}

/** A source, a transform of that name, a sink that prints: on nodes 0, 1 and 2. */
export async function openThree(
  world: CellWorld,
  params: Readonly<Record<string, unknown>> = {},
  transform = "increment",
): Promise<void> {
  await world.open([
    { id: "source", operator: "source-generator", params, on: 0 },
    { id: transform, operator: transform, inputs: ["source"], on: 1 },
    { id: "sink", operator: "sink-print", inputs: [transform], on: 2 },
  ]);
}

/** The three without end, after the sink has printed a hundred lines. */
export async function runThree(world: CellWorld): Promise<void> {
  await openThree(world);
  await world.run();
  await world.until(() => world.lines.length > 100);
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
export const sorted = (values: number[]) => [...values].sort((a, b) => a - b);

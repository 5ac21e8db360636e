// For tests: starts a standard operator over plain rows.

import { assert, type Refusal } from "../core/base/index.ts";
import { BatchReader, checkBatch, encodeRows, prepareShape, type Row } from "../core/batch/index.ts";
import type { Attribute, Column, ColumnType, Params, RecordShape } from "../core/model/index.ts";
import { catalogue } from "./catalogue.ts";
import type { OperatorPorts, Running } from "./contract.ts";

/** `columns("value: int64, name: text?")` */
export function columns(text: string): RecordShape {
  return text.split(",").map((part): Column => {
    const [name, type] = part.split(":").map((each) => each.trim());
    return { name: name as Attribute, type: type!.replace("?", "") as ColumnType, nullable: type!.endsWith("?") };
  });
}

export function batchOf(shape: RecordShape, rows: readonly Record<string, unknown>[]): Uint8Array {
  const encoded = encodeRows(shape, rows);
  assert(encoded.ok, encoded.ok ? "" : `${encoded.code}: ${encoded.detail}`);
  return encoded.value;
}

/** Checks the batch as the validator of the next cell would. */
export function rowsOf(shape: RecordShape, bytes: Uint8Array): Row[] {
  const checked = checkBatch(bytes, prepareShape(shape));
  assert(checked.ok, checked.ok ? "" : `${checked.code}: ${checked.detail}`);
  return new BatchReader(bytes, shape).rowsAsObjects();
}

export const noPorts: OperatorPorts = {
  feed: async (name) => ({ ok: false, code: "operator-equipment", blame: name }),
  outlet: async (name) => ({ ok: false, code: "operator-equipment", blame: name }),
  print: () => {},
  keep: async () => {},
  kept: () => [],
  keyOf: ({ path, origin }) => `${path}.${origin}`,
  sleep: async () => {},
  nowMicros: () => 0n,
};

export interface Started {
  readonly output: RecordShape | null;
  readonly stateless: boolean;
  readonly consumes: readonly string[];
  readonly running: Running;
}

export interface StartOptions {
  readonly ports?: Partial<OperatorPorts>;
  readonly equipment?: string;
}

export function infer(name: string, params: Params, inputs: readonly RecordShape[]) {
  const operator = catalogue().get(name);
  assert(operator !== undefined, `no operator ${name}`);
  return operator.infer(params, inputs);
}

/** `params.where: at character 3: …` for a refusal. */
export function faultOf(name: string, params: Params, inputs: readonly RecordShape[]): string {
  const inferred = infer(name, params, inputs);
  return inferred.ok ? "accepted" : describe(inferred);
}

export function describe(refusal: Refusal): string {
  return `${refusal.blame ?? refusal.code}: ${refusal.detail ?? ""}`;
}

export function start(
  name: string,
  params: Params,
  inputs: readonly RecordShape[],
  options: StartOptions = {},
): Started {
  const signature = infer(name, params, inputs);
  assert(signature.ok, signature.ok ? "" : describe(signature));
  const ports = { ...noPorts, ...options.ports };
  const { equipment } = options;
  const running = catalogue().get(name)!.start({ params, inputs, signature: signature.value, ports, equipment });
  assert(running.ok, running.ok ? "" : describe(running));
  return { ...signature.value, running: running.value };
}

/** Rows of each output batch, then of what `end` gives. */
export function run(
  name: string,
  params: Params,
  shape: RecordShape,
  batches: readonly (readonly Record<string, unknown>[])[],
): Row[][] {
  const { running, output } = start(name, params, [shape]);
  assert(running.kind === "transform" && output !== null, "a transform");
  const given: Row[][] = [];
  for (const rows of batches) {
    const made = running.transform.process(0, batchOf(shape, rows));
    if (made !== null) given.push(rowsOf(output, made));
  }
  return [...given, ...running.transform.end().map((made) => rowsOf(output, made))];
}

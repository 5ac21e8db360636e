// Reads a feed of the node, CSV or NDJSON, from its beginning. Where the file is and how it is written stands in the
// node's configuration; the query says which attributes it wants, and only those are read.
import { z } from "zod";
import { accept, refuse } from "../core/base/index.ts";
import { BatchBuilder, type RowValue } from "../core/batch/index.ts";
import { type RecordShape, recordShapeSchema } from "../core/model/index.ts";
import { OperatorFault, type OperatorPorts, type RunningSource } from "./contract.ts";
import { defineOperator, orFault } from "./define.ts";
import { recordParser } from "./formats/index.ts";
import { limits } from "./limits.ts";

const paramsSchema = z.strictObject({
  columns: recordShapeSchema,
  /** Records per batch. */
  batch: z.number().int().min(1).max(limits.maxSourceRows).default(1024),
});

export const sourceFile = defineOperator({
  name: "source-file",
  version: 1,
  kind: "source",
  summary: "Reads records from a file that the node's owner offers as a sensor.",
  inputs: { min: 0, max: 0 },
  needs: "sensor",
  params: paramsSchema,
  infer: (params) => accept({ output: params.columns, stateless: false }),
  start({ columns, batch }, { equipment, ports }) {
    if (equipment === undefined) return refuse("operator-equipment", { detail: "the vertex names no equipment" });
    const batches = read(ports, equipment, columns, batch);
    const source: RunningSource = {
      async next() {
        const { value, done } = await batches.next();
        return done ? null : value;
      },
      async close() {
        await batches.return();
      },
    };
    return accept({ kind: "source", source });
  },
});

async function* read(
  ports: OperatorPorts,
  name: string,
  shape: RecordShape,
  size: number,
): AsyncGenerator<Uint8Array, void, void> {
  const feed = orFault(await ports.feed(name));
  try {
    const parser = recordParser(feed.format, shape);
    const decoder = new TextDecoder("utf-8");
    const builder = new BatchBuilder(shape);
    for await (const chunk of feed.read()) {
      yield* add(builder, orFault(parser.push(decoder.decode(chunk, { stream: true }))), size);
    }
    yield* add(builder, orFault(parser.push(decoder.decode())), size);
    yield* add(builder, orFault(parser.end()), size);
    if (builder.rows > 0) yield orFault(builder.finish());
  } catch (cause) {
    if (cause instanceof OperatorFault) throw cause;
    throw new OperatorFault(refuse("operator-equipment", { blame: name, detail: "reading failed" }), { cause });
  } finally {
    await feed.close();
  }
}

function* add(builder: BatchBuilder, rows: readonly RowValue[][], size: number): Generator<Uint8Array, void, void> {
  for (const row of rows) {
    const refusal = builder.append(row);
    if (refusal !== null) orFault(refusal);
    if (builder.rows >= size || builder.bytes > 1024 * 1024) yield orFault(builder.finish());
  }
}

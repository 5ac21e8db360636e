// Reads a feed of the node, CSV or NDJSON, from its beginning. Where the file is and how it is written stands in the
// node's configuration; the query says which attributes it wants, and only those are read.
import { z } from "zod";
import { accept, refuse } from "../core/base/index.ts";
import { BatchBuilder, type RowValue } from "../core/batch/index.ts";
import { type RecordShape, recordShapeSchema } from "../core/model/index.ts";
import { type Feed, OperatorFault, type OperatorPorts, type RunningSource } from "./contract.ts";
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
    const feed = new OpenedFeed(ports, equipment);
    const batches = read(feed, equipment, columns, batch);
    const source: RunningSource = {
      async next() {
        if (feed.isClosed) return null;
        try {
          const { value, done } = await batches.next();
          return done ? null : value;
        } catch (cause) {
          // Closed while it waited for bytes: nobody asks for them any more.
          if (feed.isClosed) return null;
          throw cause;
        }
      },
      // The feed first: a generator that waits for bytes cannot be told to return.
      close: () => feed.close(),
    };
    return accept({ kind: "source", source });
  },
});

/** A feed that is opened when it is first read, and can be closed at any time. */
class OpenedFeed {
  readonly #ports: OperatorPorts;
  readonly #name: string;
  #opening: Promise<Feed> | null = null;
  isClosed = false;

  constructor(ports: OperatorPorts, name: string) {
    this.#ports = ports;
    this.#name = name;
  }

  async open(): Promise<Feed> {
    this.#opening ??= this.#ports.feed(this.#name).then(orFault);
    return this.#opening;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const feed = await this.#opening?.catch(() => null);
    await feed?.close();
  }
}

async function* read(
  opened: OpenedFeed,
  name: string,
  shape: RecordShape,
  size: number,
): AsyncGenerator<Uint8Array, void, void> {
  const feed = await opened.open();
  try {
    const parser = recordParser(feed.format, shape);
    const decoder = new TextDecoder("utf-8");
    const builder = new BatchBuilder(shape);
    for await (const chunk of feed.read()) {
      yield* add(builder, orFault(parser.push(decoder.decode(chunk, { stream: true }))), size);
      if (feed.isLive && builder.rows > 0) yield orFault(builder.finish());
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

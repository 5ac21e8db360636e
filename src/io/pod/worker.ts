// The writing thread of a large import: parsing and writing keep a core busy each.
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/base/index.ts";
import { openDatabase, pragma } from "./database.ts";
import { limits } from "./limits.ts";
import { type Batch, Writer } from "./writer.ts";

export interface WriterOrder {
  readonly folder: string;
  readonly key: Uint8Array;
  readonly importId: number;
}
/** undefined: written. */
export interface WriterAnswer {
  readonly failed?: string;
  readonly closed?: true;
}

const order = workerData as WriterOrder;
const port = parentPort;
assert(port !== null, "runs as a thread");
const opened = openDatabase(order.folder, order.key);
if (!opened.ok) throw new Error(opened.detail ?? opened.code);
// The importing thread has time to spare and moves pages from the journal to the file (import.ts); this one does so only when
// the journal grows all the same.
pragma(opened.value, `wal_autocheckpoint=${limits.maxJournalPages}`);
const writer = new Writer(opened.value, order.importId);

port.on("message", (batch: Batch | null) => {
  try {
    if (batch === null) {
      writer.commit();
      opened.value.close();
      port.postMessage({ closed: true } satisfies WriterAnswer);
      port.close();
      return;
    }
    writer.write(batch);
    port.postMessage({} satisfies WriterAnswer);
  } catch (cause) {
    port.postMessage({ failed: cause instanceof Error ? cause.message : String(cause) } satisfies WriterAnswer);
  }
});

// Keeps records as the query's result on the asker's node, where `hedgerow query result` reads them. A batch is
// acknowledged when it is on the disk.
import { z } from "zod";
import { accept } from "../core/base/index.ts";
import { defineOperator } from "./define.ts";

export const sinkResult = defineOperator({
  name: "sink-result",
  version: 1,
  kind: "sink",
  summary: "Keeps records as the result, where the asker reads them.",
  inputs: { min: 1, max: 1 },
  params: z.strictObject({}),
  // What was written cannot be unwritten: a replaced sink would write again what was not acknowledged yet.
  infer: () => accept({ output: null, stateless: false }),
  start(_, { ports }) {
    return accept({
      kind: "sink",
      sink: {
        write: (batch) => ports.keep(batch),
        async end() {},
        async close() {},
      },
    });
  },
});

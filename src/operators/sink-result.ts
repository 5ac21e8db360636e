// Keeps records as the query's result on the asker's node, where `hedgerow query result` reads them. A batch is
// acknowledged when it is on the disk, with its position: a cell that takes the place of a killed one on this node goes on
// after it, and keeps nothing twice.
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
  // All that it knows is on the disk of its node, where alone it is started anew (core/query/spares.ts).
  infer: () => accept({ output: null, stateless: true }),
  start(_, { ports }) {
    return accept({
      kind: "sink",
      sink: {
        written: ports.kept(),
        write: (batch, position) => ports.keep(batch, position),
        async end() {},
        async close() {},
      },
    });
  },
});

// Appends records to an outlet of the node, CSV (with its header) or NDJSON. A batch counts as delivered when its lines
// are on the disk.
import { z } from "zod";
import { accept, refuse } from "../core/base/index.ts";
import type { RecordShape } from "../core/model/index.ts";
import { OperatorFault, type OperatorPorts, type Outlet, type RunningSink } from "./contract.ts";
import { defineOperator, orFault } from "./define.ts";
import { csvHeader, recordsToText } from "./formats/index.ts";

export const sinkFile = defineOperator({
  name: "sink-file",
  version: 1,
  kind: "sink",
  summary: "Appends records to a file that the node's owner offers as an outlet.",
  inputs: { min: 1, max: 1 },
  needs: "outlet",
  params: z.strictObject({}),
  // What was written cannot be unwritten: a replaced sink would write again what was not acknowledged yet.
  infer: () => accept({ output: null, stateless: false }),
  start(_, { inputs: [shape], equipment, ports }) {
    if (equipment === undefined) return refuse("operator-equipment", { detail: "the vertex names no equipment" });
    return accept({ kind: "sink", sink: append(ports, equipment, shape!) });
  },
});

type FileOutlet = Extract<Outlet, { kind: "file" }>;

async function open(ports: OperatorPorts, name: string): Promise<FileOutlet> {
  const outlet = orFault(await ports.outlet(name));
  if (outlet.kind === "file") return outlet;
  await outlet.close();
  throw new OperatorFault(refuse("operator-equipment", { blame: name, detail: "this outlet is not a file" }));
}

function append(ports: OperatorPorts, name: string, shape: RecordShape): RunningSink {
  let opened: Promise<FileOutlet> | null = null;
  let headed = false;
  return {
    async write(batch) {
      opened ??= open(ports, name);
      const outlet = await opened;
      const header = outlet.format === "csv" && outlet.empty && !headed ? csvHeader(shape) : "";
      try {
        await outlet.append(new TextEncoder().encode(header + recordsToText(outlet.format, batch, shape)));
      } catch (cause) {
        throw new OperatorFault(refuse("operator-equipment", { blame: name, detail: "writing failed" }), { cause });
      }
      headed = true;
    },
    async end() {},
    async close() {
      await (await opened?.catch(() => null))?.close();
    },
  };
}

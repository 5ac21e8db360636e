// What a node would lend its sources and sinks, invented: sensors that give what their cell declares, outlets that hand what would be
// written to who tries the query.
import { accept, refuse } from "../core/base/index.ts";
import type { PlanVertex } from "../core/model/index.ts";
import type { RehearsalClock } from "../io/cells/index.ts";
import type { OperatorPorts, Outlet } from "../operators/index.ts";
import { inventedFeed, inventedStartMicros } from "./invented-sensors.ts";

export interface InventedPorts {
  readonly vertex: PlanVertex;
  readonly clock: RehearsalClock;
  readonly seed: number;
  /** Which sensor it reads: the same name gives the same records. */
  readonly sensor: string;
  readonly onLine: (line: string) => void;
  readonly onBatch: (batch: Uint8Array) => void;
}

export function inventedPorts({ vertex, clock, seed, sensor, onLine, onBatch }: InventedPorts): OperatorPorts {
  const sleep = (ms: number) => clock.sleep(ms);
  const write = (bytes: Uint8Array) => {
    for (const line of new TextDecoder().decode(bytes).split("\n")) if (line !== "") onLine(line);
  };
  // Made ready here: its operator's time is not for inventing.
  const feed = vertex.output === null ? null : inventedFeed({ seed, name: sensor, shape: vertex.output, sleep });
  return {
    feed: async (name) => (feed === null ? refuse("operator-equipment", { blame: name }) : accept(feed)),
    outlet: async () => accept(vertex.operator.name === "exit-http" ? address(write) : file(write)),
    print: onLine,
    keep: async (batch) => onBatch(batch),
    kept: () => [],
    keyOf: ({ path, origin }) => `${path}.${origin}`,
    sleep,
    nowMicros: () => inventedStartMicros + BigInt(Math.round(clock.nowMs * 1_000)),
  };
}

function file(write: (bytes: Uint8Array) => void): Outlet {
  return { kind: "file", format: "ndjson", empty: true, append: async (bytes) => write(bytes), async close() {} };
}

/** Takes all. */
function address(write: (bytes: Uint8Array) => void): Outlet {
  return {
    kind: "http",
    async post(body) {
      write(body);
      return { status: 200 };
    },
    async close() {},
  };
}

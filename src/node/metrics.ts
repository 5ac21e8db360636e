// Prometheus metrics of the daemon. Labels are codes and areas of our own tables, never anything that a peer wrote.
import { Counter, Gauge, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  readonly refusals: Counter<"code">;
  readonly messages: Counter<"area" | "type">;
  readonly peersKnown: Gauge;
  readonly peersConnected: Gauge;
  readonly queries: Gauge<"part">;
  readonly cells: Gauge;
  readonly people: Gauge;
  readonly indexEntries: Gauge;
  readonly records: Gauge<"direction">;
  readonly memoryBytes: Gauge;
  readonly uptimeSeconds: Gauge;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    refusals: new Counter({
      name: "hedgerow_refusals_total",
      help: "Refused messages and connections, by code.",
      labelNames: ["code"],
      registers,
    }),
    messages: new Counter({
      name: "hedgerow_messages_sent_total",
      help: "Control messages sent, by area and type.",
      labelNames: ["area", "type"],
      registers,
    }),
    peersKnown: new Gauge({
      name: "hedgerow_peers_known",
      help: "Other nodes of the network that this node knows.",
      registers,
    }),
    peersConnected: new Gauge({ name: "hedgerow_peers_connected", help: "Admitted connections.", registers }),
    queries: new Gauge({
      name: "hedgerow_queries_active",
      help: "Queries that have not settled, by the part this node has in them.",
      labelNames: ["part"],
      registers,
    }),
    cells: new Gauge({ name: "hedgerow_cells", help: "Cells that run on this node.", registers }),
    people: new Gauge({ name: "hedgerow_people", help: "People whose pods this node keeps.", registers }),
    indexEntries: new Gauge({
      name: "hedgerow_index_entries",
      help: "Shares of the concept index that this node holds.",
      registers,
    }),
    records: new Gauge({
      name: "hedgerow_cell_records",
      help: "Records in and out of this node's cells.",
      labelNames: ["direction"],
      registers,
    }),
    memoryBytes: new Gauge({
      name: "hedgerow_resident_memory_bytes",
      help: "Resident memory of the process.",
      registers,
    }),
    uptimeSeconds: new Gauge({ name: "hedgerow_uptime_seconds", help: "Time since the daemon started.", registers }),
  };
}

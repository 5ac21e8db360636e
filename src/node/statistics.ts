// How a query's cells on this node are doing, in the form in which its analyst may ask for it.
import type { QueryId } from "../core/base/index.ts";
import type { CellStatistics } from "../core/inquiry/index.ts";
import type { CellHost } from "../io/cells/index.ts";

export function statisticsOf(host: CellHost, query: QueryId): CellStatistics[] {
  return host.statistics(query).map((cell) => ({
    vertex: cell.vertex,
    incarnation: cell.incarnation,
    state: cell.state === "prepared" ? "ready" : cell.state,
    recordsIn: cell.recordsIn,
    recordsOut: cell.recordsOut,
    recordsInPerSecond: cell.recordsInPerSecond,
    recordsOutPerSecond: cell.recordsOutPerSecond,
    batchesOut: cell.batchesOut,
  }));
}

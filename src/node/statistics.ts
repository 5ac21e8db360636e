// How a query's cells are doing: on this node, in the form in which its analyst may ask for it; and everywhere.
import type { NodeId, QueryId, Result } from "../core/base/index.ts";
import type { CellStatistics, Question, Reply } from "../core/inquiry/index.ts";
import type { CellHost } from "../io/cells/index.ts";
import type { AskedQuery } from "./asked.ts";
import { cellsOf } from "./asked-cells.ts";

const statisticsTimeoutMs = 1_000;

export function statisticsOf(host: CellHost, query: QueryId): CellStatistics[] {
  return host.statistics(query).map((cell) => ({
    vertex: cell.vertex,
    incarnation: cell.incarnation,
    state: cell.state === "prepared" ? "ready" : cell.state,
    recordsIn: cell.recordsIn,
    recordsOut: cell.recordsOut,
    recordsInPerSecond: cell.recordsInPerSecond,
    recordsOutPerSecond: cell.recordsOutPerSecond,
    batchesIn: cell.batchesIn,
    batchesOut: cell.batchesOut,
  }));
}

export interface StatisticsSources {
  readonly self: NodeId;
  readonly host: CellHost;
  ask(to: NodeId, question: Question, timeoutMs?: number): Promise<Result<Reply>>;
}

/** Asks every node that runs a cell of the query. A node that does not answer leaves what was known of it. */
export async function refreshStatistics(sources: StatisticsSources, query: AskedQuery): Promise<void> {
  const nodes = new Set(cellsOf(query).map((cell) => cell.node));
  const answers = await Promise.all(
    [...nodes].map(async (node): Promise<readonly CellStatistics[]> => {
      if (node === sources.self) return statisticsOf(sources.host, query.id);
      const reply = await sources.ask(node, { type: "statistics", query: query.id }, statisticsTimeoutMs);
      return reply.ok && reply.value.type === "statistics" ? reply.value.cells : [];
    }),
  );
  const fresh = answers.flat();
  const kept = query.lastStatistics.filter(
    (old) => !fresh.some((cell) => cell.vertex === old.vertex && cell.incarnation === old.incarnation),
  );
  query.lastStatistics = [...kept, ...fresh];
}

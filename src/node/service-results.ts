// The routes that stream: what came out of a query, and what happened to it.
import { accept, type QueryId, refuse } from "../core/base/index.ts";
import { joinAnswer } from "../core/terms/index.ts";
import { peopleShapes } from "../operators/index.ts";
import type { NodeService, OutcomeView, ResultItem, ServiceAnswer } from "../sdk/index.ts";
import { hasEnded } from "./asked-cells.ts";
import type { Daemon } from "./daemon.ts";

type ResultRoutes = Pick<NodeService, "queryResult" | "queryLogs">;

const itemsPerRead = 64;
const answerColumn = peopleShapes.answer[0]!.name;
const levels = ["debug", "info", "warn", "error"] as const;

export function resultRoutes(daemon: Daemon): ResultRoutes {
  const { asked, participants, results } = daemon;

  function isKnown(id: QueryId): boolean {
    return asked.get(id) !== undefined || participants.state(id) !== undefined;
  }

  /** null while the query is alive here. */
  function outcomeOf(id: QueryId): OutcomeView | null {
    const query = asked.get(id);
    if (query !== undefined) return hasEnded(query) ? query.outcome : null;
    const state = participants.state(id);
    if (state !== undefined && state.at !== "ended") return null;
    return { outcome: "completed", reasons: [], undelivered: 0, losses: [], settledAtMs: Date.now() };
  }

  const asksPeople = (id: QueryId): boolean => {
    const state = participants.state(id);
    const plan = asked.get(id)?.plan ?? (state === undefined || state.at === "absent" ? undefined : state.plan);
    return plan?.asked !== undefined;
  };

  return {
    async queryResult({ id: given, follow, from }, { signal }) {
      if (!isKnown(given)) return refuse("query-unknown", { blame: given });
      async function* items(): AsyncGenerator<ServiceAnswer<"queryResult">> {
        // The pieces of an answer say nothing by themselves: of it, all are read anew.
        let position = asksPeople(given) ? 0 : from;
        const pieces: string[] = [];
        let answer: ServiceAnswer<"queryResult"> | null = null;
        function takePieces(item: ResultItem): void {
          if (item.type !== "rows") return;
          for (const row of item.rows) pieces.push(String(row[answerColumn]));
          const joined = answer === null ? joinAnswer(pieces) : null;
          if (joined?.ok) answer = { type: "answer", sequence: item.sequence, answer: joined.value };
        }
        for (;;) {
          const id = asked.latest(given); // a plan that was refused left no result
          const outcome = outcomeOf(id); // before reading: what came before the end is read after it
          const { items: read, next } = results.read(id, position, itemsPerRead);
          for (const item of read) {
            if (!asksPeople(id)) yield item;
            else takePieces(item);
          }
          position = next;
          if (read.length === itemsPerRead) continue;
          if (outcome !== null) {
            // Whether it is a whole one is known when all has ended.
            if (answer !== null) yield answer;
            yield { type: "settled", outcome, assurance: asked.get(id)?.assurance ?? daemon.evidence.lowest(id) };
            return;
          }
          if (!follow || signal.aborted) return;
          await results.more(id, signal);
        }
      }
      return accept(items());
    },
    async queryLogs({ id, follow, level }, { signal }) {
      if (asked.get(id) === undefined)
        return refuse(isKnown(id) ? "query-not-asked-here" : "query-unknown", { blame: id });
      const wanted = levels.slice(levels.indexOf(level)) as readonly string[];
      async function* lines() {
        let told = 0;
        for (;;) {
          const query = asked.get(asked.latest(id)); // its log begins with those of the plans before it
          if (query === undefined) return;
          const { log } = query;
          const changed = asked.nextChange(query.id, signal, 1_000); // before reading: no line meanwhile is missed
          const settled = hasEnded(query);
          for (; told < log.length; told++) if (wanted.includes(log[told]!.level)) yield log[told]!;
          if (settled || !follow || signal.aborted) return;
          await changed;
        }
      }
      return accept(lines());
    },
  };
}

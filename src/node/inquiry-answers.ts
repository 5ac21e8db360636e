// What this node answers when another asks (core/inquiry), and to whom it may.
import type { EdgeId, QueryId } from "../core/base/index.ts";
import type { Question, Reply } from "../core/inquiry/index.ts";
import type { MemberFacts, Plan } from "../core/model/index.ts";
import type { CellHost } from "../io/cells/index.ts";
import { receiptsPage } from "./audits.ts";
import type { Participants } from "./participants.ts";
import { statisticsOf } from "./statistics.ts";

export interface AnswerSources {
  readonly host: CellHost;
  readonly participants: Participants;
  /** The plan of a query that this node asked. */
  askedPlan(query: QueryId): Plan | undefined;
}

/** Receipts of one answer: the bound of core/inquiry. */
const receiptsPerAnswer = 256;

export function answerInquiry(sources: AnswerSources, from: MemberFacts, question: Question): Reply {
  const { host } = sources;
  switch (question.type) {
    case "ping":
      return { type: "pong", nowMs: Date.now() };
    case "statistics":
      return isItsAnalyst(sources, from, question.query)
        ? { type: "statistics", cells: statisticsOf(host, question.query) }
        : { type: "refused", code: "not-the-plans-analyst" };
    case "receipts":
      return receiptsPage(host.receipts(question.query), question.from, receiptsPerAnswer);
    case "leaves": {
      const { query, vertex, incarnation, edge, peer, chunk } = question;
      const leaves = host.leaves(query, vertex, incarnation, edge as EdgeId, peer, chunk);
      return { type: "leaves", leaves: leaves.map((leaf) => Uint8Array.from(leaf)) };
    }
  }
}

/** How much flows is the business of the query's analyst alone. */
function isItsAnalyst({ participants, askedPlan }: AnswerSources, from: MemberFacts, query: QueryId): boolean {
  const state = participants.state(query);
  const plan = state === undefined || state.at === "absent" ? askedPlan(query) : state.plan;
  return from.roles.includes("analyst") && plan?.analyst.principal === from.principal;
}

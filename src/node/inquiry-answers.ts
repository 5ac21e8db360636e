// What this node answers when another asks (core/inquiry), and to whom it may.
import type { EdgeId, QueryId } from "../core/base/index.ts";
import { inquiryLimits, mayReadReceipts, type Question, type Readers, type Reply } from "../core/inquiry/index.ts";
import type { MemberFacts, Plan } from "../core/model/index.ts";
import type { CellHost } from "../io/cells/index.ts";
import type { Participants } from "./participants.ts";
import { statisticsOf } from "./statistics.ts";

export interface AnswerSources {
  readonly host: CellHost;
  readonly participants: Participants;
  /** The plan of a query that this node asked. */
  askedPlan(query: QueryId): Plan | undefined;
}

export function answerInquiry(sources: AnswerSources, from: MemberFacts, question: Question): Reply {
  const { host } = sources;
  switch (question.type) {
    case "ping":
      return { type: "pong", nowMs: Date.now() };
    case "statistics":
      return isItsAnalyst(sources, from, question.query)
        ? { type: "statistics", cells: statisticsOf(host, question.query) }
        : { type: "refused", code: "not-the-plans-analyst" };
    case "receipts": {
      const { query, from: place } = question;
      const allowed = mayReadReceipts(from, readersOf(sources, query));
      if (!allowed.ok) return { type: "refused", code: allowed.code };
      const { maxReceiptsPerAnswer, maxReceiptBytesPerAnswer } = inquiryLimits;
      const { envelopes, next } = host.receiptsPage(query, place, maxReceiptsPerAnswer, maxReceiptBytesPerAnswer);
      return {
        type: "receipts",
        envelopes: envelopes.map((bytes) => Uint8Array.from(bytes)),
        ...(next === undefined ? {} : { next }),
      };
    }
    case "leaves": {
      const allowed = mayReadReceipts(from, readersOf(sources, question.query));
      if (!allowed.ok) return { type: "refused", code: allowed.code };
      const { query, vertex, incarnation, edge, peer, chunk } = question;
      const leaves = host.leaves(query, vertex, incarnation, edge as EdgeId, peer, chunk);
      return { type: "leaves", leaves: leaves.map((leaf) => Uint8Array.from(leaf)) };
    }
  }
}

/** As the receipts themselves were stored with, also after a restart; else as the plan says, as long as it is known. */
function readersOf(sources: AnswerSources, query: QueryId): Readers | undefined {
  const stored = sources.host.receiptReaders(query);
  const plan = planOf(sources, query);
  if (stored !== undefined || plan === undefined) return stored;
  return { principal: plan.analyst.principal, nodes: plan.vertices.flatMap(({ node, spares }) => [node, ...spares]) };
}

/** How much flows just now is the business of the query's analyst alone. */
function isItsAnalyst(sources: AnswerSources, from: MemberFacts, query: QueryId): boolean {
  return from.roles.includes("analyst") && planOf(sources, query)?.analyst.principal === from.principal;
}

function planOf({ participants, askedPlan }: AnswerSources, query: QueryId): Plan | undefined {
  const state = participants.state(query);
  return state === undefined || state.at === "absent" ? askedPlan(query) : state.plan;
}

// What one audit asks of other nodes: receipts page after page, and leaves. Whoever does not answer, or not in the time that the whole
// audit has, is named; so is who answers with what is no answer.
//
// INVARIANT: however slowly a node answers, and however many pages it has, an audit waits for no node beyond `readWithinMs`, and for
//   leaves once as long as a single answer may take.
import type { NodeId, QueryId, RefusalCode } from "../../core/base/index.ts";
import { compareCursors, type LeafQuestion, type ReceiptCursor } from "../../core/cell/index.ts";
import { inquiryLimits, type Question, type Reply } from "../../core/inquiry/index.ts";
import type { Inquiries } from "../inquiries.ts";
import type { AnsweredLeaves, LeftOut } from "./examination.ts";
import { limits } from "./limits.ts";
import type { AuditSession } from "./thread.ts";

/** A node that gave less than it was asked for. */
export interface Silent {
  readonly node: NodeId;
  readonly code: RefusalCode;
}

export class Reading {
  readonly #inquiries: Pick<Inquiries, "ask">;
  readonly #nowMs: () => number;
  readonly #untilMs: number;
  readonly #silent = new Map<NodeId, RefusalCode>();
  readonly #junk = new Map<NodeId, LeftOut>();

  constructor(inquiries: Pick<Inquiries, "ask">, nowMs: () => number) {
    this.#inquiries = inquiries;
    this.#nowMs = nowMs;
    this.#untilMs = nowMs() + limits.readWithinMs;
  }

  get silent(): readonly Silent[] {
    return [...this.#silent].map(([node, code]) => ({ node, code }));
  }

  get junk(): readonly LeftOut[] {
    return [...this.#junk.values()];
  }

  async receipts(node: NodeId, query: QueryId, session: Pick<AuditSession, "take">): Promise<void> {
    let from: ReceiptCursor | undefined;
    for (let page = 0; page < inquiryLimits.maxPagesPerNode; page++) {
      const leftMs = this.#untilMs - this.#nowMs();
      if (leftMs <= 0) return void this.#silent.set(node, "audit-late");
      const question = { type: "receipts" as const, query, ...(from === undefined ? {} : { from }) };
      const reply = await this.#ask(node, question, leftMs);
      if (reply?.type !== "receipts") return;
      const { envelopes, next } = reply;
      if (!(await session.take(node, envelopes))) return;
      // An honest page that is not the last has receipts: without any a node could lead on, page after page, for hours.
      if (envelopes.length === 0) return;
      if (next === undefined || (from !== undefined && compareCursors(next, from) <= 0)) return;
      from = next;
    }
  }

  async leaves(
    query: QueryId,
    wanted: readonly LeafQuestion[],
    nodeOf: (question: LeafQuestion) => NodeId | undefined,
  ): Promise<AnsweredLeaves> {
    const answers = wanted.slice(0, limits.maxLeafQuestions).map(async (question) => {
      const node = nodeOf(question);
      if (node === undefined) return [];
      const reply = await this.#ask(node, { type: "leaves", query, ...question }, limits.answerWithinMs);
      return reply?.type === "leaves" ? [[question, reply.leaves] as const] : [];
    });
    return (await Promise.all(answers)).flat();
  }

  /** null: there is nothing more to be had of this node. */
  async #ask(node: NodeId, question: Question, leftMs: number): Promise<Reply | null> {
    const reply = await this.#inquiries.ask(node, question, Math.min(limits.answerWithinMs, leftMs));
    if (reply.ok && reply.value.type === question.type) return reply.value;
    if (reply.ok || reply.code === "inquiry-malformed") this.#leaveOut(node);
    // Who refuses has answered; what it did not show is missing, and said of its cells.
    else if (reply.code !== "inquiry-refused")
      this.#silent.set(node, leftMs < limits.answerWithinMs ? "audit-late" : reply.code);
    return null;
  }

  #leaveOut(giver: NodeId): void {
    const times = (this.#junk.get(giver)?.times ?? 0) + 1;
    this.#junk.set(giver, { giver, code: "inquiry-malformed", times, detail: "" });
  }
}

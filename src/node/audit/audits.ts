// The audit of a query: collects the receipts of all its cells from their nodes, asks for leaves where two ends differ,
// and keeps what was collected, so that a settled query can be audited after its nodes have forgotten it. Here it only
// fetches; signatures, hashes and files are the auditing thread's (thread.ts), so that the node keeps answering.
import type { Digest, NodeId, QueryId } from "../../core/base/index.ts";
import { compareCursors, type KnownCell, type LeafQuestion, type ReceiptCursor } from "../../core/cell/index.ts";
import { inquiryLimits } from "../../core/inquiry/index.ts";
import type { Plan } from "../../core/model/index.ts";
import type { AuditView } from "../../sdk/index.ts";
import type { Inquiries } from "../inquiries.ts";
import type { NameOf } from "../query-views.ts";
import type { AnsweredLeaves } from "./examination.ts";
import { limits } from "./limits.ts";
import { type AuditSession, createAuditThread } from "./thread.ts";
import { auditView } from "./view.ts";

export interface AuditSubject {
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** All incarnations that this node knows of. */
  readonly cells: readonly KnownCell[];
  readonly settled: boolean;
  /** What went with its nodes, as sentences. */
  readonly losses: readonly string[];
}

export interface Audits {
  audit(subject: AuditSubject): Promise<AuditView>;
  /** Fetches what the nodes hold now, to be there when they have forgotten. How many receipts that is. */
  collect(subject: Omit<AuditSubject, "settled" | "losses">): Promise<number>;
  close(): Promise<void>;
}

export function createAudits(folder: string, inquiries: Pick<Inquiries, "ask">, nameOf: NameOf): Audits {
  const thread = createAuditThread();
  const turns = new Map<QueryId, Promise<unknown>>();

  /** One audit of a query at a time: each goes on from what the one before has kept. */
  function session<T>(
    { plan, planDigest, cells }: Omit<AuditSubject, "settled" | "losses">,
    work: (session: AuditSession) => Promise<T>,
  ): Promise<T> {
    const before = turns.get(plan.id) ?? Promise.resolve();
    const nodes = [...new Set(plan.vertices.flatMap((vertex) => [vertex.node, ...vertex.spares]))];
    const mine = before.then(() =>
      thread.session(folder, { plan, planDigest, known: cells }, async (begun) => {
        await Promise.all(nodes.map((node) => fetchFrom(node, plan.id, begun)));
        return work(begun);
      }),
    );
    const over = mine.then(
      () => undefined,
      () => undefined,
    );
    turns.set(plan.id, over);
    over.then(() => turns.get(plan.id) === over && turns.delete(plan.id));
    return mine;
  }

  async function fetchFrom(node: NodeId, query: QueryId, session: AuditSession): Promise<void> {
    let from: ReceiptCursor | undefined;
    for (let page = 0; page < inquiryLimits.maxPagesPerNode; page++) {
      const reply = await inquiries.ask(node, { type: "receipts", query, ...(from === undefined ? {} : { from }) });
      if (!reply.ok || reply.value.type !== "receipts") return;
      const { envelopes, next } = reply.value;
      if (!(await session.take(node, envelopes))) return;
      // An honest page that is not the last has receipts: without any a node could lead on, page after page, for hours.
      if (envelopes.length === 0) return;
      if (next === undefined || (from !== undefined && compareCursors(next, from) <= 0)) return;
      from = next;
    }
  }

  async function leavesFor(
    query: QueryId,
    wanted: readonly LeafQuestion[],
    nodeOf: (question: LeafQuestion) => NodeId | undefined,
  ): Promise<AnsweredLeaves> {
    const answers = wanted.slice(0, limits.maxLeafQuestions).map(async (question) => {
      const node = nodeOf(question);
      if (node === undefined) return [];
      const reply = await inquiries.ask(node, { type: "leaves", query, ...question });
      return reply.ok && reply.value.type === "leaves" ? [[question, reply.value.leaves] as const] : [];
    });
    return (await Promise.all(answers)).flat();
  }

  return {
    collect: (subject) => session(subject, ({ keep }) => keep()),
    audit: (subject) =>
      session(subject, async ({ keep, judge }) => {
        if (subject.settled) await keep();
        const first = await judge([]);
        const { wanted, cells } = first.audit;
        if (wanted.length === 0) return auditView(subject, first, nameOf);
        const nodeOf = ({ vertex, incarnation }: LeafQuestion) =>
          cells.find((cell) => cell.vertex === vertex && cell.incarnation === incarnation)?.node;
        const leaves = await leavesFor(subject.plan.id, wanted, nodeOf);
        return auditView(subject, await judge(leaves), nameOf);
      }),
    close: () => thread.close(),
  };
}

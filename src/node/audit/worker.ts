// The auditing thread: signatures, hashes and files of audits, away from the thread that serves the node. One order after
// another; each session is one audit.
import { parentPort } from "node:worker_threads";
import { assert, type NodeId, unreachable } from "../../core/base/index.ts";
import type { AuditedQuery } from "../../core/cell/index.ts";
import { nodeCrypto } from "../../io/identity/index.ts";
import { type AnsweredLeaves, Examination, type Judgement } from "./examination.ts";
import { readKept, wasDropped, writeKept } from "./kept.ts";

export type AuditOrder =
  | { readonly type: "begin"; readonly folder: string; readonly query: AuditedQuery }
  | { readonly type: "take"; readonly giver: NodeId; readonly envelopes: readonly Uint8Array[] }
  | { readonly type: "keep" }
  | { readonly type: "judge"; readonly leaves: AnsweredLeaves }
  | { readonly type: "end" };

export interface Judged extends Judgement {
  /** Receipts of this query were kept once, and made room for others before this audit began. */
  readonly dropped: boolean;
}

/** What comes back: for `take` whether to read on, for `keep` how many receipts are held. */
export interface AuditAnswers {
  readonly begin: undefined;
  readonly take: boolean;
  readonly keep: number;
  readonly judge: Judged;
  readonly end: undefined;
}
export interface AuditMessage {
  readonly number: number;
  readonly session: number;
  readonly order: AuditOrder;
}
export interface AuditReply {
  readonly number: number;
  readonly answer?: AuditAnswers[keyof AuditAnswers];
  readonly failed?: string;
}

interface Session {
  readonly folder: string;
  readonly query: AuditedQuery;
  readonly examination: Examination;
  readonly dropped: boolean;
}

const port = parentPort;
assert(port !== null, "runs as a thread");
const crypto = nodeCrypto;
const sessions = new Map<number, Session>();

function begin({ folder, query }: Extract<AuditOrder, { type: "begin" }>): Session {
  const examination = new Examination(query, crypto);
  // First: what a node said earlier is not pushed out by what it says now.
  for (const bytes of readKept(folder, query.plan.id)) examination.take(null, bytes);
  return { folder, query, examination, dropped: wasDropped(folder, query.plan.id) };
}

function perform(number: number, order: AuditOrder): AuditReply["answer"] {
  if (order.type === "begin") {
    sessions.set(number, begin(order));
    return undefined;
  }
  const session = sessions.get(number);
  assert(session !== undefined, "an audit begins first");
  const { examination, folder, query } = session;
  switch (order.type) {
    case "take":
      return order.envelopes.every((bytes) => examination.take(order.giver, bytes));
    case "keep":
      if (examination.receipts > 0) writeKept(folder, query.plan.id, examination.envelopes());
      return examination.receipts;
    case "judge":
      return { ...examination.judge(order.leaves), dropped: session.dropped };
    case "end":
      sessions.delete(number);
      return undefined;
    default:
      return unreachable(order);
  }
}

port.on("message", ({ number, session, order }: AuditMessage) => {
  try {
    port.postMessage({ number, answer: perform(session, order) } satisfies AuditReply);
  } catch (cause) {
    const failed = cause instanceof Error ? cause.message : String(cause);
    port.postMessage({ number, failed } satisfies AuditReply);
  }
});

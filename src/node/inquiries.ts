// Questions to other nodes and the answers to theirs (core/inquiry), over the overlay's one-way messages: numbers match
// answers to questions, a limit ends the wait, and what is pending is bounded. Bytes that are no inquiry, from a node that was asked
// something, are its answer: waiting on for a better one would make junk look like silence.
import { accept, type NodeId, type Refusal, type Result, refuse } from "../core/base/index.ts";
import { answeredBy, decodeInquiry, encodeInquiry, type Question, type Reply } from "../core/inquiry/index.ts";
import type { MemberFacts } from "../core/model/index.ts";

export interface InquiryPorts {
  send(to: NodeId, body: Uint8Array): Promise<Result<void>>;
  /** Answers a question of a peer; whether it may ask is decided here too. */
  answer(from: MemberFacts, question: Question): Promise<Reply> | Reply;
  refused(from: MemberFacts, refusal: Refusal): void;
}

export interface Inquiries {
  ask(to: NodeId, question: Question, timeoutMs?: number): Promise<Result<Reply>>;
  onMessage(from: MemberFacts, body: Uint8Array): void;
  stop(): void;
}

const answerTimeoutMs = 5_000;
const maxPending = 1024;

interface Pending {
  readonly to: NodeId;
  readonly settle: (result: Result<Reply>) => void;
}

export function createInquiries(ports: InquiryPorts): Inquiries {
  const pending = new Map<number, Pending>();
  let last = 0;

  function settle(number: number, result: Result<Reply>): void {
    const waiting = pending.get(number);
    pending.delete(number);
    waiting?.settle(result);
  }

  function settleJunk(from: NodeId, number: number | null | undefined): void {
    if (number === undefined) return;
    // Where it names no question of ours, the oldest: questions are answered in turn.
    const named = number !== null && pending.get(number)?.to === from ? number : undefined;
    const answered = named ?? [...pending].find(([, { to }]) => to === from)?.[0];
    if (answered !== undefined) settle(answered, refuse("inquiry-malformed", { blame: from }));
  }

  return {
    ask(to, question, timeoutMs = answerTimeoutMs) {
      if (pending.size >= maxPending) return Promise.resolve(refuse("too-busy", { blame: to }));
      const number = ++last;
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(number, refuse("no-answer", { blame: to })), timeoutMs);
        pending.set(number, {
          to,
          settle(result) {
            clearTimeout(timer);
            resolve(result);
          },
        });
        ports.send(to, encodeInquiry({ type: "ask", number, question })).then((sent) => {
          if (!sent.ok) settle(number, sent);
        });
      });
    },
    onMessage(from, body) {
      const decoded = decodeInquiry(body);
      if (!decoded.ok) {
        settleJunk(from.node, answeredBy(body));
        return ports.refused(from, decoded);
      }
      const inquiry = decoded.value;
      if (inquiry.type === "answer") {
        // Only from whom we asked: another member cannot answer in its place.
        if (pending.get(inquiry.number)?.to !== from.node) return;
        const { reply } = inquiry;
        const refused =
          reply.type === "refused" ? refuse("inquiry-refused", { blame: from.node, detail: reply.code }) : undefined;
        return settle(inquiry.number, refused ?? accept(reply));
      }
      const { number, question } = inquiry;
      Promise.resolve(ports.answer(from, question))
        .catch((): Reply => ({ type: "refused", code: "internal" }))
        .then((reply) => ports.send(from.node, encodeInquiry({ type: "answer", number, reply })))
        .catch(() => undefined);
    },
    stop() {
      for (const number of [...pending.keys()]) settle(number, refuse("no-answer"));
    },
  };
}

import { expect, test } from "vitest";
import { accept, type NodeId, type Result, toCanonical } from "../core/base/index.ts";
import { encodeInquiry } from "../core/inquiry/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import { createInquiries, type Inquiries } from "./inquiries.ts";

const facts = (node: string): MemberFacts => ({
  node: node as NodeId,
  network: "n",
  principal: node,
  roles: [],
  serial: "1",
  notAfterMs: 1,
});
const [a, b, c] = ["a", "b", "c"] as NodeId[] as [NodeId, NodeId, NodeId];

/** Two nodes wired back to back. */
function pair() {
  const refusedCodes: string[] = [];
  const nodes = new Map<NodeId, Inquiries>();
  const make = (self: NodeId) =>
    createInquiries({
      async send(to, body): Promise<Result<void>> {
        queueMicrotask(() => nodes.get(to)?.onMessage(facts(self), body));
        return accept(undefined);
      },
      answer: (_, question) =>
        question.type === "ping" ? { type: "pong", nowMs: 7 } : { type: "refused", code: "no" },
      refused: (_, refusal) => refusedCodes.push(refusal.code),
    });
  for (const node of [a, b]) nodes.set(node, make(node));
  return { nodes, refusedCodes };
}

test("a question gets its answer, a refused one its code", async () => {
  const { nodes } = pair();
  expect(await nodes.get(a)!.ask(b, { type: "ping" })).toEqual({ ok: true, value: { type: "pong", nowMs: 7 } });
  const query = "0".repeat(32) as never;
  expect(await nodes.get(a)!.ask(b, { type: "receipts", query })).toMatchObject({
    ok: false,
    code: "inquiry-refused",
    detail: "no",
  });
});

test("silence ends in no-answer, and nobody else can answer in the other's place", async () => {
  const { nodes } = pair();
  const waiting = nodes.get(a)!.ask(c, { type: "ping" }, 50);
  nodes.get(a)!.onMessage(facts(b), encodeInquiry({ type: "answer", number: 1, reply: { type: "pong", nowMs: 1 } }));
  expect(await waiting).toMatchObject({ ok: false, code: "no-answer", blame: c });
});

test("junk is refused by code", () => {
  const { nodes, refusedCodes } = pair();
  nodes.get(a)!.onMessage(facts(b), new Uint8Array([1, 2, 3]));
  expect(refusedCodes).toEqual(["malformed"]);
});

test("what is no answer ends the wait for the one who gave it, and for nobody else", async () => {
  const { nodes } = pair();
  const asking = nodes.get(a)!;
  const [first, second, other] = [1, 2, 3].map((number) => asking.ask(number === 3 ? b : c, { type: "ping" }, 60_000));
  const reply = (number: number) => toCanonical({ type: "answer", number, reply: { type: "receipts", envelopes: 7 } });
  asking.onMessage(facts(c), reply(2));
  expect(await second).toMatchObject({ ok: false, code: "inquiry-malformed", blame: c });
  // Of a question that was another's, or of none, it is still c that has answered.
  asking.onMessage(facts(c), reply(3));
  expect(await first).toMatchObject({ ok: false, code: "inquiry-malformed", blame: c });
  expect(await other).toMatchObject({ ok: true });
});

test("bytes that say nothing are an answer of whoever was asked; a question that cannot be read is none", async () => {
  const { nodes, refusedCodes } = pair();
  const asking = nodes.get(a)!;
  const waiting = asking.ask(c, { type: "ping" }, 60_000);
  asking.onMessage(facts(c), toCanonical({ type: "ask", number: 1, question: { type: "weather" } }));
  asking.onMessage(facts(c), Uint8Array.of(0xff));
  expect(await waiting).toMatchObject({ ok: false, code: "inquiry-malformed" });
  expect(refusedCodes).toHaveLength(2);
});

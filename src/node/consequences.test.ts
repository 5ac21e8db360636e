import { beforeEach, expect, test } from "vitest";
import { type NodeId, type RefusalCode, refuse } from "../core/base/index.ts";
import { createConsequences, senderOf } from "./consequences.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";

const [self, liar, victim] = ["self", "liar", "victim"] as NodeId[] as [NodeId, NodeId, NodeId];
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, refusal() {}, child: () => silent, flush() {} };
let done: string[];
beforeEach(() => {
  done = [];
});
function judge(code: RefusalCode, sender: NodeId | null, blame?: NodeId): string[] {
  const overlay = {
    disconnect: (node: NodeId, why: string) => done.push(`disconnect ${node} ${why}`),
    revoke: (node: NodeId) => done.push(`exclude ${node}`),
  };
  const consequences = createConsequences(self, () => overlay, silent, createMetrics());
  consequences.refused("test", refuse(code, blame === undefined ? {} : { blame }), sender);
  return done;
}

test("the table's consequence falls on the sender", () => {
  expect(judge("malformed", liar)).toEqual(["disconnect liar malformed"]);
  expect(judge("bad-signature", liar, liar)).toEqual(["disconnect liar malformed", "exclude liar"]);
});

test("what is to be ignored, or is nobody's message, has no consequence", () => {
  expect(judge("too-busy", liar)).toEqual([]);
  expect(judge("malformed", null)).toEqual([]);
  expect(judge("malformed", self)).toEqual([]);
});

test("nobody is turned away because somebody else accuses it", () => {
  expect(judge("bad-signature", liar, victim)).toEqual([]);
});

test("a connection that is refused again and again is logged once, and after an hour again", () => {
  const lines: string[] = [];
  const log: Log = {
    ...silent,
    warn: (event) => lines.push(`warn ${event}`),
    debug: (event) => lines.push(`debug ${event}`),
    refusal: (event, { blame }) => lines.push(`info ${event} ${blame}`),
  };
  let nowMs = 0;
  const overlay = { disconnect() {}, revoke() {} };
  const consequences = createConsequences(
    self,
    () => overlay,
    log,
    createMetrics(),
    () => nowMs,
  );
  const knock = (blame: NodeId) => consequences.connectionRefused(refuse("certificate-revoked", { blame }));
  for (const blame of [self, self, liar, liar, self]) knock(blame);
  const again = "debug connection-refused";
  expect(lines).toEqual(["warn node-revoked", again, "info connection-refused liar", again, again]);
  nowMs += 3_600_000;
  knock(liar);
  expect(lines.at(-1)).toBe("info connection-refused liar");
});

test("the sender of a machine's event is found", () => {
  expect(senderOf({ type: "message", from: liar })).toBe(liar);
  expect(senderOf({ type: "message", from: { node: liar } })).toBe(liar);
  expect(senderOf({ type: "wake", tag: "t" })).toBeNull();
});

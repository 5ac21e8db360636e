// The auditing thread: audits at once are kept apart, one that fails takes no other with it, and closing ends them all.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ToldQuery } from "../../../test/support/told-query.ts";
import { type AuditThread, createAuditThread } from "./thread.ts";

let folder: string;
let thread: AuditThread;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-thread-"));
  thread = createAuditThread();
});
afterEach(async () => {
  await thread.close();
  rmSync(folder, { recursive: true, force: true });
});

const one = new ToldQuery();
const other = new ToldQuery();
const judged = (told: ToldQuery, count: number) =>
  thread.session(folder, told.audited, async ({ take, judge }) => {
    await take(told.source.node, told.receipts("source", count));
    await take(told.source.node, one.receipts("sink", 1));
    return judge([]);
  });

it("keeps audits that are under way at once apart, and starts again when all are done", async () => {
  const [first, second] = await Promise.all([judged(one, 2), judged(other, 5)]);
  expect([first.receipts, second.receipts]).toEqual([2, 5]);
  expect(first.leftOut).toMatchObject([{ giver: one.source.node, code: "receipt-foreign", times: 1 }]);
  expect((await judged(one, 3)).receipts).toBe(3);
});

it("says what failed, and goes on with the others", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const failing = thread.session(file, one.audited, async ({ take, keep }) => {
    await take(one.source.node, one.receipts("source", 1));
    return keep();
  });
  const [failed, judgement] = await Promise.all([failing.catch((cause: Error) => cause.message), judged(other, 2)]);
  expect(failed).toMatch(/^the audit failed: E/);
  expect(judgement.receipts).toBe(2);
});

it("ends what is under way when it is closed, and begins nothing more", async () => {
  let reached: (value: unknown) => void = () => {};
  const underWay = new Promise((resolve) => {
    reached = resolve;
  });
  const waiting = thread.session(folder, one.audited, async ({ judge }) => {
    reached(undefined);
    await thread.close();
    return judge([]);
  });
  const ended = expect(waiting).rejects.toThrow("the auditing thread has ended");
  await underWay;
  await ended;
  await expect(judged(one, 1)).rejects.toThrow("shutting down");
});

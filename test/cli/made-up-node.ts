// Daemons whose service is made up, and a folder with query files; they stop after each test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import type { NodeService } from "../../src/sdk/index.ts";
import { type FakeNode, startFakeNode } from "./capture.ts";
import { viewAt } from "./fake-service.ts";

export const cwd = mkdtempSync(join(tmpdir(), "hedgerow-query-"));
writeFileSync(join(cwd, "good.yaml"), "hedgerow: 1\n");
writeFileSync(join(cwd, "cycle.yaml"), "# cycle\n");
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

export const open: FakeNode[] = [];
afterEach(async () => {
  for (const node of open.splice(0)) await node.stop();
});
export async function fake(over: Partial<NodeService> = {}) {
  const node = await startFakeNode(over);
  open.push(node);
  return (...args: string[]) => node.run(args, { cwd });
}

export const otherNode = `12D3Koo${"X".repeat(45)}`;
export async function* never() {
  yield viewAt("running");
  await new Promise(() => {});
}

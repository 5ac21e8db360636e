// hedgerow draw status and draw evidence, and what authority revoke asks for.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawText } from "../../src/cli/render/draw-run.ts";
import { drawViewSchema } from "../../src/sdk/draw-views.ts";
import { capture, type FakeNode, startFakeNode } from "./capture.ts";
import { drawn, drawState } from "./fake-service.ts";

const same = (text: string) => text;
const plain = { bold: same, dim: same, good: same, doubtful: same, bad: same };

let node: FakeNode;
beforeAll(async () => {
  node = await startFakeNode();
});
afterAll(() => node.stop());

it("status tells N with its error, the witnesses, the cache, and who lied", async () => {
  const { exitCode, out } = await node.run(["draw", "status"]);
  expect(exitCode).toBe(0);
  for (const words of [
    "2,010 nodes ± 7.0 % (1,880 to 2,150 with 95 %; from 1,005 in 1/2 of the space)",
    "shall hold 512",
    "by the witnesses of camera; 3 nodes known from there only",
    "proven",
    "signed two statements that contradict each other",
    "draw-silent, 2 times",
  ])
    expect(out).toContain(words);
  expect(JSON.parse((await node.run(["draw", "status", "--json"])).out)).toEqual(drawState);
});

it("run says how many nodes there are as well", async () => {
  const { out } = await node.run(["draw", "run", "--actors", "1"]);
  expect(out).toContain("12 nodes, counted: the cache holds all of them");
});

it("run says that its cost follows from a rule, and what is not in it", async () => {
  const { out } = await node.run(["draw", "run", "--actors", "1"]);
  expect(out).toMatch(/cost +by rule, 22 messages and 20 asymmetric operations of all nodes together\n/);
  const later = drawText(drawViewSchema.parse({ ...drawn, restarts: 1, attempt: 2 }), plain);
  expect(later).toContain("nodes together; not in it: 1 restart, 2 lots in regions too sparse\n");
});

it("evidence writes what proves a lie, and nothing that does not", async () => {
  const file = join(node.folder, "lie.cbor");
  const { exitCode, err } = await node.run(["draw", "evidence", "camera", "--out", file]);
  expect({ exitCode, err }).toMatchObject({ exitCode: 0, err: expect.stringContaining("authority revoke --evidence") });
  expect(readFileSync(file).toString("base64")).toBe("AAAA");
  for (const [name, why] of [
    ["gateway", "proves nothing"],
    ["nobody", "Nothing speaks against it"],
  ] as const) {
    const refused = await node.run(["draw", "evidence", name, "--out", file]);
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain(why);
  }
});

it.each([
  [["authority", "revoke", "--authority", "x"], /Which node/],
  [["authority", "revoke", "12D3", "--authority", "x"], /--reason/],
  [["authority", "revoke", "12D3", "--evidence", "y", "--authority", "x"], /names the node/],
])("%j → 2, with what to give", async (args, next) => {
  const { exitCode, err } = await capture(args);
  expect(exitCode).toBe(2);
  expect(err).toMatch(next);
});

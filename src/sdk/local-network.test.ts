// Whose a network's folder is: one network's at a time, and never a node's own.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockFolder } from "../io/storage/index.ts";
import { claimNetworkFolder, type NetworkFolder, runningIn } from "./local-network.ts";

let folder = "";
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "hedgerow-claim-")), ".hedgerow");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

function claim(): NetworkFolder {
  const claimed = claimNetworkFolder(folder);
  if (!claimed.ok) throw new Error(claimed.code);
  return claimed.value;
}

it("a second network is refused while the first still starts, and nothing of the first is touched", () => {
  const first = claim();
  mkdirSync(join(folder, "authority"));
  expect(claimNetworkFolder(folder)).toMatchObject({
    code: "network-running",
    blame: folder,
    detail: `process ${process.pid}`,
  });
  expect(existsSync(join(folder, "authority"))).toBe(true);
  first.clear();
  first.release();
  expect(existsSync(folder)).toBe(false);
});

it("a node that still runs there keeps its folder, whoever started it", () => {
  mkdirSync(join(folder, "authority"), { recursive: true });
  mkdirSync(join(folder, "meter"));
  const node = lockFolder(join(folder, "meter"));
  expect(runningIn(folder)).toEqual([{ name: "meter", process: process.pid }]);
  expect(claimNetworkFolder(folder)).toMatchObject({
    code: "network-running",
    detail: expect.stringContaining("meter"),
  });
  expect(readdirSync(folder).sort()).toEqual(["authority", "meter"]);
  if (node.ok) node.value.release();
  claim().release();
});

it("no network is made in the folder of a node: its end would take the node's key along", () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "node.yaml"), "hedgerow: 1\n");
  expect(claimNetworkFolder(folder)).toMatchObject({ code: "network-in-node", blame: folder });
  expect(readdirSync(folder)).toEqual(["node.yaml"]);
});

it("a network that was kept is there for the next, what another left is not", () => {
  const first = claim();
  mkdirSync(join(folder, "meter"));
  writeFileSync(join(folder, "meter", "node.yaml"), "hedgerow: 1\n");
  first.release();
  const second = claim();
  expect(second.kept).toEqual([]);
  second.keep();
  second.release();
  expect(claim().kept).toEqual(["meter"]);
});

// How nodes end (issue §3, §7): one daemon per folder; signals drain and leave nothing behind; who started a node takes it
// along; kill -9 of everything loses nothing that was acknowledged.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { connect } from "../../src/sdk/index.ts";
import { packageFile } from "../../src/sdk/package-root.ts";
import {
  collect,
  end,
  eventually,
  isAlive,
  type Live,
  numbers,
  pipeline,
  printed,
  rowsOf,
  run,
  running,
  settledAs,
  startNetwork,
  toAsker,
} from "./network.ts";

describe("a network of four", () => {
  let network: Live;
  beforeAll(async () => {
    network = await startNetwork([
      { name: "meter", roles: ["producer"] },
      { name: "workshop", roles: ["transform"] },
      { name: "gateway", roles: ["exit"] },
      { name: "hermit", roles: ["transform"] },
      { name: "desk", roles: ["analyst"] },
    ]);
  });
  afterAll(() => network?.close());

  it("refuses a second daemon on the same data folder", () => {
    const { folder } = network.node("meter");
    const second = spawnSync(process.execPath, [packageFile("dist/node/main.js"), "--folder", folder], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/^hedgerow: .*(uses|running|another)/i);
    expect(second.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("rows kept at the asker are complete, in order and not doubled after the analyst was killed and started again", async () => {
    const { analyst } = network;
    const { id } = await run(analyst, toAsker({ count: 3_000, everyMs: 2, batch: 3 }));
    await running(analyst, id);
    const seen = async () => rowsOf(await collect(analyst.client.queryResult({ id }))).length;
    for (const rows of [300, 900]) {
      await eventually("rows arrive", async () => ((await seen()) >= rows ? true : undefined));
      const acknowledged = await seen();
      await network.kill("desk");
      await network.restart("desk");
      expect(await seen()).toBeGreaterThanOrEqual(acknowledged);
    }
    const ended = await settledAs(analyst, id, "completed");
    const rows = rowsOf(await collect(analyst.client.queryResult({ id })));
    expect(rows).toEqual(numbers(11, 3_000).map((value) => ({ "reading.value": value })));
    expect(ended.outcome?.undelivered).toBe(0);
    expect(ended.outcome?.reasons.map(({ code }) => code)).not.toContain("batches-lost");
  });

  it("kill -9 of every node at once loses nothing that was acknowledged", async () => {
    const { analyst } = network;
    const { id } = await run(analyst, pipeline({ count: 50 }));
    await settledAs(analyst, id, "completed");
    const hermit = network.node("hermit");
    const revoked = await network.authority.revoke({ node: hermit.status.node, reason: "lost" });
    if (!revoked.ok) throw new Error(revoked.code);
    const base64 = readFileSync(revoked.value.file).toString("base64");
    await analyst.client.importRevocation({ base64 });
    await network.kill("hermit");
    const rest = network.nodes.filter((node) => node !== hermit);
    for (const node of rest)
      await eventually("the revocation is everywhere", async () =>
        (await node.client.peers()).peers.length === rest.length - 1 ? true : undefined,
      );
    const before = (await analyst.client.queryList()).queries.filter(({ outcome }) => outcome !== null);
    expect(before.map((query) => query.id)).toContain(id);
    // Each comes back where it was, as configured nodes do: if all moved at once, nobody could find anybody.
    for (const node of rest) {
      const [address] = (await node.client.status()).addresses;
      const file = join(node.folder, "node.yaml");
      const configuration = parse(readFileSync(file, "utf8"));
      writeFileSync(file, stringify({ ...configuration, listen: [address!.split("/p2p/")[0]] }));
    }
    await Promise.all(rest.map(({ order }) => network.kill(order.name)));
    await Promise.all(rest.map(({ order }) => network.restart(order.name)));
    for (const node of rest)
      await eventually("they are connected", async () =>
        (await node.client.status()).peers.connected === rest.length - 1 ? true : undefined,
      );
    const after = (await analyst.client.queryList()).queries;
    expect(after.filter(({ outcome }) => outcome !== null)).toEqual(before);
    expect(await analyst.client.queryShow({ id })).toMatchObject({
      phase: "settled",
      outcome: { outcome: "completed" },
    });
    expect(await analyst.client.importRevocation({ base64 })).toMatchObject({ revocations: [{ alreadyKnown: true }] });
    const again = await run(analyst, pipeline({ count: 20 }));
    await settledAs(analyst, again.id, "completed");
    expect(await printed(network.node("gateway"), again.id)).toEqual(numbers(11, 20));
  });

  it("SIGTERM and SIGINT end a node with exit code 0, and leave no process", async () => {
    for (const [name, signal] of [
      ["workshop", "SIGTERM"],
      ["gateway", "SIGINT"],
    ] as const) {
      const node = network.node(name);
      const { pid } = node.process;
      expect(await end(node, signal)).toBe(0);
      expect(isAlive(pid!)).toBe(false);
    }
  });
});

it("nodes end by themselves when who started them is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-e2e-up-"));
  const starter = spawn(process.execPath, [packageFile("bin/hedgerow.js"), "up", "--nodes", "2", "--people", "0"], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, HOME: folder },
  });
  try {
    const places = ["meter", "workshop", "desk"].map((name) => join(folder, ".hedgerow", name));
    const nodes = await Promise.all(
      places.map((place) =>
        eventually(`${place} answers`, async () => {
          const client = connect({ folder: place });
          const status = await client.status().catch(() => undefined);
          client.close();
          return status?.process;
        }),
      ),
    );
    expect(nodes.every(isAlive)).toBe(true);
    const killed = once(starter, "exit");
    starter.kill("SIGKILL");
    await killed;
    for (const node of nodes) await eventually("the node is gone", () => (isAlive(node) ? undefined : true));
  } finally {
    starter.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

// Processors drawn by lot among thirteen processes, through the command that people use (SEP2P §3.4, §3.5).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkRoster } from "../../src/sdk/draw.ts";
import { type DrawView, drawStateSchema, drawViewSchema } from "../../src/sdk/index.ts";
import { type LocalNetwork, startLocalNetwork } from "../../src/sdk/local-network.ts";

const cli = resolve("bin/hedgerow.js");
let folder: string;
let network: LocalNetwork;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-draw-"));
  const venues = Array.from({ length: 11 }, (_, i) => ({ name: `venue-${i}`, roles: ["transform"] as const }));
  network = await startLocalNetwork({
    folder,
    nodes: [...venues, { name: "meter", roles: ["producer"] }, { name: "analyst", roles: ["analyst"] }],
    logLevel: "warn",
  });
  await network.converged();
}, 120_000);

afterAll(async () => {
  await network?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hedgerow = (...args: string[]) =>
  execFileSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    timeout: 60_000, // it holds this thread up, so that the test's own time limit would not end it
    env: { ...process.env, HEDGEROW_NODE: network.analyst.folder },
  });

it("draws, shows what it did, and leaves a roster that verifies offline with 2k operations", () => {
  const file = join(folder, "roster.cbor");
  const view: DrawView = drawViewSchema.parse(
    JSON.parse(hedgerow("draw", "run", "--actors", "4", "--out", file, "--json")),
  );
  expect(view.nodes).toBe(13);
  expect(view.estimate).toMatchObject({ nodes: 13, error: 0, cached: 13, share: 1 });
  expect(view.actors.length).toBe(4);
  expect(view.actors.map(({ name }) => name)).toEqual(expect.arrayContaining([expect.stringContaining("venue")])); // only their certificates let them process
  expect(view.checks.map(({ holds, operations }) => ({ holds, operations }))).toEqual([
    { holds: true, operations: 2 * view.beaconWitnesses.length },
    { holds: true, operations: 2 * view.rosterWitnesses.length },
    { holds: true, operations: 2 * view.beaconWitnesses.length },
  ]);
  const authority = join(network.authority.folder, "authority.crt");
  const checked = JSON.parse(hedgerow("draw", "verify", file, "--authority", authority, "--json"));
  expect(checked.actors).toEqual(view.actors.map(({ node }) => node));
  expect(checked.operations).toBe(2 * view.beaconWitnesses.length);
  expect(hedgerow("draw", "verify", file, "--authority", authority)).toContain("The roster verifies");
});

it("joins through attested caches, and tells what it draws with", async () => {
  const status = () => drawStateSchema.parse(JSON.parse(hedgerow("draw", "status", "--json")));
  for (let tries = 0; status().cache.joinedMs === null && tries < 40; tries++)
    await new Promise((resolve) => setTimeout(resolve, 500));
  const { cache, rows, reports, networkRisk } = status();
  expect(cache.joinedMs).not.toBeNull();
  expect(cache).toMatchObject({ size: 512, vouched: 0 });
  expect(cache.from.map(({ name }) => name)).not.toContain(null);
  expect(rows.map(({ k }) => k)).toEqual([1, 2]);
  expect(networkRisk).toBe(0); // one node alone has nobody to collude with
  expect(reports).toEqual([]);
});

it("puts a query's drawn cell where the lot falls, and the query runs there", async () => {
  const text = readFileSync("examples/drawn-by-lot.yaml", "utf8").replace("at: producer", "at: { node: meter }");
  const asked = { fileName: "drawn-by-lot.yaml", text, files: [] };
  const planned = await network.analyst.client.queryPlan(asked);
  if (planned.at !== "planned") throw new Error(JSON.stringify(planned));
  expect(planned.plan.drawn).toMatchObject({
    processors: 2,
    colluding: 1,
    nodes: 13,
    cells: [{ cell: "plus-one", sees: ["reading.value"] }],
  });
  const answer = await network.analyst.client.queryRun(asked);
  if (answer.at !== "accepted") throw new Error(JSON.stringify(answer));
  const cell = answer.plan.vertices.find(({ id }) => id === "plus-one")!;
  expect(cell.spares.length).toBe(1);
  const rows: unknown[] = [];
  for await (const item of network.analyst.client.queryResult({ id: answer.id, follow: true, from: 0 }))
    if (item.type === "rows") rows.push(...item.rows);
  expect(rows).toEqual(Array.from({ length: 20 }, (_, i) => ({ "reading.value": 11 + i })));
  const shown = await network.analyst.client.queryShow({ id: answer.id });
  expect(shown.outcome?.outcome).toBe("completed");
});

it("draws anew each time, from every node, whoever triggers", async () => {
  const drawn = await Promise.all(network.nodes.slice(0, 4).map(({ client }) => client.draw({ actors: 3 })));
  expect(new Set(drawn.map(({ draw }) => draw)).size).toBe(4);
  for (const { checks } of drawn) expect(checks.every(({ holds }) => holds)).toBe(true);
});

it("refuses a roster that was changed, one of another network, and one for another purpose", async () => {
  const view = await network.analyst.client.draw({ actors: 2, purpose: "cd".repeat(32) as DrawView["purpose"] });
  const roster = Buffer.from(view.roster, "base64");
  const authority = network.authority.certificatePem;
  expect(checkRoster({ roster, authority, purpose: "cd".repeat(32) }).actors.length).toBe(2);
  expect(() => checkRoster({ roster, authority, purpose: "ce".repeat(32) })).toThrow("another query");
  const changed = Buffer.from(roster);
  const name = Buffer.from(view.actors[0]!.node);
  const other = Buffer.from(
    network.nodes.find(({ status }) => !view.actors.some(({ node }) => node === status.node))!.status.node,
  );
  other.copy(changed, changed.indexOf(name));
  expect(() => checkRoster({ roster: changed, authority })).toThrow();
});

it("says how often a trigger may draw, and how many nodes are too few", async () => {
  await expect(network.analyst.client.draw({ actors: 200 })).rejects.toMatchObject({ code: "draw-too-few-processors" });
  const [one] = network.nodes;
  for (let i = 0; i < 12; i++) await one!.client.draw({ actors: 1 }).catch(() => {});
  await expect(one!.client.draw({ actors: 1 })).rejects.toMatchObject({ code: "draw-rate" });
});

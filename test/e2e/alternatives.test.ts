// A query with two plans over real processes: the policy that forbids the first changes after the analyst's node planned
// with what it knew. Nobody looks on; the node goes on by itself, and the first id goes on meaning the query.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { QueryId } from "../../src/core/base/index.ts";
import { type Live, numbers, printed, running, settledAs, startNetwork, until } from "./network.ts";

const open: Live[] = [];
afterAll(() => Promise.all(open.map((network) => network.close())));

const cli = resolve("bin/hedgerow.js");
const plansFor = (attribute: string, from: number) => `
    cells:
      source: { run: source-generator, with: { from: ${from}, count: 0, every_ms: 20, attribute: ${attribute} }, at: producer }
      print: { run: sink-print, from: source, at: exit }`;
const query = `hedgerow: 1
name: where
purpose: demonstration
plans:
  precise:${plansFor("location.precise", 1000)}
  nowhere:
    cells:
      source: { run: source-generator, with: { attribute: location.coarse }, at: { node: attic } }
      print: { run: sink-print, from: source, at: exit }
  coarse:${plansFor("location.coarse", 10)}
`;

/** The meter's owner forbids these while the analyst still believes what the meter said before; who asks cannot know. */
async function askWhileForbidding(live: Live, attributes: readonly string[], ...options: string[]) {
  const [meter, desk] = [live.node("meter"), live.node("desk")];
  const file = join(desk.folder, "where.yaml");
  writeFileSync(file, query);
  await live.kill("meter");
  const command = ["query", "run", file, "--json", ...options];
  const env = { ...process.env, HEDGEROW_NODE: desk.folder };
  const running = promisify(execFile)(process.execPath, [cli, ...command], { timeout: 60_000, env });
  const answered = once(running.child.stdout!, "data");
  const ended = running.catch((failed: { stdout: string; code: number }) => failed);
  const rules = attributes.map((attribute) => ({ effect: "forbid", attribute, reason: "not any more" }));
  const configuration = join(meter.folder, "node.yaml");
  const before = parse(readFileSync(configuration, "utf8"));
  writeFileSync(configuration, stringify({ ...before, policy: { rules } }));
  await answered;
  await live.restart("meter");
  return ended;
}
const linesOf = ({ stdout }: { stdout: string }) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

async function network(): Promise<Live> {
  const started = await startNetwork([
    { name: "meter", roles: ["producer"] },
    { name: "gateway", roles: ["exit"] },
    { name: "desk", roles: ["analyst"], principal: "ann" },
  ]);
  open.push(started);
  return started;
}

it("goes on with plan B though nobody looks on, and stops by the first id", async () => {
  const live = await network();
  const { analyst } = live;
  const [{ id }] = linesOf(await askWhileForbidding(live, ["location.precise"], "--detach")) as [{ id: QueryId }];
  const view = await running(analyst, id);
  expect(view).toMatchObject({ alternative: "coarse" });
  expect(view.id).not.toBe(id);
  expect(view.skipped).toMatchObject([
    { alternative: "precise", tried: id, reasons: [{ code: "attribute-forbidden" }] },
    { alternative: "nowhere", reasons: [{ code: "no-eligible-node" }] },
  ]);
  const gateway = live.node("gateway");
  await until(analyst, id, "records flow", ({ edges }) => edges[0]!.records > 5);
  expect(await analyst.client.queryStop({ id })).toMatchObject({ id: view.id, outcome: { outcome: "stopped" } });
  expect(await printed(gateway, id)).toEqual([]); // of the plan that was refused nothing ever ran
  const lines = await printed(gateway, view.id);
  expect(lines).toEqual(numbers(10, lines.length));
  expect((await analyst.client.queryAudit({ id })).holds).toBe(true);
});

it("is refused with every reason of every plan when all are refused, for who looks on and for who asks later", async () => {
  const live = await network();
  const { analyst } = live;
  const ended = await askWhileForbidding(live, ["location.precise", "location.coarse"]);
  expect(ended).toMatchObject({ code: 1 });
  const told = linesOf(ended);
  expect(told.map(({ type }) => type)).toEqual(["accepted", "refused", "settled"]);
  const id = told[0].id as QueryId;
  expect(told[1]).toMatchObject({ query: id, alternative: "precise", reasons: [{ code: "attribute-forbidden" }] });
  const view = await settledAs(analyst, id, "refused");
  expect(view).toMatchObject({
    alternative: "coarse",
    skipped: [{ alternative: "precise", tried: id }, { alternative: "nowhere" }],
    outcome: { reasons: [{ code: "attribute-forbidden", node: live.node("meter").status.node }] },
  });
  for (const node of live.nodes) expect((await node.client.status()).cells).toBe(0);
});

// Sixty-four whole daemons in one process, over loopback: they know one address, find each other, fall silent (issue §3,
// membership is gossiped once and then only probed), carry a query across three of them, and draw processors by lot (SEP2P §3).
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Digest, QueryId } from "../../src/core/base/index.ts";
import { verifyRoster } from "../../src/core/draw/index.ts";
import type { NodeFunction } from "../../src/core/model/index.ts";
import { type Daemon, startDaemon } from "../../src/node/index.ts";
import type { Log } from "../../src/node/log.ts";
import { serviceOf } from "../../src/node/service.ts";
import { type Authority, createAuthority, enrolNode } from "../../src/sdk/authority.ts";
import type { QueryView, ResultItem } from "../../src/sdk/index.ts";
import { value } from "./overlay-network.ts";

const nodes = 64;
/** Started at once: signing, key exchange and dialling of one group are over before the next begins. */
const groupSize = 5;
/** A wait that takes this long has failed. */
const patienceMs = 180_000;
const silentForMs = 2_000;

/** So many colluding nodes that witnesses come from a part of the network only. */
const draw = { colluding: 2, alpha: 1e-3 };

const daemons: Daemon[] = [];
const faults: string[] = [];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-64-"));
  const authority = await createAuthority({ network: "many.test", folder: join(folder, "authority"), draw });
  await startNode(authority, 0, []);
  const seeds = daemons[0]!.overlay.addresses().slice(0, 1);
  for (let first = 1; first < nodes; first += groupSize) {
    const group = Array.from({ length: Math.min(groupSize, nodes - first) }, (_, i) => first + i);
    await Promise.all(group.map((index) => startNode(authority, index, seeds)));
  }
}, patienceMs);

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  rmSync(folder, { recursive: true, force: true });
}, patienceMs);

it("every node learns of every other from one address", { timeout: patienceMs }, async () => {
  const everyone = daemons.map((daemon) => daemon.identity.facts.node).sort();
  expect(new Set(everyone).size).toBe(nodes);
  await until("everybody knows everybody", async () =>
    daemons.every((daemon) => daemon.members.records().length === nodes),
  );
  for (const daemon of daemons) {
    const known = daemon.members.records().map((record) => record.node);
    expect([...known].sort()).toEqual(everyone);
  }
});

it("nothing is told any more once everybody knows", { timeout: patienceMs }, async () => {
  let before = await sent();
  await until("nobody tells anything", async () => {
    await pause(silentForMs);
    const last = before;
    before = await sent();
    return before.tell === last.tell;
  });
  await pause(silentForMs);
  const after = await sent();
  const { probe: _, alive: __, ...spoken } = after;
  const { probe: ___, alive: ____, ...earlier } = before;
  expect(after.tell).toBeGreaterThan(0); // the counter counts
  expect(spoken).toEqual(earlier);
});

it("a query runs across three of them", { timeout: patienceMs }, async () => {
  const asker = daemons.find((daemon) => daemon.identity.facts.roles.includes("analyst"))!;
  const service = serviceOf(asker, () => {});
  const context = { signal: AbortSignal.timeout(patienceMs) };
  const answer = value(
    await service.queryRun({ fileName: "numbers.yaml", text: query, files: [], parameters: [], settings: {} }, context),
  );
  if (answer.at === "faulty") throw new Error(JSON.stringify(answer.faults));
  let view: QueryView | undefined;
  await until("the query settles", async () => {
    view = value(await service.queryShow({ id: answer.id as QueryId }, context)) as QueryView;
    return view.phase === "settled";
  });
  expect(view!.outcome).toMatchObject({ outcome: "completed", reasons: [], undelivered: 0 });
  expect(new Set(view!.vertices.map((vertex) => vertex.node)).size).toBe(3);
  const items: ResultItem[] = [];
  for await (const item of value(
    await service.queryResult({ id: answer.id as QueryId, follow: false, from: 0 }, context),
  ))
    items.push(item as ResultItem);
  const rows = items.flatMap((item) => (item.type === "rows" ? item.rows : []));
  expect(rows).toEqual(Array.from({ length: 200 }, (_, i) => ({ "reading.value": 11 + i })));
});

it("draws by lot, whoever triggers: in regions, with few witnesses, verified by somebody else", {
  timeout: patienceMs,
}, async () => {
  const regions = new Set<number>();
  const actors = new Set<string>();
  for (const trigger of daemons.slice(0, 8)) {
    const drawn = value(await trigger.draws.draw("ab".repeat(32) as Digest, 5));
    const judge = daemons[20]!;
    const verified = value(
      verifyRoster(drawn.roster, judge.draws.rules, judge.draws.freshPorts, { nowMs: Date.now() }),
    );
    expect(verified.actors.length).toBe(5);
    const k = verified.witnesses.length;
    regions.add(judge.draws.rules.sizeOf(k));
    for (const actor of verified.actors) actors.add(actor);
  }
  expect(Math.min(...regions)).toBeLessThan(1);
  expect(actors.size).toBeGreaterThan(8); // not always the same
});

it("all of them end, and let go of their folders", { timeout: patienceMs }, async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  for (const daemon of daemons) expect(existsSync(join(daemon.folder, "lock"))).toBe(false);
  expect(faults).toEqual([]);
});

const query = `hedgerow: 1
name: numbers
purpose: demonstration
cells:
  numbers:
    run: source-generator
    with: { from: 10, count: 200, every_ms: 0, batch: 8, attribute: reading.value }
    at: producer
  plus-one: { run: increment, from: numbers, with: { attribute: reading.value }, at: transform }
  keep: { run: sink-result, from: plus-one, at: asker }
`;

async function startNode(authority: Authority, index: number, seeds: readonly string[]): Promise<void> {
  const name = `node-${index}`;
  const functions: NodeFunction[] =
    index === nodes - 1 ? [] : [(["producer", "transform", "exit"] as const)[index % 3]!];
  const own = join(folder, name);
  await enrolNode(authority, own, { principal: name, roles: functions.length === 0 ? ["analyst"] : functions });
  const configuration = {
    hedgerow: 1,
    name,
    functions,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    edges: { host: "127.0.0.1", port: 0 },
    seeds: [...seeds],
    policy: { rules: [] },
    equipment: [],
    log: { level: "error" },
  };
  writeFileSync(join(own, "node.yaml"), stringify(configuration));
  daemons.push(value(await startDaemon(own, { log: keepingFaults(name) })));
}

/** Says nothing, and remembers what should not have happened. */
function keepingFaults(name: string): Log {
  const keep = (event: string, fields: object = {}) => void faults.push(`${name}: ${event} ${JSON.stringify(fields)}`);
  const quiet = () => {};
  const log: Log = {
    debug: quiet,
    info: quiet,
    warn: keep,
    error: keep,
    refusal(event, refusal) {
      // Two that dial each other at once keep one connection; on a busy machine the other ends in mid-admission.
      if (refusal.code !== "admission-cut-short" && refusal.code !== "admission-timeout") keep(event, refusal);
    },
    child: () => log,
    flush: quiet,
  };
  return log;
}

/** Membership messages that all nodes together have sent, by type. */
async function sent(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const daemon of daemons) {
    for (const { labels, value: count } of (await daemon.metrics.messages.get()).values) {
      if (labels.area === "membership") sums[labels.type!] = (sums[labels.type!] ?? 0) + count;
    }
  }
  return sums;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never happened: ${what}`);
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Membership (PBDS §6.1) over eight real processes: one known address suffices, then silence; departures, moves, revocation.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LocalNode } from "../../src/sdk/local-network.ts";
import { eventually, type Live, metric, pause, pipeline, refusal, run, running, startNetwork } from "./network.ts";

let network: Live;
beforeAll(async () => {
  network = await startNetwork([
    { name: "seed", roles: ["transform"] },
    ...["one", "two", "three", "four"].map((name) => ({ name, roles: ["producer" as const] })),
    { name: "five", roles: ["exit"] },
    { name: "six", roles: ["exit"] },
    { name: "desk", roles: ["analyst"] },
  ]);
});
afterAll(() => network?.close());

const names = (nodes: readonly { name: string }[]) => nodes.map(({ name }) => name).sort();
const knownTo = async (node: LocalNode) => names((await node.client.peers()).peers);
const told = (node: LocalNode) => metric(node, "hedgerow_messages_sent_total", 'area="membership",type="tell"');

it("eight processes that know one address know each other, and are silent", async () => {
  for (const node of network.nodes) {
    const others = names(network.nodes.filter((other) => other !== node).map(({ order }) => order));
    expect(await knownTo(node)).toEqual(others);
  }
  // Nothing is told any more: the counters of three looks, half a second apart (five flush intervals), are the same.
  const sums = async () => Promise.all(network.nodes.map(told));
  await eventually("gossip is silent", async () => {
    const before = await sums();
    await pause(500);
    return String(before) === String(await sums()) ? true : undefined;
  });
  const before = await sums();
  await pause(1_000);
  expect(await sums()).toEqual(before);
  expect(before.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
});

it("a node that moved to another port is known again; one that died is forgotten; a revoked one is excluded", async () => {
  // All three at once: noticing a death takes half a minute, and the others happen meanwhile.
  const { analyst } = network;
  await network.kill("one");
  const [moved, revoked] = [network.node("two"), network.node("three")];
  const standing = network.nodes.filter((node) => node !== network.node("one") && node !== revoked);

  const old = (await moved.client.status()).addresses;
  await network.kill("two");
  await network.restart("two");
  const fresh = (await moved.client.status()).addresses;
  expect(fresh).not.toEqual(old);
  for (const node of standing.filter((other) => other !== moved))
    await eventually(`${node.order.name} knows where two is now`, async () => {
      const record = (await node.client.peers()).peers.find(({ name }) => name === "two");
      return record?.liveness === "alive" && String(record.addresses) === String(fresh) ? true : undefined;
    });

  // It takes part in a query when it is revoked.
  const { id } = await run(analyst, pipeline({ everyMs: 20, producer: "{ node: three }" }));
  await running(analyst, id);
  const issued = await network.authority.revoke({ node: revoked.status.node, reason: "stolen" });
  if (!issued.ok) throw new Error(issued.code);
  const base64 = readFileSync(issued.value.file).toString("base64");
  const taken = await network.node("seed").client.importRevocation({ base64 });
  expect(taken.revocations).toMatchObject([{ node: revoked.status.node, alreadyKnown: false }]);
  for (const node of standing) {
    await eventually(`${node.order.name} has excluded three`, async () => {
      const { peers } = await node.client.peers();
      return peers.some(({ name }) => name === "three") ? undefined : true;
    });
    const connected = (await node.client.status()).peers.connected;
    expect(connected).toBeLessThanOrEqual(standing.length - 1);
  }
  // It can do nothing but the handshake: every door it knocks at is shut, and says why.
  for (const node of standing.slice(0, 2)) {
    const [address] = (await node.client.status()).addresses;
    const shut = await refusal(revoked.client.connect({ address: address! }));
    expect(shut.code).toMatch(/revoked/);
  }
  await eventually("it has lost every connection", async () =>
    (await revoked.client.status()).peers.connected === 0 ? true : undefined,
  );
  const planned = await analyst.client.queryPlan({ fileName: "q", text: pipeline({ producer: "{ node: three }" }) });
  expect(planned).toMatchObject({ at: "faulty" });
  const again = await network.node("four").client.importRevocation({ base64 });
  expect(again.revocations).toMatchObject([{ alreadyKnown: true }]);

  // The query has lost its source for good: it is degraded, and says so.
  const damaged = await eventually("the query is degraded", async () => {
    const view = await analyst.client.queryShow({ id });
    return view.phase === "degraded" ? view : undefined;
  });
  expect(damaged.reasons.map(({ vertex }) => vertex)).toContain("numbers");
  await analyst.client.queryStop({ id });

  await network.kill("three");
  await network.restart("three");
  for (const node of standing)
    await eventually(`${node.order.name} has forgotten one`, async () =>
      (await knownTo(node)).includes("one") ? undefined : true,
    );
  for (const node of standing) expect(await knownTo(node)).not.toContain("three");
  // Whoever asks hears who is gone, and how: it is no riddle where a node went.
  const { departed } = await analyst.client.peers();
  expect(departed.filter(({ name }) => name === "one")).toMatchObject([{ how: "died" }]);
  expect((await revoked.client.status()).peers.connected).toBe(0);
  const { healthy, checks } = await revoked.client.health();
  expect(healthy).toBe(false);
  expect(checks.find(({ name }) => name === "peers")?.detail).toMatch(/revoked/);
});

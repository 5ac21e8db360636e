// What a role may do is checked on receipt (DESIGN §1, PBDS §6.2): only an analyst of this network, and only the one who
// asked, may change a query. Where the local API offers no such thing, a node of our own speaks the protocol.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeMessage, encodeMessage, type Message } from "../../src/core/lifecycle/index.ts";
import { createSoftwareEvidence } from "../../src/io/enclave/index.ts";
import { createOverlay, type Overlay } from "../../src/io/overlay/index.ts";
import { enrolNode } from "../../src/sdk/authority.ts";
import { nodeKeyIn } from "../../src/sdk/node-folder.ts";
import { eventually, type Live, numbers, pipeline, printed, refusal, run, running, startNetwork } from "./network.ts";

let network: Live;
const overlays: Overlay[] = [];
beforeAll(async () => {
  network = await startNetwork([
    { name: "meter", roles: ["producer"] },
    { name: "workshop", roles: ["transform"] },
    { name: "gateway", roles: ["exit"] },
    { name: "desk", roles: ["analyst"], principal: "ann" },
  ]);
});
afterAll(async () => {
  await Promise.all(overlays.map((overlay) => overlay.stop()));
  await network?.close();
});

/** A member of the network that speaks as it pleases. */
async function speaker(name: string, principal: string, roles: ("analyst" | "transform")[]) {
  const folder = join(network.folder, name);
  await enrolNode(network.authority, folder, { principal, roles });
  const key = await nodeKeyIn(folder);
  const overlay = await createOverlay({
    network: network.authority.network,
    key,
    certificate: readFileSync(join(folder, "node.crt"), "utf8"),
    authority: network.authority.certificate,
    evidence: createSoftwareEvidence(key, "test"),
    listen: ["/ip4/127.0.0.1/tcp/0"],
  });
  overlays.push(overlay);
  const heard: Message[] = [];
  overlay.onMessage((_, area, body) => {
    const message = area === "lifecycle" ? decodeMessage(body) : undefined;
    if (message?.ok) heard.push(message.value);
  });
  return { overlay, heard };
}

it("a venue's node plans, runs and stops no queries", async () => {
  const text = { fileName: "q", text: pipeline({}) };
  for (const name of ["meter", "workshop", "gateway"]) {
    const { client } = network.node(name);
    expect(await refusal(client.queryRun(text))).toMatchObject({ code: "node-not-analyst" });
    expect(await refusal(client.queryPlan(text))).toMatchObject({ code: "node-not-analyst" });
    expect(await refusal(client.queryAttach({ id: "f".repeat(32) as never }))).toMatchObject({
      code: "node-not-analyst",
    });
  }
});

it("nobody but its analyst changes a query: not another analyst, not a venue's node", async () => {
  const { analyst } = network;
  const { id, plan } = await run(analyst, pipeline({ everyMs: 5 }));
  await running(analyst, id);
  for (const node of ["meter", "workshop", "gateway"])
    expect(await refusal(network.node(node).client.queryStop({ id }))).toMatchObject({ code: "query-not-asked-here" });
  const speakers = [await speaker("rival", "bob", ["analyst"]), await speaker("mole", "ann", ["transform"])];
  for (const { overlay, heard } of speakers) {
    for (const [i, vertex] of plan.vertices.entries()) {
      const node = network.nodes.find(({ status }) => status.node === vertex.node)!;
      const { addresses } = await node.client.status();
      const head = { query: id, term: 900, command: 1_000 + i };
      const refusals = () => metricOf(node.client.metrics());
      const commands: Message[] = [
        { type: "drain", ...head, vertex: vertex.id, incarnation: 0, ended: [] },
        { type: "discard", ...head, vertex: vertex.id, incarnation: 0 },
        { type: "abort", ...head, reason: { code: "stopped-by-analyst" } },
        { type: "watch", ...head, full: true },
        { type: "close", ...head },
      ];
      for (const command of commands) {
        // Each is refused, and the connection cut: a member may come again, and is refused again.
        const before = await refusals();
        expect((await overlay.connect(addresses)).ok).toBe(true);
        expect((await overlay.send(vertex.node, "lifecycle", encodeMessage(command))).ok).toBe(true);
        await eventually(`${command.type} is refused`, async () => ((await refusals()) > before ? true : undefined));
      }
    }
    // No plan, no keys, no evidence: at most the reason why not.
    expect(heard.map(({ type }) => type).filter((type) => type !== "refusal")).toEqual([]);
  }
  const flowing = await printed(network.node("gateway"), id);
  await eventually("it flows on", async () =>
    (await printed(network.node("gateway"), id)).length > flowing.length + 20 ? true : undefined,
  );
  expect(await analyst.client.queryStop({ id })).toMatchObject({ outcome: { outcome: "stopped", undelivered: 0 } });
  const lines = await printed(network.node("gateway"), id);
  expect(lines).toEqual(numbers(11, lines.length));
});

async function metricOf(text: Promise<string>): Promise<number> {
  const lines = (await text).split("\n").filter((line) => line.startsWith("hedgerow_refusals_total{"));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

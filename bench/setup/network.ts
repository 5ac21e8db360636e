// Queries on a local network of node processes, as the set-up benchmark asks them.
import { membershipLimits } from "../../src/core/membership/index.ts";
import type { LocalNetwork, LocalNode } from "../../src/sdk/local-network.ts";

const pollMs = 50;
/** The receipts of a settled query are collected after its end: the next one begins when that is over. */
const restMs = 250;
const patienceMs = 60_000;

type Submission = Parameters<LocalNode["client"]["queryRun"]>[0];

/** An endless source, an increment and a printing sink, each on one of the three nodes. */
export function pipelineOn([source, transform, sink]: readonly LocalNode[]): Submission {
  const text = `hedgerow: 1
name: three-nodes
purpose: demonstration
cells:
  numbers:
    run: source-generator
    with: { from: 10, every_ms: 1000, attribute: reading.value }
    at: { node: ${source!.order.name} }
  plus-one: { run: increment, from: numbers, with: { attribute: reading.value }, at: { node: ${transform!.order.name} } }
  print: { run: sink-print, from: plus-one, at: { node: ${sink!.order.name} } }
`;
  return { text, fileName: "setup.yaml", files: [] };
}

/** Milliseconds from the arrival of the request at the analyst's node to running, as that node measured them. */
export async function setUp(analyst: LocalNode, query: Submission): Promise<number> {
  const answer = await analyst.client.queryRun(query);
  if (answer.at === "faulty") throw new Error(answer.faults.map((fault) => fault.message).join("; "));
  for (;;) {
    // Seldom, and of the analyst's node alone: what is measured is the set-up, not that somebody watches it.
    await pause(pollMs);
    const { queries } = await analyst.client.queryList();
    const mine = queries.find((query) => query.id === answer.id);
    if (mine === undefined || mine.outcome !== null) throw new Error(`it never ran: ${mine?.outcome}`);
    if (mine.setupMs === null) continue;
    await analyst.client.queryStop({ id: answer.id });
    await pause(restMs);
    return mine.setupMs;
  }
}

/** Venues that the analyst knows and holds no connection to. */
export async function disconnectedVenues(network: LocalNetwork): Promise<LocalNode[]> {
  const { peers } = await network.analyst.client.peers();
  const cold = new Set(peers.filter((peer) => !peer.connected).map((peer) => peer.name));
  return network.nodes.filter(({ order }) => cold.has(order.name));
}

/** Resolves when the connections that joining made are hung up: the analyst's neighbours are left. */
export async function withoutStrays(analyst: LocalNode): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { peers } = await analyst.client.peers();
    if (peers.filter((peer) => peer.connected).length <= membershipLimits.maxNeighbours) return;
    if (performance.now() > deadline) throw new Error("the analyst keeps too many connections");
    await pause(10 * pollMs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// A network of real node processes for one test file, and the words in which these tests speak of it.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueryId } from "../../src/core/base/index.ts";
import { ApiRefusal, type Outcome, type PlanView, type QueryView, type ResultItem } from "../../src/sdk/index.ts";
import {
  complaintsIn,
  type LocalNetwork,
  type LocalNode,
  type LocalNodeOrder,
  startLocalNetwork,
} from "../../src/sdk/local-network.ts";
import { readSubmission } from "../../src/sdk/query.ts";

/** A wait that takes this long has failed: longer than the life cycle needs to give a node up and place its cells anew. */
const patienceMs = 45_000;
const pollMs = 20;

export interface Live extends LocalNetwork {
  /** Ends the nodes and removes their folders. */
  close(): Promise<void>;
}

export async function startNetwork(orders: readonly LocalNodeOrder[]): Promise<Live> {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-e2e-"));
  try {
    const network = await startLocalNetwork({ folder, nodes: orders, network: "e2e.test" });
    await network.converged();
    return Object.assign(network, {
      async close() {
        await network.stop();
        // A node that ended by a fault of its own says so here, and nowhere else.
        const complaints = network.nodes.map(({ folder: of }) => complaintsIn(of)).filter((text) => text !== "");
        rmSync(folder, { recursive: true, force: true });
        if (complaints.length > 0) throw new Error(`nodes complained: ${complaints.join("\n")}`);
      },
    });
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again until the answer is one; what it was last is in the error. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`it never happened: ${what}`);
    await pause(pollMs);
  }
}

let written = 0;

/** Runs a query given as text (or the path of a file) and answers its id and plan; faults are an error. */
export async function run(analyst: LocalNode, query: string): Promise<{ id: QueryId; plan: PlanView }> {
  const file = query.includes("\n") ? join(analyst.folder, `query-${++written}.yaml`) : query;
  if (file !== query) writeFileSync(file, query);
  const answer = await analyst.client.queryRun(readSubmission(file));
  if (answer.at === "faulty") throw new Error(`faulty: ${answer.faults.map((fault) => fault.message).join("; ")}`);
  return answer;
}

export async function until(
  node: LocalNode,
  id: QueryId,
  what: string,
  holds: (view: QueryView) => boolean,
): Promise<QueryView> {
  let last: QueryView | undefined;
  const asked = async () => {
    last = await node.client.queryShow({ id });
    return holds(last) ? last : undefined;
  };
  return eventually(what, asked).catch((cause) => {
    throw new Error(`${what}; it is ${JSON.stringify(last, null, 1)}`, { cause });
  });
}

export const running = (node: LocalNode, id: QueryId) =>
  until(node, id, "the query runs", (view) => {
    if (view.phase === "settled") throw new Error(`it settled: ${JSON.stringify(view.outcome)}`);
    return view.phase === "running";
  });

export const settled = (node: LocalNode, id: QueryId) =>
  until(node, id, "the query settles", (view) => view.phase === "settled");

export async function settledAs(node: LocalNode, id: QueryId, outcome: Outcome): Promise<QueryView> {
  const view = await settled(node, id);
  if (view.outcome?.outcome !== outcome) throw new Error(`not ${outcome}: ${JSON.stringify(view.outcome)}`);
  return view;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What the sink printed on its node, as numbers. */
export async function printed(sink: LocalNode, id: QueryId): Promise<number[]> {
  const items = await collect(sink.client.queryResult({ id }));
  return items.flatMap((item) => (item.type === "line" ? [Number(item.text)] : []));
}

export function rowsOf(items: readonly ResultItem[]): Record<string, unknown>[] {
  return items.flatMap((item) => (item.type === "rows" ? item.rows : []));
}

export function nodeOf(network: LocalNetwork, view: QueryView, vertex: string): LocalNode {
  const { node } = view.vertices.find(({ id }) => id === vertex)!;
  return network.nodes.find(({ status }) => status.node === node)!;
}

export async function refusal(work: Promise<unknown>): Promise<ApiRefusal> {
  const error = await work.then(
    (value) => value,
    (cause: unknown) => cause,
  );
  if (error instanceof ApiRefusal) return error;
  throw new Error(`not refused: ${JSON.stringify(error) ?? String(error)}`);
}

/** One number out of a node's metrics; 0 when it was never counted. */
export async function metric(node: LocalNode, name: string, labels = ""): Promise<number> {
  const wanted = labels === "" ? `${name} ` : `${name}{${labels}} `;
  const line = (await node.client.metrics()).split("\n").find((each) => each.startsWith(wanted));
  return line === undefined ? 0 : Number(line.slice(wanted.length));
}

/** Ends a node by a signal; its exit code. */
export async function end(node: LocalNode, signal: "SIGTERM" | "SIGINT"): Promise<number | null> {
  const ended = once(node.process, "exit");
  node.process.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}

export function isAlive(process: number): boolean {
  try {
    globalThis.process.kill(process, 0);
    return true;
  } catch {
    return false;
  }
}

/** from, from + 1, … (count of them) */
export function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

interface Flow {
  /** 0 or absent: endless. */
  readonly count?: number;
  readonly everyMs?: number;
  readonly batch?: number;
  readonly from?: number;
  readonly producer?: string;
  readonly transform?: string;
}

/** The paper's pipeline: a source, an increment, a printing sink. */
export function pipeline(flow: Flow, sink = "run: sink-print, from: plus-one, at: exit"): string {
  const { count = 0, everyMs = 0, batch = 1, from = 10, producer = "producer", transform = "transform" } = flow;
  return `hedgerow: 1
name: numbers
purpose: demonstration
cells:
  numbers:
    run: source-generator
    with: { from: ${from}, count: ${count}, every_ms: ${everyMs}, batch: ${batch}, attribute: reading.value }
    at: ${producer}
  plus-one:
    at: ${transform}
    run: increment
    from: numbers
    with: { attribute: reading.value }
  print: { ${sink} }
`;
}

/** The same with its result kept at the asker. */
export function toAsker(flow: Flow): string {
  return pipeline(flow, "run: sink-result, from: plus-one, at: asker");
}

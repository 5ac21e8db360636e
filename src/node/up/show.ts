// The show of `npm start`: the paper's pipeline, an operator of one's own, a query that the policy refuses, and the audit.
// Everything it says it has just asked the nodes; it returns false when any part did not go as it should.

import { within } from "../../io/runtime/index.ts";
import type { QueryView } from "../../sdk/index.ts";
import type { LocalNetwork } from "../../sdk/local-network.ts";
import { packageFile } from "../../sdk/package-root.ts";
import { readSubmission } from "../../sdk/query.ts";
import { audit } from "./audit-act.ts";
import { askPeople } from "./show-people.ts";
import type { Voice } from "./voice.ts";

/** Printed lines that are shown of each query. */
const shownLines = 5;
const queryTimeoutMs = 60_000;

export async function show(network: LocalNetwork, voice: Voice, signal: AbortSignal): Promise<boolean> {
  const acts = [
    ...(network.nodes.some(({ order }) => order.people !== undefined)
      ? [() => askPeople(network, voice, signal, "examples/pilots-sick-leave.sql")]
      : []),
    () =>
      runExample(
        network,
        voice,
        signal,
        "The paper's pipeline: 10 becomes 11",
        "examples/ten-becomes-eleven.yaml",
        "11",
      ),
    () =>
      runExample(
        network,
        voice,
        signal,
        "An operator of one's own, in WebAssembly",
        "examples/own-operator.yaml",
        "1001",
      ),
    () => refusedExample(network, voice, "A query that a policy refuses", "examples/refused-by-policy.yaml"),
    () => runExample(network, voice, signal, "The same, with a plan B", "examples/precise-or-coarse.yaml", "4"),
    () => throughput(network, voice, signal, "How fast", "examples/throughput.yaml"),
  ];
  let good = true;
  for (const act of acts) {
    if (signal.aborted) return good;
    good = (await act()) && good;
  }
  return good;
}

async function runExample(
  network: LocalNetwork,
  voice: Voice,
  signal: AbortSignal,
  title: string,
  file: string,
  expected: string,
): Promise<boolean> {
  const { client } = network.analyst;
  const limit = within(queryTimeoutMs, signal);
  voice.title(title);
  voice.say(`hedgerow query run ${file}`);
  const accepted = await client.queryRun(readSubmission(packageFile(file)));
  if (accepted.at === "faulty") {
    for (const fault of accepted.faults) voice.fault(`${fault.file}:${fault.line}: ${fault.message}`);
    return false;
  }
  const { id, plan } = accepted;
  for (const { alternative, reasons } of plan.skipped)
    voice.say(`not the plan "${alternative}": ${reasons[0]?.detail ?? reasons[0]?.sentence ?? ""}`);
  let running: QueryView | undefined;
  for await (const view of client.queryWatch({ id }, { signal: limit })) {
    running = view;
    if (view.phase === "running" || view.phase === "settled") break;
  }
  if (running === undefined || running.setupMs === null) {
    voice.fault(`it did not run: ${running?.outcome?.reasons[0]?.sentence ?? "no reason was given"}`);
    return false;
  }
  voice.good(`running, ${running.setupMs.toFixed(1)} ms after it was asked`);
  for (const vertex of running.vertices) {
    voice.row([
      `cell ${vertex.id}`,
      vertex.operator + (vertex.own ? " (own)" : ""),
      `on ${vertex.nodeName}`,
      sees(plan, vertex.node),
    ]);
  }
  voice.table();
  const printed = await showValues(network, voice, limit, running);
  if (printed[0] !== expected) voice.fault(`the first line had to be ${expected}`);
  const stopped = await client.queryStop({ id }, { signal: limit });
  const undelivered = stopped.outcome?.undelivered ?? 0;
  voice.say(`stopped from its source on, draining what was in flight: ${undelivered} batches undelivered`);
  return (
    (await audit(network, voice, stopped)) &&
    stopped.outcome?.outcome === "stopped" &&
    undelivered === 0 &&
    printed[0] === expected
  );
}

/** To the end, unthrottled: records per second from running to settled. */
async function throughput(
  network: LocalNetwork,
  voice: Voice,
  signal: AbortSignal,
  title: string,
  file: string,
): Promise<boolean> {
  const { client } = network.analyst;
  const limit = within(queryTimeoutMs, signal);
  voice.title(title);
  voice.say(`hedgerow query run ${file}`);
  const accepted = await client.queryRun(readSubmission(packageFile(file)));
  if (accepted.at === "faulty") {
    voice.fault(accepted.faults[0]?.message ?? "it has faults");
    return false;
  }
  let runningMs: number | undefined;
  let last: QueryView | undefined;
  for await (const view of client.queryWatch({ id: accepted.id }, { signal: limit })) {
    last = view;
    if (view.setupMs !== null) runningMs ??= performance.now();
  }
  const records = last?.vertices.find((vertex) => vertex.kind === "sink")?.recordsIn ?? 0;
  const seconds = (performance.now() - (runningMs ?? performance.now())) / 1_000;
  if (last?.outcome?.outcome !== "completed" || records === 0) {
    voice.fault(`it ended as ${last?.outcome?.outcome ?? "nothing"}: ${last?.outcome?.reasons[0]?.sentence ?? ""}`);
    return false;
  }
  const millions = (count: number) => (count / 1e6).toFixed(2);
  voice.good(
    `${millions(records)} million records of 64 bytes in ${seconds.toFixed(1)} s: ${millions(records / seconds)} million per second ` +
      "through three processes, sealed and receipted",
  );
  return audit(network, voice, last);
}

function sees(plan: { exposure: readonly { node: string; attributes: readonly string[] }[] }, node: string): string {
  return `sees ${plan.exposure.find((exposure) => exposure.node === node)?.attributes.join(", ") ?? "nothing"}`;
}

/** The lines as the sink's node prints them; what went in is what the source's params say it makes. */
async function showValues(
  network: LocalNetwork,
  voice: Voice,
  signal: AbortSignal,
  view: QueryView,
): Promise<string[]> {
  const sink = view.vertices.find((vertex) => vertex.kind === "sink");
  const source = view.vertices.find((vertex) => vertex.kind === "source");
  if (sink === undefined || source === undefined) return [];
  const { client } = network.nodes.find((node) => node.status.node === sink.node) ?? network.analyst;
  const lines: string[] = [];
  for await (const item of client.queryResult({ id: view.id, follow: true }, { signal })) {
    if (item.type === "line") lines.push(item.text);
    if (item.type === "settled" || lines.length >= shownLines) break;
  }
  voice.say(
    `${source.nodeName} makes numbers from ${source.params.from} on; ${sink.nodeName} prints ${lines.join(", ")}, …`,
  );
  return lines;
}

async function refusedExample(network: LocalNetwork, voice: Voice, title: string, file: string): Promise<boolean> {
  voice.title(title);
  voice.say(`hedgerow query run ${file}`);
  const answer = await network.analyst.client.queryRun(readSubmission(packageFile(file)));
  if (answer.at !== "faulty") {
    voice.fault("it was accepted, and should have been refused");
    return false;
  }
  for (const fault of answer.faults)
    voice.good(
      `refused, and nothing was sent: ${fault.message} (${fault.code}, ${fault.file.split("/").at(-1)}:${fault.line})`,
    );
  return answer.faults.some((fault) => fault.code === "attribute-forbidden");
}

// A dataflow tried in this process: planned over invented nodes, fed by invented sensors, its own operators in their sandboxes, and what
// its sinks would write handed to who tries it. No node is asked, and nothing is written.
import { type RefusalCode, sentenceOf, type VertexId } from "../core/base/index.ts";
import { BatchReader, shapeOf } from "../core/batch/index.ts";
import type { Attribute, Column, Dag, OperatorKind, Plan, PlanVertex, Vertex } from "../core/model/index.ts";
import { plan as planQuery } from "../core/query/index.ts";
import { type Rehearsed, type RehearsedCell, rehearse } from "../io/cells/index.ts";
import { createSandbox, startsBodies } from "../io/sandbox/index.ts";
import { catalogue, type PlainValue, plainRecords } from "../operators/index.ts";
import type { Submission } from "./api.ts";
import { inventedNetwork } from "./invented-network.ts";
import { inventedPorts } from "./invented-ports.ts";
import { unitOf } from "./invented-sensors.ts";
import { limits } from "./limits.ts";
import { dataflowOf, skippedViews } from "./query.ts";
import type { FaultView, PlanView } from "./views.ts";

export interface TriedOrder {
  /** Of each source; one that would give more is cut off. */
  readonly records: number;
  /** Of what the sensors give. */
  readonly seed: number;
}

type PlainRecord = Readonly<Record<string, PlainValue>>;

/** What a sink would have kept, printed, written or posted, in the order in which it came. */
export type TriedItem = { readonly invented: true; readonly sequence: number; readonly vertex: VertexId } & Given;
type Given =
  | { readonly type: "rows"; readonly rows: readonly PlainRecord[] }
  | { readonly type: "line"; readonly text: string };

export interface TriedWatch {
  readonly signal?: AbortSignal;
  /** Waited for, so that no more is held than one batch makes. */
  readonly onItems?: (items: readonly TriedItem[]) => Promise<void>;
  /** Records of all sources so far. */
  readonly onRecords?: (records: number) => void;
}

export interface TriedCell extends Omit<RehearsedCell, "vertex"> {
  readonly id: VertexId;
  readonly operator: string;
  readonly kind: OperatorKind;
  /** True for an operator that the analyst brought. */
  readonly own: boolean;
  /** As the query places it; no node was looked for. */
  readonly at: Vertex["placement"];
  readonly inputs: readonly VertexId[];
  /** null for a sink. */
  readonly produces: readonly (Column & { readonly unit: string | null })[] | null;
  /** Of a sensor that was invented, or an outlet: its name. */
  readonly equipment: string | null;
  /** Attributes that came in and do not go on. */
  readonly withheld: readonly Attribute[];
}

export interface TriedFault {
  readonly cell: VertexId;
  readonly operator: string;
  readonly code: RefusalCode;
  readonly sentence: string;
  readonly detail: string;
  /** What it was working on; null before its first batch, at its end, and of a source. */
  readonly batch: {
    readonly number: number;
    readonly records: number;
    readonly first: readonly PlainRecord[];
  } | null;
}

export interface DataflowDryRunView {
  readonly invented: true;
  readonly name: string;
  readonly seed: number;
  /** At most so many from each source. */
  readonly records: number;
  /** The plan that was tried, and all in order of preference. */
  readonly alternative: string;
  readonly alternatives: readonly string[];
  /** Preferred to it, and nowhere to be placed, whatever the network. */
  readonly skipped: PlanView["skipped"];
  /** In the order of the file. */
  readonly cells: readonly TriedCell[];
  /** How long it would have taken its sources. */
  readonly spanMs: number;
  /** null: all went through. */
  readonly fault: TriedFault | null;
}

export async function tryDataflow(
  submission: Submission,
  { records, seed }: TriedOrder,
  { signal, onItems, onRecords }: TriedWatch = {},
): Promise<{ at: "faulty"; faults: readonly FaultView[] } | { at: "tried"; run: DataflowDryRunView }> {
  const read = dataflowOf(submission);
  if (!read.ok) return { at: "faulty", faults: read.faults };
  const { query, positions, bodies } = read;
  const planned = planQuery(query, { ...inventedNetwork(query), positions });
  if (!planned.ok) return { at: "faulty", faults: planned.faults };
  const dag = query.alternatives.find(({ name }) => name === planned.alternative)!;
  const sandbox = createSandbox({ warmWorkers: 0 });
  let fresh: TriedItem[] = [];
  let sequence = 0;
  const keep = (vertex: VertexId, item: Given) => {
    fresh.push({ invented: true, sequence: sequence++, vertex, ...item });
  };
  try {
    const rehearsed = await rehearse({
      plan: planned.plan,
      planDigest: planned.digest,
      bodies,
      operators: catalogue(),
      startBody: startsBodies(sandbox, { explain: true }), // the data is nobody's
      ports: (vertex, clock) =>
        inventedPorts({
          ...{ vertex, clock, seed, sensor: sensorName(vertex, dag) },
          onLine: (text) => keep(vertex.id, { type: "line", text }),
          onBatch: (batch) => keep(vertex.id, { type: "rows", rows: plainRecords(batch, shapeOf(batch)) }),
        }),
      recordsPerSource: records,
      signal,
      async onTurn(made) {
        onRecords?.(made);
        const items = fresh;
        fresh = [];
        if (items.length > 0) await onItems?.(items);
      },
    });
    // What came before a fault has come.
    if (fresh.length > 0) await onItems?.(fresh);
    const alternatives = query.alternatives.map(({ name }) => name);
    const about = {
      name: query.name,
      seed,
      records,
      alternative: dag.name,
      alternatives,
      skipped: skippedViews(planned.skipped),
    };
    return { at: "tried", run: { invented: true, ...about, ...viewOf(rehearsed, planned.plan, dag) } };
  } finally {
    await sandbox.close();
  }
}

/** Two cells that read one sensor of a named node get the same records; what else the query says changes none. */
function sensorName({ id, equipment = "" }: PlanVertex, dag: Dag): string {
  const placement = dag.vertices.find((vertex) => vertex.id === id)!.placement;
  const node = typeof placement === "object" && "node" in placement ? `node ${placement.node}` : `cell ${id}`;
  return `${node} ${equipment}`;
}

function viewOf(
  { cells, spanMs, fault }: Rehearsed,
  plan: Plan,
  dag: Dag,
): Pick<DataflowDryRunView, "cells" | "spanMs" | "fault"> {
  const ran = new Map(cells.map((cell) => [cell.vertex.id, cell]));
  const views = plan.vertices.map((vertex) => cellView(vertex, ran.get(vertex.id), plan, dag));
  if (fault === null) return { cells: views, spanMs, fault };
  const { vertex, refusal, given } = fault;
  const first = given === null ? [] : plainRecords(given, shapeOf(given)).slice(0, limits.maxGivenRecords);
  return {
    cells: views,
    spanMs,
    fault: {
      cell: vertex.id,
      operator: vertex.operator.name,
      code: refusal.code,
      sentence: sentenceOf(refusal.code),
      detail: refusal.detail ?? "",
      batch:
        given === null
          ? null
          : {
              number: ran.get(vertex.id)!.batchesIn,
              records: new BatchReader(given, shapeOf(given)).rows,
              first,
            },
    },
  };
}

const nothing = { batchesIn: 0, recordsIn: 0, batchesOut: 0, recordsOut: 0, ms: 0, cut: false };

function cellView(vertex: PlanVertex, ran: RehearsedCell | undefined, plan: Plan, dag: Dag): TriedCell {
  const { id, operator, inputs, output, equipment } = vertex;
  const { vertex: _, ...counts } = ran ?? { vertex, ...nothing };
  const goesOn = new Set(output?.map((column) => column.name));
  const comesIn = inputs.flatMap((from) => plan.vertices.find((one) => one.id === from)?.output ?? []);
  const withheld = output === null ? [] : comesIn.map(({ name }) => name).filter((name) => !goesOn.has(name));
  return {
    ...counts,
    id,
    operator: operator.name,
    kind: operator.kind,
    own: operator.body !== undefined,
    at: dag.vertices.find((one) => one.id === id)!.placement,
    inputs,
    produces: output?.map((column) => ({ ...column, unit: unitOf(column.name) })) ?? null,
    equipment: equipment ?? null,
    withheld: [...new Set(withheld)],
  };
}

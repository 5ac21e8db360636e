// From a query to a plan (PBDS §5.3, §6.5): the alternatives in order of preference, each vertex on an eligible node,
// the first alternative that the policies in force allow. Nothing has been sent yet when this refuses.
import {
  type Digest,
  didYouMean,
  type Hasher,
  type NodeId,
  type QueryId,
  type Refusal,
  sentenceOf,
  type VertexId,
} from "../base/index.ts";
import {
  type Dag,
  type MemberFacts,
  type NodeRecord,
  type OperatorCatalogue,
  type OperatorDescriptor,
  type OperatorManifest,
  type Plan,
  type PlanVertex,
  type Policy,
  planDigest,
  type Query,
  queryDigest,
  type Vertex,
} from "../model/index.ts";
import { adjacentNodes, checkPair, printable, refusalsOf } from "../policy/index.ts";
import { type Candidates, candidatesFor, describeConsidered, type Network, newestRecords } from "./candidates.ts";
import { shareOut } from "./drawn.ts";
import { type Fault, FaultList, type Positions, positionsWithoutFile } from "./fault.ts";
import { inFlowOrder } from "./graph.ts";
import { readManifest } from "./own-operator.ts";
import { type Placeable, type Placed, type Placement, place } from "./place.ts";
import { sparesFor } from "./spares.ts";
import { addRefusal, functionsFor, ownOperatorsOf, validate } from "./validate.ts";

export interface PlanContext {
  readonly records: readonly NodeRecord[];
  readonly facts?: ReadonlyMap<NodeId, MemberFacts>;
  readonly catalogue: OperatorCatalogue;
  readonly analyst: Plan["analyst"];
  readonly queryId: QueryId;
  readonly network: string;
  readonly hasher: Hasher;
  /** Of the query's file, so that faults name its lines. */
  readonly positions?: Positions;
  /** Only the alternatives behind the one of this name. */
  readonly after?: string;
  /** Drawn for this query's digest, with at least as many processors as `drawnIn` says. */
  readonly roster?: { readonly bytes: Uint8Array; readonly actors: readonly NodeId[] };
}

export interface SkippedAlternative {
  readonly alternative: string;
  readonly faults: readonly Fault[];
}

export type Planned =
  | {
      readonly ok: true;
      readonly plan: Plan;
      readonly digest: Digest;
      readonly alternative: string;
      readonly skipped: readonly SkippedAlternative[];
    }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly skipped: readonly SkippedAlternative[] };

export function plan(query: Query, context: PlanContext): Planned {
  const positions = context.positions ?? positionsWithoutFile(query.alternatives);
  const own = ownOperatorsOf(query, context.hasher);
  const faults = validate(query, context.catalogue, own, positions);
  if (faults.length > 0) return { ok: false, faults, skipped: [] };
  const network: Network = {
    network: context.network,
    analyst: context.analyst.node,
    records: newestRecords(context.records),
    facts: context.facts,
  };
  const digest = queryDigest(query, context.hasher);
  const skipped: SkippedAlternative[] = [];
  const first = query.alternatives.findIndex(({ name }) => name === context.after) + 1;
  for (const [index, dag] of query.alternatives.entries()) {
    if (index < first) continue;
    const path = positions.cells[index] ?? `plans.${dag.name}.cells`;
    const list = new FaultList(positions);
    const lookup = (name: string) => own.get(name) ?? context.catalogue.get(name);
    const shares = shareOut(dag.vertices.map(drawnOf), context.roster?.actors ?? []);
    const made = planDag({ query, digest, dag, path, lookup, network, context, shares }, list);
    if (made !== null) {
      return { ok: true, plan: made, digest: planDigest(made, context.hasher), alternative: dag.name, skipped };
    }
    skipped.push({ alternative: dag.name, faults: list.sorted() });
  }
  return { ok: false, faults: skipped.flatMap((alternative) => alternative.faults), skipped };
}

function drawnOf({ id, placement }: Vertex): { id: VertexId; drawn?: number } {
  return typeof placement === "object" && "drawn" in placement ? { id, drawn: placement.drawn } : { id };
}

interface DagContext {
  readonly query: Query;
  readonly digest: Digest;
  readonly dag: Dag;
  readonly path: string;
  readonly lookup: (name: string) => OperatorDescriptor | undefined;
  readonly network: Network;
  readonly context: PlanContext;
  /** Processors of the roster, by drawn cell. */
  readonly shares: ReadonlyMap<VertexId, readonly NodeId[]>;
}

function planDag(at: DagContext, faults: FaultList): Plan | null {
  const steps = inFlowOrder(at.dag.vertices).map((vertex) => findCandidates(vertex, at, faults));
  if (faults.any) return null;
  const search = { query: at.digest, purpose: at.query.purpose, policies: true };
  const found = place(steps, search);
  if (found.ok) return assemble(found.placed, at);
  explainFailure(found, steps, at, faults);
  return null;
}

function findCandidates(vertex: Vertex, at: DagContext, faults: FaultList): Placeable {
  const operator = at.lookup(vertex.operator)!; // `validate` found it
  const path = `${at.path}.${vertex.id}.at`;
  const { placement } = vertex;
  if (placement !== "asker" && "drawn" in placement) return findDrawn(vertex, operator, path, at, faults);
  const candidates = candidatesFor(vertex, operator, at.network);
  if (candidates.eligible.length === 0) addNoEligibleNode(vertex, candidates, path, at, faults);
  if (placement !== "asker" && "node" in placement && candidates.eligible.length > 1) {
    const ids = candidates.eligible.map((record) => record.node).join(", ");
    faults.add(
      "ambiguous-node",
      path,
      `${candidates.eligible.length} nodes call themselves ${placement.node}`,
      `Use a node id: ${ids}.`,
    );
  }
  return { vertex, operator, eligible: candidates.eligible };
}

/** Where the lot put it, and nowhere else. */
function findDrawn(
  vertex: Vertex,
  operator: OperatorDescriptor,
  path: string,
  at: DagContext,
  faults: FaultList,
): Placeable {
  const none = { vertex, operator, eligible: [] };
  if (!functionsFor(operator).includes("transform")) {
    const remedy = "Draw the cells between them; place sources and sinks at a function, a node, or asker.";
    faults.add(
      "placement-unfit",
      path,
      `${vertex.id} is a ${operator.kind}, and processors are drawn for transforms`,
      remedy,
    );
    return none;
  }
  const share = at.shares.get(vertex.id) ?? [];
  const first = share[0];
  if (first === undefined || share.length < (drawnOf(vertex).drawn ?? 0)) {
    const remedy = "Processors are drawn when a node plans the query: hedgerow query plan.";
    faults.add("placement-not-offered", path, "no roster was drawn for it", remedy);
    return none;
  }
  const candidates = candidatesFor(vertex, operator, at.network);
  const record = candidates.eligible.find(({ node }) => node === first);
  if (record !== undefined) return { vertex, operator, eligible: [record] };
  const { considered } = candidates;
  const objection = considered.find((one) => one.record.node === first);
  const why = objection === undefined ? `${first} is not known here` : describeConsidered([objection]);
  faults.add(
    "drawn-node-unfit",
    path,
    `the lot put ${vertex.id} on a node that cannot run it: ${why}`,
    "Plan again: the lot falls anew, a limited number of times.",
  );
  return none;
}

function addNoEligibleNode(
  vertex: Vertex,
  { considered }: Candidates,
  path: string,
  at: DagContext,
  faults: FaultList,
): void {
  const { placement } = vertex;
  const names = at.network.records.map((record) => printable(record.name));
  const named = placement !== "asker" && "node" in placement ? placement.node : null;
  const relevant = named === null ? considered : considered.filter(({ whyNot }) => whyNot !== "is another node");
  const remedy =
    named !== null && relevant.length === 0
      ? `Known nodes: ${names.slice(0, 20).join(", ") || "none"}.${didYouMean(named, names)}`
      : "Start such a node, or place the cell elsewhere; `hedgerow node peers` shows what each node offers.";
  const why = relevant.length === 0 && named !== null ? `no node is named ${named}` : describeConsidered(relevant);
  faults.add("no-eligible-node", path, `no node can run ${vertex.id} (${vertex.operator}): ${why}`, remedy);
}

/** All that stands in the way: what the policies object to in the placement that would be made without them. */
function explainFailure(
  found: Extract<Placement, { ok: false }>,
  steps: readonly Placeable[],
  at: DagContext,
  faults: FaultList,
): void {
  const bare = place(steps, { query: at.digest, purpose: at.query.purpose, policies: false });
  if (!bare.ok) {
    for (const { refusal } of bare.objections) {
      const use = refusal.code === "exclusive-sensor-twice" || bare.stuckAt.inputs.length === 0;
      if (use) addAt(refusal, bare.stuckAt, `${at.path}.${bare.stuckAt.id}.use`, faults);
      else addRefusal(refusal, bare.stuckAt, at.path, faults);
    }
    return;
  }
  const made = assemble(bare.placed, at);
  const records = new Map(at.network.records.map((record) => [record.node, record]));
  const nameOf = (node: NodeId) => printable(records.get(node)?.name ?? node);
  for (const { node, refusal } of policyRefusals(made, (id) => records.get(id)?.policy)) {
    const cell =
      made.vertices.find((vertex) => vertex.id === refusal.blame) ??
      made.vertices.find((vertex) => vertex.node === node);
    const detail = `the policy of ${nameOf(node)} refuses: ${refusal.detail ?? ""}`;
    faults.add(refusal.code, `${at.path}.${cell?.id ?? ""}`, detail, sentenceOf(refusal.code));
  }
  if (found.exhausted) {
    faults.add(
      "placement-search-exhausted",
      at.path,
      "too many placements to try them all",
      sentenceOf("placement-search-exhausted"),
    );
  }
}

function addAt(refusal: Refusal, vertex: Vertex, path: string, faults: FaultList): void {
  faults.add(refusal.code, path, `${vertex.id}: ${refusal.detail ?? ""}`, sentenceOf(refusal.code));
}

/** What every node of the plan, and every pair of neighbours, objects to. */
export function policyRefusals(
  made: Plan,
  policyOf: (node: NodeId) => Policy | undefined,
): { node: NodeId; refusal: Refusal }[] {
  const nodes = [...new Set(made.vertices.map((vertex) => vertex.node))];
  const own = nodes.flatMap((node) => {
    const ids = made.vertices.filter((vertex) => vertex.node === node).map((vertex) => vertex.id);
    const policy = policyOf(node);
    return policy === undefined ? [] : refusalsOf(made, ids, policy).map((refusal) => ({ node, refusal }));
  });
  const between = adjacentNodes(made).flatMap(([from, to]) => {
    const result = checkPair(from, to, made.purpose, policyOf);
    return result.ok ? [] : [{ node: to, refusal: result }];
  });
  return [...own, ...between];
}

function assemble(placed: ReadonlyMap<VertexId, Placed>, at: DagContext): Plan {
  const { query, digest, dag, context } = at;
  const vertices = dag.vertices.map((vertex) => planVertex(placed.get(vertex.id)!, query));
  const made: Plan = {
    id: context.queryId,
    network: context.network,
    name: query.name,
    purpose: query.purpose,
    query: digest,
    alternative: dag.name,
    analyst: context.analyst,
    vertices,
    ...(at.shares.size === 0 ? {} : { roster: context.roster!.bytes }),
    ...(query.asked === undefined ? {} : { asked: query.asked }),
  };
  const spares = (id: VertexId) => at.shares.get(id)?.slice(1) ?? sparesFor(id, placed, made, at.network, digest);
  return { ...made, vertices: vertices.map((vertex) => ({ ...vertex, spares: [...spares(vertex.id)] })) };
}

function planVertex({ vertex, operator, record, signature }: Placed, query: Query): PlanVertex {
  const own = ownOf(vertex.operator, query);
  return {
    id: vertex.id,
    operator: {
      name: operator.name,
      digest: operator.digest,
      kind: operator.kind,
      ...(own === null ? {} : { body: own.bodyDigest, manifest: own.manifest }),
    },
    params: vertex.params,
    inputs: [...vertex.inputs],
    consumes: [...signature.consumes],
    output: signature.output === null ? null : [...signature.output],
    stateless: signature.stateless,
    limits: operator.limits,
    node: record.node,
    spares: [],
    ...(vertex.equipment === undefined ? {} : { equipment: vertex.equipment }),
    ...drawnCount(vertex),
  };
}

function drawnCount(vertex: Vertex): { drawn?: number } {
  const { drawn } = drawnOf(vertex);
  return drawn === undefined ? {} : { drawn };
}

function ownOf(name: string, query: Query): { manifest: OperatorManifest; bodyDigest: Digest } | null {
  for (const { manifest, bodyDigest } of query.operators) {
    const read = readManifest(manifest);
    if (read.ok && read.value.name === name) return { manifest: read.value, bodyDigest: bodyDigest as Digest };
  }
  return null;
}

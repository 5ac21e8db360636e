// The audit of a query: do the receipts of its cells fit together from sources to sinks? (PIXIU §3.1; receipts.md)
// Pure: receipts and leaves are handed in. Where two ends signed different roots it says which leaves would pinpoint the
// batch; asked again with them it names the batch.
//
// INVARIANT 1: a link holds only as far as both ends signed the same; what one end alone signed is in flight, and shown.
// INVARIANT 2: receipts cannot say which end of an edge lies. A finding about a batch blames the edge, a finding about a
//   cell's own chain blames its node.
import type { Digest, EdgeId, Hasher, NodeId, VertexId } from "../base/index.ts";
import {
  type Assurance,
  assurances,
  edgesOf,
  type Plan,
  type PlanEdge,
  receiptChunkBatches,
  vertexOf,
} from "../model/index.ts";
import { chunkRoot, leafBytes } from "./account.ts";
import {
  type AdmittedReceipt,
  type AuditedQuery,
  type AuditPorts,
  createAdmission,
  type KnownCell,
} from "./admission.ts";
import { compareEnds } from "./compare.ts";
import {
  type CellHistory,
  cellKey,
  collectHistories,
  emptyLink,
  type Finding,
  type LinkHistory,
  linkKey,
} from "./history.ts";
import { classifyExcess, firstDiscrepancy } from "./leaves.ts";
import { limits } from "./limits.ts";
import { isAnchor } from "./origin.ts";
import type { ReceiptEnvelope } from "./receipt.ts";

/** Asks one end of a link for the digests of the batches of a chunk. */
export interface LeafQuestion {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly edge: EdgeId;
  readonly peer: number;
  readonly chunk: number;
}
/** null: not known (yet). */
export type LeafLookup = (question: LeafQuestion) => readonly Uint8Array[] | null;

export interface CellName {
  readonly vertex: VertexId;
  readonly incarnation: number;
}

export interface CellVerdict {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
  /** silent: no receipt yet. */
  readonly verdict: "holds" | "broken" | "silent";
  readonly receipts: number;
  /** Receipts not at hand that a later one stands for: what they said of single batches can be proven no more. */
  readonly summed: number;
  readonly final: boolean;
  readonly undelivered: number;
  /** The lowest that its own receipts name. */
  readonly assurance: Assurance | null;
  readonly findings: readonly Finding[];
}

export interface EdgeVerdict {
  readonly edge: EdgeId;
  readonly fromIncarnation: number;
  readonly toIncarnation: number;
  /** in-flight: holds as far as both ends signed, in receipts that meet. undelivered: the sender said itself that batches were not delivered. */
  readonly verdict: "holds" | "in-flight" | "undelivered" | "broken";
  readonly sent: number;
  readonly received: number;
  /** As the receiver counted them. */
  readonly records: number;
  /** Batches that one end signed and the other has not signed yet. */
  readonly inFlight: number;
  /** Batches that both ends signed in receipts that do not meet: nothing says that they are the same. */
  readonly unmatched: number;
  /** One of the ends has been replaced since: what was in flight has one signature only. */
  readonly superseded: boolean;
  readonly findings: readonly Finding[];
}

export interface QueryAudit {
  /** Nothing found against any cell or edge. What has no receipts is not thereby shown: see `complete`. */
  readonly holds: boolean;
  /** Besides: every cell that ran gave its receipts to the final one, and nothing is in flight or undelivered. */
  readonly complete: boolean;
  /** Cells that ran, as the coordinator, their successors or their neighbours say, and gave no receipt. */
  readonly missing: readonly CellName[];
  /** Cells that several nodes claim, and no coordinator says whose they were: none of them is believed about an edge. */
  readonly contested: readonly CellName[];
  readonly lowestAssurance: Assurance | null;
  readonly cells: readonly CellVerdict[];
  readonly edges: readonly EdgeVerdict[];
  /** Leaves that would say which batch, where an edge is broken. */
  readonly wanted: readonly LeafQuestion[];
}

/** All in one: `strays` are findings about envelopes that are not admitted. */
export function auditQuery(
  plan: Plan,
  planDigest: Digest,
  envelopes: readonly ReceiptEnvelope[],
  ports: AuditPorts,
  leaves?: LeafLookup,
  known: readonly KnownCell[] = [],
): QueryAudit & { readonly strays: readonly Finding[] } {
  const query = { plan, planDigest, known };
  const admit = createAdmission(query, ports);
  const admitted: AdmittedReceipt[] = [];
  const strays: Finding[] = [];
  for (const envelope of envelopes) {
    const receipt = admit(envelope);
    if (receipt.ok) admitted.push(receipt.value);
    // Strays count against nobody: whoever may read receipts could hand one over. What they pretend to show is missing.
    else strays.push({ code: receipt.code, blame: receipt.blame ?? "", detail: receipt.detail ?? "" });
  }
  return { ...auditHistories(query, collectHistories(admitted, ports.crypto), ports.crypto, leaves), strays };
}

/** Changes no history: the same ones can be audited again with the leaves that were wanted. */
export function auditHistories(
  { plan, known }: AuditedQuery,
  histories: readonly CellHistory[],
  hasher: Hasher,
  leaves: LeafLookup = () => null,
): QueryAudit {
  const { cells, contested } = uncontested(histories);
  const wanted: LeafQuestion[] = [];
  const edges = edgesOf(plan).flatMap((edge) => auditEdge(edge, cells, { hasher, leaves, wanted }));
  const verdicts = plan.vertices.flatMap((vertex): CellVerdict[] => {
    const own = histories.filter((cell) => cell.vertex === vertex.id);
    const silent = known
      .filter((cell) => cell.vertex === vertex.id && cell.ran)
      .filter((cell) => own.every(({ incarnation }) => incarnation !== cell.incarnation));
    const all = [...own.map((cell) => cellVerdict(plan, cell)), ...silent.map(silentCell)];
    if (all.length === 0) return [silentCell({ vertex: vertex.id, incarnation: 0, node: vertex.node })];
    return all.sort((a, b) => a.incarnation - b.incarnation);
  });
  const missing = missingCells(verdicts, edges, known);
  const holds = verdicts.every((cell) => cell.verdict !== "broken") && edges.every((edge) => edge.verdict !== "broken");
  const newest = verdicts.filter((cell) => !verdicts.some((other) => isNewer(other, cell)));
  const complete =
    holds &&
    missing.length === 0 &&
    contested.length === 0 &&
    // Without the coordinator's word nobody can tell a cell that was replaced from one that says so.
    (known.length > 0 || verdicts.every(({ incarnation }) => incarnation === 0)) &&
    newest.every((cell) => cell.final && cell.undelivered === 0) &&
    edges.every((edge) => edge.verdict === "holds");
  const lowestAssurance = lowest(histories.flatMap((cell) => [...cell.assurances]));
  return { holds, complete, missing, contested, lowestAssurance, cells: verdicts, edges, wanted };
}

function uncontested(histories: readonly CellHistory[]): { cells: Map<string, CellHistory>; contested: CellName[] } {
  const cells = new Map<string, CellHistory>();
  const contested = new Map<string, CellName>();
  for (const history of histories) {
    const { vertex, incarnation } = history;
    const key = cellKey(vertex, incarnation);
    if (cells.has(key)) contested.set(key, { vertex, incarnation });
    cells.set(key, history);
  }
  for (const key of contested.keys()) cells.delete(key);
  return { cells, contested: [...contested.values()] };
}

function lowest(seen: readonly Assurance[]): Assurance | null {
  return assurances.find((one) => seen.includes(one)) ?? null;
}

/** Silent ones, and those that a later incarnation or the other end of a link shows to have been there. */
function missingCells(
  cells: readonly CellVerdict[],
  edges: readonly EdgeVerdict[],
  known: readonly KnownCell[],
): QueryAudit["missing"] {
  const neverRan = new Set(known.filter(({ ran }) => !ran).map((cell) => cellKey(cell.vertex, cell.incarnation)));
  const heard = new Set(
    cells.filter(({ receipts }) => receipts > 0).map((cell) => cellKey(cell.vertex, cell.incarnation)),
  );
  const last = new Map<VertexId, number>(cells.map(({ vertex }) => [vertex, 0]));
  const saw = (vertex: VertexId, incarnation: number) => last.set(vertex, Math.max(last.get(vertex) ?? 0, incarnation));
  for (const { vertex, incarnation } of cells) saw(vertex, incarnation);
  for (const { edge, fromIncarnation, toIncarnation } of edges) {
    const [from, to] = edge.split(":")[0]!.split(">") as [VertexId, VertexId];
    saw(from, fromIncarnation);
    saw(to, toIncarnation);
    neverRan.delete(cellKey(from, fromIncarnation)); // what passed weighs more than what the coordinator heard
    neverRan.delete(cellKey(to, toIncarnation));
  }
  return [...last].flatMap(([vertex, newest]) =>
    Array.from({ length: newest + 1 }, (_, incarnation) => ({ vertex, incarnation })).filter(({ incarnation }) => {
      const key = cellKey(vertex, incarnation);
      return !heard.has(key) && !neverRan.has(key);
    }),
  );
}

function silentCell({ vertex, incarnation, node }: Omit<KnownCell, "ran">): CellVerdict {
  return {
    vertex,
    incarnation,
    node,
    verdict: "silent",
    receipts: 0,
    summed: 0,
    final: false,
    undelivered: 0,
    assurance: null,
    findings: [],
  };
}

function isNewer(a: CellVerdict, b: CellVerdict): boolean {
  return a.vertex === b.vertex && a.incarnation > b.incarnation;
}

function cellVerdict(plan: Plan, cell: CellHistory): CellVerdict {
  const findings = [...cell.findings];
  const vertex = vertexOf(plan, cell.vertex)!;
  if (!isAnchor(vertex)) {
    const received = [...cell.inputs.values()].reduce((sum, link) => sum + link.batches, 0);
    for (const link of cell.outputs.values()) {
      // Of several links of an edge each carries at most all of it: a tail that is sent again was received once.
      if (link.batches <= received || findings.length >= limits.maxFindingsPerCell) continue;
      const detail = `${link.batches} batches on ${link.edge} out of ${received}`;
      findings.push({ code: "output-invented", blame: cell.node, detail });
    }
  }
  const { vertex: id, incarnation, node, receipts, summed, final, undelivered } = cell;
  const verdict = findings.length === 0 ? "holds" : "broken";
  const assurance = lowest([...cell.assurances]);
  return { vertex: id, incarnation, node, verdict, receipts, summed, final, undelivered, assurance, findings };
}

interface EdgeAudit {
  readonly hasher: Hasher;
  readonly leaves: LeafLookup;
  readonly wanted: LeafQuestion[];
}

interface LinkEnd {
  readonly cell: CellHistory | undefined;
  readonly link: LinkHistory;
}

function auditEdge(edge: PlanEdge, cells: ReadonlyMap<string, CellHistory>, audit: EdgeAudit): EdgeVerdict[] {
  const links = new Map<string, readonly [number, number]>();
  let newestFrom = 0;
  let newestTo = 0;
  for (const cell of cells.values()) {
    if (cell.vertex === edge.from) {
      newestFrom = Math.max(newestFrom, cell.incarnation);
      for (const link of cell.outputs.values())
        if (link.edge === edge.id) links.set(`${cell.incarnation} ${link.peer}`, [cell.incarnation, link.peer]);
    }
    if (cell.vertex === edge.to) {
      newestTo = Math.max(newestTo, cell.incarnation);
      for (const link of cell.inputs.values())
        if (link.edge === edge.id) links.set(`${link.peer} ${cell.incarnation}`, [link.peer, cell.incarnation]);
    }
  }
  return [...links.values()]
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([from, to]) => {
      const sender = cells.get(cellKey(edge.from, from));
      const receiver = cells.get(cellKey(edge.to, to));
      const sent = { cell: sender, link: sender?.outputs.get(linkKey(edge.id, to)) ?? emptyLink(edge.id, to) };
      const received = {
        cell: receiver,
        link: receiver?.inputs.get(linkKey(edge.id, from)) ?? emptyLink(edge.id, from),
      };
      return auditLink(edge, [from, to], sent, received, from < newestFrom || to < newestTo, audit);
    });
}

function auditLink(
  edge: PlanEdge,
  [from, to]: readonly [number, number],
  sent: LinkEnd,
  received: LinkEnd,
  superseded: boolean,
  audit: EdgeAudit,
): EdgeVerdict {
  const findings: Finding[] = [];
  const find = (code: Finding["code"], detail: string, batch?: number, blame: string = edge.id) =>
    findings.push({ code, blame, detail, ...(batch === undefined ? {} : { batch }) });
  const s = sent.link.batches;
  const r = received.link.batches;
  const ask = (end: LinkEnd, chunk: number): readonly Uint8Array[] | null => {
    const isSender = end === sent;
    const vertex = isSender ? edge.from : edge.to;
    const question = { vertex, incarnation: isSender ? from : to, edge: edge.id, peer: isSender ? to : from, chunk };
    const first = chunk * receiptChunkBatches;
    if (end.link.batches <= first) return [];
    const answer = audit.leaves(question);
    if (answer === null) {
      audit.wanted.push(question);
      return null;
    }
    const isOpen = end.link.batches < first + receiptChunkBatches;
    const root = isOpen ? end.link.openRoot : end.link.roots.get(chunk);
    if (root === undefined || answer.length === 0) return null; // summed up since, or forgotten with its cell
    const signed = answer.slice(0, Math.min(receiptChunkBatches, end.link.batches - first));
    const whole = signed.every((leaf) => leaf.length === leafBytes);
    if (whole && root === chunkRoot(audit.hasher, ...signed)) return signed;
    find("leaves-not-of-root", `chunk ${chunk} of ${edge.id}`, undefined, end.cell?.node ?? vertex);
    return null;
  };

  const { differs, unmatched } = compareEnds(sent.link, received.link);
  const bothFinal = sent.cell?.final === true && received.cell?.final === true;
  const undelivered = !superseded && differs === null && s > r && bothFinal && s - r <= sent.cell.undelivered;
  const miscounted = (s > r && bothFinal && !undelivered && !superseded) || (r > s && sent.cell?.final === true);
  if (differs !== null && differs.to - differs.from > 1) {
    const last = differs.to * receiptChunkBatches - 1;
    find("batch-mismatch", `batches ${differs.from * receiptChunkBatches} to ${last}, of which only sums are kept`);
  } else if (differs !== null || miscounted) {
    pinpoint(differs?.from ?? Math.floor(Math.min(s, r) / receiptChunkBatches), sent, received, ask, find);
  }
  const inFlight = Math.abs(s - r);
  const open = inFlight > 0 || unmatched > 0;
  const verdict = findings.length > 0 ? "broken" : undelivered ? "undelivered" : open ? "in-flight" : "holds";
  return {
    edge: edge.id,
    fromIncarnation: from,
    toIncarnation: to,
    verdict,
    sent: s,
    received: r,
    records: received.link.records,
    inFlight,
    unmatched,
    superseded,
    findings,
  };
}

/** Looks at the leaves of the chunk that differs, and of the next one: a batch dropped at a chunk's end shows there. */
function pinpoint(
  chunk: number,
  sent: LinkEnd,
  received: LinkEnd,
  ask: (end: LinkEnd, chunk: number) => readonly Uint8Array[] | null,
  find: (code: Finding["code"], detail: string, batch?: number) => void,
): void {
  const first = chunk * receiptChunkBatches;
  const range = `batches ${first} to ${first + receiptChunkBatches - 1}`;
  const [ours, theirs] = [ask(sent, chunk), ask(received, chunk)];
  const [s, r] = [sent.link.batches, received.link.batches];
  if (ours === null || theirs === null) {
    return void find("batch-mismatch", s === r ? range : `${range}: ${s} sent, ${r} received`);
  }
  const before = chunk === 0 ? [] : (ask(sent, chunk - 1) ?? []);
  const all = [...ours, ...(ask(sent, chunk + 1) ?? [])];
  const heard = [...theirs, ...(ask(received, chunk + 1) ?? [])];
  const place = firstDiscrepancy(all, heard, before);
  if (place !== null) return void find(place.what, `batch ${first + place.index}`, first + place.index);
  // One list is the beginning of the other.
  if (s > r) find("batch-dropped", `${s} sent, ${r} received`, r);
  else find(classifyExcess([...before, ...all], heard[s - first]), `${s} sent, ${r} received`, s);
}

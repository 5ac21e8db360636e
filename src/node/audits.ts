// The audit of a query: collects the receipts of all its cells from their nodes, asks for leaves where two ends differ,
// and keeps what was collected, so that a settled query can be audited after its nodes have forgotten it.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../core/base/index.ts";
import {
  type Crypto,
  fromCanonical,
  type NodeId,
  publicKeyOfNodeId,
  type QueryId,
  sentenceOf,
  toCanonical,
  toHex,
} from "../core/base/index.ts";
import {
  auditQuery,
  type CellVerdict,
  compareCursors,
  decodeEnvelope,
  type EdgeVerdict,
  encodeEnvelope,
  type Finding,
  type KnownCell,
  type LeafQuestion,
  type QueryAudit,
  type ReceiptCursor,
  type ReceiptEnvelope,
} from "../core/cell/index.ts";
import { inquiryLimits } from "../core/inquiry/index.ts";
import { edgesOf, type Plan, vertexOf } from "../core/model/index.ts";
import type { AuditView, Reason, Verdict } from "../sdk/index.ts";
import type { Inquiries } from "./inquiries.ts";
import type { NameOf } from "./query-views.ts";

const maxLeafQuestions = 32;
const maxStraysShown = 20;
/** Receipts of settled queries that are kept; the oldest go first. */
const maxKept = 200;
const maxKeptBytes = 256 * 1024 * 1024;
/** Receipts that one audit reads: those of a few hundred cells at one per second. */
const maxCollectedBytes = 192 * 1024 * 1024;

export interface AuditSubject {
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** Nodes that run or ran cells of the query. */
  readonly nodes: readonly NodeId[];
  /** All incarnations that this node knows of. */
  readonly cells: readonly KnownCell[];
  readonly settled: boolean;
  /** What went with its nodes, as sentences. */
  readonly losses: readonly string[];
}

export interface Audits {
  audit(subject: AuditSubject): Promise<AuditView>;
  /** Fetches what the nodes hold now, to be there when they have forgotten. */
  collect(subject: Pick<AuditSubject, "plan" | "nodes" | "settled">): Promise<readonly ReceiptEnvelope[]>;
}

export function createAudits(folder: string, crypto: Crypto, inquiries: Inquiries, nameOf: NameOf): Audits {
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  /** By digest: what was collected of a settled query, in an earlier life too. */
  function kept(query: QueryId): Map<string, ReceiptEnvelope> {
    const envelopes = new Map<string, ReceiptEnvelope>();
    const path = join(folder, query);
    const stored = existsSync(path) ? fromCanonical(readFileSync(path), maxKeptBytes) : undefined;
    if (stored === undefined || !stored.ok || !Array.isArray(stored.value)) return envelopes;
    for (const bytes of stored.value) if (bytes instanceof Uint8Array) add(envelopes, bytes);
    return envelopes;
  }

  function keep(query: QueryId, envelopes: ReadonlyMap<string, ReceiptEnvelope>): void {
    const path = join(folder, query);
    writeFileSync(`${path}.new`, toCanonical([...envelopes.values()].map(encodeEnvelope)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    const files = readdirSync(folder).map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs }));
    files.sort((a, b) => a.ms - b.ms);
    for (const { name } of files.slice(0, Math.max(0, files.length - maxKept)))
      rmSync(join(folder, name), { force: true });
  }

  function add(envelopes: Map<string, ReceiptEnvelope>, bytes: Uint8Array, signer?: NodeId): void {
    const envelope = decodeEnvelope(bytes);
    if (!envelope.ok) return;
    // Nodes keep what their own cells signed. Somebody else's receipt is not theirs to tell, and may be made up.
    if (signer !== undefined && envelope.value.signatures[0]!.keyid !== signer) return;
    envelopes.set(toHex(crypto.sha256(bytes)), envelope.value);
  }

  /** `room`: bytes left for all nodes together; what comes after is missing in the audit, and said so. */
  async function fetchFrom(
    node: NodeId,
    query: QueryId,
    into: Map<string, ReceiptEnvelope>,
    room: { bytes: number },
  ): Promise<void> {
    let from: ReceiptCursor | undefined;
    let bytes = 0;
    for (let page = 0; page < inquiryLimits.maxPagesPerNode; page++) {
      const reply = await inquiries.ask(node, { type: "receipts", query, ...(from === undefined ? {} : { from }) });
      if (!reply.ok || reply.value.type !== "receipts") return;
      const { envelopes, next } = reply.value;
      for (const envelope of envelopes) {
        bytes += envelope.length;
        room.bytes -= envelope.length;
        if (bytes > inquiryLimits.maxReceiptBytesPerNode || room.bytes < 0) return;
        add(into, envelope, node);
      }
      if (next === undefined || (from !== undefined && compareCursors(next, from) <= 0)) return;
      from = next;
    }
  }

  async function collect(
    subject: Pick<AuditSubject, "plan" | "nodes" | "settled">,
  ): Promise<readonly ReceiptEnvelope[]> {
    const query = subject.plan.id;
    const envelopes = kept(query);
    // What earlier audits have collected counts: a liar that says something else each time fills no disk.
    const held = [...envelopes.values()].reduce((sum, envelope) => sum + envelope.payload.length, 0);
    const room = { bytes: maxCollectedBytes - held };
    await Promise.all(subject.nodes.map((node) => fetchFrom(node, query, envelopes, room)));
    if (subject.settled) keep(query, envelopes);
    return [...envelopes.values()];
  }

  async function leavesFor(
    subject: AuditSubject,
    wanted: readonly LeafQuestion[],
    nodeOf: (question: LeafQuestion) => NodeId | undefined,
  ) {
    const answers = new Map<string, readonly Uint8Array[]>();
    await Promise.all(
      wanted.slice(0, maxLeafQuestions).map(async (question) => {
        const node = nodeOf(question);
        if (node === undefined) return;
        const reply = await inquiries.ask(node, { type: "leaves", query: subject.plan.id, ...question });
        if (reply.ok && reply.value.type === "leaves") answers.set(JSON.stringify(question), reply.value.leaves);
      }),
    );
    return (question: LeafQuestion) => answers.get(JSON.stringify(question)) ?? null;
  }

  return {
    collect,
    async audit(subject) {
      const envelopes = await collect(subject);
      const ports = { crypto, publicKeyOf: publicKeyOfNodeId };
      const first = auditQuery(subject.plan, subject.planDigest, envelopes, ports, undefined, subject.cells);
      const nodeOf = (question: LeafQuestion) =>
        first.cells.find((cell) => cell.vertex === question.vertex && cell.incarnation === question.incarnation)?.node;
      const leaves = first.wanted.length === 0 ? undefined : await leavesFor(subject, first.wanted, nodeOf);
      const audit =
        leaves === undefined
          ? first
          : auditQuery(subject.plan, subject.planDigest, envelopes, ports, leaves, subject.cells);
      return auditView(subject, audit, envelopes.length, nameOf);
    },
  };
}

function auditView(
  subject: AuditSubject,
  audit: ReturnType<typeof auditQuery>,
  receipts: number,
  nameOf: NameOf,
): AuditView {
  const { plan } = subject;
  const complete = audit.complete && subject.settled && subject.losses.length === 0;
  return {
    query: plan.id,
    verdict: !audit.holds ? "broken" : complete ? "holds" : "open",
    holds: audit.holds,
    complete,
    open: complete ? [] : openIn(audit, subject),
    receipts,
    strays: audit.strays
      .slice(0, maxStraysShown)
      .map((finding) => ({ ...reasonOf(finding), node: finding.blame as NodeId })),
    assurance: audit.lowestAssurance,
    cells: audit.cells.map((cell) => ({
      vertex: cell.vertex,
      operator: vertexOf(plan, cell.vertex)?.operator.name ?? "",
      node: cell.node,
      nodeName: nameOf(cell.node),
      incarnation: cell.incarnation,
      verdict: cellVerdict(cell),
      receipts: cell.receipts,
      summed: cell.summed,
      assurance: cell.assurance,
      reasons: cell.findings.map(reasonOf),
    })),
    edges: audit.edges.map((edge) => {
      const ends = edgesOf(plan).find((candidate) => candidate.id === edge.edge)!;
      return {
        edge: edge.edge,
        from: ends.from,
        to: ends.to,
        verdict: edgeVerdict(edge),
        batches: edge.received,
        records: edge.records,
        sent: edge.sent,
        received: edge.received,
        incarnations: { from: edge.fromIncarnation, to: edge.toIncarnation },
        reasons: edge.findings.map(reasonOf),
      };
    }),
  };
}

/** For people: what the receipts do not show. */
function openIn(audit: QueryAudit, { settled, losses }: AuditSubject): string[] {
  const moved = (vertex: string) =>
    audit.cells.some((cell) => cell.vertex === vertex && cell.incarnation > 0) ||
    audit.missing.some((cell) => cell.vertex === vertex && cell.incarnation > 0);
  const nameOf = ({ vertex, incarnation }: { vertex: string; incarnation: number }) =>
    moved(vertex) ? `${vertex} #${incarnation}` : vertex;
  const batches = (count: number) => `${count} ${count === 1 ? "batch" : "batches"}`;
  const newest = audit.cells.filter(
    (cell) => !audit.cells.some((other) => other.vertex === cell.vertex && other.incarnation > cell.incarnation),
  );
  const edges = [...new Set(audit.edges.map(({ edge }) => edge))];
  const oneSided = edges.flatMap((edge) => {
    const links = audit.edges.filter((link) => link.edge === edge && link.verdict === "in-flight");
    const inFlight = links.reduce((sum, link) => sum + link.inFlight, 0);
    if (inFlight === 0) return [];
    return [`${batches(inFlight)} on ${edge.split(":")[0]!.replace(">", " ─▶ ")} with one signature only`];
  });
  const unmatched = audit.edges
    .filter((link) => link.unmatched > 0)
    .map(
      ({ edge, unmatched }) =>
        `${batches(unmatched)} on ${edge.split(":")[0]!.replace(">", " ─▶ ")} that both ends signed in receipts that do not meet`,
    );
  const open = [
    ...(settled ? [] : ["the query is still running"]),
    ...audit.missing.map((cell) => `${nameOf(cell)} gave no receipt`),
    ...audit.contested.map(
      (cell) => `several nodes say that ${nameOf(cell)} was theirs, and no coordinator says whose`,
    ),
    ...newest
      .filter((cell) => settled && cell.receipts > 0 && !cell.final)
      .map((cell) => `${nameOf(cell)} has not signed its last receipt`),
    ...oneSided,
    ...unmatched,
    ...audit.cells
      .filter((cell) => settled && cell.undelivered > 0) // while it runs, that is what is on its way
      .map((cell) => `${nameOf(cell)} reports ${batches(cell.undelivered)} undelivered`),
    ...losses,
  ];
  return open.length > 0 ? open : ["no cell has signed that it ended"];
}

function cellVerdict(cell: CellVerdict): Verdict {
  if (cell.verdict === "silent") return "missing";
  if (cell.verdict === "broken") return "broken";
  return cell.final ? "holds" : "open";
}

function edgeVerdict(edge: EdgeVerdict): Verdict {
  if (edge.verdict === "broken") return "broken";
  return edge.verdict === "holds" ? "holds" : "open";
}

function reasonOf(finding: Finding): Reason {
  return {
    code: finding.code,
    sentence: sentenceOf(finding.code),
    detail: finding.batch === undefined ? finding.detail : `batch ${finding.batch}: ${finding.detail}`,
  };
}

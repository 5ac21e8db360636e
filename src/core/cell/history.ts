// What the receipts of one cell say, put together: verified, in order, link by link. The audit compares histories.
import {
  type Crypto,
  type Digest,
  type NodeId,
  type RefusalCode,
  type Result,
  refuse,
  type VertexId,
} from "../base/index.ts";
import { type EdgeAccount, type Plan, type Receipt, receiptChunkBatches, vertexOf } from "../model/index.ts";
import { type ReceiptEnvelope, receiptDigest, verifyReceipt } from "./receipt.ts";

export interface Finding {
  readonly code: RefusalCode;
  readonly blame: string;
  readonly detail: string;
  /** Number of the batch on its link, when it is known. */
  readonly batch?: number;
}

/** One end of one link, over all receipts of its cell. */
export interface LinkHistory {
  readonly edge: string;
  readonly peer: number;
  batches: number;
  records: number;
  /** By chunk; undefined where the receipt is missing. */
  readonly roots: (Digest | undefined)[];
  openRoot: Digest | undefined;
}

export interface CellHistory {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
  readonly receipts: Receipt[];
  readonly inputs: Map<string, LinkHistory>;
  readonly outputs: Map<string, LinkHistory>;
  readonly findings: Finding[];
  undelivered: number;
  final: boolean;
}

export interface AuditPorts {
  readonly crypto: Crypto;
  /** Raw Ed25519 key of a node id; null when the id holds none. */
  readonly publicKeyOf: (node: NodeId) => Uint8Array | null;
}

export function linkKey(edge: string, peer: number): string {
  return `${edge}#${peer}`;
}
export function cellKey(vertex: VertexId, incarnation: number): string {
  return `${vertex}#${incarnation}`;
}

interface Opened {
  readonly receipt: Receipt;
  readonly digest: Digest;
}

/** Histories by cell, and findings about envelopes that belong to none. */
export function collectHistories(
  plan: Plan,
  planDigest: Digest,
  envelopes: readonly ReceiptEnvelope[],
  ports: AuditPorts,
): { readonly cells: Map<string, CellHistory>; readonly strays: readonly Finding[] } {
  const byCell = new Map<string, Opened[]>();
  const strays: Finding[] = [];
  for (const envelope of envelopes) {
    const receipt = admit(plan, planDigest, envelope, ports);
    if (!receipt.ok) {
      strays.push({ code: receipt.code, blame: receipt.blame ?? "", detail: receipt.detail ?? "" });
      continue;
    }
    const key = cellKey(receipt.value.vertex, receipt.value.incarnation);
    const list = byCell.get(key) ?? [];
    list.push({ receipt: receipt.value, digest: receiptDigest(ports.crypto, envelope) });
    byCell.set(key, list);
  }
  const cells = new Map<string, CellHistory>();
  for (const [key, opened] of byCell) cells.set(key, historyOf(opened));
  return { cells, strays };
}

function admit(plan: Plan, planDigest: Digest, envelope: ReceiptEnvelope, ports: AuditPorts): Result<Receipt> {
  const node = envelope.signatures[0]!.keyid as NodeId;
  const key = ports.publicKeyOf(node);
  if (key === null) return refuse("receipt-forged", { blame: node, detail: "the id holds no key" });
  const verified = verifyReceipt(envelope, key, ports.crypto);
  if (!verified.ok) return verified;
  const receipt = verified.value;
  const vertex = vertexOf(plan, receipt.vertex);
  const wrong =
    receipt.query !== plan.id || receipt.plan !== planDigest
      ? "another plan"
      : vertex === undefined
        ? "a vertex that the plan has not"
        : receipt.operator !== vertex.operator.digest
          ? "another operator"
          : vertex.node !== receipt.node && !vertex.spares.includes(receipt.node)
            ? "a node that the plan does not name for it"
            : null;
  if (wrong === null) return verified;
  return refuse("receipt-not-of-plan", { blame: node, detail: `${receipt.vertex}: ${wrong}` });
}

function historyOf(opened: Opened[]): CellHistory {
  const ordered = opened.sort((a, b) => a.receipt.sequence - b.receipt.sequence);
  const { vertex, incarnation, node } = ordered[0]!.receipt;
  const history: CellHistory = {
    vertex,
    incarnation,
    node,
    receipts: [],
    inputs: new Map(),
    outputs: new Map(),
    findings: [],
    undelivered: 0,
    final: false,
  };
  const broken = (detail: string) => history.findings.push({ code: "receipt-chain-broken", blame: node, detail });
  let before: Opened | undefined;
  for (const one of ordered) {
    const { receipt, digest } = one;
    if (before !== undefined && receipt.sequence === before.receipt.sequence) {
      if (digest !== before.digest) broken(`two receipts number ${receipt.sequence}`);
      continue;
    }
    const expected = before === undefined ? 0 : before.receipt.sequence + 1;
    if (receipt.sequence !== expected) {
      const detail = `receipts ${expected} to ${receipt.sequence - 1} of ${vertex}`;
      history.findings.push({ code: "receipt-missing", blame: node, detail });
    } else if (receipt.previous !== before?.digest)
      broken(`receipt ${receipt.sequence} does not follow the one before`);
    if (receipt.node !== node) broken(`incarnation ${incarnation} of ${vertex} on two nodes`);
    if (before?.receipt.final) broken(`receipt ${receipt.sequence} after the final one`);
    for (const account of receipt.inputs) extend(history.inputs, account, broken);
    for (const account of receipt.outputs) extend(history.outputs, account, broken);
    history.receipts.push(receipt);
    history.undelivered = receipt.undelivered;
    history.final = receipt.final;
    before = one;
  }
  return history;
}

function extend(links: Map<string, LinkHistory>, account: EdgeAccount, broken: (detail: string) => void): void {
  const key = linkKey(account.edge, account.peer);
  let link = links.get(key);
  if (link === undefined) {
    link = { edge: account.edge, peer: account.peer, batches: 0, records: 0, roots: [], openRoot: undefined };
    links.set(key, link);
  }
  const complete = Math.floor(account.batches / receiptChunkBatches);
  const hasOpen = account.batches % receiptChunkBatches !== 0;
  if (account.batches < link.batches || account.records < link.records) broken(`${account.edge} counts backwards`);
  if (account.firstChunk + account.roots.length !== complete || (account.openRoot !== undefined) !== hasOpen) {
    broken(`${account.edge}: its roots do not match its ${account.batches} batches`);
  }
  account.roots.forEach((root, i) => {
    const chunk = account.firstChunk + i;
    if (link.roots[chunk] !== undefined && link.roots[chunk] !== root)
      broken(`${account.edge}: two roots of chunk ${chunk}`);
    link.roots[chunk] = root;
  });
  link.batches = account.batches;
  link.records = account.records;
  link.openRoot = account.openRoot;
}

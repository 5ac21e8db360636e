// What the receipts of one cell say, put together: verified, in order, link by link. The audit compares histories.
//
// INVARIANT 1: a gap before a whole receipt is no fault: that one stands for what is missing, down to the first batch, and
//   the cell is bound to it. A gap before any other is `receipt-missing`.
import {
  type Crypto,
  type Digest,
  type Hasher,
  type NodeId,
  type RefusalCode,
  type Result,
  refuse,
  type VertexId,
} from "../base/index.ts";
import {
  type Assurance,
  type EdgeAccount,
  edgesOf,
  type Plan,
  type PlanEdge,
  type Receipt,
  receiptChunkBatches,
  vertexOf,
} from "../model/index.ts";
import { noPast, pastAfter } from "./account.ts";
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
  /** By chunk, where a receipt at hand has them. */
  readonly roots: Map<number, Digest>;
  /** Digest over all roots before a chunk, likewise. Everybody knows the first one. */
  readonly pasts: Map<number, Digest>;
  openRoot: Digest | undefined;
  /** Its cell signed that it has ended. */
  closed: boolean;
}

export function emptyLink(edge: string, peer: number): LinkHistory {
  const pasts = new Map([[0, noPast]]);
  return { edge, peer, batches: 0, records: 0, roots: new Map(), pasts, openRoot: undefined, closed: false };
}

export interface CellHistory {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
  /** Receipts at hand, and those that only a later one stands for. */
  receipts: number;
  summed: number;
  readonly assurances: Set<Assurance>;
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

/** A cell as the coordinator made it or learnt of it. */
export interface KnownIncarnation {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
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
  known: readonly KnownIncarnation[] = [],
): { readonly cells: Map<string, CellHistory>; readonly strays: readonly Finding[] } {
  const byCell = new Map<string, Opened[]>();
  const strays: Finding[] = [];
  const edges = edgesOf(plan);
  for (const envelope of envelopes) {
    const admitted = admit(plan, planDigest, envelope, ports);
    const fault = admitted.ok ? (identityFault(admitted.value, known) ?? accountsFault(admitted.value, edges)) : null;
    const receipt =
      admitted.ok && fault !== null
        ? refuse("receipt-not-of-plan", {
            blame: admitted.value.node,
            detail: `${admitted.value.vertex} #${admitted.value.incarnation}: ${fault}`,
          })
        : admitted;
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
  for (const [key, opened] of byCell) cells.set(key, historyOf(opened, ports.crypto));
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

/**
 * INVARIANT: nobody signs for a cell that the coordinator knows to be another's, nor for one that comes after the newest it
 * knows: with that a liar would have its own links taken for replaced ones, and what it dropped for sent again.
 */
function identityFault({ vertex, incarnation, node }: Receipt, known: readonly KnownIncarnation[]): string | null {
  const own = known.filter((cell) => cell.vertex === vertex);
  if (own.length === 0) return null; // the auditor was told nothing
  const same = own.filter((cell) => cell.incarnation === incarnation);
  if (same.length > 0) return same.some((cell) => cell.node === node) ? null : "another node ran this cell";
  // Of those before, a coordinator that took the query over may not have heard.
  return own.some((cell) => cell.incarnation > incarnation) ? null : "there was no such cell";
}

/** An account of a link that the cell has not would make up for what is wrong with another. */
function accountsFault({ vertex, inputs, outputs }: Receipt, edges: readonly PlanEdge[]): string | null {
  const strange = (accounts: readonly EdgeAccount[], end: "from" | "to") =>
    accounts.find(({ edge }) => !edges.some((one) => one.id === edge && one[end] === vertex));
  const found = strange(inputs, "to") ?? strange(outputs, "from");
  return found === undefined ? null : `${found.edge} is no edge of this cell`;
}

function historyOf(opened: Opened[], hasher: Hasher): CellHistory {
  const ordered = opened.sort((a, b) => a.receipt.sequence - b.receipt.sequence);
  const { vertex, incarnation, node } = ordered[0]!.receipt;
  const history: CellHistory = {
    vertex,
    incarnation,
    node,
    receipts: 0,
    summed: 0,
    assurances: new Set(),
    inputs: new Map(),
    outputs: new Map(),
    findings: [],
    undelivered: 0,
    final: false,
  };
  const broken = (detail: string) => history.findings.push({ code: "receipt-chain-broken", blame: node, detail });
  const missing = (detail: string) => history.findings.push({ code: "receipt-missing", blame: node, detail });
  let before: Opened | undefined;
  for (const one of ordered) {
    const { receipt, digest } = one;
    if (before !== undefined && receipt.sequence === before.receipt.sequence) {
      if (digest !== before.digest) broken(`two receipts number ${receipt.sequence}`);
      continue;
    }
    const expected = before === undefined ? 0 : before.receipt.sequence + 1;
    const follows = receipt.sequence === expected;
    if (!follows && receipt.whole) history.summed += receipt.sequence - expected;
    else if (!follows) missing(`receipts ${expected} to ${receipt.sequence - 1} of ${vertex}`);
    else if (receipt.previous !== before?.digest) broken(`receipt ${receipt.sequence} does not follow the one before`);
    if (receipt.node !== node) broken(`incarnation ${incarnation} of ${vertex} on two nodes`);
    if (before?.receipt.final) broken(`receipt ${receipt.sequence} after the final one`);
    if (receipt.closedLinks < (before?.receipt.closedLinks ?? 0)) broken("fewer ended links than before");
    for (const account of receipt.inputs) extend(history.inputs, account, follows, hasher, broken);
    for (const account of receipt.outputs) extend(history.outputs, account, follows, hasher, broken);
    history.receipts++;
    history.assurances.add(receipt.assurance);
    history.undelivered = receipt.undelivered;
    history.final = receipt.final;
    before = one;
  }
  const ended = [...history.inputs.values(), ...history.outputs.values()].filter(({ closed }) => closed).length;
  const lost = (before?.receipt.closedLinks ?? 0) - ended;
  if (lost > 0) missing(`the last accounts of ${lost} ended links of ${vertex}`);
  return history;
}

/** `follows`: the receipt before is at hand, so that nothing may be left out. */
function extend(
  links: Map<string, LinkHistory>,
  account: EdgeAccount,
  follows: boolean,
  hasher: Hasher,
  broken: (detail: string) => void,
): void {
  const key = linkKey(account.edge, account.peer);
  const link = links.get(key) ?? emptyLink(account.edge, account.peer);
  links.set(key, link);
  const { edge, firstChunk, roots } = account;
  const complete = Math.floor(account.batches / receiptChunkBatches);
  const hasOpen = account.batches % receiptChunkBatches !== 0;
  if (account.batches < link.batches || account.records < link.records) broken(`${edge} counts backwards`);
  if (link.closed && account.batches > link.batches) broken(`${edge} goes on after its last account`);
  if (
    firstChunk + roots.length !== complete ||
    (account.openRoot !== undefined) !== hasOpen ||
    (account.past !== undefined) !== firstChunk > 0
  ) {
    broken(`${edge}: its roots do not match its ${account.batches} batches`);
  }
  const known = Math.floor(link.batches / receiptChunkBatches);
  if (follows && firstChunk > known) broken(`${edge}: chunks ${known} to ${firstChunk - 1} are left out`);
  const note = (signed: Map<number, Digest>, chunk: number, digest: Digest, detail: string) => {
    const before = signed.get(chunk);
    if (before !== undefined && before !== digest) broken(detail);
    else signed.set(chunk, digest);
  };
  let past = account.past ?? noPast;
  note(link.pasts, firstChunk, past, `${edge}: two pasts at chunk ${firstChunk}`);
  roots.forEach((root, i) => {
    const chunk = firstChunk + i;
    note(link.roots, chunk, root, `${edge}: two roots of chunk ${chunk}`);
    past = pastAfter(hasher, past, root);
    note(link.pasts, chunk + 1, past, `${edge}: two pasts at chunk ${chunk + 1}`);
  });
  link.batches = account.batches;
  link.records = account.records;
  link.openRoot = account.openRoot;
  link.closed ||= account.closed === true;
}

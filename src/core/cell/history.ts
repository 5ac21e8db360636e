// What the receipts of one cell say, put together: verified, in order, link by link. The audit compares histories.
//
// INVARIANT 1: a gap before a whole receipt is no fault: that one stands for what is missing, down to the first batch, and
//   the cell is bound to it. A gap before any other is `receipt-missing`.
import type { Digest, Hasher, NodeId, RefusalCode, VertexId } from "../base/index.ts";
import { type Assurance, type EdgeAccount, receiptChunkBatches } from "../model/index.ts";
import { noPast, pastAfter } from "./account.ts";
import type { AdmittedReceipt } from "./admission.ts";
import { limits } from "./limits.ts";

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

export function linkKey(edge: string, peer: number): string {
  return `${edge}#${peer}`;
}
export function cellKey(vertex: VertexId, incarnation: number): string {
  return `${vertex}#${incarnation}`;
}

/** A history for each node that claims a cell: where two do, neither speaks for the other. */
export function collectHistories(receipts: readonly AdmittedReceipt[], hasher: Hasher): CellHistory[] {
  const claims = new Map<string, AdmittedReceipt[]>();
  for (const one of receipts) {
    const { vertex, incarnation, node } = one.receipt;
    const key = `${node} ${cellKey(vertex, incarnation)}`;
    const list = claims.get(key);
    if (list === undefined) claims.set(key, [one]);
    else list.push(one);
  }
  return [...claims.values()].map((claimed) => historyOf(claimed, hasher));
}

function historyOf(opened: AdmittedReceipt[], hasher: Hasher): CellHistory {
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
  const find = (code: Finding["code"], detail: string) => {
    if (history.findings.length < limits.maxFindingsPerCell) history.findings.push({ code, blame: node, detail });
  };
  const broken = (detail: string) => find("receipt-chain-broken", detail);
  const missing = (detail: string) => find("receipt-missing", detail);
  let before: AdmittedReceipt | undefined;
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

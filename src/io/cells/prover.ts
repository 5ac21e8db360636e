// The prover of a running cell: accounts for each end of each link, signs a receipt per interval and at the end.
import type { EdgeId, Signer } from "../../core/base/index.ts";
import {
  cellLimits,
  LinkAccount,
  ReceiptChain,
  type ReceiptEnvelope,
  type ReceiptSubject,
} from "../../core/cell/index.ts";

import { createNodeCrypto } from "../identity/index.ts";

const hasher = createNodeCrypto();

export type Side = "input" | "output";

export class Prover {
  readonly #chain: ReceiptChain;
  readonly #kept: ReceiptEnvelope[] = [];
  /** Every link this cell has had, by side; the present ones and the former ones. */
  readonly #accounts = new Map<string, { readonly side: Side; readonly account: LinkAccount }>();
  #final = false;
  #signed = 0;

  constructor(subject: ReceiptSubject, signer: Signer) {
    this.#chain = new ReceiptChain(subject, hasher, signer);
  }

  /** The account of a link, made when it is first asked for. */
  account(side: Side, edge: EdgeId, peer: number): LinkAccount {
    const key = `${side} ${edge} ${peer}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) return known.account;
    const account = new LinkAccount(hasher, edge, peer);
    this.#accounts.set(key, { side, account });
    return account;
  }

  get crowded(): boolean {
    for (const { account } of this.#accounts.values()) if (account.crowded) return true;
    return false;
  }

  get receipts(): readonly ReceiptEnvelope[] {
    return this.#kept;
  }

  leaves(edge: string, peer: number, chunk: number): Uint8Array[] {
    const found = this.#accounts.get(`input ${edge} ${peer}`) ?? this.#accounts.get(`output ${edge} ${peer}`);
    return found?.account.leaves(chunk) ?? [];
  }

  /** Signs what came since the last receipt; nothing when nothing did. */
  sign(undelivered: number, final: boolean): void {
    if (this.#final) return;
    const news = [...this.#accounts.values()].filter(({ account }) => account.changed);
    if (news.length === 0 && !final && this.#signed > 0) return;
    const cut = (side: Side) => news.filter((one) => one.side === side).map(({ account }) => account.cut());
    this.#kept.push(this.#chain.next({ inputs: cut("input"), outputs: cut("output"), undelivered, final }));
    this.#signed++;
    this.#final = final;
    if (this.#kept.length > cellLimits.maxKeptReceipts) this.#kept.shift();
  }
}

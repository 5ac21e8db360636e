// The prover of a cell (PIXIU §3.1): accounts for each end of each link, and decides when which receipt is signed.
//
//   every interval, and at the end    a receipt of the links on which something came
//   the log begins a segment          a *whole* receipt, of all links: it stands for those before it
//   a link has ended                  a *closing* receipt: whole, with that link's last account; kept for good
//
// INVARIANT 1: a receipt is in the log before anybody is shown it; what cannot be stored ends the cell's signing.
// INVARIANT 2: a receipt names one ended link at most, so that its size has a bound.
import { accept, type EdgeId, type Hasher, type Result, refuse, type Signer } from "../base/index.ts";
import type { EdgeAccount } from "../model/index.ts";
import { LinkAccount } from "./account.ts";
import { limits } from "./limits.ts";
import {
  encodeEnvelope,
  openEnvelope,
  ReceiptChain,
  type ReceiptEnvelope,
  type ReceiptSubject,
  receiptDigest,
} from "./receipt.ts";
import type { LinkEndName, ReceiptLog } from "./receipt-log.ts";

export type Side = LinkEndName["side"];

export interface ProverPorts {
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly log: ReceiptLog;
}

interface SidedAccount {
  readonly side: Side;
  readonly account: LinkAccount;
}

/**
 * May a cell go on from what an earlier life of its node signed for the same incarnation? Only from the one receipt of a
 * cell that had not begun: its links were keyed anew since, and count from 0.
 */
export function resumesFrom(newest: ReceiptEnvelope): boolean {
  const receipt = openEnvelope(newest);
  if (!receipt.ok) return false;
  const { sequence, inputs, outputs, final } = receipt.value;
  return sequence === 0 && inputs.length === 0 && outputs.length === 0 && !final;
}

export class Prover {
  readonly #ports: ProverPorts;
  readonly #chain: ReceiptChain;
  /** The present links, by side and edge. */
  readonly #open = new Map<string, SidedAccount>();
  /** Ended and not yet signed as such; ended and signed, newest last. */
  readonly #ending: SidedAccount[] = [];
  #closed: LinkAccount[] = [];
  #closedLinks = 0;
  #signed = 0;
  #final = false;
  #lost: Result<void> = accept(undefined);

  /** `before`: the receipt that it goes on from (`resumesFrom`). */
  constructor(subject: ReceiptSubject, ports: ProverPorts, before?: ReceiptEnvelope) {
    this.#ports = ports;
    this.#chain = new ReceiptChain(
      subject,
      ports.hasher,
      ports.signer,
      before === undefined ? undefined : { sequence: 0, digest: receiptDigest(ports.hasher, before) },
    );
    if (before !== undefined) this.#signed = 1;
  }

  /** The account of a link, made when it is first asked for. Another peer on the same edge ends the link before. */
  account(side: Side, edge: EdgeId, peer: number, leafSecret?: Uint8Array): LinkAccount {
    const key = `${side} ${edge}`;
    const present = this.#open.get(key);
    if (present?.account.peer === peer) return present.account;
    if (present !== undefined && present.account.batches > 0) this.#ending.push(present);
    const account = new LinkAccount(this.#ports.hasher, edge, peer);
    this.#open.set(key, { side, account });
    if (leafSecret !== undefined) this.#storing(() => this.#ports.log.keepSecret({ side, edge, peer }, leafSecret));
    return account;
  }

  /** So many roots wait that the next receipt must not. */
  get crowded(): boolean {
    let waiting = 0;
    for (const { account } of this.#open.values()) waiting += account.waitingRoots;
    return waiting >= limits.maxRootsPerReceipt;
  }

  leaves(edge: string, peer: number, chunk: number): Uint8Array[] {
    const all = [...this.#open.values(), ...this.#ending].map(({ account }) => account);
    const found = [...all, ...this.#closed].find((account) => account.edge === edge && account.peer === peer);
    return found?.leaves(chunk) ?? [];
  }

  /** Signs what came since the last receipt; nothing when nothing did, or before the cell was wired. */
  sign(undelivered: number, final: boolean): Result<void> {
    const hasBegun = this.#open.size > 0;
    if (this.#final || !hasBegun || !this.#lost.ok) return this.#lost;
    this.#storing(() => {
      for (let ended = this.#ending[0]; ended !== undefined; ended = this.#ending[0]) {
        this.#closedLinks++;
        this.#write(undelivered, false, true, ended);
        this.#closed = [...this.#closed, ended.account].slice(-limits.maxClosedWithLeaves);
        this.#ending.shift();
      }
      const changed = [...this.#open.values()].some(({ account }) => account.changed);
      if (!changed && !final && this.#signed > 0) return;
      this.#write(undelivered, final, this.#ports.log.turning && this.#signed > 0);
      this.#final = final;
      if (final) this.#ports.log.close();
    });
    return this.#lost;
  }

  #storing(store: () => void): void {
    try {
      store();
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : "";
      this.#lost = refuse("receipt-not-stored", { detail });
      this.#ports.log.close();
    }
  }

  #write(undelivered: number, final: boolean, whole: boolean, ended?: SidedAccount): void {
    const told = [...this.#open.values()].filter(({ account }) => (whole ? account.batches > 0 : account.changed));
    const of = (side: Side): EdgeAccount[] => [
      ...(ended?.side === side ? [ended.account.close()] : []),
      ...told.filter((one) => one.side === side).map(({ account }) => account.cut()),
    ];
    const { sequence } = this.#chain;
    const envelope = this.#chain.next({
      inputs: of("input"),
      outputs: of("output"),
      undelivered,
      final,
      whole,
      closedLinks: this.#closedLinks,
    });
    this.#ports.log.append({ sequence, bytes: encodeEnvelope(envelope) }, ended !== undefined);
    this.#signed++;
  }
}

// A metadata indexer (SEP2P §5.2, node role 4): keeps one share of each of many entries, and hands shares out to the finder of a question
// that needs them, and to nobody else. It knows neither who sent a share nor whose it is.
//
// INVARIANT 1: of one label it keeps one share: whoever holds several of one entry is nearer to reading it.
// INVARIANT 2: nothing is handed out before the roster of the question is verified, whoever asks is its finder, and its statement, read
//   here, needs the key.
// INVARIANT 3: a forwarder fills no more than its own quota, of which it lets each sender have a part (passing-quota.ts).
import {
  accept,
  fromCanonical,
  fromHex,
  type NodeId,
  type Persist,
  type Refusal,
  type Result,
  refuse,
  toCanonical,
  toHex,
} from "../base/index.ts";
import { type CertifiedAnalyst, type Commission, checkAnalyst } from "./commission.ts";
import { limits } from "./limits.ts";
import { type AskMessageOf, decodeShare, decodeShares, encodeShare, type PlacedShare } from "./messages.ts";
import { entriesPerForwarder } from "./passing-quota.ts";
import { Quota } from "./quota.ts";
import { nothing, type Opener, uses } from "./sealing.ts";

export interface IndexerPorts {
  readonly opener: Opener;
  /** A plan by its bytes, checked by the commission's rules; its roster is no older than rosters may be. */
  commission(plan: Uint8Array, nowMs: number): Result<Commission>;
  /** What that node's certificate says of it; null where none is known. */
  certified(node: NodeId): CertifiedAnalyst | null;
  /** Nodes of the network, any of which forwards. */
  members(): number;
}

/** Its key and its label are where it is kept. */
interface Stored extends Pick<PlacedShare, "point" | "share" | "untilMs"> {
  readonly forwarder: NodeId;
}

const storedKey = (key: string, label: string) => `asking/share/${key}/${label}`;

export class Indexer {
  readonly #ports: IndexerPorts;
  readonly #byKey = new Map<string, Map<string, Stored>>();
  readonly #ofForwarder = new Map<NodeId, number>();
  readonly #shares = new Quota(limits.publishesPerWindow);
  readonly #badPlans = new Quota(limits.badPlansPerWindow);
  #size = 0;

  constructor(ports: IndexerPorts, stored: Iterable<readonly [string, Uint8Array]> = []) {
    this.#ports = ports;
    for (const [, bytes] of stored) {
      const value = fromCanonical(bytes, 2_048);
      if (!value.ok) continue;
      const [forwarder, share] = value.value as [NodeId, Uint8Array];
      const read = decodeShare(share);
      if (read.ok) this.#keep(read.value, forwarder);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** What to write, before anything else is done. Of several shares those that are in order are kept; a refusal: none was. */
  publish(from: NodeId, sealed: Uint8Array, nowMs: number): Result<Persist[]> {
    const heard = this.#shares.check(from, nowMs);
    if (!heard.ok) return heard;
    this.#shares.count(from, nowMs);
    const opened = this.#ports.opener.open(uses.share, nothing, sealed);
    if (!opened.ok) return opened;
    const shares = decodeShares(opened.value);
    if (!shares.ok) return shares;
    const effects: Persist[] = [];
    const most = entriesPerForwarder(this.#ports.members());
    let refusal: Refusal | null = null;
    for (const share of shares.value) {
      const fault = this.#faultOf(from, share, most, nowMs);
      if (fault !== null) {
        refusal ??= fault;
        continue;
      }
      this.#keep(share, from);
      const value = toCanonical([from, encodeShare(share)]);
      effects.push({ type: "persist", key: storedKey(toHex(share.key), toHex(share.label)), value });
    }
    return effects.length === 0 && refusal !== null ? refusal : accept(effects);
  }

  #faultOf(from: NodeId, { key, label, untilMs }: PlacedShare, most: number, nowMs: number): Refusal | null {
    const count = this.#ofForwarder.get(from) ?? 0;
    const under = this.#byKey.get(toHex(key));
    const full = count >= most || this.#size >= limits.maxEntries || (under?.size ?? 0) >= limits.maxEntriesPerKey;
    if (full) return refuse("ask-index-full", { blame: from });
    if (untilMs <= nowMs || untilMs > nowMs + limits.maxEntryMs) return refuse("ask-entry-time");
    return under?.has(toHex(label)) === true ? refuse("ask-label-taken") : null;
  }

  lookup(from: NodeId, asked: AskMessageOf<"lookup">, nowMs: number): Result<AskMessageOf<"shares">> {
    const heard = this.#badPlans.check(from, nowMs);
    if (!heard.ok) return heard;
    const commission = this.#ports.commission(asked.plan, nowMs);
    if (!commission.ok) {
      this.#badPlans.count(from, nowMs);
      return commission;
    }
    const { find, wanted } = commission.value;
    if (find !== from) {
      // A plan that somebody else saw costs as much to verify as one that is not in order.
      this.#badPlans.count(from, nowMs);
      return refuse("ask-not-finder", { blame: from });
    }
    const analyst = checkAnalyst(commission.value, this.#ports.certified(commission.value.plan.analyst.node));
    if (!analyst.ok) return analyst;
    const keys = asked.keys.map(toHex);
    if (keys.some((key) => !wanted.keys.has(key))) return refuse("ask-not-needed", { blame: from });
    return accept({ type: "shares", number: asked.number, ...this.#page(keys, asked.from, nowMs) });
  }

  #page(keys: readonly string[], from: number, nowMs: number): Pick<AskMessageOf<"shares">, "shares" | "next"> {
    const shares: AskMessageOf<"shares">["shares"] = [];
    let at = 0;
    for (const [index, key] of keys.entries()) {
      const under = this.#byKey.get(key);
      if (under === undefined) continue;
      // Whole keys are passed over at once.
      if (at + under.size <= from) {
        at += under.size;
        continue;
      }
      for (const [label, { point, share, untilMs }] of under) {
        if (at++ < from || untilMs <= nowMs) continue;
        if (shares.length === limits.sharesPerPage) return { shares, next: at - 1 };
        shares.push({ key: index, point, label: fromHex(label), share });
      }
    }
    return { shares };
  }

  /** Forgets what is over. */
  expire(nowMs: number): Persist[] {
    const effects: Persist[] = [];
    for (const [key, under] of this.#byKey) {
      for (const [label, { untilMs, forwarder }] of under) {
        if (untilMs > nowMs) continue;
        under.delete(label);
        this.#size--;
        const left = this.#ofForwarder.get(forwarder)! - 1;
        if (left === 0) this.#ofForwarder.delete(forwarder);
        else this.#ofForwarder.set(forwarder, left);
        effects.push({ type: "persist", key: storedKey(key, label), value: null });
      }
      if (under.size === 0) this.#byKey.delete(key);
    }
    return effects;
  }

  #keep({ key, label, point, share, untilMs }: PlacedShare, forwarder: NodeId): void {
    const name = toHex(key);
    const under = this.#byKey.get(name) ?? new Map<string, Stored>();
    under.set(toHex(label), { point, share, untilMs, forwarder });
    this.#byKey.set(name, under);
    this.#ofForwarder.set(forwarder, (this.#ofForwarder.get(forwarder) ?? 0) + 1);
    this.#size++;
  }
}

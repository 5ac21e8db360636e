// How much one sender may have a forwarder pass on to one node. What arrives there counts as the forwarder's, so what one sender brings is
// a small part of what the forwarder is heard of: whoever wants to silence a forwarder somewhere has to be many.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { AskMessage } from "./messages.ts";
import { Counts } from "./quota.ts";

/** Nodes of the network, as this one knows them. */
export interface Peers {
  count(): number;
  has(node: NodeId): boolean;
}

/**
 * Shares that an indexer keeps of one forwarder. All forwarders together fill it: an owner's node takes any but itself and the holder, so
 * in a small network each brings much, in a large one little.
 */
export function entriesPerForwarder(members: number): number {
  const each = Math.floor(limits.maxEntries / Math.max(1, members - 2));
  return Math.max(limits.minEntriesPerForwarder, Math.min(limits.maxEntriesPerForwarder, each));
}

/** Of those, shares of one sender, while entries live. */
export function entriesPerSender(members: number): number {
  return Math.floor(entriesPerForwarder(members) / limits.sendersPerForwarder);
}

export class PassingQuota {
  readonly #peers: Peers;
  readonly #messages = new Counts(limits.quotaWindowMs, limits.maxPassedPairs);
  readonly #shares = new Counts(limits.maxEntryMs, limits.maxPassedPairs);

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  take(from: NodeId, to: NodeId, message: AskMessage, nowMs: number): Result<void> {
    // Counts last as long as entries do: nodes that do not exist would fill them.
    if (!this.#peers.has(to)) return refuse("peer-unknown", { detail: to });
    const name = `${from} ${to}`;
    const kind = `${message.type} ${name}`;
    const most = message.type === "forward" ? limits.layersPerWindow : limits.passesPerWindow;
    const passed = this.#messages.of(kind, nowMs);
    const entered = this.#shares.of(name, nowMs);
    if (passed === null || entered === null) return refuse("ask-busy", { blame: from });
    // It cannot be seen how many there are: at most as many as have room.
    const shares = message.type === "publish" ? Math.max(1, Math.floor(message.sealed.length / limits.shareBytes)) : 0;
    if (passed >= most || (shares > 0 && entered + shares > entriesPerSender(this.#peers.count())))
      return refuse("ask-flood", { blame: from, detail: `${message.type} to ${to}` });
    this.#messages.add(kind, nowMs);
    if (shares > 0) this.#shares.add(name, nowMs, shares);
    return accept(undefined);
  }
}

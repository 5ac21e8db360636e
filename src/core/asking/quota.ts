// How much of one sender is heard in a window of time, so that whoever floods a node fills only its own share. Senders are counted within
// bounds too: those whose window is over are forgotten first.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";

interface Sender {
  windowEndsMs: number;
  count: number;
}

export class Quota {
  readonly #most: number;
  readonly #senders = new Map<NodeId, Sender>();

  constructor(mostPerWindow: number) {
    this.#most = mostPerWindow;
  }

  /** Whether it has some left. */
  check(from: NodeId, nowMs: number): Result<void> {
    const sender = this.#senders.get(from);
    if (sender !== undefined && sender.windowEndsMs > nowMs)
      return sender.count < this.#most ? accept(undefined) : refuse("ask-flood", { blame: from });
    if (sender === undefined && this.#senders.size >= limits.maxSenders) this.#forget(nowMs);
    return this.#senders.size < limits.maxSenders ? accept(undefined) : refuse("ask-busy", { blame: from });
  }

  count(from: NodeId, nowMs: number): void {
    const sender = this.#senders.get(from);
    if (sender !== undefined && sender.windowEndsMs > nowMs) sender.count++;
    else this.#senders.set(from, { windowEndsMs: nowMs + limits.quotaWindowMs, count: 1 });
  }

  #forget(nowMs: number): void {
    for (const [node, { windowEndsMs }] of this.#senders) if (windowEndsMs <= nowMs) this.#senders.delete(node);
  }
}

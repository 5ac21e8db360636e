// How much of one sender is heard in a window of time, so that whoever floods a node fills only its own share. Senders are counted within
// bounds too: those whose window is over are forgotten first.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";

interface Counted {
  windowEndsMs: number;
  count: number;
}

/** Counts by any name: of a sender, or of a sender and a destination. */
export class Counts {
  readonly #windowMs: number;
  readonly #maxNames: number;
  readonly #counted = new Map<string, Counted>();

  constructor(windowMs: number, maxNames: number) {
    this.#windowMs = windowMs;
    this.#maxNames = maxNames;
  }

  /** In the window that it is now; null: so many others are counted that this one cannot be. */
  of(name: string, nowMs: number): number | null {
    const counted = this.#counted.get(name);
    if (counted !== undefined && counted.windowEndsMs > nowMs) return counted.count;
    if (counted === undefined && this.#counted.size >= this.#maxNames) this.#forget(nowMs);
    return this.#counted.size < this.#maxNames ? 0 : null;
  }

  add(name: string, nowMs: number, by = 1): void {
    const counted = this.#counted.get(name);
    if (counted !== undefined && counted.windowEndsMs > nowMs) counted.count += by;
    else this.#counted.set(name, { windowEndsMs: nowMs + this.#windowMs, count: by });
  }

  /** Was counted, and should not have been. */
  forgive(name: string): void {
    const counted = this.#counted.get(name);
    if (counted !== undefined && counted.count > 0) counted.count--;
  }

  #forget(nowMs: number): void {
    for (const [name, { windowEndsMs }] of this.#counted) if (windowEndsMs <= nowMs) this.#counted.delete(name);
  }
}

export class Quota {
  readonly #most: number;
  readonly #counts = new Counts(limits.quotaWindowMs, limits.maxSenders);

  constructor(mostPerWindow: number) {
    this.#most = mostPerWindow;
  }

  /** Whether it has some left. */
  check(from: NodeId, nowMs: number): Result<void> {
    const count = this.#counts.of(from, nowMs);
    if (count === null) return refuse("ask-busy", { blame: from });
    return count < this.#most ? accept(undefined) : refuse("ask-flood", { blame: from });
  }

  count(from: NodeId, nowMs: number): void {
    this.#counts.add(from, nowMs);
  }

  forgive(from: NodeId): void {
    this.#counts.forgive(from);
  }
}

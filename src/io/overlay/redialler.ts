// Dials lost peers again: with growing, jittered pauses, a bounded number of times.
import type { NodeId } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

export class Redialler {
  readonly #dial: (node: NodeId) => Promise<"done" | "retry">;
  readonly #waiting = new Map<NodeId, { timer: NodeJS.Timeout | null; attempts: number }>();

  constructor(dial: (node: NodeId) => Promise<"done" | "retry">) {
    this.#dial = dial;
  }

  start(node: NodeId): void {
    if (!this.#waiting.has(node)) this.#schedule(node, 0);
  }

  cancel(node: NodeId): void {
    const entry = this.#waiting.get(node);
    if (entry?.timer) clearTimeout(entry.timer);
    this.#waiting.delete(node);
  }

  stop(): void {
    for (const node of [...this.#waiting.keys()]) this.cancel(node);
  }

  #schedule(node: NodeId, attempts: number): void {
    if (attempts >= limits.redialAttempts) {
      this.#waiting.delete(node);
      return;
    }
    const pause = Math.min(limits.redialFirstMs * 2 ** attempts, limits.redialMaxMs);
    // Between half and the whole pause: nodes that lost the same peer do not all come back at once.
    const timer = setTimeout(() => void this.#try(node), pause * (0.5 + Math.random() / 2));
    timer.unref();
    this.#waiting.set(node, { timer, attempts });
  }

  async #try(node: NodeId): Promise<void> {
    const entry = this.#waiting.get(node);
    if (entry === undefined) return;
    entry.timer = null;
    const outcome = await this.#dial(node);
    if (this.#waiting.get(node) !== entry) return; // cancelled meanwhile
    if (outcome === "done") this.#waiting.delete(node);
    else this.#schedule(node, entry.attempts + 1);
  }
}

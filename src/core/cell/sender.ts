// The sending end of an edge: numbers frames, keeps what is not acknowledged, says what to send again.
//
//   connected -- lost --> resume(what the receiver expects next) --> connected
//   receiver re-placed --> relink(): a new link, numbered from 0, with everything that was not acknowledged
//
// It is stepped on every batch, so it is a small mutable object and not a copied state; like every machine it knows no
// clock, no randomness and no I/O. `Sealed` is whatever the driver keeps of a sealed frame.
//
// INVARIANT 1: a frame is forgotten only once the receiving cell took responsibility for it.
// INVARIANT 2: sequences on one link are handed out once each, so a nonce never covers two contents.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import { limits } from "./limits.ts";
import { Queue } from "./queue.ts";

export interface RetainedFrame<Sealed> {
  readonly type: "data" | "end";
  readonly path: number;
  readonly origin: number;
  /** The sending cell's own number of this output; an end has the number after the last. */
  readonly output: number;
  readonly bytes: number;
  readonly sealed: Sealed;
}

export class EdgeSender<Sealed> {
  #frames = new Queue<RetainedFrame<Sealed>>();
  #next = 0;
  #acknowledged = 0;
  #dischargedOutputs = 0;
  #bytes = 0;
  #ended = false;

  /** The number that the next frame on this link gets. */
  get nextSequence(): number {
    return this.#next;
  }
  get retainedFrames(): number {
    return this.#frames.length;
  }
  get retainedBytes(): number {
    return this.#bytes;
  }
  /** Batches kept, without the end. */
  get retainedBatches(): number {
    return this.retainedFrames - (this.#ended && this.retainedFrames > 0 ? 1 : 0);
  }
  /** Nothing may be pushed while true: whoever feeds the cell waits. */
  get full(): boolean {
    return this.#bytes >= limits.maxRetainedBytes || this.retainedFrames >= limits.maxRetainedFrames;
  }
  get ended(): boolean {
    return this.#ended;
  }
  /** The end of the stream was sent, and everything including it was acknowledged. */
  get settled(): boolean {
    return this.#ended && this.retainedFrames === 0;
  }
  /** Every output of the cell before this number was acknowledged on this edge. */
  get dischargedOutputs(): number {
    return this.#dischargedOutputs;
  }

  /** `sealed` was sealed as frame `nextSequence`. */
  push(frame: RetainedFrame<Sealed>): void {
    assert(!this.#ended, "a frame after the end");
    this.#keep(frame);
    if (frame.type === "end") this.#ended = true;
  }

  /** Every frame before `before` is discharged. `forget` is called for each that is kept no longer. */
  acknowledge(before: number, forget?: (sealed: Sealed) => void): Result<{ readonly batches: number }> {
    if (before < this.#acknowledged || before > this.#next) {
      return refuse("acknowledgement-out-of-range", { detail: `${before} of ${this.#acknowledged}…${this.#next}` });
    }
    let batches = 0;
    while (this.#acknowledged < before) {
      const frame = this.#frames.shift()!;
      this.#bytes -= frame.bytes;
      this.#dischargedOutputs = frame.type === "data" ? frame.output + 1 : frame.output;
      if (frame.type === "data") batches++;
      this.#acknowledged++;
      forget?.(frame.sealed);
    }
    return accept({ batches });
  }

  /** A new connection on the same link. The receiver has accepted everything before `expected`: what to send again. */
  resume(expected: number): Result<readonly RetainedFrame<Sealed>[]> {
    if (expected < this.#acknowledged || expected > this.#next) {
      return refuse("edge-state-lost", {
        detail: `expects ${expected}, kept are ${this.#acknowledged} to ${this.#next}`,
      });
    }
    return accept(this.#frames.after(expected - this.#acknowledged));
  }

  /**
   * The receiving cell was re-placed: a new link, under new keys. Everything kept becomes the first frames of it;
   * `reseal` opens a frame's old seal and seals it under its new number.
   */
  relink(reseal: (frame: RetainedFrame<Sealed>, sequence: number) => Sealed): void {
    // All of them first: whatever goes wrong meanwhile, they are kept.
    const kept = this.#frames.after(0).map((frame, sequence) => ({ ...frame, sealed: reseal(frame, sequence) }));
    this.#frames = new Queue();
    this.#next = this.#acknowledged = this.#bytes = 0;
    for (const frame of kept) this.#keep(frame);
  }

  #keep(frame: RetainedFrame<Sealed>): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    this.#next++;
  }
}

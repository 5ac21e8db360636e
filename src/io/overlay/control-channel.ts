// Our half of the control conversation with one peer: one persistent stream, one bounded queue, messages in order.
//
//   idle ── send ── opening ── stream ── writing ── queue empty ── idle (stream kept)
//                      └── failed ──┴── every waiting message is refused: peer-lost
import type { Stream } from "@libp2p/interface";
import { accept, type Refusal, type Result, refuse } from "../../core/base/index.ts";
import { type ControlArea, frameHead, headBytes } from "./control-frame.ts";
import { limits } from "./limits.ts";

interface Waiting {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  settle(result: Result<void>): void;
}

export class ControlChannel {
  readonly #open: () => Promise<Stream>;
  #stream: Stream | null = null;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #pumping = false;
  #closed: Refusal | null = null;

  constructor(open: () => Promise<Stream>) {
    this.#open = open;
  }

  /** Resolves once the message was handed to the transport. A full queue refuses at once. */
  send(area: ControlArea, body: Uint8Array): Promise<Result<void>> {
    if (this.#closed !== null) return Promise.resolve(this.#closed);
    const bytes = headBytes + body.length;
    if (this.#queue.length >= limits.maxQueuedMessages || this.#queuedBytes + bytes > limits.maxQueuedBytes) {
      return Promise.resolve(refuse("peer-too-slow", { detail: `${this.#queue.length} messages wait` }));
    }
    this.#queuedBytes += bytes;
    return new Promise((settle) => {
      this.#queue.push({ head: frameHead(area, body.length), body, settle });
      if (!this.#pumping) {
        this.#pumping = true;
        // One turn later, so that messages sent together leave together.
        queueMicrotask(() => void this.#pump());
      }
    });
  }

  /** The peer has a newer connection: the next message opens a stream there. */
  renew(): void {
    const old = this.#stream;
    this.#stream = null;
    old?.close().catch(() => old.abort(new Error("the stream did not close")));
  }

  /** Ends for good. What was handed over still goes out; what waits is refused. */
  close(refusal: Refusal): void {
    this.#closed = refusal;
    this.#refuseAll(refusal);
    this.renew();
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        if (this.#stream === null || this.#stream.status !== "open" || this.#stream.writeStatus !== "writable") {
          const opened = await this.#open();
          if (this.#closed !== null) {
            opened.abort(new Error("closed meanwhile"));
            return;
          }
          this.#stream = opened;
        }
        const batch = this.#nextBatch();
        await this.#write(this.#stream, batch);
      }
    } catch (cause) {
      this.#stream?.abort(cause instanceof Error ? cause : new Error("control stream"));
      this.#stream = null;
      this.#refuseAll(refuse("peer-lost", { detail: cause instanceof Error ? cause.name : "" }));
    } finally {
      this.#pumping = false;
    }
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < limits.batchBytes)) {
      bytes += headBytes + this.#queue[count]!.body.length;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #write(stream: Stream, batch: readonly Waiting[]): Promise<void> {
    try {
      const bytes = Buffer.concat(batch.flatMap(({ head, body }) => [head, body]));
      if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(limits.drainTimeoutMs) });
    } catch (cause) {
      for (const waiting of batch) waiting.settle(this.#closed ?? refuse("peer-lost"));
      throw cause;
    }
    for (const waiting of batch) waiting.settle(accept(undefined));
  }

  #refuseAll(refusal: Refusal): void {
    const waiting = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const one of waiting) one.settle(refusal);
  }
}

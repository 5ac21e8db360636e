// Frames over a stream of bytes: a TCP socket or a stream of the overlay. Pulled, not pushed: the cell takes a frame when
// it can use one, and the connection is not read while frames wait.
//
// INVARIANT 1: at most `readAheadBytes` and one frame are held.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { accept, type Result } from "../../core/base/index.ts";
import { type FrameHeader, frameHeaderBytes, readFrameHeader } from "../../core/cell/index.ts";
import { limits } from "./limits.ts";
import { releaseBuffer } from "./release.ts";
import type { SealedFrame } from "./seal.ts";

export interface ArrivedFrame {
  readonly header: FrameHeader;
  /** The whole frame, header first. Valid until the next one is asked for. */
  readonly bytes: Buffer;
}

export class FrameConnection {
  readonly #stream: Duplex;
  /** A socket of the kernel's: when a write is done, its bytes are copied. Other streams may hold on to them. */
  readonly #direct: boolean;
  readonly #onFrames: () => void;
  readonly #onClose: () => void;
  #chunks: Buffer[] = [];
  /** Into the first chunk. */
  #offset = 0;
  #held = 0;
  #scratch = Buffer.alloc(0);
  /** Bytes that wait for the end of the turn. */
  #corked = 0;
  #inTurn = false;
  #paused = false;
  #closed = false;

  constructor(stream: Duplex, onFrames: () => void, onClose: () => void) {
    this.#stream = stream;
    this.#direct = stream instanceof Socket;
    this.#onFrames = onFrames;
    this.#onClose = onClose;
    stream.on("data", (chunk: Buffer) => this.#arrived(chunk));
    stream.on("error", () => this.close());
    stream.on("end", () => this.close());
    stream.on("close", () => this.close());
    if (stream.destroyed) queueMicrotask(() => this.close());
    else stream.resume();
  }

  get open(): boolean {
    return !this.#closed;
  }

  send(frame: SealedFrame): void {
    if (this.#closed) return;
    const last = frame.pieces.length - 1;
    // The first frame of a turn leaves at once when it is one piece; what follows in the same turn leaves together.
    const alone = !this.#inTurn && last === 0;
    if (!this.#inTurn) process.nextTick(this.#endTurn);
    this.#inTurn = true;
    if (!alone && this.#corked === 0) this.#stream.cork();
    for (let i = 0; i < last; i++) this.#stream.write(frame.pieces[i]!);
    frame.writing++; // a write that fails, or a stream that may hold on to the bytes, never counts as done
    this.#stream.write(frame.pieces[last]!, (error) => {
      if (!error && this.#direct) frame.writing--;
    });
    if (!alone) this.#corked += frame.bytes;
    if (this.#corked >= limits.corkBytes) this.#flush();
  }

  /** null: no whole frame is here yet. */
  next(): Result<ArrivedFrame> | null {
    if (this.#held < frameHeaderBytes || this.#closed) return null;
    this.#gatherHeader();
    const header = readFrameHeader(this.#chunks[0]!, this.#offset);
    if (!header.ok) return header;
    const total = frameHeaderBytes + header.value.bodyBytes;
    if (this.#held < total) return null;
    const bytes = this.#take(total);
    if (this.#paused && this.#held < limits.readAheadBytes) {
      this.#paused = false;
      this.#stream.resume();
    }
    return accept({ header: header.value, bytes });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks = [];
    this.#held = this.#offset = 0;
    this.#stream.destroy();
    this.#onClose();
  }

  /** What was sent is still written, then the connection ends. */
  finish(): void {
    if (this.#closed) return;
    this.#flush();
    this.#stream.end();
  }

  readonly #endTurn = (): void => {
    this.#inTurn = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#corked === 0) return;
    this.#corked = 0;
    this.#stream.uncork();
  }

  #arrived(chunk: Buffer): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    this.#onFrames();
    if (this.#held < limits.readAheadBytes || this.#closed || this.#paused || !this.#hasWhole()) return;
    this.#paused = true;
    this.#stream.pause();
  }

  /** A frame larger than the read-ahead is read to its end. */
  #hasWhole(): boolean {
    this.#gatherHeader();
    const header = readFrameHeader(this.#chunks[0]!, this.#offset);
    return !header.ok || this.#held >= frameHeaderBytes + header.value.bodyBytes;
  }

  #take(total: number): Buffer {
    this.#held -= total;
    const first = this.#chunks[0]!;
    const end = this.#offset + total;
    if (end <= first.length) {
      const frame = first.subarray(this.#offset, end);
      this.#offset = end;
      if (end === first.length) this.#drop(1);
      return frame;
    }
    if (this.#scratch.length < total) this.#scratch = Buffer.allocUnsafeSlow(total + (total >> 2));
    let at = 0;
    let used = 0;
    while (at < total) {
      const chunk = this.#chunks[used]!;
      const part = Math.min(chunk.length - this.#offset, total - at);
      chunk.copy(this.#scratch, at, this.#offset, this.#offset + part);
      at += part;
      this.#offset += part;
      if (this.#offset < chunk.length) break;
      used++;
      this.#offset = 0;
      if (this.#direct) releaseBuffer(chunk);
    }
    if (used > 0) this.#chunks.splice(0, used);
    return this.#scratch.subarray(0, total);
  }

  #drop(chunks: number): void {
    this.#chunks.splice(0, chunks);
    this.#offset = 0;
  }

  /** The first chunk has a whole header at the offset. */
  #gatherHeader(): void {
    if (this.#chunks[0]!.length - this.#offset >= frameHeaderBytes) return;
    const rest = Buffer.concat(this.#chunks);
    this.#chunks = [rest.subarray(this.#offset)];
    this.#offset = 0;
  }
}

// Frames of the control stream:  u8 area · u32 length (big-endian) · that many bytes.
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

export const controlAreas = ["membership", "lifecycle", "audit", "result", "draw", "asking"] as const;
export type ControlArea = (typeof controlAreas)[number];

export const headBytes = 5;

export function frameHead(area: ControlArea, length: number): Uint8Array {
  const head = new Uint8Array(headBytes);
  head[0] = controlAreas.indexOf(area) + 1;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

export interface ControlFrame {
  readonly area: ControlArea;
  readonly body: Uint8Array;
}

/** Cuts a byte stream into frames. Nothing is allocated for a length that was only promised. */
export class FrameDecoder {
  readonly #head = new Uint8Array(headBytes);
  #headFilled = 0;
  #area: ControlArea = "membership";
  #missing = 0;
  #parts: Uint8Array[] = [];

  /** After a refusal the stream is out of step: the decoder must not be used again. */
  push(chunk: Uint8Array): Result<ControlFrame[]> {
    const frames: ControlFrame[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headFilled < headBytes) {
        const taken = Math.min(headBytes - this.#headFilled, chunk.length - at);
        this.#head.set(chunk.subarray(at, at + taken), this.#headFilled);
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled < headBytes) break;
        const refusal = this.#begin();
        if (refusal !== null) return refusal;
      }
      const taken = Math.min(this.#missing, chunk.length - at);
      if (taken > 0) this.#parts.push(chunk.subarray(at, at + taken));
      at += taken;
      this.#missing -= taken;
      if (this.#missing === 0) frames.push(this.#finish());
    }
    // What is kept past this call must not keep the transport's buffers alive.
    const last = this.#parts.length - 1;
    if (last >= 0) this.#parts[last] = Uint8Array.from(this.#parts[last]!);
    return accept(frames);
  }

  #begin() {
    const area = controlAreas[this.#head[0]! - 1];
    const length = new DataView(this.#head.buffer).getUint32(1);
    if (area === undefined) return refuse("malformed", { detail: `area ${this.#head[0]}` });
    if (length > limits.maxMessageBytes) return refuse("message-too-large", { detail: `${length} bytes` });
    this.#area = area;
    this.#missing = length;
    return null;
  }

  #finish(): ControlFrame {
    const body = new Uint8Array(this.#parts.reduce((total, part) => total + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      body.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#headFilled = 0;
    return { area: this.#area, body };
  }
}

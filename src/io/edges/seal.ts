// Seals and opens frames: one pair of keys per link and direction, the nonce is the frame's number, the header is
// authenticated with it. Small frames are sealed with ChaCha20-Poly1305 and large ones with AES-256-GCM, each the faster
// there; the length in the header says which. A frame is sealed once and sent again as it is.
import { createCipheriv, createDecipheriv } from "node:crypto";
import {
  cellLimits,
  type FrameHeader,
  frameHeaderBytes,
  tagBytes,
  writeFrameHeader,
  writeNonce,
} from "../../core/cell/index.ts";
import { chaCha } from "./chacha.ts";
import type { FrameKeys } from "./keys.ts";

/** The pieces of a frame as they are written: one for a small frame; header, ciphertext and tag for a large one. */
export interface SealedFrame {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Writes that a socket has not reported done. Until there is none nothing may be released, acknowledged or not. */
  writing: number;
}

const options = { authTagLength: tagBytes } as const;
const nothing = Buffer.alloc(0);
export const noBody: Uint8Array = nothing;

export class FrameSealer {
  readonly #keys: FrameKeys;
  readonly #nonce = Buffer.alloc(12);

  constructor(keys: FrameKeys) {
    this.#keys = keys;
  }

  seal(type: FrameHeader["type"], sequence: number, path: number, origin: number, body: Uint8Array): SealedFrame {
    const bytes = frameHeaderBytes + body.length + tagBytes;
    const small = bytes <= cellLimits.smallFrameBytes;
    const head = Buffer.allocUnsafe(small ? bytes : frameHeaderBytes);
    writeFrameHeader(head, { type, bodyBytes: body.length + tagBytes, sequence, origin, path });
    writeNonce(this.#nonce, sequence);
    if (small) {
      const header = head.subarray(0, frameHeaderBytes);
      chaCha().seal(head.subarray(frameHeaderBytes), body, header, this.#nonce, this.#keys.small);
      return { pieces: [head], bytes, writing: 0 };
    }
    const cipher = createCipheriv("aes-256-gcm", this.#keys.large, this.#nonce, options);
    cipher.setAAD(head);
    const sealed = cipher.update(body);
    cipher.final();
    return { pieces: [head, sealed, cipher.getAuthTag()], bytes, writing: 0 };
  }
}

export class FrameOpener {
  readonly #keys: FrameKeys;
  readonly #nonce = Buffer.alloc(12);

  constructor(keys: FrameKeys) {
    this.#keys = keys;
  }

  /** `frame` is header, ciphertext and tag. null when it was not sealed under this key, number and header. */
  open(header: FrameHeader, frame: Buffer): Buffer | null {
    writeNonce(this.#nonce, header.sequence);
    const tagAt = frame.length - tagBytes;
    if (tagAt < frameHeaderBytes) return null;
    const head = frame.subarray(0, frameHeaderBytes);
    if (frame.length <= cellLimits.smallFrameBytes) {
      const body = Buffer.allocUnsafe(tagAt - frameHeaderBytes);
      return chaCha().open(body, frame.subarray(frameHeaderBytes), head, this.#nonce, this.#keys.small) ? body : null;
    }
    const decipher = createDecipheriv("aes-256-gcm", this.#keys.large, this.#nonce, options);
    decipher.setAAD(head);
    decipher.setAuthTag(frame.subarray(tagAt));
    const body = decipher.update(frame.subarray(frameHeaderBytes, tagAt));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return body;
  }
}

// Seals and opens frames: AES-256-GCM, one key per link and direction, the nonce is the frame's number, the header is
// authenticated with it. A frame is sealed once and sent again as it is.
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { type FrameHeader, frameHeaderBytes, tagBytes, writeFrameHeader, writeNonce } from "../../core/cell/index.ts";
import { limits } from "./limits.ts";

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
  readonly #key: KeyObject;
  readonly #nonce = Buffer.alloc(12);

  constructor(key: KeyObject) {
    this.#key = key;
  }

  seal(type: FrameHeader["type"], sequence: number, path: number, origin: number, body: Uint8Array): SealedFrame {
    const bytes = frameHeaderBytes + body.length + tagBytes;
    const small = bytes <= limits.smallFrameBytes;
    const head = Buffer.allocUnsafe(small ? bytes : frameHeaderBytes);
    writeFrameHeader(head, { type, bodyBytes: body.length + tagBytes, sequence, origin, path });
    writeNonce(this.#nonce, sequence);
    const cipher = createCipheriv("aes-256-gcm", this.#key, this.#nonce, options);
    cipher.setAAD(small ? head.subarray(0, frameHeaderBytes) : head);
    const sealed = body.length === 0 ? nothing : cipher.update(body);
    cipher.final();
    if (!small) return { pieces: [head, sealed, cipher.getAuthTag()], bytes, writing: 0 };
    head.set(sealed, frameHeaderBytes);
    head.set(cipher.getAuthTag(), frameHeaderBytes + sealed.length);
    return { pieces: [head], bytes, writing: 0 };
  }
}

export class FrameOpener {
  readonly #key: KeyObject;
  readonly #nonce = Buffer.alloc(12);

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** `frame` is header, ciphertext and tag. null when it was not sealed under this key, number and header. */
  open(header: FrameHeader, frame: Buffer): Buffer | null {
    writeNonce(this.#nonce, header.sequence);
    const tagAt = frame.length - tagBytes;
    const decipher = createDecipheriv("aes-256-gcm", this.#key, this.#nonce, options);
    decipher.setAAD(frame.subarray(0, frameHeaderBytes));
    decipher.setAuthTag(frame.subarray(tagAt));
    const body = tagAt === frameHeaderBytes ? nothing : decipher.update(frame.subarray(frameHeaderBytes, tagAt));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return body;
  }
}

// Seals and opens frames: one pair of keys per link and direction, the nonce is the frame's number, the header is
// authenticated with it. A small frame is sealed with ChaCha20-Poly1305. Of a large one the batch is enciphered with
// AES-256-CTR, and what ChaCha20-Poly1305 seals is the batch's BLAKE3 digest, which both ends need for their receipts
// anyway (docs/decisions/0030). The length in the header says which. A frame is sealed once and sent again as it is.
//
// INVARIANT 1: no byte of a link's keystream covers two frames: it goes on from frame to frame, and each is sealed once.
// INVARIANT 2: of a large frame nothing is handed on before its digest is the one that was sealed.
// INVARIANT 3: both ends go on to the next place on the keystream together: when the frame is sealed, and when it is taken.
import { type Cipher, createCipheriv, type KeyObject, timingSafeEqual } from "node:crypto";
import {
  cellLimits,
  type FrameHeader,
  frameHeaderBytes,
  largeTagBytes,
  tagBytes,
  writeFrameHeader,
  writeNonce,
} from "../../core/cell/index.ts";
import { blake3 } from "../identity/index.ts";
import { chaCha } from "./chacha.ts";
import type { FrameKeys } from "./keys.ts";

/** The pieces of a frame as they are written: one for a small frame; header, ciphertext and tag for a large one. */
export interface SealedFrame {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Of a large one: where on the link's keystream it begins. */
  readonly at: number;
  /** Writes that a socket has not reported done. Until there is none nothing may be released, acknowledged or not. */
  writing: number;
}

export interface Opened {
  /** A buffer of its own. */
  readonly body: Buffer;
  /** null: nobody has had to compute it. */
  readonly digest: Uint8Array | null;
  /** Where the link's keystream goes on behind it. */
  readonly next: number;
}

const nothing = Buffer.alloc(0);
export const noBody: Uint8Array = nothing;

export function isLarge(body: Uint8Array): boolean {
  return frameHeaderBytes + body.length + tagBytes > cellLimits.smallFrameBytes;
}

const blockBytes = 16;

/** One cipher for all frames of a link and direction: to make one for each costs as much as half of what it enciphers. */
class Keystream {
  readonly #key: KeyObject;
  #cipher: Cipher | null = null;
  #at = 0;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** Enciphers what lies at `at`, or deciphers it. */
  apply(at: number, bytes: Uint8Array): Buffer {
    const cipher = this.#cipher !== null && this.#at === at ? this.#cipher : this.#seek(at);
    // Nobody knows how far a cipher is that has thrown.
    this.#cipher = null;
    const done = cipher.update(bytes);
    this.#at = at + bytes.length;
    this.#cipher = cipher;
    return done;
  }

  #seek(at: number): Cipher {
    const counter = Buffer.alloc(blockBytes);
    counter.writeBigUInt64BE(BigInt(Math.floor(at / blockBytes)), 8);
    const cipher = createCipheriv("aes-256-ctr", this.#key, counter);
    if (at % blockBytes > 0) cipher.update(Buffer.alloc(at % blockBytes));
    return cipher;
  }
}

export class FrameSealer {
  readonly #keys: FrameKeys;
  readonly #stream: Keystream;
  readonly #nonce = Buffer.alloc(12);
  #at = 0;

  constructor(keys: FrameKeys) {
    this.#keys = keys;
    this.#stream = new Keystream(keys.large);
  }

  /** `digest`: the body's BLAKE3, where it is known. */
  seal(
    type: FrameHeader["type"],
    sequence: number,
    path: number,
    origin: number,
    body: Uint8Array,
    digest: Uint8Array | null = null,
  ): SealedFrame {
    const large = isLarge(body);
    const bodyBytes = body.length + (large ? largeTagBytes : tagBytes);
    const bytes = frameHeaderBytes + bodyBytes;
    const head = Buffer.allocUnsafe(large ? frameHeaderBytes + largeTagBytes : bytes);
    const header = head.subarray(0, frameHeaderBytes);
    const sealed = head.subarray(frameHeaderBytes);
    writeFrameHeader(header, { type, bodyBytes, sequence, origin, path });
    writeNonce(this.#nonce, sequence);
    chaCha().seal(sealed, large ? (digest ?? blake3(body)) : body, header, this.#nonce, this.#keys.small);
    const at = this.#at;
    if (!large) return { pieces: [head], bytes, at, writing: 0 };
    const enciphered = this.#stream.apply(at, body);
    this.#at = at + body.length;
    return { pieces: [header, enciphered, sealed], bytes, at, writing: 0 };
  }
}

export class FrameOpener {
  readonly #keys: FrameKeys;
  readonly #stream: Keystream;
  readonly #nonce = Buffer.alloc(12);
  readonly #digest = Buffer.alloc(largeTagBytes - tagBytes);
  #at = 0;

  constructor(keys: FrameKeys) {
    this.#keys = keys;
    this.#stream = new Keystream(keys.large);
  }

  /**
   * `frame` is header, ciphertext and tag: the next one, or the one whose place on the keystream is told. null when it was
   * not sealed under this key, number and header. The next one stays the next until `took` is called for it.
   */
  open(header: FrameHeader, frame: Buffer, at = this.#at): Opened | null {
    writeNonce(this.#nonce, header.sequence);
    const large = frame.length > cellLimits.smallFrameBytes;
    const tagAt = frame.length - (large ? largeTagBytes : tagBytes);
    if (tagAt < frameHeaderBytes) return null;
    // Only batches are large, and none that would go into a small frame.
    if (large && (header.type !== "data" || tagAt + tagBytes <= cellLimits.smallFrameBytes)) return null;
    const head = frame.subarray(0, frameHeaderBytes);
    const sealed = frame.subarray(large ? tagAt : frameHeaderBytes);
    const inside = large ? this.#digest : Buffer.allocUnsafe(tagAt - frameHeaderBytes);
    if (!chaCha().open(inside, sealed, head, this.#nonce, this.#keys.small)) return null;
    if (!large) return { body: inside, digest: null, next: at };
    const body = this.#stream.apply(at, frame.subarray(frameHeaderBytes, tagAt));
    const digest = blake3(body);
    return timingSafeEqual(this.#digest, digest) ? { body, digest, next: at + body.length } : null;
  }

  /** It was the next one, and the receiver has taken it. */
  took({ next }: Opened): void {
    this.#at = next;
  }
}

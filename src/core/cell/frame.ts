// Frames of a data edge (docs/protocols/edges.md). A header of 32 bytes in clear, which the seal covers, then the sealed
// body: the batch for `data`, nothing for `end` and `ack`, a refusal code for `reset`, and its 16-byte tag.
//
//    0 u32 bytes after the header   4 u8 type   5 zero (3 bytes)   8 u64 sequence
//   16 u64 origin (data), acknowledged-before (ack)   24 u32 path (data)   28 zero (4 bytes)
//
// Little-endian. Numbers are safe integers: 2^53 frames do not happen.
import { accept, type Result, refuse } from "../base/index.ts";
import { limits, tagBytes } from "./limits.ts";

export const frameHeaderBytes = 32;

export const frameTypes = { data: 1, end: 2, ack: 3, reset: 4 } as const;
export type FrameType = keyof typeof frameTypes;
const typeOf: readonly (FrameType | undefined)[] = [undefined, "data", "end", "ack", "reset"];

export interface FrameHeader {
  readonly type: FrameType;
  /** Bytes after the header: ciphertext and tag. */
  readonly bodyBytes: number;
  /** Number of the frame on its link and in its direction. */
  readonly sequence: number;
  /** data: which batch of its origin this descends from (origin.ts). ack: every frame before this one is discharged. */
  readonly origin: number;
  /** data: on which way through stateless cells it came. */
  readonly path: number;
}

export function writeFrameHeader(into: Uint8Array, header: FrameHeader): void {
  writeU32(into, 0, header.bodyBytes);
  into[4] = frameTypes[header.type];
  into[5] = into[6] = into[7] = 0;
  writeU64(into, 8, header.sequence);
  writeU64(into, 16, header.origin);
  writeU32(into, 24, header.path);
  into[28] = into[29] = into[30] = into[31] = 0;
}

/** `at` is where the header begins; 32 bytes are there. */
export function readFrameHeader(bytes: Uint8Array, at = 0): Result<FrameHeader> {
  const type = typeOf[bytes[at + 4]!];
  if (type === undefined) return refuse("frame-malformed", { detail: "no such type" });
  if (readU32(bytes, at + 28) !== 0 || bytes[at + 5] !== 0 || bytes[at + 6] !== 0 || bytes[at + 7] !== 0) {
    return refuse("frame-malformed", { detail: "reserved bytes are not 0" });
  }
  const bodyBytes = readU32(bytes, at);
  if (bodyBytes < tagBytes) return refuse("frame-malformed", { detail: "shorter than its tag" });
  if (bodyBytes > limits.maxFrameBytes) return refuse("frame-too-large", { detail: `${bodyBytes} bytes` });
  const sequence = readU64(bytes, at + 8);
  const origin = readU64(bytes, at + 16);
  if (sequence > Number.MAX_SAFE_INTEGER || origin > Number.MAX_SAFE_INTEGER) {
    return refuse("frame-malformed", { detail: "a number past 2^53" });
  }
  return accept({ type, bodyBytes, sequence, origin, path: readU32(bytes, at + 24) });
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * 2 ** 32;
}
function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value);
  writeU32(bytes, at + 4, Math.floor(value / 2 ** 32));
}

/** Nonce of a frame. Each link and direction has its own key, so the number alone is fresh. */
export function writeNonce(into: Uint8Array, sequence: number): void {
  into[0] = into[1] = into[2] = into[3] = 0;
  writeU64(into, 4, sequence);
}

// Which 32 bytes may be a member's Ed25519 key (DESIGN §5, Identity). A key of small order verifies signatures that
// nobody made, and a key with two encodings would give one member two ids, so both are refused before anything else.
import { accept, type Result, refuse } from "../base/index.ts";

const keyBytes = 32;

/** y coordinates of the 8 points whose order divides 8 (RFC 8032 curve), little-endian, sign bit cleared. */
const smallOrderY: readonly Uint8Array[] = [
  littleEndian((i) => (i === 0 ? 1 : 0)), // y = 1: the identity
  littleEndian(() => 0), // y = 0: both points of order 4
  littleEndian((i) => (i === 0 ? 0xec : i === 31 ? 0x7f : 0xff)), // y = -1: order 2
  fromDigits("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), // order 8, two signs
  fromDigits("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), // order 8, two signs
];

/** INVARIANT 1: every key that becomes a member's, or verifies anything of a member's, passed here. */
export function checkPublicKey(publicKey: Uint8Array): Result<Uint8Array> {
  if (publicKey.length !== keyBytes) return refuse("key-malformed", { detail: `${publicKey.length} bytes, not 32` });
  const y = Uint8Array.from(publicKey); // a copy: slice() of a Buffer would share its memory
  const sign = y[31]! >> 7;
  y[31]! &= 0x7f;
  if (!belowFieldPrime(y)) return refuse("key-not-canonical", { detail: "y is not below 2^255 - 19" });
  if (smallOrderY.some((point) => sameKey(point, y))) {
    // x = 0 has no negative: with the sign bit set these two are second encodings of small-order points.
    if (sign === 1 && (sameKey(smallOrderY[0]!, y) || sameKey(smallOrderY[2]!, y))) {
      return refuse("key-not-canonical", { detail: "the sign bit is set although x is 0" });
    }
    return refuse("small-order-key");
  }
  return accept(publicKey);
}

/** 2^255 - 19 is ed ff … ff 7f in little-endian. */
function belowFieldPrime(y: Uint8Array): boolean {
  if (y[31] !== 0x7f) return true;
  for (let i = 1; i < 31; i++) if (y[i] !== 0xff) return true;
  return y[0]! < 0xed;
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < keyBytes; i++) if (a[i] !== b[i]) return false;
  return true;
}

function littleEndian(byteAt: (index: number) => number): Uint8Array {
  return Uint8Array.from({ length: keyBytes }, (_, index) => byteAt(index));
}

function fromDigits(hex: string): Uint8Array {
  return littleEndian((index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}

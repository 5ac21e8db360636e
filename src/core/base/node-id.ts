// A node's id is its public key in other letters: base58btc of the identity multihash of libp2p's protobuf for an Ed25519
// key (libp2p peer-id specification). So whoever holds an id can check that node's signatures without asking anybody.
import { type NodeId, nodeIdPattern } from "./ids.ts";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const letterValues = new Map([...alphabet].map((letter, value) => [letter, value]));

/** Multihash identity (0x00), 36 bytes; protobuf: key type (field 1) = Ed25519 (1), data (field 2) of 32 bytes. */
const prefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] as const;
export const publicKeyBytes = 32;
const limbSize = 58 ** 5;

/** The id of a raw Ed25519 public key. */
export function nodeIdOfPublicKey(publicKey: Uint8Array): NodeId {
  if (publicKey.length !== publicKeyBytes) throw new RangeError("an Ed25519 public key has 32 bytes");
  return toBase58([...prefix, ...publicKey]) as NodeId;
}

/** The raw Ed25519 public key inside an id; null when it is not the id of such a key. */
export function publicKeyOfNodeId(node: string): Uint8Array | null {
  if (!nodeIdPattern.test(node)) return null;
  const bytes = fromBase58(node, prefix.length + publicKeyBytes);
  if (bytes === null || !prefix.every((byte, index) => bytes[index] === byte)) return null;
  return bytes.slice(prefix.length);
}

function toBase58(bytes: readonly number[]): string {
  // Five digits of base 58 at a time, least significant first, and two bytes: the products stay below 2^53.
  const limbs: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) {
    const last = at + 1 === bytes.length;
    const scale = last ? 256 : 65_536;
    let carry = last ? bytes[at]! : bytes[at]! * 256 + bytes[at + 1]!;
    for (let i = 0; i < limbs.length; i++) {
      carry += limbs[i]! * scale;
      const rest = Math.floor(carry / limbSize);
      limbs[i] = carry - rest * limbSize;
      carry = rest;
    }
    if (carry > 0) limbs.push(carry);
  }
  let text = "";
  for (let limb of limbs) for (let i = 0; i < 5; i++, limb = Math.floor(limb / 58)) text = alphabet[limb % 58]! + text;
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  let leading = 0;
  while (text[leading] === alphabet[0]) leading++;
  return alphabet[0]!.repeat(zeros) + text.slice(leading);
}

/** Exactly `length` bytes, or null. The text is bounded by the caller's pattern. */
function fromBase58(text: string, length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  for (const letter of text) {
    let carry = letterValues.get(letter);
    if (carry === undefined) return null;
    for (let i = length - 1; i >= 0; i--) {
      carry += bytes[i]! * 58;
      bytes[i] = carry & 255;
      carry >>= 8;
    }
    if (carry > 0) return null;
  }
  return bytes;
}

// A node's id is its public key in other letters: base58btc of the identity multihash of libp2p's protobuf for an Ed25519
// key (libp2p peer-id specification). So whoever holds an id can check that node's signatures without asking anybody.
import { type NodeId, nodeIdPattern } from "./ids.ts";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const letterValues = new Uint8Array(128);
[...alphabet].forEach((letter, value) => {
  letterValues[letter.charCodeAt(0)] = value;
});
/** Two digits at a time, the higher first. */
const letterPairs = [...alphabet].flatMap((high) => [...alphabet].map((low) => high + low));

/** Multihash identity (0x00), 36 bytes; protobuf: key type (field 1) = Ed25519 (1), data (field 2) of 32 bytes. */
const prefix = [0x0024, 0x0801, 0x1220] as const;
export const publicKeyBytes = 32;
/** Prefix and key, 16 bits each. An id is a 1, for the zero byte in front, and their number in exactly 51 digits. */
const words = prefix.length + publicKeyBytes / 2;
/** Six digits at a time: with a word they stay below 2^52. */
const group = 58 ** 6;
const perGroup = 1 / group;
const groupLetters = 6;
const headLetters = 4; // the 1, and what 8 groups leave of 51 digits

/** The id of a raw Ed25519 public key. */
export function nodeIdOfPublicKey(publicKey: Uint8Array): NodeId {
  if (publicKey.length !== publicKeyBytes) throw new RangeError("an Ed25519 public key has 32 bytes");
  const number = new Float64Array(words); // most significant first
  number.set(prefix);
  for (let i = 0; i < publicKeyBytes; i += 2)
    number[prefix.length + (i >> 1)] = publicKey[i]! * 256 + publicKey[i + 1]!;
  // Joined, not added: a sum of texts stays a rope, and ids are kept by the hundred thousand.
  const groups: string[] = [];
  let from = 0;
  for (let left = 52 - headLetters; left > 0; left -= groupLetters) {
    const rest = divide(number, from);
    while (number[from] === 0) from++;
    const high = Math.floor(rest / 3364);
    groups.push(letterPairs[(rest - high * 3364) | 0]!, lettersOf(high));
  }
  // Of the four letters of what is left, the first is the zero byte's as well: a 1.
  groups.push(lettersOf(divide(number, from)));
  return groups.reverse().join("") as NodeId;
}

/** Four letters, of a number that has no more. */
function lettersOf(number: number): string {
  const high = (number / 3364) | 0;
  return letterPairs[high]! + letterPairs[(number | 0) - high * 3364]!;
}

/** Divides by a group: leaves the quotient in place, and returns the rest. Multiplies, which may be off by one, and mends that. */
function divide(number: Float64Array, from: number): number {
  let rest = 0;
  for (let i = from; i < words; i++) {
    const value = rest * 65_536 + number[i]!;
    let quotient = (value * perGroup) | 0;
    rest = value - quotient * group;
    if (rest < 0) [quotient, rest] = [quotient - 1, rest + group];
    else if (rest >= group) [quotient, rest] = [quotient + 1, rest - group];
    number[i] = quotient;
  }
  return rest;
}

/** The raw Ed25519 public key inside an id; null when it is not the id of such a key. */
export function publicKeyOfNodeId(node: string): Uint8Array | null {
  if (!nodeIdPattern.test(node)) return null;
  const number = new Float64Array(words); // least significant first; 51 digits never need more
  let used = 0;
  for (let at = 0, end = headLetters; at < node.length; at = end, end += groupLetters) {
    let carry = 0;
    for (; at < end; at++) carry = carry * 58 + letterValues[node.charCodeAt(at)]!;
    for (let i = 0; i < used || carry > 0; i++) {
      const value = number[i]! * group + carry;
      carry = Math.floor(value / 65_536);
      number[i] = value - carry * 65_536;
      if (i === used) used++;
    }
  }
  if (!prefix.every((word, i) => number[words - 1 - i] === word)) return null;
  const key = new Uint8Array(publicKeyBytes);
  for (let i = 0; i < publicKeyBytes; i += 2) {
    const word = number[(publicKeyBytes - 2 - i) >> 1]!;
    key[i] = word >> 8;
    key[i + 1] = word & 255;
  }
  return key;
}

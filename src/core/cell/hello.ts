// How a connection becomes an edge (docs/protocols/edges.md). The upstream cell's node dials; three messages, each proven
// with the link's own hello key, which only the two cells can derive.
//
//   dialler → hello      which link, a fresh number            proof
//   listener → challenge  a fresh number, what it expects next  proof over both numbers
//   dialler → confirm                                           proof over both numbers
//
// INVARIANT 1: the listener adopts a connection only after `confirm`: a recorded hello replayed gets a challenge that it
//   cannot answer, and disturbs nothing.
// INVARIANT 2: each proof covers its direction and both fresh numbers, so none serves at another place or time.
import { accept, type EdgeId, fromHex, joined, type QueryId, type Result, refuse, toHex } from "../base/index.ts";

export const freshBytes = 32;
export const proofBytes = 32;
const magic = Uint8Array.of(0x48, 0x47, 0x45, 0x32); // HGE2

export interface LinkName {
  readonly query: QueryId;
  readonly edge: EdgeId;
  /** Incarnations of the sending and of the receiving cell. */
  readonly from: number;
  readonly to: number;
}

export interface Hello extends LinkName {
  readonly fresh: Uint8Array;
}

/** hello: magic, query (16), from u16, to u16, fresh (32), length of the edge id u8, edge id. The proof follows. */
export function encodeHello(hello: Hello): Uint8Array {
  const edge = Uint8Array.from(hello.edge, (letter) => letter.charCodeAt(0));
  return joined(
    magic,
    fromHex(hello.query),
    u16(hello.from),
    u16(hello.to),
    hello.fresh,
    Uint8Array.of(edge.length),
    edge,
  );
}

const edgePattern = /^[a-z][a-z0-9-]{0,39}>[a-z][a-z0-9-]{0,39}:\d{1,2}$/;
const fixedBytes = 4 + 16 + 2 + 2 + freshBytes + 1;

export function decodeHello(bytes: Uint8Array): Result<Hello> {
  if (bytes.length < fixedBytes || magic.some((byte, i) => bytes[i] !== byte)) return notOne("not a hello");
  if (bytes.length !== fixedBytes + bytes[fixedBytes - 1]!) return notOne("its length is wrong");
  let edge = "";
  for (const byte of bytes.subarray(fixedBytes)) edge += String.fromCharCode(byte);
  if (!edgePattern.test(edge)) return notOne("not an edge id");
  return accept({
    query: toHex(bytes.subarray(4, 20)) as QueryId,
    from: bytes[20]! | (bytes[21]! << 8),
    to: bytes[22]! | (bytes[23]! << 8),
    fresh: bytes.slice(24, 24 + freshBytes),
    edge: edge as EdgeId,
  });
}

/** challenge: fresh (32), the next data frame expected (8), the number of the next frame towards the dialler (8). */
export interface Challenge {
  readonly fresh: Uint8Array;
  readonly expected: number;
  readonly reverse: number;
}
export const challengeBytes = freshBytes + 16;

export function encodeChallenge(challenge: Challenge): Uint8Array {
  return joined(challenge.fresh, u64(challenge.expected), u64(challenge.reverse));
}

export function decodeChallenge(bytes: Uint8Array): Result<Challenge> {
  if (bytes.length !== challengeBytes) return notOne("its length is wrong");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const expected = Number(view.getBigUint64(freshBytes, true));
  const reverse = Number(view.getBigUint64(freshBytes + 8, true));
  if (!Number.isSafeInteger(expected) || !Number.isSafeInteger(reverse)) return notOne("a number past 2^53");
  return accept({ fresh: bytes.slice(0, freshBytes), expected, reverse });
}

/** What each proof covers: its place in the exchange, and everything said so far. */
export function proofOfHello(hello: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(1), hello);
}
export function proofOfChallenge(hello: Uint8Array, challenge: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(2), hello, challenge);
}
export function proofOfConfirm(hello: Uint8Array, challenge: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(3), hello, challenge);
}

export type LinkKeyUse = "forward" | "backward" | "hello" | "leaves";

/** The HKDF `info` of a link's keys; the plan's digest is the salt. Binds everything that names the link. */
export function linkKeyInfo(link: LinkName, fromKey: Uint8Array, toKey: Uint8Array, use: LinkKeyUse): Uint8Array {
  const text = `hedgerow edge 2\n${use}\n${link.query}\n${link.edge}\n${link.from}\n${link.to}\n${toHex(fromKey)}\n${toHex(toKey)}`;
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8);
}
function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
function notOne(detail: string) {
  return refuse("edge-handshake", { detail });
}

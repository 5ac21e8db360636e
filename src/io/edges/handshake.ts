// The three messages that make a stream an edge (core/cell/hello.ts, docs/protocols/edges.md), over any byte stream.
// On the wire: u16 length and hello, proof; challenge, proof; confirm proof. Bounded in bytes and time.
import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import type { Duplex } from "node:stream";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import {
  type Challenge,
  cellLimits,
  challengeBytes,
  decodeChallenge,
  decodeHello,
  encodeChallenge,
  encodeHello,
  freshBytes,
  type LinkName,
  proofBytes,
  proofOfChallenge,
  proofOfConfirm,
  proofOfHello,
} from "../../core/cell/index.ts";
import { limits } from "./limits.ts";

function prove(key: KeyObject, message: Uint8Array): Buffer {
  return createHmac("sha256", key).update(message).digest();
}
function proven(key: KeyObject, message: Uint8Array, proof: Uint8Array): boolean {
  return timingSafeEqual(prove(key, message), proof);
}
const failed = (detail: string) => refuse("edge-handshake", { detail });

/** At the sending cell. The stream is this link's from then on, or destroyed. */
export async function dialHandshake(stream: Duplex, link: LinkName, helloKey: KeyObject): Promise<Result<Challenge>> {
  const hello = encodeHello({ ...link, fresh: randomBytes(freshBytes) });
  stream.write(Buffer.concat([u16(hello.length), hello, prove(helloKey, proofOfHello(hello))]));
  const answer = await readExactly(stream, challengeBytes + proofBytes);
  if (answer === null) return abandon(stream, "no answer");
  const challenge = answer.subarray(0, challengeBytes);
  const decoded = decodeChallenge(challenge);
  if (!decoded.ok || !proven(helloKey, proofOfChallenge(hello, challenge), answer.subarray(challengeBytes))) {
    return abandon(stream, "the answer is not from the next cell");
  }
  stream.write(prove(helloKey, proofOfConfirm(hello, challenge)));
  return decoded;
}

export interface ExpectedLink {
  readonly helloKey: KeyObject;
  challenge(): Omit<Challenge, "fresh">;
  /** `told` is what the challenge said. */
  adopt(stream: Duplex, told: Omit<Challenge, "fresh">): void;
}

/** At the receiving cell's node: which link is it, and is it really that cell? Destroys what is not. */
export async function listenHandshake(
  stream: Duplex,
  find: (link: LinkName) => ExpectedLink | undefined,
): Promise<Result<void>> {
  const size = await readExactly(stream, 2);
  const length = size?.readUInt16LE(0) ?? 0;
  if (length === 0 || length > cellLimits.maxHelloBytes) return abandon(stream, "no hello");
  const message = await readExactly(stream, length + proofBytes);
  if (message === null) return abandon(stream, "no hello");
  const hello = message.subarray(0, length);
  const decoded = decodeHello(hello);
  const expected = decoded.ok ? find(decoded.value) : undefined;
  if (expected === undefined || !proven(expected.helloKey, proofOfHello(hello), message.subarray(length))) {
    return abandon(stream, "no such link, or not its cell");
  }
  const told = expected.challenge();
  const challenge = encodeChallenge({ fresh: randomBytes(freshBytes), ...told });
  stream.write(Buffer.concat([challenge, prove(expected.helloKey, proofOfChallenge(hello, challenge))]));
  const confirm = await readExactly(stream, proofBytes);
  if (confirm === null || !proven(expected.helloKey, proofOfConfirm(hello, challenge), confirm)) {
    return abandon(stream, "the challenge was not met");
  }
  expected.adopt(stream, told);
  return accept(undefined);
}

/** null when the stream ended first or the time was up. Leaves what follows in the stream. */
function readExactly(stream: Duplex, bytes: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const settle = (result: Buffer | null) => {
      clearTimeout(timer);
      stream.off("readable", onReadable);
      for (const event of ["end", "close", "error"] as const) stream.off(event, onEnd);
      resolve(result);
    };
    const onReadable = () => {
      const chunk: Buffer | null = stream.read(bytes);
      if (chunk !== null) settle(chunk.length === bytes ? chunk : null);
    };
    const onEnd = () => settle(null);
    const timer = setTimeout(onEnd, limits.handshakeTimeoutMs);
    for (const event of ["end", "close", "error"] as const) stream.on(event, onEnd);
    stream.on("readable", onReadable);
    onReadable();
  });
}

function abandon(stream: Duplex, detail: string) {
  stream.on("error", () => {});
  stream.destroy();
  return failed(detail);
}

function u16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

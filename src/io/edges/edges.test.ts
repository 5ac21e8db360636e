import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Digest, EdgeId, QueryId } from "../../core/base/index.ts";
import { type FrameHeader, type LinkName, readFrameHeader } from "../../core/cell/index.ts";
import { freshAgreementKey } from "../curve/index.ts";
import { CellKeyPool, deriveLinkKeys, FrameOpener, FrameSealer, type LinkKeys, releaseBuffer } from "./index.ts";

const link: LinkName = { query: "ab".repeat(16) as QueryId, edge: "a>b:0" as EdgeId, from: 0, to: 0 };
const planDigest = "cd".repeat(32) as Digest;
const [a, b] = [freshAgreementKey(), freshAgreementKey()];

function keysAt(sending: boolean, change: Partial<LinkName> = {}, plan: Digest = planDigest): LinkKeys {
  const [own, peer] = sending ? [a, b.publicKey] : [b, a.publicKey];
  const keys = deriveLinkKeys({ link: { ...link, ...change }, planDigest: plan, own, peer, sending });
  if (!keys.ok) throw new Error(keys.code);
  return keys.value;
}
const bytesOf = (keys: LinkKeys) =>
  [keys.forward.large, keys.backward.large, keys.hello]
    .map((key) => key.export().toString("hex"))
    .concat([keys.forward.small, keys.backward.small, keys.leaves].map((key) => Buffer.from(key).toString("hex")));

describe("link keys", () => {
  it("are the same at both ends, and all different", () => {
    expect(bytesOf(keysAt(true))).toEqual(bytesOf(keysAt(false)));
    expect(new Set(bytesOf(keysAt(true))).size).toBe(6);
  });
  it("are others for another plan, query, edge or incarnation of either end", () => {
    const all = [
      keysAt(true),
      keysAt(true, {}, "ce".repeat(32) as Digest),
      keysAt(true, { query: "ac".repeat(16) as QueryId }),
      keysAt(true, { edge: "a>b:1" as EdgeId }),
      keysAt(true, { from: 1 }),
      keysAt(true, { to: 1 }),
    ].flatMap(bytesOf);
    expect(new Set(all).size).toBe(all.length);
  });
  it("are refused for public keys that are none: wrong length, small order", () => {
    for (const peer of [new Uint8Array(31), new Uint8Array(32), Uint8Array.of(1, ...new Array(31).fill(0))]) {
      expect(deriveLinkKeys({ link, planDigest, own: a, peer, sending: true })).toMatchObject({
        ok: false,
        code: "bad-cell-key",
      });
    }
  });
  it("come from a pool that never gives a pair twice", () => {
    const pool = new CellKeyPool();
    const taken = Array.from({ length: 40 }, () => Buffer.from(pool.take().publicKey).toString("hex"));
    pool.close();
    expect(new Set(taken).size).toBe(40);
  });
});

describe("seals", () => {
  const frame = (type: FrameHeader["type"], sequence: number, body: Uint8Array) => {
    const sealed = new FrameSealer(keysAt(true).forward).seal(type, sequence, 3, 4, body);
    const bytes = Buffer.concat(sealed.pieces);
    expect(sealed.bytes).toBe(bytes.length);
    const header = readFrameHeader(bytes);
    if (!header.ok) throw new Error(header.code);
    return { bytes, header: header.value };
  };
  const body = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constant(new Uint8Array(20_000).fill(7)));

  it("open to what was sealed, and the same content seals to the same bytes", () => {
    const opener = new FrameOpener(keysAt(false).forward);
    fc.assert(
      fc.property(body, fc.nat(), (content, sequence) => {
        const { bytes, header } = frame("data", sequence, content);
        expect(opener.open(header, bytes)?.equals(content)).toBe(true);
        expect(frame("data", sequence, content).bytes.equals(bytes)).toBe(true);
        expect(header).toMatchObject({ type: "data", sequence, path: 3, origin: 4 });
      }),
    );
  });
  it("break with any single bit", () => {
    const opener = new FrameOpener(keysAt(false).forward);
    fc.assert(
      fc.property(body, fc.nat(), fc.nat(7), (content, at, bit) => {
        const { bytes, header } = frame("data", 9, content);
        bytes[at % bytes.length]! ^= 1 << bit;
        const changed = readFrameHeader(bytes);
        expect(opener.open(changed.ok ? changed.value : header, bytes)).toBeNull();
      }),
    );
  });
  it("do not open under the keys of the other direction", () => {
    for (const length of [0, 10, 20_000]) {
      const { bytes, header } = frame("data", 0, new Uint8Array(length));
      expect(new FrameOpener(keysAt(false).backward).open(header, bytes)).toBeNull();
    }
  });
});

describe("releasing", () => {
  it("frees a large buffer of its own", () => {
    const large = new Uint8Array(100_000);
    releaseBuffer(large);
    expect(large.length).toBe(0);
  });
  it("leaves slices, small ones and shared memory alone", () => {
    const whole = new Uint8Array(100_000);
    releaseBuffer(whole.subarray(8));
    const small = Buffer.from("a pool holds this one");
    releaseBuffer(small);
    const shared = new Uint8Array(new SharedArrayBuffer(100_000));
    releaseBuffer(shared);
    expect([whole.length, small.toString(), shared.length]).toEqual([100_000, "a pool holds this one", 100_000]);
  });
});

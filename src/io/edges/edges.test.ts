import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Digest, EdgeId, QueryId } from "../../core/base/index.ts";
import {
  cellLimits,
  type FrameHeader,
  frameHeaderBytes,
  type LinkName,
  largeTagBytes,
  readFrameHeader,
  tagBytes,
  writeFrameHeader,
  writeNonce,
} from "../../core/cell/index.ts";
import { freshAgreementKey } from "../curve/index.ts";
import { blake3 } from "../identity/index.ts";
import { chaCha } from "./chacha.ts";
import {
  CellKeyPool,
  deriveLinkKeys,
  FrameOpener,
  FrameSealer,
  isLarge,
  type LinkKeys,
  releaseBuffer,
  type SealedFrame,
} from "./index.ts";

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
  const wholeOf = (sealed: SealedFrame) => {
    const bytes = Buffer.concat(sealed.pieces);
    expect(sealed.bytes).toBe(bytes.length);
    const header = readFrameHeader(bytes);
    if (!header.ok) throw new Error(header.code);
    return { bytes, header: header.value };
  };
  const sealerAt = () => new FrameSealer(keysAt(true).forward);
  const openerAt = () => new FrameOpener(keysAt(false).forward);
  const largest = cellLimits.smallFrameBytes - frameHeaderBytes - tagBytes;
  const length = fc.oneof(fc.nat(64), fc.integer({ min: largest - 2, max: largest + 40 }), fc.constant(20_001));
  const bodies = fc.array(
    fc.tuple(length, fc.nat(255)).map(([bytes, fill]) => new Uint8Array(bytes).fill(fill)),
    { minLength: 1, maxLength: 12 },
  );

  it("open to what was sealed, one after the other, with the digest of what is large", () => {
    fc.assert(
      fc.property(bodies, (contents) => {
        const [sealer, opener] = [sealerAt(), openerAt()];
        for (const [sequence, content] of contents.entries()) {
          const known = sequence % 2 === 0 ? blake3(content) : null;
          const { bytes, header } = wholeOf(sealer.seal("data", sequence, 3, 4, content, known));
          expect(header).toMatchObject({ type: "data", sequence, path: 3, origin: 4 });
          const opened = opener.open(header, bytes)!;
          expect(opened.body.equals(content)).toBe(true);
          expect(isLarge(content)).toBe(content.length > largest);
          expect(opened.digest).toEqual(isLarge(content) ? blake3(content) : null);
          opener.took(opened);
        }
      }),
    );
  });
  it("break with any single bit, and what was changed on its way opens when it comes again", () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.nat(7), (contents, at, bit) => {
        const [sealer, opener] = [sealerAt(), openerAt()];
        for (const [sequence, content] of contents.entries()) {
          const { bytes, header } = wholeOf(sealer.seal("data", sequence, 3, 4, content));
          const broken = Buffer.from(bytes);
          broken[at % bytes.length]! ^= 1 << bit;
          const changed = readFrameHeader(broken);
          expect(opener.open(changed.ok ? changed.value : header, broken)).toBeNull();
          const opened = opener.open(header, bytes)!;
          expect(opened.body.equals(content)).toBe(true);
          opener.took(opened);
        }
      }),
      { numRuns: 300 },
    );
  });
  it("open anew wherever they lie on the link's keystream, and there only", () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (contents, pick) => {
        const sealer = sealerAt();
        const sealed = contents.map((content, sequence) => sealer.seal("data", sequence, 3, 4, content));
        const which = pick % contents.length;
        const { bytes, header } = wholeOf(sealed[which]!);
        expect(openerAt().open(header, bytes, sealed[which]!.at)?.body.equals(contents[which]!)).toBe(true);
        const elsewhere = openerAt().open(header, bytes, sealed[which]!.at + 1);
        expect(elsewhere === null).toBe(isLarge(contents[which]!));
      }),
    );
  });
  it("no byte of the keystream covers two of them, not even when the same content is sealed", () => {
    const sealer = sealerAt();
    const content = new Uint8Array(20_001);
    const pads = [0, 1, 2].map((sequence) => sealer.seal("data", sequence, 0, 0, content).pieces[1]!);
    // Of zeros the ciphertext is the keystream itself.
    const stream = createCipheriv("aes-256-ctr", keysAt(true).forward.large, Buffer.alloc(16));
    expect(Buffer.concat(pads).equals(stream.update(Buffer.alloc(3 * content.length)))).toBe(true);
  });
  it("whose batch was exchanged for another's do not open", () => {
    const sealer = sealerAt();
    const one = wholeOf(sealer.seal("data", 0, 0, 0, new Uint8Array(20_000).fill(1)));
    const other = wholeOf(sealer.seal("data", 0, 0, 0, new Uint8Array(20_000).fill(2)));
    const mixed = Buffer.concat([other.bytes.subarray(0, 20_032), one.bytes.subarray(20_032)]);
    expect(openerAt().open(one.header, mixed)).toBeNull();
    expect(openerAt().open(one.header, one.bytes)).not.toBeNull();
  });
  it("stay the next one until they are taken", () => {
    const [sealer, opener] = [sealerAt(), openerAt()];
    const [first, second] = [1, 2].map((fill, sequence) =>
      wholeOf(sealer.seal("data", sequence, 0, 0, new Uint8Array(20_001).fill(fill))),
    );
    expect(opener.open(first!.header, first!.bytes)).not.toBeNull();
    expect(opener.open(second!.header, second!.bytes)).toBeNull();
    opener.took(opener.open(first!.header, first!.bytes)!);
    expect(opener.open(second!.header, second!.bytes)).not.toBeNull();
  });
  it("are large only when they carry a batch that has to be", () => {
    const keys = keysAt(true).forward;
    const asLarge = (type: FrameHeader["type"], bytes: number) => {
      const head = Buffer.alloc(frameHeaderBytes);
      writeFrameHeader(head, { type, bodyBytes: bytes + largeTagBytes, sequence: 0, origin: 0, path: 0 });
      const nonce = Buffer.alloc(12);
      writeNonce(nonce, 0);
      const body = Buffer.alloc(bytes, 3);
      const seal = Buffer.alloc(largeTagBytes);
      chaCha().seal(seal, blake3(body), head, nonce, keys.small);
      const enciphered = createCipheriv("aes-256-ctr", keys.large, Buffer.alloc(16)).update(body);
      return wholeOf({ pieces: [head, enciphered, seal], bytes: bytes + 80, at: 0, writing: 0 });
    };
    for (const [type, bytes, opens] of [
      ["data", largest, false],
      ["data", largest + 1, true],
      ["reset", 20_000, false],
      ["ack", 20_000, false],
    ] as const) {
      const { header, bytes: frame } = asLarge(type, bytes);
      expect(openerAt().open(header, frame) !== null, `${type} ${bytes}`).toBe(opens);
    }
  });
  it("lie where both ends think, also after a cipher failed", () => {
    const [sealer, body] = [sealerAt(), new Uint8Array(20_001).fill(1)];
    sealer.seal("data", 0, 0, 0, body);
    const cipher = Object.getPrototypeOf(createCipheriv("aes-256-ctr", Buffer.alloc(32), Buffer.alloc(16)));
    const { update } = cipher;
    cipher.update = () => {
      throw new RangeError("Array buffer allocation failed");
    };
    try {
      expect(() => sealer.seal("data", 1, 0, 1, body)).toThrow("allocation");
    } finally {
      cipher.update = update;
    }
    const sealed = sealer.seal("data", 1, 0, 1, body);
    const { header, bytes } = wholeOf(sealed);
    expect(sealed.at).toBe(body.length);
    expect(openerAt().open(header, bytes, sealed.at)?.body.equals(body)).toBe(true);
  });
  it("do not open under the keys of the other direction", () => {
    for (const bytesInside of [0, 10, 20_000]) {
      const { bytes, header } = wholeOf(sealerAt().seal("data", 0, 3, 4, new Uint8Array(bytesInside)));
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

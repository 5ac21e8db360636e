import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromCanonicalPlainly } from "./canonical.ts";
import { readCanonical, unread } from "./canonical-read.ts";
import { fromCanonical, fromHex, sameBytes, toCanonical, toHex } from "./index.ts";
import { limits } from "./limits.ts";

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value;

test("what is encoded decodes to the same value and the same bytes", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const bytes = toCanonical(value);
      const decoded = fromCanonical(bytes);
      if (!decoded.ok) throw new Error(`${decoded.code}: ${decoded.detail}`);
      expect(decoded.value).toEqual(value);
      expect(sameBytes(toCanonical(decoded.value), bytes)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("the order in which keys were written does not matter", () => {
  expect(toCanonical({ b: 1, a: { d: 2, c: 3 } })).toEqual(toCanonical({ a: { c: 3, d: 2 }, b: 1 }));
  expect(toCanonical({ a: 1, gone: undefined })).toEqual(toCanonical({ a: 1 }));
});

test.each([
  ["a length longer than it need be", "1801", "malformed"],
  ["keys out of order", "a2616201616101", "malformed"],
  ["a doubled key", "a2616101616102", "malformed"],
  ["an indefinite array", "9fff", "malformed"],
  ["a tag", "c000", "malformed"],
  ["undefined", "f7", "malformed"],
  ["something behind the value", "0101", "malformed"],
  ["nothing", "", "malformed"],
  ["a half-precision float", "f93c00", "malformed"],
  ["a NaN with other bits", "fb7ff8000000000001", "malformed"],
  ["a NaN below zero", "fbfff8000000000000", "malformed"],
  ["an array that says it has 2^32 items", "9affffffff", "malformed"],
  ["a text longer than the message", "7a7fffffff61", "malformed"],
  ["a key that would set the prototype", "a1695f5f70726f746f5f5fa0", "malformed"],
  ["a thousand nested arrays", "81".repeat(1000), "too-deep"],
])("%s is refused", (_, hex, code) => {
  const decoded = fromCanonical(fromHex(hex));
  expect(decoded).toMatchObject({ ok: false, code });
});

test("a message larger than its bound is refused before it is read", () => {
  expect(fromCanonical(new Uint8Array(101), 100)).toMatchObject({ ok: false, code: "too-large" });
});

test("random bytes and mutated messages are decoded or refused, never thrown", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(plain, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (value, edits) => {
      const bytes = toCanonical(value).slice();
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      const decoded = fromCanonical(bytes);
      if (decoded.ok) {
        seen.accepted++;
        expect(sameBytes(toCanonical(decoded.value), bytes)).toBe(true);
      } else seen.refused++;
    }),
    { numRuns: 10_000 },
  );
  expect(seen.accepted).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
});

test("bytes are the same wherever they lie, and whatever single one differs", () => {
  const bytes = fc.uint8Array({ minLength: 250, maxLength: 600 });
  fc.assert(
    fc.property(bytes, fc.nat(4), fc.nat(4), fc.nat(), (content, shiftA, shiftB, at) => {
      const lying = (shift: number) => {
        const all = new Uint8Array(content.length + shift);
        all.set(content, shift);
        return all.subarray(shift);
      };
      const [a, b] = [lying(shiftA), lying(shiftB)];
      expect(sameBytes(a, b)).toBe(true);
      b[at % b.length]! ^= 0x10;
      expect(sameBytes(a, b)).toBe(false);
      expect(sameBytes(a, a.subarray(1))).toBe(false);
    }),
  );
});

test("hexadecimal there and back", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sameBytes(fromHex(toHex(bytes)), bytes)));
  // It is made in pieces.
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 200, maxLength: 1_100 }), (bytes) => {
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
    }),
    { numRuns: 30 },
  );
});

test("a key __proto__ is refused: it would become the prototype of what is decoded", () => {
  const key = [0x69, ...new TextEncoder().encode("__proto__")];
  const bytes = Uint8Array.from([0xa1, ...key, 0x41, 0x00]); // {"__proto__": h'00'}: made decoding throw
  const inner = Uint8Array.from([0xa1, 0x61, 0x61, 0x81, 0xa2, 0x61, 0x61, 0x01, ...key, 0xa1, 0x61, 0x62, 0x01]);
  for (const hostile of [bytes, inner]) expect(fromCanonical(hostile)).toMatchObject({ ok: false, code: "malformed" });
  expect(fromCanonical(toCanonical({ label: "__proto__", list: ["__proto__"] }))).toMatchObject({ ok: true });
});

describe("the quick way and the plain one", () => {
  /** The plain twin of toCanonical. */
  function toCanonicalPlainly(value: unknown): Uint8Array {
    return encode(withoutUndefined(value), { float64: true });
  }
  function withoutUndefined(value: unknown): unknown {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map(withoutUndefined);
    const kept: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value))
      if (inner !== undefined && key !== "__proto__") kept[key] = withoutUndefined(inner);
    return kept;
  }
  const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53];
  /** Any letters, lone surrogates too. */
  const letters = fc.array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.nat(0xffff)), { maxLength: 12 });
  const text = fc.oneof(
    letters.map((codes) => String.fromCharCode(...codes)),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("__proto__", "constructor", "toString", "\ufeffx", "x".repeat(130), "ü".repeat(300), ""),
    fc.nat(70_000).map((length) => "a".repeat(length)),
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, true, false, undefined),
      fc.constantFrom(...edges, ...edges.map((edge) => -1 - edge), -0, Number.NaN, Number.POSITIVE_INFINITY),
      fc.double(),
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
      text,
      fc.uint8Array({ maxLength: 300 }),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.array(fc.nat(3), { minLength: 250, maxLength: 260 }),
      fc.dictionary(text, tie("value"), { maxKeys: 5, noNullPrototype: true }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(9)), { maxLength: 40 }).map(Object.fromEntries),
    ),
  })).value;
  const options = { numRuns: 3_000 };

  test("write the same bytes", () => {
    const both = (value: unknown) => sameBytes(toCanonical(value), toCanonicalPlainly(value));
    fc.assert(fc.property(anything, both), options);
    for (const strange of [new Map([[1, 2]]), new Date(0), new Uint16Array([1, 2]), Object.create(null), new Array(2)])
      expect(toCanonical(strange)).toEqual(toCanonicalPlainly(strange));
    for (const strange of [() => 1, Symbol("x"), 2n ** 64n]) expect(() => toCanonical([strange])).toThrow();
    const list: unknown[] = [];
    list.push(list);
    expect(() => toCanonical(list)).toThrow(RangeError);
    expect(toHex(toCanonical([1]))).toBe("8101"); // what went wrong before leaves nothing behind
    expect(toHex(toCanonical({ get a() { return toCanonical("b"); } }))).toBe("a16161426162"); // biome-ignore format: short
  });

  test("accept the same bytes as the same value, and refuse the others alike", () => {
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.constantFrom(0, 0, 1, 2),
      put: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x18, 0x19, 0x1a, 0x1b, 0x60, 0x80, 0xa0, 0xfb)), {
        maxLength: 2,
      }),
    });
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(anything, fc.array(edit, { maxLength: 3 }), (value, edits) => {
        let bytes = toCanonical(value);
        for (const { at, cut, put } of edits) {
          const from = at % (bytes.length + 1);
          bytes = Uint8Array.from([...bytes.subarray(0, from), ...put, ...bytes.subarray(from + cut)]);
        }
        const plainly = fromCanonicalPlainly(bytes);
        const quickly = readCanonical(bytes, limits.maxDepth);
        if (plainly.ok) {
          seen.accepted++;
          expect(quickly).toEqual(plainly.value);
        } else {
          seen.refused++;
          expect(quickly).toBe(unread);
        }
      }),
      { numRuns: 10_000 },
    );
    expect(seen.accepted).toBeGreaterThan(500);
    expect(seen.refused).toBeGreaterThan(500);
  });

  test("do so for every two bytes, and for every one byte between others", () => {
    const cases = Array.from({ length: 65_536 }, (_, i) => [i >> 8, i & 255]);
    for (let i = 0; i < 256; i++) cases.push([0x82, i, 0x00], [0xa1, 0x61, i, 0xf6], [0xa2, 0x60, 0x01, i, 0x61, 0x00]);
    for (const numbers of cases) {
      const bytes = Uint8Array.from(numbers);
      const plainly = fromCanonicalPlainly(bytes);
      const quickly = readCanonical(bytes, limits.maxDepth);
      if (plainly.ok ? !Object.is(quickly, plainly.value) : quickly !== unread)
        expect(quickly, toHex(bytes)).toEqual(plainly.ok ? plainly.value : unread);
    }
  });

  test("know the same depth, and give bytes of one's own", () => {
    for (const levels of [-1, 0, 1].map((more) => limits.maxDepth + more)) {
      const bytes = fromHex(`${"81".repeat(levels)}00`);
      expect(readCanonical(bytes, limits.maxDepth) !== unread).toBe(fromCanonicalPlainly(bytes).ok);
    }
    const from = Buffer.from("420102", "hex");
    const { value } = fromCanonical(from) as { value: Uint8Array };
    from.fill(0);
    expect([...value]).toEqual([1, 2]);
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { fromCanonical, fromHex, sameBytes, toCanonical, toHex } from "./index.ts";

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

test("hexadecimal there and back", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sameBytes(fromHex(toHex(bytes)), bytes)));
});

test("a key __proto__ is refused: it would become the prototype of what is decoded", () => {
  const key = [0x69, ...new TextEncoder().encode("__proto__")];
  const bytes = Uint8Array.from([0xa1, ...key, 0x41, 0x00]); // {"__proto__": h'00'}: made decoding throw
  const inner = Uint8Array.from([0xa1, 0x61, 0x61, 0x81, 0xa2, 0x61, 0x61, 0x01, ...key, 0xa1, 0x61, 0x62, 0x01]);
  for (const hostile of [bytes, inner]) expect(fromCanonical(hostile)).toMatchObject({ ok: false, code: "malformed" });
  expect(fromCanonical(toCanonical({ label: "__proto__", list: ["__proto__"] }))).toMatchObject({ ok: true });
});

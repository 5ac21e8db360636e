import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPublicKey } from "./public-key.ts";

// An independent curve, straight from RFC 8032 §5.1.4, so that the table in public-key.ts is not its own witness.
const p = 2n ** 255n - 19n;
const mod = (a: bigint) => ((a % p) + p) % p;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}
const invert = (a: bigint) => power(a, p - 2n);
const d = mod(-121665n * invert(121666n));
type Point = readonly [bigint, bigint];
function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const t = mod(d * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + x2 * y1) * invert(1n + t)), mod((y1 * y2 + x1 * x2) * invert(1n - t))];
}
/** Both x for a y, or none. */
function xOf(y: bigint): bigint[] {
  const square = mod((y * y - 1n) * invert(mod(d * y * y + 1n)));
  let x = power(square, (p + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (p - 1n) / 4n));
  if (mod(x * x) !== square) return [];
  return x === 0n ? [0n] : [x, p - x];
}
function encode([x, y]: Point, plus = 0n, flipSign = false): Uint8Array {
  const bytes = new Uint8Array(32);
  let rest = y + plus;
  for (let i = 0; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  if (((x & 1n) === 1n) !== flipSign) bytes[31]! |= 0x80;
  return bytes;
}
/** Every point of the torsion group: multiples of an order-8 point found by L·Q for a random Q. */
function torsion(): Point[] {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  for (let y = 2n; ; y++) {
    const [x] = xOf(y);
    if (x === undefined) continue;
    let point: Point = [0n, 1n];
    for (let bit = 252n, q: Point = [x, y]; bit >= 0n; bit--) {
      point = add(point, point);
      if ((order >> bit) & 1n) point = add(point, q);
    }
    const group: Point[] = [[0n, 1n]];
    for (let next = point; next[0] !== 0n || next[1] !== 1n; next = add(next, point)) group.push(next);
    if (group.length === 8) return group;
  }
}

const codeOf = (key: Uint8Array) => {
  const result = checkPublicKey(key);
  return result.ok ? "ok" : result.code;
};

describe("checkPublicKey", () => {
  it("refuses each of the 8 small-order points", () => {
    const points = torsion();
    expect(new Set(points.map((point) => encode(point).join())).size).toBe(8);
    for (const point of points) expect(codeOf(encode(point))).toBe("small-order-key");
  });

  it("refuses every second encoding of a point", () => {
    const second: Uint8Array[] = [];
    // y ≥ p that still fits 255 bits: y in 0..18, written as y + p, with either sign.
    for (let y = 0n; y < 19n; y++) for (const sign of [false, true]) second.push(encode([0n, y], p, sign));
    second.push(encode([0n, 1n], 0n, true), encode([0n, p - 1n], 0n, true)); // x = 0 with the sign bit
    for (const key of second) expect(codeOf(key)).toBe("key-not-canonical");
  });

  it("accepts keys beside them", () => {
    for (const y of [2n, 3n, p - 2n, p - 20n]) expect(codeOf(encode([0n, y]))).toBe("ok");
    fc.assert(fc.property(fc.bigInt({ min: 2n, max: p - 2n }), (y) => codeOf(encode([0n, y])) === "ok"));
  });

  it("refuses other lengths and leaves its argument alone, also in a Buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const given = Buffer.from(bytes);
        const code = codeOf(given);
        expect(Buffer.compare(given, bytes)).toBe(0);
        if (bytes.length !== 32) expect(code).toBe("key-malformed");
      }),
    );
    const signed = Buffer.alloc(32, 0xc0);
    codeOf(signed);
    expect(signed[31]).toBe(0xc0);
  });
});

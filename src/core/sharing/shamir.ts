// Shamir's secret sharing over GF(2^8) (SEP2P §5.3): a secret in s shares, of which any p give it back and any fewer say
// nothing about it but its length. Each byte of the secret is the value at 0 of a polynomial of its own, of degree p − 1,
// whose other coefficients are random; a share is its values at one point.
//
// INVARIANT 1: the coefficients are fresh for every splitting. Two splittings share no point of a polynomial.
// INVARIANT 2: no branch and no table look-up depends on a secret byte: products are made by shifting and masking.
import { accept, type Result, refuse } from "../base/index.ts";

export interface Share {
  /** Where the polynomials were evaluated: 1 to 255. */
  readonly point: number;
  readonly bytes: Uint8Array;
}

export const maxShares = 255;

/** `random` gives (needed − 1) × secret.length bytes. Throws for numbers that make no splitting: they are ours. */
export function splitSecret(
  secret: Uint8Array,
  { needed, shares }: { readonly needed: number; readonly shares: number },
  random: (bytes: number) => Uint8Array,
): Share[] {
  if (!(needed >= 1 && needed <= shares && shares <= maxShares))
    throw new Error(`no splitting in ${shares} shares of which ${needed} suffice`);
  const coefficients = random((needed - 1) * secret.length);
  return Array.from({ length: shares }, (_, index) => {
    const point = index + 1;
    const bytes = new Uint8Array(secret.length);
    for (let degree = needed - 1; degree >= 1; degree--) {
      const row = coefficients.subarray((degree - 1) * secret.length, degree * secret.length);
      for (let at = 0; at < bytes.length; at++) bytes[at] = multiply(bytes[at]! ^ row[at]!, point);
    }
    for (let at = 0; at < bytes.length; at++) bytes[at]! ^= secret[at]!;
    return { point, bytes };
  });
}

/** Of any `needed` shares of one splitting. What is wrong with the bytes of a share cannot be seen here. */
export function joinShares(shares: readonly Share[], needed: number): Result<Uint8Array> {
  const points = new Set(shares.map(({ point }) => point));
  const length = shares[0]?.bytes.length ?? 0;
  if (points.size !== shares.length) return refuse("shares-mismatch", { detail: "two are of one point" });
  if (shares.some(({ point }) => !Number.isInteger(point) || point < 1 || point > maxShares))
    return refuse("shares-mismatch", { detail: "a point is not from 1 to 255" });
  if (shares.some(({ bytes }) => bytes.length !== length))
    return refuse("shares-mismatch", { detail: "they differ in length" });
  if (shares.length < needed)
    return refuse("shares-too-few", { detail: `${shares.length} of the ${needed} that are needed` });
  const used = shares.slice(0, needed);
  const secret = new Uint8Array(length);
  for (const { point, bytes } of used) {
    // Lagrange's basis at 0: the product of x / (x − point), and − is ⊕ here.
    let weight = 1;
    for (const { point: x } of used) if (x !== point) weight = multiply(weight, multiply(x, inverse(x ^ point)));
    for (let at = 0; at < length; at++) secret[at]! ^= multiply(bytes[at]!, weight);
  }
  return accept(secret);
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = a;
  for (let bit = 0; bit < 8; bit++) {
    product ^= shifted & -((b >> bit) & 1);
    shifted = (shifted << 1) ^ (0x11b & -(shifted >> 7));
  }
  return product;
}

/** a^254: the field has 255 elements besides 0. */
function inverse(a: number): number {
  let power = a;
  for (let step = 0; step < 6; step++) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

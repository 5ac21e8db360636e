// The plain twin of src/core/draw's tails: whole numbers only. Small counts as exact fractions, large ones in fixed point
// with 192 binary digits. Slow, and without any of the twin's ideas except Stirling's series for huge factorials.

/** rs as it is in memory: significand / 2^bits, without rounding. */
function fractionOf(rs: number): { readonly inside: bigint; readonly outside: bigint; readonly bits: bigint } {
  let significand = rs;
  let bits = 0n;
  for (; !Number.isInteger(significand); bits++) significand *= 2;
  const inside = BigInt(significand);
  return { inside, outside: (1n << bits) - inside, bits };
}

/** value / 2^bits as the nearest number, give or take a unit in the last place. */
function toNumber(value: bigint, bits: bigint): number {
  const surplus = BigInt(Math.max(0, value.toString(16).length * 4 - 64));
  const exponent = Number(surplus - bits);
  const half = Math.trunc(exponent / 2);
  return Number(value >> surplus) * 2 ** half * 2 ** (exponent - half);
}

/** P(from ≤ X ≤ to), exactly, for counts of some hundred. */
export function exactSum(from: number, to: number, count: number, rs: number): number {
  const { inside, outside, bits } = fractionOf(rs);
  let ways = 1n;
  let sum = 0n;
  for (let hits = 0; hits <= to; hits++) {
    if (hits >= from) sum += ways * inside ** BigInt(hits) * outside ** BigInt(count - hits);
    ways = (ways * BigInt(count - hits)) / BigInt(hits + 1);
  }
  return toNumber(sum, bits * BigInt(count));
}

const digits = 192n;
const one = 1n << digits;

/** Σ ±z^(2j+1)/(2j+1): atanh of 1/n or x/y with sign +, atan with sign −. */
function series(numerator: bigint, denominator: bigint, sign: 1n | -1n): bigint {
  let power = (numerator << digits) / denominator;
  let sum = power;
  for (let j = 3n; power !== 0n; j += 2n) {
    power = (sign * power * numerator * numerator) / (denominator * denominator);
    sum += power / j;
  }
  return sum;
}

const ln2 = 2n * series(1n, 3n, 1n);
const pi = 16n * series(1n, 5n, -1n) - 4n * series(1n, 239n, -1n); // Machin

function ln(value: bigint): bigint {
  const size = BigInt(value.toString(2).length - 1);
  const whole = 1n << size;
  return size * ln2 + 2n * series(value - whole, value + whole, 1n);
}

const bernoulli: readonly (readonly [bigint, bigint])[] = [
  [1n, 6n],
  [-1n, 30n],
  [1n, 42n],
  [-1n, 30n],
  [5n, 66n],
  [-691n, 2730n],
  [7n, 6n],
  [-3617n, 510n],
  [43867n, 798n],
  [-174611n, 330n],
];

function lnFactorial(n: bigint): bigint {
  if (n < 1000n) {
    let product = 1n;
    for (let i = 2n; i <= n; i++) product *= i;
    return ln(product);
  }
  const halfLn = (ln2 + ln(pi * n) - digits * ln2) / 2n; // ½·ln(2πn), π being scaled by 2^digits
  let sum = n * ln(n) - n * one + halfLn;
  bernoulli.forEach(([top, bottom], index) => {
    const j = BigInt(2 * (index + 1));
    sum += (top * one) / (bottom * j * (j - 1n) * n ** (j - 1n));
  });
  return sum;
}

/** e^y as value / 2^bits. */
function exp(y: bigint): { readonly value: bigint; readonly bits: bigint } {
  let twos = y / ln2;
  if (twos * ln2 > y) twos--;
  const rest = y - twos * ln2;
  let term = one;
  let sum = one;
  for (let j = 1n; term !== 0n; j++) {
    term = (term * rest) / (j * one);
    sum += term;
  }
  return { value: sum, bits: digits - twos };
}

/** P(X ≥ hits) upwards, P(X ≤ hits) downwards, for counts up to 10^10; begun beyond the mean, so that terms only fall. */
export function fixedPointTail(hits: number, count: number, rs: number, direction: "upwards" | "downwards"): number {
  const { inside, outside, bits } = fractionOf(rs);
  const [x, n] = [BigInt(hits), BigInt(count)];
  const lnFirst =
    lnFactorial(n) - lnFactorial(x) - lnFactorial(n - x) + x * ln(inside) + (n - x) * ln(outside) - n * bits * ln2;
  let term = one;
  let sum = one;
  for (let i = x; term > 1n << 64n; ) {
    if (direction === "upwards") {
      term = (term * (n - i) * inside) / ((i + 1n) * outside);
      i++;
    } else {
      term = (term * i * outside) / ((n - i + 1n) * inside);
      i--;
    }
    sum += term;
  }
  const first = exp(lnFirst);
  return toNumber(first.value * sum, first.bits + digits);
}

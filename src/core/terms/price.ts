// What a question costs whoever answers it, how wrong its answer will be, and the ε that buys a smaller error: all from the plans
// that would run.
import { accept, assert, type Result, refuse } from "../base/index.ts";
import type { AskSettings, Decimal, Question } from "../model/index.ts";
import {
  coverage,
  gaussianHalfWidth,
  type MeasurePlan,
  parseDecimal,
  readAverage,
  readMeasure,
  reportEpsilon,
  toNumber,
  totalVariance,
} from "../privacy/index.ts";
import type { Answer, Terms } from "./contract.ts";
import type { AggregatePart } from "./layout.ts";
import { termsOf } from "./terms-of.ts";

/** Of each who contributes: ρ, and the ε that it comes to at the question's δ. */
export function costOf({ cost, question }: Pick<Terms, "cost" | "question">): Answer["cost"] {
  const delta = parseDecimal(question.privacy.delta);
  assert(delta.ok, "termsOf has read it");
  const epsilon = reportEpsilon(cost, delta.value);
  assert(epsilon.ok, "thresholds take half of δ at most");
  return { rho: toNumber(cost.rho), epsilon: epsilon.value, delta: toNumber(delta.value) };
}

export interface ExpectedError {
  readonly output: string;
  /** Half the width of the 95 % interval, in the output's unit; null for group keys and where nothing but the bounds is known. */
  readonly error: number | null;
  /** What the error is of. `quantile`: as if values lay evenly between the bounds. `people`: of each number in a list. */
  readonly of: "value" | "quantile" | "people" | "key";
}

/** With so many people in a group, whole: every gatherer's part is in. */
export function expectedErrors(terms: Terms, people: number): ExpectedError[] {
  const shares = terms.settings.noise === "split" ? terms.settings.gatherers : 1;
  return terms.question.outputs.map(({ name, of }): ExpectedError => {
    if ("key" in of) return { output: name, error: null, of: "key" };
    return { output: name, ...errorOf(terms.layout.aggregates[of.aggregate]!, people, shares) };
  });
}

function errorOf(part: AggregatePart, people: number, shares: number): Omit<ExpectedError, "output"> {
  switch (part.kind) {
    case "measure":
      return { error: widthOf(part.plan, shares), of: "value" };
    case "histogram":
    case "listed-top":
      return { error: widthOf(part.plan, shares), of: "people" };
    case "found-top":
      return { error: gaussianHalfWidth(totalVariance(part.plan.noise, 1), 1 - coverage), of: "people" };
    case "quantiles": {
      const { depth, bins, plan } = part;
      // A prefix has half of the levels' nodes on average, and the number of all rows two more.
      const rank = gaussianHalfWidth(totalVariance(plan.noise, shares) * (depth / 2 + 1), 1 - coverage);
      const range = (bins.last + 1) * bins.width;
      return { error: Math.min(range, (rank / Math.max(1, people)) * range + bins.width / 2), of: "quantile" };
    }
    case "average": {
      const { lower, upper } = part.plan.bounds;
      // The worst that it can be: an average at a bound.
      const sum = Float64Array.of(people * (upper - lower));
      const read = readAverage(part.plan, sum, Float64Array.of(people), shares);
      assert(read.ok, "all shares are in");
      const { value, interval } = read.value[0]!;
      return { error: Math.max(interval.high - value, value - interval.low), of: "value" };
    }
  }
}

function widthOf(plan: MeasurePlan, shares: number): number {
  const read = readMeasure(plan, Float64Array.of(2 ** 45), shares);
  assert(read.ok, "all shares are in");
  const { low, high } = read.value[0]!.interval;
  return (high - low) / 2;
}

export interface SolvedEpsilon {
  /** To be written in OPTIONS. */
  readonly epsilon: Decimal;
  readonly error: number;
}

const thousandth = 1_000;
const mostThousandths = 10 * thousandth;

/** The least ε, in thousandths up to 10, with which this output's expected error is at most so large. */
export function epsilonForError(
  question: Question,
  settings: AskSettings,
  output: number,
  error: number,
  people: number,
): Result<SolvedEpsilon> {
  const name = question.outputs[output]?.name;
  if (!(error > 0) || name === undefined) return refuse("privacy-number", { detail: "an error above 0, of an output" });
  const tryAt = (thousandths: number): Result<SolvedEpsilon | null> => {
    const epsilon = decimalOf(thousandths);
    const terms = termsOf({ ...question, privacy: { ...question.privacy, epsilon } }, settings);
    // Noise that is too wide to be drawn is no error of the question: more ε makes it narrower.
    if (!terms.ok) return terms.code === "privacy-scale" ? accept(null) : terms;
    const found = expectedErrors(terms.value, people)[output]!;
    if (found.error === null) return refuse("privacy-error", { detail: `${name} has no noise` });
    return accept(found.error <= error ? { epsilon, error: found.error } : null);
  };
  let best = tryAt(mostThousandths);
  if (!best.ok) return best;
  if (best.value === null) return refuse("privacy-error");
  let [low, high] = [0, mostThousandths];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const tried = tryAt(middle);
    if (!tried.ok) return tried;
    if (tried.value === null) low = middle;
    else {
      high = middle;
      best = tried;
    }
  }
  return best.ok && best.value !== null ? accept(best.value) : refuse("privacy-error");
}

function decimalOf(thousandths: number): Decimal {
  const whole = Math.floor(thousandths / thousandth);
  const rest = String(thousandths % thousandth)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return rest === "" ? String(whole) : `${whole}.${rest}`;
}

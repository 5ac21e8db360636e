export {
  type Cost,
  compose,
  free,
  pureCost,
  repeated,
  reportEpsilon,
  rhoFor,
} from "./accountant.ts";
export {
  type Allowance,
  type Amount,
  allowanceFor,
  amountAllowed,
  amountSpent,
  type BudgetRules,
  epsilonOfAmount,
} from "./allowance.ts";
export {
  type Ask,
  accountOf,
  type BudgetEffect,
  type BudgetEvent,
  type BudgetState,
  type BudgetStep,
  type Charge,
  emptyBudget,
  restoreBudget,
  type SpentAt,
  spentAt,
  stepBudget,
} from "./budget.ts";
export { Coins, type RandomBytes } from "./coins.ts";
export { deltaOf, epsilonOf, looseEpsilonOf, rhoOf } from "./conversion.ts";
export { coverage, type Estimate, estimator, type Interval } from "./estimate.ts";
export { DiscreteGaussian, drawnVariance, isGaussianVariance } from "./gaussian.ts";
export { type GroupsPlan, planGroups, shownGroups } from "./groups.ts";
export { DiscreteLaplace, exponential, isLaplaceScale, laplaceScale } from "./laplace.ts";
export { limits as privacyLimits } from "./limits.ts";
export {
  type AveragePlan,
  type MeasurePlan,
  planAverage,
  planMeasure,
  readAverage,
  readMeasure,
} from "./measures.ts";
export { addParts, cutIntoParts, partModulus, readParts } from "./parts.ts";
export {
  type Domain,
  drawQuantile,
  planQuantile,
  pointOf,
  type QuantileEstimate,
  type QuantilePlan,
} from "./quantile.ts";
export {
  atMost,
  ceilOf,
  floorOf,
  isZero,
  over,
  parseDecimal,
  plus,
  type Ratio,
  ratio,
  ratioOf,
  roundUp,
  squareRoot,
  times,
  toNumber,
} from "./ratio.ts";
export { type ChoiceMethod, type ChoicePlan, type ChoiceRequest, choose, planChoice, worstGap } from "./select.ts";
export {
  type Contribution,
  checkSums,
  contributionSchema,
  type Measure,
  parseContribution,
  type Sensitivity,
  sensitivityOf,
} from "./sensitivity.ts";
export {
  addShare,
  checkShares,
  costOfShares,
  defaultNoiseCells,
  type GaussianNoise,
  type NoiseCells,
  oneNoiseCell,
  planNoise,
  totalVariance,
} from "./split-noise.ts";
export { complementaryError, gaussianHalfWidth, gaussianTail, groupThreshold, laplaceHalfWidth } from "./tails.ts";
export { Tally } from "./tally.ts";
export { drawTop, planTop, type Top, type TopPlan, type TopRequest } from "./top.ts";

export { Coins, type RandomBytes } from "./coins.ts";
export { DiscreteGaussian, drawnVariance, isGaussianVariance } from "./gaussian.ts";
export { DiscreteLaplace, exponential, isLaplaceScale, laplaceScale } from "./laplace.ts";
export { limits as privacyLimits } from "./limits.ts";
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

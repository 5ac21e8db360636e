// What releases cost, and what they cost together. The account is zero-concentrated differential privacy (Bun, Steinke 2016):
// costs add up, adaptively chosen queries included, and only the report turns them into (ε, δ).
//   rho      Σ ρ of what was released; a pure ε counts as ε²/2 (Proposition 1.4 there)
//   delta    Σ δ of what can fail outright: thresholds that find groups. The report's δ covers it and the conversion together
import { accept, type Result, refuse } from "../base/index.ts";
import { epsilonOf, rhoOf } from "./conversion.ts";
import { limits } from "./limits.ts";
import { atMost, plus, type Ratio, ratio, ratioOf, times, toNumber, zero } from "./ratio.ts";

export interface Cost {
  readonly rho: Ratio;
  readonly delta: Ratio;
}

export const free: Cost = { rho: zero, delta: zero };

export function compose(...costs: readonly Cost[]): Cost {
  let [rho, delta] = [zero, zero];
  for (const cost of costs) [rho, delta] = [plus(rho, cost.rho), plus(delta, cost.delta)];
  return { rho, delta };
}

/** n releases of the same cost. */
export function repeated(cost: Cost, count: number): Cost {
  return { rho: times(cost.rho, ratio(count)), delta: times(cost.delta, ratio(count)) };
}

export function pureCost(epsilon: Ratio): Cost {
  return { rho: times(times(epsilon, epsilon), ratio(1, 2)), delta: zero };
}

/** The ε of all this at a total δ, which must exceed what the thresholds take of it. */
export function reportEpsilon(cost: Cost, delta: Ratio): Result<number> {
  if (atMost(delta, cost.delta)) {
    return refuse("privacy-number", {
      detail: `δ ${toNumber(delta)} is used up by thresholds (${toNumber(cost.delta)})`,
    });
  }
  const left = toNumber(delta) - toNumber(cost.delta);
  return accept(epsilonOf(toNumber(cost.rho) * (1 + 1e-15), left));
}

/** The ρ that (ε, δ) allows, exactly as its double says and rounded down. */
export function rhoFor(epsilon: Ratio, delta: Ratio): Result<Ratio> {
  const [e, d] = [toNumber(epsilon), toNumber(delta)];
  if (!(d >= limits.minDelta && d <= limits.maxDelta)) {
    return refuse("privacy-number", { detail: `δ from ${limits.minDelta} to ${limits.maxDelta}` });
  }
  const rho = rhoOf(e, d);
  if (!(rho > 0 && rho <= limits.maxRho)) return refuse("privacy-number", { detail: `ε ${e} at δ ${d}` });
  return accept(ratioOf(rho));
}

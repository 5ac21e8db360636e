// The paper's α is per region; an attacker has more than one try (DESIGN §5).
//
// What is bounded, once and for all: the probability, over the places of the C colluding nodes (hashes of their keys,
// uniform and nobody's choice), that there is any pair of a colluding node t and a number k of witnesses that a verifier
// takes such that the region of size rs(k) centred on t holds k colluding nodes besides t. If there is no such pair, no
// trigger of the attacker can ever fill a witness list with its own nodes, whatever k it claims and however often it tries.
//   risk ≤ C · P(some k)      (the union over triggers)
// P(some k) is exact: the regions of one point are nested, and going outwards gives it as it gives the k that nodes use
// (degree.ts). A verifier does not know N, so it cannot tell where the table ends: it takes every k up to `maxWitnesses`.
// It needs a rule: a trigger is not its own witness. Were it, k − 1 others would do, and that is far likelier than α.
//
// What is not: where the lot falls. That point is fresh and uniform for each draw and each relocation, so each of them
// adds P(some k) for all C once more. Whoever runs D draws adds D times that, and may have the lot fall anew each time as
// often as it may at all, by asking for more processors than R3 holds. Nobody draws more than the witnesses' rate allows.
import { accept, type Result, refuse } from "../base/index.ts";
import { degreesOf } from "./degree.ts";
import { type DrawParameters, type KTable, kTable, largestRegion } from "./k-table.ts";
import { limits } from "./limits.ts";

type Assumed = Pick<DrawParameters, "colluding" | "alpha">;

/** At most so probable: some colluding node could be witnessed by colluders only. */
export function networkRisk(assumed: Assumed): number {
  return Math.min(1, assumed.colluding * someRowFilled(assumed, assumed.colluding - 1));
}

/** At most so probable: a lot of one draw falls where colluders only could sign the roster. */
export function drawRisk(assumed: Assumed): number {
  return Math.min(1, (1 + limits.maxAttempts) * someRowFilled(assumed, assumed.colluding));
}

/** The same for all that the colluding nodes can draw in a day. */
export function dailyRisk(assumed: Assumed): number {
  const draws = (assumed.colluding * limits.drawsPerWindow * dayMs) / limits.windowMs;
  return Math.min(1, draws * drawRisk(assumed));
}

const dayMs = 24 * 60 * 60_000;

/** Round one point, so many colluding nodes fill the region of some k that verifiers take. */
function someRowFilled({ colluding, alpha }: Assumed, nodes: number): number {
  const rows = Array.from({ length: Math.min(nodes, limits.maxWitnesses) }, (_, i) => {
    return { k: i + 1, rs: largestRegion(i + 1, colluding, alpha) };
  });
  return degreesOf({ nodes, rows }).shares.reduce((sum, share) => sum + share, 0);
}

/** α = target / (C · K): a colluding node has C − 1 others, and fills the region of each k with less than α. */
function shareOf({ colluding, target }: { readonly colluding: number; readonly target: number }): number {
  return target / (colluding * Math.min(Math.max(1, colluding - 1), limits.maxWitnesses));
}

/** The table whose network-wide risk stays below `target`. */
export function tableForNetworkRisk(
  order: Omit<DrawParameters, "alpha"> & { readonly target: number },
): Result<KTable> {
  const { nodes, colluding, target } = order;
  if (!(target >= limits.minAlpha && target <= limits.maxAlpha)) {
    return refuse("draw-parameters", {
      detail: `alpha: ${target} is not from ${limits.minAlpha} to ${limits.maxAlpha}`,
    });
  }
  return kTable({ nodes, colluding, alpha: shareOf(order) });
}

/** The α for a live network, whose N nobody knows when the authority is made: the target holds however many there are. */
export function alphaForNetworkRisk(order: { readonly colluding: number; readonly target: number }): Result<number> {
  const alpha = shareOf(order);
  const { target } = order;
  if (target <= limits.maxAlpha && alpha >= limits.minAlpha) return accept(alpha);
  const detail = `alpha: ${target} for the network is ${alpha} for a region, and not from ${limits.minAlpha} to ${limits.maxAlpha}`;
  return refuse("draw-parameters", { detail });
}

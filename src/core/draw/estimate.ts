// How many nodes there are, as one node can tell from the density round its place. Places are uniform, so the nodes found
// in a region of size rs are a binomial draw from all of them, and the exact interval (Clopper and Pearson 1934) follows
// from the tails. A cache of 512 tells N to within 9.1 % at 95 % confidence.
// Nodes cannot be invented (each has a certificate) but may hide, so an attacker can only lower the estimate, by her share
// of the neighbourhood. Security does not hang on it: the sizes of regions follow from C and α (k-table.ts).
import { assert } from "../base/index.ts";
import { limits } from "./limits.ts";
import { atLeast, fewerThan } from "./tails.ts";

export interface Sighting {
  /** Nodes found in the region, the one at its centre not counted: it is there by construction, not by chance. */
  readonly found: number;
  /** Size of the region, a share of the space. It must not depend on what is found in it. */
  readonly rs: number;
}

export interface NodesEstimate {
  readonly nodes: number;
  /** With at least `confidence`, the true number is from `low` to `high`. */
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** The wider half of that interval, as a share of `nodes`. */
  readonly error: number;
}

export function estimateNodes({ found, rs }: Sighting, confidence = 0.95): NodesEstimate {
  assert(Number.isInteger(found) && found >= 0, "found is a count");
  assert(rs > 0 && rs <= 1 && confidence > 0 && confidence < 1, "rs and confidence are shares");
  const tail = (1 - confidence) / 2;
  // Too few nodes: so many would rarely be found. Too many: so few would.
  const low = leastWhere((others) => atLeast(found, others, rs) >= tail);
  const high = leastWhere((others) => fewerThan(found + 1, others, rs) < tail) - 1;
  const nodes = Math.round(found / rs) + 1;
  const error = Math.max(high + 1 - nodes, nodes - (low + 1)) / nodes;
  return { nodes, low: low + 1, high: high + 1, confidence, error };
}

/** The least whole number for which a condition that stays true from there on is true; one more than all nodes if none. */
function leastWhere(holds: (others: number) => boolean): number {
  let no = -1;
  let yes = 1;
  while (yes <= limits.maxNodes && !holds(yes)) {
    no = yes;
    yes *= 2;
  }
  yes = Math.min(yes, limits.maxNodes + 1);
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

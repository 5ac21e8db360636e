// Quantiles out of a noised tree: each level below the root halves the bins of the one above, every node counts the rows under it,
// and noise is added to every node. How many rows lie in the first so many leaves is then a sum of `depth` nodes at most, whose
// noise grows with the depth of the tree and not with the number of leaves.
import { coverage, gaussianHalfWidth, type Interval } from "../privacy/index.ts";
import type { Bins } from "./layout.ts";

export interface ReadQuantile {
  readonly value: number;
  readonly interval: Interval;
}

interface Prefix {
  /** Rows in the leaves up to this one, noised. */
  readonly rows: number;
  /** Noises in it. */
  readonly nodes: number;
  /** Whether the left node of the first level, which is in the number of all rows as well, is one of them. */
  readonly hasFirst: boolean;
}

/** The leaves up to and with this one, as the fewest nodes. */
export function prefixOf(nodes: Float64Array, depth: number, leaf: number): Prefix {
  const end = leaf + 1;
  if (end === 2 ** depth) return { rows: nodes[0]! + nodes[1]!, nodes: 2, hasFirst: true };
  let [rows, count] = [0, 0];
  for (let level = 1; level <= depth; level++) {
    const place = end >> (depth - level);
    if ((place & 1) === 0) continue;
    rows += nodes[2 ** level - 2 + place - 1]!;
    count++;
  }
  return { rows, nodes: count, hasFirst: end >> (depth - 1) === 1 };
}

/**
 * The least value with at least this fraction of the rows at or below it, to within a leaf. Its interval: wherever the true
 * quantile lies, at its leaf the rows are enough and one leaf before they are too few; a leaf is left out when the noised
 * numbers contradict either by more than noise does in 1 − coverage of all cases. The ends are those of the leaves.
 */
export function readQuantile(
  nodes: Float64Array,
  depth: number,
  bins: Bins,
  fraction: number,
  variance: number,
): ReadQuantile {
  const total = nodes[0]! + nodes[1]!;
  const wanted = Math.max(1, fraction * total);
  const widths = new Map<number, number>();
  const widthOf = ({ nodes: count, hasFirst }: Prefix) => {
    // The noise of rows − fraction · total.
    const shared = hasFirst ? count - 1 + (1 - fraction) ** 2 + fraction ** 2 : count + 2 * fraction ** 2;
    let width = widths.get(shared);
    if (width === undefined) {
      width = gaussianHalfWidth(variance * Math.max(shared, 1e-9), 1 - coverage) + 1;
      widths.set(shared, width);
    }
    return width;
  };
  let [found, low, high] = [bins.last, bins.last, 0];
  let excess = Number.NEGATIVE_INFINITY;
  let mayFollow = true;
  for (let leaf = bins.last; leaf >= 0; leaf--) {
    const prefix = prefixOf(nodes, depth, leaf);
    const over = prefix.rows - wanted;
    if (over >= 0) found = leaf;
    if (over >= -widthOf(prefix)) low = leaf;
  }
  for (let leaf = 0; leaf <= bins.last; leaf++) {
    if (mayFollow) high = leaf;
    const prefix = prefixOf(nodes, depth, leaf);
    excess = prefix.rows - wanted;
    mayFollow = excess < widthOf(prefix);
  }
  const from = (leaf: number) => bins.lower + leaf * bins.width;
  const to = (leaf: number) => (bins.whole ? from(leaf) : from(leaf + 1));
  const method = "leaves of a noised tree that its noise does not rule out";
  const value = bins.whole ? from(found) : within(nodes, depth, found, wanted, from(found), bins.width);
  return {
    value,
    interval: {
      low: Math.min(value, from(Math.min(low, high))),
      high: Math.max(value, to(Math.max(low, high))),
      coverage,
      method,
    },
  };
}

/** How far into its leaf, as if its rows lay evenly. */
function within(nodes: Float64Array, depth: number, leaf: number, wanted: number, from: number, width: number): number {
  const here = nodes[2 ** depth - 2 + leaf]!;
  const before = leaf === 0 ? 0 : prefixOf(nodes, depth, leaf - 1).rows;
  const share = here > 0 ? Math.min(1, Math.max(0, (wanted - before) / here)) : 0.5;
  return from + share * width;
}

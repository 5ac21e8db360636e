// The paper's α is per region; an attacker has more than one try (DESIGN §5).
//
// What is bounded: the probability, over the places of the C colluding nodes (hashes of their keys, uniform and nobody's
// choice), that there is any pair of a colluding node t and a row (k, rs) of the table such that the region of size rs
// centred on t holds k colluding nodes besides t. If there is no such pair, no trigger of the attacker can ever fill a
// witness list with its own nodes, in whatever row it claims and however often it tries.
//   risk ≤ C · Σ PC(≥ k, C − 1, rs) over the rows      (the union over triggers and rows; each addend is below α)
// It needs a rule: a trigger is not its own witness. Were it, k − 1 others would do, and that is far likelier than α.
//
// What is not: where the lot falls. That point is fresh and uniform for each draw and each relocation, so each of them
// adds a risk of at most `cumulatedRisk` of the table's last row. Whoever runs D draws adds D times that.
import { accept, type Result, refuse } from "../base/index.ts";
import { type DrawParameters, type KTable, kTable } from "./k-table.ts";
import { limits } from "./limits.ts";
import { atLeast } from "./tails.ts";

/** The bound above, for a table; 1 where it says nothing. */
export function networkRisk({ colluding, rows }: KTable): number {
  const perTrigger = rows.reduce((sum, { k, rs }) => sum + atLeast(k, colluding - 1, rs), 0);
  return Math.min(1, colluding * perTrigger);
}

/** The table whose network-wide risk stays below `target`: α = target / (C · rows), where the rows follow from α again. */
export function tableForNetworkRisk(
  order: Omit<DrawParameters, "alpha"> & { readonly target: number },
): Result<KTable> {
  const { nodes, colluding, target } = order;
  if (!(target >= limits.minAlpha && target <= limits.maxAlpha)) {
    return refuse("draw-parameters", {
      detail: `alpha: ${target} is not from ${limits.minAlpha} to ${limits.maxAlpha}`,
    });
  }
  let rows = 1;
  for (;;) {
    const table = kTable({ nodes, colluding, alpha: target / (colluding * rows) });
    if (!table.ok) return table;
    if (table.value.rows.length <= rows) return accept(table.value);
    rows = table.value.rows.length; // a smaller α only adds rows, and maxRows bounds them: this ends
  }
}

/**
 * The α for a live network, whose N nobody knows when the authority is made: a table never has more rows than one for
 * each colluding node and one, nor more than a list of witnesses has room for. So the target holds however many there are.
 */
export function alphaForNetworkRisk({
  colluding,
  target,
}: {
  readonly colluding: number;
  readonly target: number;
}): Result<number> {
  const rows = Math.min(colluding + 1, limits.maxWitnesses);
  const alpha = target / (colluding * rows);
  if (target <= limits.maxAlpha && alpha >= limits.minAlpha) return accept(alpha);
  const detail = `alpha: ${target} for the network is ${alpha} for a region, and not from ${limits.minAlpha} to ${limits.maxAlpha}`;
  return refuse("draw-parameters", { detail });
}

// Which k nodes use (SEP2P §4.3, figure 6): each takes the first row of the k-table that its neighbourhood can fill. The
// regions of one node are nested, so the rows are not independent; going outwards ring by ring, with the number of nodes
// found so far as the only memory, gives the distribution without simulating anything.
import { exactly } from "./binomial.ts";
import type { KTable, KTableRow } from "./k-table.ts";
import { atLeast } from "./tails.ts";

export interface Degrees {
  /** For each row of the table, the share of nodes that use it. */
  readonly shares: readonly number[];
  /** Share of nodes that can fill no row: at most α. */
  readonly none: number;
  readonly average: number;
}

export function degreesOf({
  nodes,
  rows,
}: Pick<KTable, "nodes"> & { readonly rows: readonly Pick<KTableRow, "k" | "rs">[] }): Degrees {
  const shares: number[] = [];
  let inside = 0; // the region looked at so far
  let open: readonly number[] = [1]; // open[n]: no row filled so far, and n nodes inside
  for (const { k, rs } of rows) {
    const ring = (rs - inside) / (1 - inside); // where a node that is not inside lies in the next ring
    const next = new Array<number>(k).fill(0);
    let filled = 0;
    open.forEach((probability, found) => {
      filled += probability * atLeast(k - found, nodes - found, ring);
      for (let total = found; total < k; total++) {
        next[total]! += probability * exactly(total - found, nodes - found, ring);
      }
    });
    shares.push(filled);
    open = next;
    inside = rs;
  }
  const served = shares.reduce((sum, share) => sum + share, 0);
  const average = rows.reduce((sum, { k }, row) => sum + k * shares[row]!, 0) / served;
  return { shares, none: open.reduce((sum, probability) => sum + probability, 0), average };
}

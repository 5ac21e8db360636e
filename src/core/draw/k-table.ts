// The k-table of SEP2P §3.6. Row k names the largest region in which k colluding nodes are rarer than α, so k witnesses
// from it are as good as k from any other row; a node uses the first row that its neighbourhood can fill. Rows go on until
// practically every node can fill the last one. Which rs a row has follows from C and α alone: an N that is estimated
// wrongly makes the table too short or too long, never unsafe.
// Known hole: Math.log and Math.exp may differ in the last bit between JavaScript engines, and rs with them; two nodes then
// disagree about a witness with a probability of about 1e-15.
import { accept, type Result, refuse } from "../base/index.ts";
import { exactly } from "./binomial.ts";
import { limits } from "./limits.ts";
import { atLeast, fewerThan } from "./tails.ts";

export interface DrawParameters {
  /** N, all nodes. */
  readonly nodes: number;
  /** C, how many of them may collude at most. */
  readonly colluding: number;
  /** α: a region holds enough colluding nodes with less than this probability. */
  readonly alpha: number;
}

export interface KTableRow {
  readonly k: number;
  /** Size of the region, as a share of the space. */
  readonly rs: number;
  /** Nodes to be expected there, N·rs. */
  readonly expected: number;
  /** PL(< k): a node does not find k nodes there. */
  readonly miss: number;
  /** PL(≥ k): it finds them. */
  readonly finds: number;
  /** PC(≥ k), less than α: a region of this size holds k colluding nodes. */
  readonly risk: number;
  /** At most so probable: round one point that nobody chose, some row up to this one has its k colluding nodes. */
  readonly cumulatedRisk: number;
}

export interface KTable extends DrawParameters {
  readonly rows: readonly KTableRow[];
}

export function kTable(parameters: DrawParameters): Result<KTable> {
  const { nodes, colluding, alpha } = parameters;
  const fault = faultOf(parameters);
  if (fault !== null) return refuse("draw-parameters", { detail: fault });
  const rows: KTableRow[] = [];
  let cumulatedRisk = 0;
  for (let k = 1; k <= limits.maxRows; k++) {
    const rs = largestRegion(k, colluding, alpha);
    const miss = fewerThan(k, nodes, rs);
    const risk = atLeast(k, colluding, rs);
    cumulatedRisk += risk;
    rows.push({ k, rs, expected: nodes * rs, miss, finds: atLeast(k, nodes, rs), risk, cumulatedRisk });
    if (miss <= alpha) return accept({ nodes, colluding, alpha, rows }); // not 1 − miss: that is 1 before α is small
  }
  const detail = `after ${limits.maxRows} rows a node still misses with probability ${rows.at(-1)!.miss.toPrecision(2)}`;
  return refuse("draw-table-too-long", { detail });
}

function faultOf({ nodes, colluding, alpha }: DrawParameters): string | null {
  if (!Number.isInteger(nodes) || nodes < 2 || nodes > limits.maxNodes)
    return `nodes: ${nodes} is not a whole number from 2 to ${limits.maxNodes}`;
  if (!Number.isInteger(colluding) || colluding < 1 || colluding >= nodes)
    return `colluding: ${colluding} is not a whole number from 1 to below the ${nodes} nodes`;
  // A network-wide target, spread over all triggers and rows, may ask for an α below what a person may.
  const least = limits.minAlpha / limits.maxNodes / limits.maxRows;
  if (!(alpha >= least && alpha <= limits.maxAlpha))
    return `alpha: ${alpha} is not from ${least} to ${limits.maxAlpha}`;
  return null;
}

/**
 * The largest rs with PC(≥ k, C, rs) < α. log PC is concave in log rs, so Newton's method, begun below the root, stays
 * below it and closes in without ever overshooting. More witnesses than colluding nodes: the whole space will do.
 */
export function largestRegion(k: number, colluding: number, alpha: number): number {
  if (k > colluding) return 1;
  // Below the root: PC(≥ k) ≤ binom(C, k)·rsᵏ ≤ (e·C·rs / k)ᵏ.
  let rs = (k / (Math.E * colluding)) * alpha ** (1 / k);
  for (let step = 0; step < limits.maxSteps; step++) {
    const risk = atLeast(k, colluding, rs);
    const slope = (k * exactly(k, colluding, rs)) / risk;
    const next = rs * Math.exp(Math.log(alpha / risk) / slope);
    const done = !(next > rs * (1 + 2 ** -50));
    rs = Math.min(next, 1);
    if (done) break;
  }
  // The last bits may lie on the wrong side.
  for (let ease = 2 ** -52; atLeast(k, colluding, rs) >= alpha; ease *= 2) rs *= 1 - ease;
  return rs;
}

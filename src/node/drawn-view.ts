// What a plan's lot exposes: how many of its drawn processors collude, on average and at worst (SEP2P §3.1).
import { atLeast, type DrawRules } from "../core/draw/index.ts";
import type { Plan } from "../core/model/index.ts";
import type { PlanView } from "../sdk/index.ts";

/** Rarer than this nobody plans for. */
const worstCase = 0.001;

/** null: nothing is drawn. */
export function drawnView(plan: Plan, { colluding, alpha }: DrawRules, nodes: number): PlanView["drawn"] {
  const cells = plan.vertices.flatMap(({ id, drawn, consumes }) =>
    drawn === undefined ? [] : [{ cell: id, processors: drawn, sees: [...consumes] }],
  );
  if (cells.length === 0) return null;
  const processors = cells.reduce((sum, cell) => sum + cell.processors, 0);
  const share = Math.min(1, colluding / Math.max(1, nodes));
  let worst = 0;
  // Processors are different nodes, so no more of them collude than nodes do.
  const most = Math.min(processors, colluding);
  while (worst < most && atLeast(worst + 1, processors, share) > worstCase) worst++;
  return { cells, processors, colluding, nodes, alpha, expectedColluding: processors * share, worstColluding: worst };
}

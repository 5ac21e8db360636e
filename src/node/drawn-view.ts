// What a plan's lot exposes: how many of its drawn processors collude, on average and at worst (SEP2P §3.1).
import { atLeast, type DrawRules } from "../core/draw/index.ts";
import type { PlanView, QuestionPlanView } from "../sdk/index.ts";

/** Rarer than this nobody plans for. */
const worstCase = 0.001;

interface Cell {
  readonly id: string;
  readonly drawn?: number | undefined;
  readonly consumes: readonly string[];
}

/** null: nothing is drawn. */
export function drawnView(vertices: readonly Cell[], rules: DrawRules, nodes: number): PlanView["drawn"] {
  const drawn = lotView(vertices, rules, nodes);
  return drawn.cells.length === 0 ? null : drawn;
}

export function lotView(
  vertices: readonly Cell[],
  { colluding, alpha }: Pick<DrawRules, "colluding" | "alpha">,
  nodes: number,
): QuestionPlanView["drawn"] {
  const cells = vertices.flatMap(({ id, drawn, consumes }) =>
    drawn === undefined ? [] : [{ cell: id, processors: drawn, sees: [...consumes] }],
  );
  const processors = cells.reduce((sum, cell) => sum + cell.processors, 0);
  const share = Math.min(1, colluding / Math.max(1, nodes));
  let worst = 0;
  // Processors are different nodes, so no more of them collude than nodes do.
  const most = Math.min(processors, colluding);
  while (worst < most && atLeast(worst + 1, processors, share) > worstCase) worst++;
  return { cells, processors, colluding, nodes, alpha, expectedColluding: processors * share, worstColluding: worst };
}

// What a plan's lot exposes: how many of its drawn processors collude, on average and at worst (SEP2P §3.1).
import { type Crypto, type NodeId, publicKeyOfNodeId } from "../core/base/index.ts";
import { atLeast, type DrawRules, decodeRoster, type Location, locationOf, verifyRoster } from "../core/draw/index.ts";
import type { Plan } from "../core/model/index.ts";
import type { PlanView, QuestionPlanView } from "../sdk/index.ts";
import type { Draws } from "./draws.ts";

type Places = NonNullable<NonNullable<PlanView["drawn"]>["places"]>;

/** Rarer than this nobody plans for. */
const worstCase = 0.001;

interface Cell {
  readonly id: string;
  readonly drawn?: number | undefined;
  readonly consumes: readonly string[];
}

/** null: nothing is drawn. */
export function drawnView(
  plan: Plan,
  draws: Pick<Draws, "rules" | "ports">,
  crypto: Crypto,
  nodes: number,
): PlanView["drawn"] {
  const drawn = lotView(plan.vertices, draws.rules, nodes);
  if (drawn.cells.length === 0) return null;
  const places = placesIn(plan, draws, crypto);
  return { ...drawn, ...(places === null ? {} : { places }) };
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

/** Of a roster that was verified before, so its age does not matter here. */
function placesIn(plan: Plan, { rules, ports }: Pick<Draws, "rules" | "ports">, crypto: Crypto): Places | null {
  const roster = decodeRoster(plan.roster ?? new Uint8Array());
  if (!roster.ok) return null;
  const { header } = roster.value;
  const verified = verifyRoster(roster.value, rules, ports, { nowMs: header.atMs, purpose: plan.query });
  if (!verified.ok) return null;
  const { actors, witnesses, lot } = verified.value;
  const placeOf = (node: NodeId) => {
    const key = publicKeyOfNodeId(node);
    return key === null ? 0 : positionOf(locationOf(crypto, key));
  };
  return {
    trigger: placeOf(header.trigger),
    lot: positionOf(lot),
    beaconWitnesses: witnesses.map(({ node }) => placeOf(node)), // those round the lot are not in a roster
    rosterWitnesses: [],
    processors: actors.map(placeOf),
  };
}

/** From 0 to 1. */
export function positionOf(location: Location): number {
  return new DataView(location.buffer, location.byteOffset).getUint32(0) / 2 ** 32;
}

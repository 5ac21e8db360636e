// What one simulated evaluation is: the parameters of SEP2P's table 3, and bounds for each (DESIGN §4.4).
import { assert, type Result, refuse } from "../../core/base/index.ts";
import { drawLimits, type KTable, kTable } from "../../core/draw/index.ts";

/**
 * The paper's four (§4.1); the ideal trusted server and the two baselines of §3.1 for reference:
 *   sep2p  es-nav  es-av  m-hash     server  cost-optimal  security-optimal
 */
export const strategies = ["sep2p", "es-nav", "es-av", "m-hash", "server", "cost-optimal", "security-optimal"] as const;
export type StrategyName = (typeof strategies)[number];

export const overlays = ["chord", "can", "kademlia"] as const;
export type OverlayName = (typeof overlays)[number];

export interface DrawOrder {
  /** N. */
  readonly nodes: number;
  /** C. */
  readonly colluding: number;
  /** A. */
  readonly actors: number;
  /** Nodes in a node's cache, on average: R3's size is cache / N. */
  readonly cache: number;
  readonly alpha: number;
  readonly strategy: StrategyName;
  readonly overlay: OverlayName;
  readonly seed: number;
  /** How many draws; as many as nodes: each node is the setter once. */
  readonly setters: number;
  /** How many rosters an attacker may have drawn before it uses one (1: the witnesses let it have no second). */
  readonly tries: number;
}

export const drawOrderLimits = {
  /** Twelve bytes for each node in one shared block, below 2 GiB. */
  maxNodes: 150_000_000,
  minNodes: 16,
  /** Beyond a few hundred actors nobody has a use for (§5); a roster must fit a cache. */
  maxActors: 4_096,
  /** A full mesh of a hundred thousand nodes can still be looked at. */
  maxCache: 131_072,
  maxTries: 10_000,
  maxWorkers: 64,
} as const;

export function tableOf(order: DrawOrder): Result<KTable> {
  const fault = faultOf(order);
  if (fault !== null) return refuse("draw-parameters", { detail: fault });
  return kTable(order);
}

export function mustTable(order: DrawOrder): KTable {
  const table = tableOf(order);
  assert(table.ok, "an order is checked before it is run");
  return table.value;
}

function faultOf(order: DrawOrder): string | null {
  const { minNodes, maxNodes, maxActors, maxCache, maxTries } = drawOrderLimits;
  const within = (name: string, value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high
      ? null
      : `${name}: ${value} is not a whole number from ${low} to ${high}`;
  return (
    within("nodes", order.nodes, minNodes, Math.min(maxNodes, drawLimits.maxNodes)) ??
    within("colluding", order.colluding, 1, order.nodes - 1) ??
    within("actors", order.actors, 1, Math.min(maxActors, order.nodes)) ??
    within("cache", order.cache, 1, Math.min(maxCache, order.nodes)) ??
    within("setters", order.setters, 1, 1_000_000_000) ??
    within("tries", order.tries, 1, maxTries)
  );
}

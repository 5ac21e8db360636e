// One configuration of the paper's evaluation (§4), from order to report.
import type { KTable } from "../../core/draw/index.ts";
import { type Maintenance, maintenanceOf } from "./maintenance.ts";
import { Look, reachesOf } from "./neighbours.ts";
import { type DrawOrder, mustTable } from "./order.ts";
import { emptySums, merge, type Spread, type Sums, spreadOf, witnessShares } from "./outcome.ts";
import { type Hops, measureHops } from "./overlays/index.ts";
import { makeRing, type Ring } from "./ring.ts";
import { runStretches, type Watch } from "./threads.ts";

export interface SetupCost {
  readonly crypto: Spread;
  /** All messages, and what of them are routing and questions whether candidates are up. */
  readonly messages: Omit<Spread, "deviation">;
  readonly routing: number;
  readonly availability: number;
}

export interface DrawReport extends DrawOrder {
  /** Definition 1: A·C/N over the average number of actors that the attacker owns; with a 95 % interval. */
  readonly effectiveness: { readonly value: number; readonly low: number; readonly high: number };
  readonly corruptedActors: Spread & { readonly ideal: number };
  /** Asymmetric operations of a verifier. */
  readonly verification: Spread;
  /** Witnesses of the roster, and the share of draws with so many, at [k]. */
  readonly k: Spread & { readonly shares: readonly number[] };
  readonly latency: SetupCost;
  readonly work: SetupCost;
  readonly hops: Hops;
  readonly relocation: { readonly probability: number; readonly moves: Spread; readonly gaveUp: number };
  readonly unvouchedActors: Spread;
  /** Draws in which all witnesses of some row colluded. */
  readonly captured: number;
  /** Colluding nodes that could fill the witnesses of their own beacons, in some row: the network-wide risk, measured. */
  readonly triggersAtRisk: number;
  readonly maintenance: Maintenance;
}

export interface SimulateOptions extends Watch {
  readonly workers?: number;
  /** What is being done, in words. */
  readonly onStep?: (text: string) => void;
}

export async function simulateDraw(order: DrawOrder, options: SimulateOptions = {}): Promise<DrawReport> {
  const table = mustTable(order);
  options.onStep?.(`placing ${order.nodes.toLocaleString("en-GB")} nodes`);
  await new Promise((resolve) => setImmediate(resolve));
  const ring = ringFor(order, table);
  const stretches = await runStretches(order, ring, options.workers ?? 1, options);
  options.onStep?.("routing in the overlay");
  await new Promise((resolve) => setImmediate(resolve));
  const sums = emptySums();
  for (const stretch of stretches) merge(sums, stretch);
  return reportOf(order, table, ring, sums);
}

export function ringFor(order: DrawOrder, table: KTable): Ring {
  const { nodes, colluding, seed, cache } = order;
  const widest = table.rows.at(-1)!.rs * nodes;
  return makeRing({ nodes, colluding, seed, reach: Math.max(cache, widest) / 2 });
}

function reportOf(order: DrawOrder, table: KTable, ring: Ring, sums: Sums): DrawReport {
  const corrupted = spreadOf(sums, "corrupted");
  const ideal = (order.actors * order.colluding) / order.nodes;
  const error = (1.96 * corrupted.deviation) / Math.sqrt(order.setters);
  const ratio = (average: number) => (average > 0 ? ideal / average : Number.POSITIVE_INFINITY);
  const hops = measureHops(order, ring);
  const cost = (measure: "path" | "total"): SetupCost => {
    const perLookup = 2 * hops.average; // asker and each node on the way: a question and an answer
    const messages = spreadOf(sums, `${measure}Messages`);
    const lookups = spreadOf(sums, `${measure}Lookups`);
    const availability = spreadOf(sums, `${measure}Availability`);
    return {
      crypto: spreadOf(sums, `${measure}Crypto`),
      messages: {
        average: messages.average + perLookup * lookups.average + availability.average,
        max: messages.max + 2 * hops.max * lookups.max + availability.max,
      },
      availability: availability.average,
      routing: perLookup * lookups.average,
    };
  };
  return {
    ...order,
    effectiveness: {
      value: ratio(corrupted.average),
      low: ratio(corrupted.average + error),
      high: ratio(Math.max(0, corrupted.average - error)),
    },
    corruptedActors: { ...corrupted, ideal },
    verification: spreadOf(sums, "verification"),
    k: { ...spreadOf(sums, "rosterWitnesses"), shares: witnessShares(sums) },
    latency: cost("path"),
    work: cost("total"),
    hops,
    relocation: {
      probability: spreadOf(sums, "relocated").average,
      moves: spreadOf(sums, "relocations"),
      gaveUp: total(sums, "gaveUp"),
    },
    unvouchedActors: spreadOf(sums, "unvouched"),
    captured: total(sums, "captured"),
    triggersAtRisk: triggersAtRisk(ring, table),
    maintenance: maintenanceOf(order, ring, table),
  };
}

function total(sums: Sums, quantity: "gaveUp" | "captured"): number {
  return Math.round(spreadOf(sums, quantity).average * sums[0]!);
}

function triggersAtRisk(ring: Ring, table: KTable): number {
  const reaches = reachesOf(table);
  const look = new Look();
  let atRisk = 0;
  for (let at = ring.margin; at < ring.margin + ring.nodes; at++) {
    if ((ring.keys[at]! & 1) === 1 && look.round(ring, reaches, ring.places[at]!, at, at).captured) atRisk++;
  }
  return atRisk;
}

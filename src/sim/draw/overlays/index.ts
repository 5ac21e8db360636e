// What a look-up costs in each overlay, measured: nodes and points at random, real routing tables.
import { unreachable } from "../../../core/base/index.ts";
import { Lots } from "../lots.ts";
import type { DrawOrder } from "../order.ts";
import type { Ring } from "../ring.ts";
import { Can } from "./can.ts";
import { Chord } from "./chord.ts";
import { Kademlia } from "./kademlia.ts";
import type { Overlay } from "./overlay.ts";

export interface Hops {
  readonly average: number;
  readonly max: number;
  readonly lookups: number;
}

const lookups = 2_000;

export function measureHops({ seed, overlay, nodes }: DrawOrder, ring: Ring): Hops {
  const routes = overlayFor(overlay, ring, seed);
  const lots = new Lots(seed, "lookup");
  let [sum, max] = [0, 0];
  for (let lookup = 0; lookup < lookups; lookup++) {
    lots.seek(lookup);
    const hops = routes.hops(lots.below(nodes), lots.unit());
    sum += hops;
    max = Math.max(max, hops);
  }
  return { average: sum / lookups, max, lookups };
}

export function overlayFor(overlay: DrawOrder["overlay"], ring: Ring, seed: number): Overlay {
  switch (overlay) {
    case "chord":
      return new Chord(ring);
    case "can":
      return new Can(ring.nodes, seed);
    case "kademlia":
      return new Kademlia(ring, seed);
    default:
      return unreachable(overlay);
  }
}

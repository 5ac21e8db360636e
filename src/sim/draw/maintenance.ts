// What keeping caches valid costs (§3.6, §4.3, figure 8). A node leaves and comes back once in each MTBF. Counted on nodes of
// the simulated ring, with the caches and the k that they have there:
//   leaving   it signs that it leaves (or, if it failed, who noticed signs), and each node that has it in its cache verifies:
//             1 + cache operations, cache messages
//   return    both neighbours on the ring give their caches, each attested by k nodes round them: k signatures, which the node
//             verifies with their certificates, 2·3k operations; a look-up's end, then 2(2 + 2k) messages. It announces
//             itself with a signature that each node of its cache verifies: 1 + cache operations, cache messages
// Who had it in the cache before remembers its certificate. Where each verifies that once more (always so for a node that
// was never here), it is one operation more for each cached node: `stranger`.
import type { KTable } from "../../core/draw/index.ts";
import { Lots } from "./lots.ts";
import { Look, reachesOf } from "./neighbours.ts";
import type { DrawOrder } from "./order.ts";
import { positionOf, type Ring } from "./ring.ts";

export interface Churn {
  readonly crypto: number;
  readonly messages: number;
}

export interface Maintenance {
  readonly averageCache: number;
  /** One leaving and one return, all that it costs anybody. */
  readonly perCycle: Churn;
  /** The same where all verify the certificate again. */
  readonly stranger: Churn;
  /** For each node and minute, if each leaves and comes back once a day. */
  readonly perMinuteAtOneDay: Churn;
}

const mostSamples = 10_000;

export function maintenanceOf({ seed, cache, nodes }: DrawOrder, ring: Ring, table: KTable): Maintenance {
  const { places, margin } = ring;
  const lots = new Lots(seed, "churn");
  const look = new Look();
  const reaches = reachesOf(table);
  const spread = Math.min(0.5, cache / nodes / 2);
  const samples = Math.min(nodes, mostSamples);
  let [cached, crypto, messages] = [0, 0, 0];
  for (let sample = 0; sample < samples; sample++) {
    const at = margin + (samples === nodes ? sample : lots.seek(sample).below(nodes));
    const place = places[at]!;
    const from = positionOf(places, place - spread, at - (cache >>> 1));
    const to = positionOf(places, place + spread, at + (cache >>> 1));
    const members = Math.min(nodes, to - from) - 1; // nobody caches itself
    cached += members;
    crypto += 1 + members + 1 + members;
    messages += 2 * members;
    for (const neighbour of [at - 1, at + 1]) {
      const { k } = look.round(ring, reaches, places[neighbour]!, neighbour, neighbour);
      crypto += 3 * k;
      messages += 2 + 2 * k;
    }
  }
  const perCycle = { crypto: crypto / samples, messages: messages / samples };
  const averageCache = cached / samples;
  return {
    averageCache,
    perCycle,
    stranger: { ...perCycle, crypto: perCycle.crypto + averageCache },
    perMinuteAtOneDay: perMinute(perCycle, 24),
  };
}

export function perMinute(cycle: Churn, mtbfHours: number): Churn {
  const minutes = 60 * mtbfHours;
  return { crypto: cycle.crypto / minutes, messages: cycle.messages / minutes };
}

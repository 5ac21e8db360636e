import { unreachable } from "../../../core/base/index.ts";
import type { KTable } from "../../../core/draw/index.ts";
import type { DrawOrder } from "../order.ts";
import type { Ring } from "../ring.ts";
import { LoneSetter } from "./lone-setter.ts";
import { MultipleHash } from "./multiple-hash.ts";
import { References } from "./references.ts";
import { Sep2p } from "./sep2p.ts";
import type { Strategy } from "./strategy.ts";

export type { Strategy } from "./strategy.ts";

export function strategyFor(ring: Ring, table: KTable, order: DrawOrder): Strategy {
  switch (order.strategy) {
    case "sep2p":
      return new Sep2p(ring, table, order);
    case "es-nav":
      return new LoneSetter(ring, table, order, false);
    case "es-av":
      return new LoneSetter(ring, table, order, true);
    case "m-hash":
      return new MultipleHash(ring, table, order);
    case "server":
    case "cost-optimal":
    case "security-optimal":
      return new References(ring, order, order.strategy);
    default:
      return unreachable(order.strategy);
  }
}

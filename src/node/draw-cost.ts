// What a draw takes by rule (docs/protocols/draw.md, "What it costs"): its beacon and the roster of the lot at which it ended,
// all nodes together, when nothing is said twice and every witness knows every candidate. What other nodes did no node can
// count; and of restarts, and of lots that fell before, not even k is known when the draw is over.
import type { Beacon, DrawnList } from "../core/draw/index.ts";

export interface DrawCost {
  readonly messages: number;
  /** Signatures made, and signatures and certificates verified. No certificate of a witness or a candidate is new to its neighbours. */
  readonly operations: number;
}

export function costByRule({ parts }: Pick<Beacon, "parts">, { witnesses }: Pick<DrawnList, "witnesses">): DrawCost {
  const [k1, k2] = [parts.length, witnesses.length];
  return {
    // Ask, commit, list, part. Start. Ask, commit, list, disclosure, list, signature. What was drawn. Ask, seal.
    messages: 4 * k1 + 1 + 6 * k2 + 1 + 2 * k1,
    // Parts signed, and verified by the trigger; the beacon verified by each witness; disclosures and lists signed; what was
    // drawn verified by the trigger and by each witness that seals it; seals signed, and verified by the trigger.
    operations: 2 * k1 + k2 * 2 * k1 + 2 * k2 + 2 * k2 + k1 * 2 * k2 + 2 * k1,
  };
}

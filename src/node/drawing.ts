// What the draw's control area is to a node: its cache and its draws, on one wire.
import type { NodeId } from "../core/base/index.ts";
import { evidenceFrom, isCacheMessage } from "../core/cache/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import { type Caches, type CachesOptions, createCaches } from "./caches.ts";
import type { Consequences } from "./consequences.ts";
import { culpritsTo } from "./culprits.ts";
import { createDraws, type Draws } from "./draws.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

export interface DrawingOptions extends Omit<CachesOptions, "sent" | "refused" | "reported"> {
  readonly consequences: Consequences;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Drawing {
  readonly caches: Caches;
  readonly draws: Draws;
  onMessage(from: MemberFacts, body: Uint8Array): void;
}

export function createDrawing({ consequences, metrics, log, ...options }: DrawingOptions): Drawing {
  const told = culpritsTo(log);
  const sent = (type: string) => metrics.messages.inc({ area: "draw", type });
  const caches = createCaches({
    ...options,
    sent,
    refused: (refusal, sender) => consequences.refused("cache-refused", refusal, sender),
    reported: ({ node, kind }) => log.warn("lie-proven", { node, kind }),
  });
  const draws = createDraws({
    ...options,
    caches,
    sent,
    refused: (refusal, sender) => consequences.refused("draw-refused", refusal, sender),
    culprit(culprit) {
      told(culprit);
      const { code, blame } = culprit.refusal;
      if (blame === undefined) return;
      caches.saw(blame as NodeId, code);
      const evidence = evidenceFrom(options.crypto, culprit);
      if (evidence !== null) caches.report(evidence);
    },
  });
  const onMessage = (from: MemberFacts, body: Uint8Array) =>
    isCacheMessage(body) ? caches.onMessage(from, body) : draws.onMessage(from, body);
  return { caches, draws, onMessage };
}

// What follows from a refusal: the one place where the table of core/base/refusals.ts is applied to a peer.
//
//   INVARIANT 1: only the sender of what was refused bears the consequence, and only when the refusal blames nobody else:
//   else a liar could have us turn away whomever it accuses.
import { type NodeId, type Refusal, refusals } from "../core/base/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import type { Log, LogFields } from "./log.ts";
import type { Metrics } from "./metrics.ts";

const limits = {
  /** Whoever is turned away knocks again: an hour is often enough to be reminded of it. */
  sayAgainMs: 3_600_000,
  /** Strangers make up identities for nothing: what is remembered of them is bounded. */
  maxSaid: 1_024,
} as const;

export interface Consequences {
  /** Nobody was admitted, so there is nobody to bear a consequence. */
  connectionRefused(refusal: Refusal): void;
  /** `event` names what was refused, for the log; `sender` is null when no message was. */
  refused(event: string, refusal: Refusal, sender: NodeId | null, fields?: LogFields): void;
}

export function createConsequences(
  self: NodeId,
  overlay: () => Pick<Overlay, "disconnect" | "revoke">,
  log: Log,
  metrics: Metrics,
  nowMs: () => number = Date.now,
): Consequences {
  /** Connections that were refused, by reason and whom it concerns: each is said once, and again after a while. */
  const said = new Map<string, number>();
  const isNews = (refusal: Refusal): boolean => {
    const key = `${refusal.code} ${refusal.blame ?? ""}`;
    const last = said.get(key);
    if (last !== undefined && nowMs() - last < limits.sayAgainMs) return false;
    said.delete(key);
    if (said.size >= limits.maxSaid) said.delete(said.keys().next().value!);
    said.set(key, nowMs());
    return true;
  };
  return {
    connectionRefused(refusal) {
      metrics.refusals.inc({ code: refusal.code });
      if (!isNews(refusal)) return log.debug("connection-refused", { code: refusal.code });
      if (refusal.code === "certificate-revoked" && refusal.blame === self) {
        return log.warn("node-revoked", { code: refusal.code });
      }
      log.refusal("connection-refused", refusal);
    },
    refused(event, refusal, sender, fields = {}) {
      metrics.refusals.inc({ code: refusal.code });
      log.refusal(event, refusal, sender === null ? fields : { ...fields, from: sender });
      if (sender === null || sender === self) return;
      if (refusal.blame !== undefined && refusal.blame !== sender) return;
      const { consequence } = refusals[refusal.code];
      if (consequence === "disconnect") overlay().disconnect(sender, refusal.code);
      // It proved its own lie to us. Others have to see for themselves: we sign no verdicts here.
      if (consequence === "exclude") overlay().revoke(sender);
    },
  };
}

/** Who sent the message of a machine's event; null when the event is no message. */
export function senderOf(event: unknown): NodeId | null {
  const { type, from } = event as { type?: string; from?: NodeId | { node: NodeId } };
  if (type !== "message" || from === undefined) return null;
  return typeof from === "string" ? from : from.node;
}

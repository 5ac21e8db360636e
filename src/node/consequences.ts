// What follows from a refusal: the one place where the table of core/base/refusals.ts is applied to a peer.
//
//   INVARIANT 1: only the sender of what was refused bears the consequence, and only when the refusal blames nobody else:
//   else a liar could have us turn away whomever it accuses.
import { type NodeId, type Refusal, refusals } from "../core/base/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import type { Log, LogFields } from "./log.ts";
import type { Metrics } from "./metrics.ts";

export interface Consequences {
  /** `event` names what was refused, for the log; `sender` is null when no message was. */
  refused(event: string, refusal: Refusal, sender: NodeId | null, fields?: LogFields): void;
}

export function createConsequences(
  self: NodeId,
  overlay: () => Pick<Overlay, "disconnect" | "revoke">,
  log: Log,
  metrics: Metrics,
): Consequences {
  return {
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

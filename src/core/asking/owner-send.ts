// How a person's message leaves: sealed for her gatherer, in layers for forwarders that she chose by lot, after a while.
import type { Refusal } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import { limits } from "./limits.ts";
import { encodeContribution } from "./messages.ts";
import type { OwnerTurn, Round } from "./owner-state.ts";
import { choosePath, wrap } from "./paths.ts";
import { contributionContext, uses } from "./sealing.ts";

export const leaveTag = "leave/";

function coinsOf({ state }: OwnerTurn): Coins {
  const { random } = state.config.ports;
  return new Coins({ fill: (into) => into.set(random(into.length)) });
}

/** Who is asked herself has to have decided by then: what she says later would be paid, and come too late. */
export function decidesUntilMs(untilMs: number): number {
  return untilMs - limits.answerMarginMs - limits.maxAnswerDelayMs;
}

export function leaveSoon(turn: OwnerTurn, round: Round): void {
  round.at = "leaving";
  const leftMs = round.asked!.untilMs - turn.nowMs - limits.answerMarginMs;
  const mostMs = Math.max(1, Math.min(limits.maxAnswerDelayMs, Math.floor(leftMs / 4)));
  const afterMs = coinsOf(turn).below(mostMs);
  turn.effects.push({ type: "wake", tag: `${leaveTag}${round.record.round}`, afterMs });
}

export function send(turn: OwnerTurn, round: Round): Refusal | null {
  if (round.at !== "leaving" || round.plain === null) return null;
  const { ports, self } = turn.state.config;
  const { commission, gatherer, untilMs } = round.asked!;
  round.at = "sent";
  round.sendings++;
  if (turn.nowMs >= untilMs) return null;
  const { settings } = commission.terms;
  const { plan, find } = commission;
  const avoid = [find, gatherer.node, plan.analyst.node];
  const wish = { length: settings.forwarders, self, avoid, tried: round.tried };
  const path = choosePath(ports.members(), wish, coinsOf(turn));
  const tagged = encodeContribution({ tag: round.record.tag, contribution: round.plain });
  const context = contributionContext(commission.round, gatherer.cell);
  const sealed = ports.sealer.seal(gatherer.publicKey, uses.contribution, context, tagged);
  if (!sealed.ok) return sealed;
  const wrapped = wrap(ports.sealer, path, gatherer.node, {
    type: "deliver",
    query: plan.id,
    cell: gatherer.cell,
    sealed: sealed.value,
  });
  if (!wrapped.ok) {
    // A node that has just joined knows nobody yet.
    if (round.sendings < limits.maxSendings) {
      round.at = "leaving";
      turn.effects.push({ type: "wake", tag: `${leaveTag}${round.record.round}`, afterMs: limits.resendMs });
    }
    return wrapped;
  }
  for (const { node } of path) round.tried.add(node);
  turn.effects.push({ type: "send", to: wrapped.value.to, message: wrapped.value.message });
  return null;
}

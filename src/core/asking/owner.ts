// A person's pod, asked (SEP2P §5.2: the data source, a verifier; §5.3: user data and identity protection). Each round by itself:
//   asked -- rules say ask her --> deciding -- she does not forbid --> (paid) computing -- rows, or none --> leaving -- after a while --> sent
//         -- rules, grant or budget say no ---------------------------------------------------------------> leaving
//   sent -- called again --> leaving, with the same message through other forwarders
// The plan, its roster and the gatherer's evidence were verified before (call-desk.ts).
//
// INVARIANT 1: the round and the charge are on disk before anything of it leaves, and the charge is made before her rows are even asked for.
// INVARIANT 2: what leaves is of one size, at a time of chance, whatever she decided.
// INVARIANT 3: one round has one plan, one tag and one message: a repeated call changes the way, never what is said, unless she takes back
//   meanwhile what she allowed; then it says that.
import {
  assert,
  type Digest,
  type InstantMs,
  type Refusal,
  refuse,
  refused,
  sameBytes,
  to,
  unreachable,
} from "../base/index.ts";
import { drawLimits } from "../draw/index.ts";
import { amountSpent, Coins } from "../privacy/index.ts";
import type { Outcome } from "../terms/index.ts";
import { overAtMs } from "./commission.ts";
import { isAskedBy } from "./concepts.ts";
import { limits } from "./limits.ts";
import { decidesUntilMs, leaveSoon, leaveTag, send } from "./owner-send.ts";
import {
  type Decision,
  type OwnerEvent,
  type OwnerState,
  type OwnerStep,
  type OwnerTurn,
  persistRound,
  type Round,
  roundKey,
} from "./owner-state.ts";
import { seededBytes } from "./tags.ts";

const decideTag = "decide/";

export function stepOwner(state: OwnerState, event: OwnerEvent): OwnerStep {
  const turn: OwnerTurn = { state, nowMs: event.nowMs, effects: [] };
  const refusal = perform(turn, event);
  return refusal === null ? to(state, ...turn.effects) : refused(state, refusal, ...turn.effects);
}

function perform(turn: OwnerTurn, event: OwnerEvent): Refusal | null {
  const { rounds } = turn.state;
  switch (event.type) {
    case "asked":
      return onAsked(turn, event);
    case "decided": {
      const round = rounds.get(event.round);
      return round?.at === "deciding" ? onDecision(turn, round, event.decision) : null;
    }
    case "computed": {
      const round = rounds.get(event.round);
      if (round?.at !== "computing") return null;
      return event.rows === null ? settle(turn, round, "failed", null) : contribute(turn, round, event.rows);
    }
    case "wake":
      return onWake(turn, event.tag);
    default:
      return unreachable(event);
  }
}

function onAsked(turn: OwnerTurn, event: Extract<OwnerEvent, { type: "asked" }>): Refusal | null {
  const { state, nowMs } = turn;
  const { commission, tag, gatherer, untilMs, message } = event;
  const blame = commission.plan.analyst.node;
  if (nowMs >= untilMs || nowMs > overAtMs(commission)) return refuse("ask-over", { blame });
  forgetOver(turn);
  const known = state.rounds.get(commission.round);
  if (known !== undefined) {
    if (known.record.commission !== commission.digest) return refuse("ask-other-plan", { blame });
    if (!sameBytes(known.record.tag, tag)) return refuse("ask-other-tag", { blame: commission.find });
    const before = known.asked;
    known.asked = { commission, gatherer, untilMs, message };
    return before === null ? goOn(turn, known) : again(turn, known);
  }
  if (state.rounds.size >= limits.maxRounds) return refuse("ask-busy", { blame });
  const record = {
    round: commission.round,
    commission: commission.digest,
    tag,
    seed: state.config.ports.random(32),
    overAtMs: overAtMs(commission) + 2 * drawLimits.maxSkewMs,
    outcome: null,
  };
  const asked = { commission, gatherer, untilMs, message };
  const round: Round = { record, asked, at: "restored", plain: null, sendings: 0, tried: new Set() };
  state.rounds.set(commission.round, round);
  persistRound(turn, round);
  return goOn(turn, round);
}

/** From what is on disk of it: nothing decided yet, or decided before a restart. */
function goOn(turn: OwnerTurn, round: Round): Refusal | null {
  const { outcome } = round.record;
  return outcome === null || outcome === "contributed" ? decide(turn, round) : settle(turn, round, outcome, null);
}

function again(turn: OwnerTurn, round: Round): Refusal | null {
  if (round.at !== "sent" || round.sendings >= limits.maxSendings) return null;
  if (round.record.outcome === "contributed") {
    const decision = turn.state.config.ports.decide(round.asked!.commission);
    if (decision.at === "deny") return settle(turn, round, decision.outcome, decision.refusal);
    // She wants to be asked again, after what she had said; nothing more is sent until she has.
    if (decision.at === "ask") return null;
  }
  leaveSoon(turn, round);
  return null;
}

function decide(turn: OwnerTurn, round: Round): Refusal | null {
  const { ports } = turn.state.config;
  const { commission, untilMs } = round.asked!;
  const blame = commission.plan.analyst.node;
  // Somebody may have entered her where she does not belong.
  if (!isAskedBy(commission.wanted.target, ports.ownKeys()))
    return settle(turn, round, "policy", refuse("ask-not-about", { blame }));
  const decision = ports.decide(commission);
  if (decision.at !== "ask") return onDecision(turn, round, decision);
  round.at = "deciding";
  const leftMs = decidesUntilMs(untilMs) - turn.nowMs;
  turn.effects.push(
    { type: "consult", round: commission.round, commission, untilMs },
    { type: "wake", tag: `${decideTag}${commission.round}`, afterMs: Math.max(0, leftMs) },
  );
  return null;
}

function onDecision(turn: OwnerTurn, round: Round, decision: Exclude<Decision, { at: "ask" }>): Refusal | null {
  if (decision.at === "deny") return settle(turn, round, decision.outcome, decision.refusal);
  return pay(turn, round);
}

function pay(turn: OwnerTurn, round: Round): Refusal | null {
  const { config } = turn.state;
  const { commission, message } = round.asked!;
  const { plan, question, terms } = commission;
  const cost = amountSpent(terms.cost);
  if (!cost.ok) return settle(turn, round, "budget", cost);
  const step = config.ports.budget({
    type: "ask",
    nowMs: turn.nowMs as InstantMs,
    round: commission.round,
    plan: commission.digest,
    analyst: plan.analyst.node,
    purpose: question.purpose,
    cost: cost.value,
  });
  for (const effect of step.effects) if (effect.type === "persist") turn.effects.push(effect);
  const declined = step.effects.find((effect) => effect.type === "decline");
  if (declined !== undefined) return settle(turn, round, "budget", declined.refusal);
  if (!step.effects.some((effect) => effect.type === "release")) return settle(turn, round, "budget", null);
  round.record = { ...round.record, outcome: "contributed" };
  persistRound(turn, round);
  round.at = "computing";
  turn.effects.push({ type: "compute", round: commission.round, commission, message });
  return null;
}

function contribute(turn: OwnerTurn, round: Round, rows: Parameters<typeof encode>[2]): Refusal | null {
  round.plain = encode(turn, round, rows);
  turn.effects.push({ type: "told", round: round.record.round, outcome: "contributed", refusal: null });
  leaveSoon(turn, round);
  return null;
}

function encode(
  { state }: OwnerTurn,
  { asked, record }: Round,
  rows: Parameters<OwnerState["config"]["ports"]["terms"]["encodeContribution"]>[1],
): Uint8Array {
  const { hasher, terms } = state.config.ports;
  const { commission } = asked!;
  const plain = terms.encodeContribution(commission.terms, rows, new Coins(seededBytes(hasher, record.seed)));
  assert(plain.length === commission.terms.contributionBytes, "contributions are of one size");
  return plain;
}

/** She sends something all the same. `failed` after she paid stays paid: what was tried is not tried for nothing. */
function settle(
  turn: OwnerTurn,
  round: Round,
  outcome: Exclude<Outcome, "contributed">,
  refusal: Refusal | null,
): Refusal | null {
  const { terms } = turn.state.config.ports;
  const { commission } = round.asked!;
  round.plain = terms.encodeOutcome(commission.terms, outcome);
  assert(round.plain.length === commission.terms.contributionBytes, "outcomes are as long as contributions");
  if (round.record.outcome !== outcome) {
    round.record = { ...round.record, outcome };
    persistRound(turn, round);
  }
  turn.effects.push({ type: "told", round: round.record.round, outcome, refusal });
  leaveSoon(turn, round);
  return refusal;
}

function onWake(turn: OwnerTurn, tag: string): Refusal | null {
  const [kind, name] = tag.split("/");
  const round = turn.state.rounds.get(name as Digest);
  if (round === undefined || round.asked === null) return null;
  if (`${kind}/` === leaveTag) return send(turn, round);
  if (`${kind}/` !== decideTag || round.at !== "deciding") return null;
  return settle(turn, round, "grant", null);
}

/** What nobody can ask for again. */
function forgetOver({ state, nowMs, effects }: OwnerTurn): void {
  for (const [digest, { record }] of state.rounds) {
    if (record.overAtMs >= nowMs) continue;
    state.rounds.delete(digest);
    effects.push({ type: "persist", key: roundKey(state.config.pod, digest), value: null });
  }
}

// A node said no. What it showed, or what the one refused knows itself, tells whether that holds; else the refuser is named,
// as one that stays silent is: a false no stops a draw just as well.
import { type Digest, type NodeId, type Refusal, refuse } from "../base/index.ts";
import { isNearerShown, lieIn } from "./evidence.ts";
import { limits } from "./limits.ts";
import type { Evidence } from "./messages.ts";
import { witnessesRound } from "./neighbourhood.ts";
import { unattestedFault } from "./roster-witness.ts";
import type { Setting, Triggered } from "./state.ts";
import { lotOf, xorAll } from "./statement.ts";
import { culprit, named, type Turn } from "./turn.ts";
import { verifyBeacon } from "./verify.ts";

export interface Said {
  readonly refusal: Refusal;
  readonly evidence: Evidence | undefined;
}

/** For the trigger: the cause that ends this try, after whoever is at fault was named. */
export function judgedByTrigger(turn: Turn, run: Triggered, from: NodeId, { refusal, evidence }: Said): Refusal {
  const { self, rules, ports } = turn.state.config;
  const lie = lieIn(evidence, run.draw, rules, ports);
  if (lie !== null) return convict(turn, run.draw, lie, evidence!);
  if (isReason(turn, run, { refusal, evidence })) return refuse(refusal.code);
  const isOthers = run.beacon !== null && refusal.blame !== undefined && refusal.blame !== self.node;
  const blame = isOthers ? (refusal.blame as NodeId) : from;
  const code = blame !== from && refusal.code === "draw-silent" ? "draw-silent" : "draw-pretext";
  culprit(turn, run.draw, code, blame, `${refusal.code}, said by ${from}`);
  // A setter's word against a witness': either may be the liar, so both are named.
  if (blame !== from) culprit(turn, run.draw, "draw-pretext", from, `its word against ${blame}`);
  return refuse(refusal.code, { blame });
}

function isReason(turn: Turn, run: Triggered, { refusal: { code }, evidence }: Said): boolean {
  const { near, nowMs } = turn;
  const { self, rules, ports } = turn.state.config;
  if (run.drawn !== null) return false; // what it was to seal is in order: the trigger has verified it
  const lot =
    run.beacon === null ? null : lotOf(ports.crypto, xorAll(run.beacon.parts.map((p) => p.random)), run.attempt);
  switch (code) {
    case "draw-rate": {
      const began = turn.state.memory.get(self.node)?.drawnAtMs ?? [];
      return lot === null && began.filter((atMs) => nowMs - atMs < limits.windowMs).length > limits.drawsPerWindow;
    }
    case "draw-degree":
    case "draw-not-nearest": {
      const asked = lot === null ? run.witnesses : (witnessesRound(near, lot, null)?.nodes ?? []);
      return isNearerShown(evidence, lot ?? self.location, asked, lot === null ? self.node : null, rules, ports);
    }
    case "draw-sparse-network":
      return lot !== null && (run.attempt >= limits.maxAttempts || witnessesRound(near, lot, null) === null);
    default:
      return false;
  }
}

/** For the setter: what it tells the trigger, and with what. */
export function judgedBySetter(turn: Turn, setting: Setting, from: NodeId, { refusal, evidence }: Said): Said {
  const { rules, ports } = turn.state.config;
  const { draw, lot, witnesses, beacon } = setting;
  const lie = lieIn(evidence, draw, rules, ports);
  if (lie !== null) return { refusal: convict(turn, draw, lie, evidence!), evidence };
  if (refusal.code === "draw-degree" || refusal.code === "draw-not-nearest") {
    if (isNearerShown(evidence, lot, witnesses, null, rules, ports)) return { refusal: refuse(refusal.code), evidence };
  }
  // A first beacon was not verified here: each witness does. So whose forgery it is shows only now.
  const verified = verifyBeacon(beacon, rules, ports, turn.nowMs);
  if (!verified.ok) {
    const forged = refuse(verified.code, { blame: beacon.header.trigger });
    named(turn, draw, forged);
    return { refusal: forged, evidence: undefined };
  }
  const others = isOthers(turn, setting, from, refusal);
  if (others !== null) {
    named(turn, draw, others);
    return { refusal: others, evidence: undefined };
  }
  culprit(turn, draw, "draw-pretext", from, refusal.code);
  return { refusal: refuse(refusal.code, { blame: from }), evidence: undefined };
}

/** A witness' word that another lied: where this setter can see that for itself, or where only the two can know. */
function isOthers(turn: Turn, setting: Setting, from: NodeId, { code, blame }: Refusal): Refusal | null {
  const { unattested, papers, at, witnesses } = setting;
  if (blame === undefined || blame === from || blame === turn.state.config.self.node) return null;
  if (code === "draw-second-list" && witnesses.some(({ node }) => node === blame))
    return refuse(code, { blame, detail: `said by ${from}` });
  if (at !== "signing" || (code !== "draw-candidate-false" && code !== "draw-papers-missing")) return null;
  return unattestedFault(turn, setting, unattested, papers.values());
}

function convict(turn: Turn, draw: Digest, lie: Refusal, evidence: Evidence): Refusal {
  named(turn, draw, lie, evidence);
  return lie;
}

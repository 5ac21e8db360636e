// The draw: its decoders, the verifiers of beacon and roster, and machines in the middle of honest draws that hear messages
// bent, out of turn, or from whoever should not have said them.
import { type NodeId, toCanonical, toHex } from "../../../src/core/base/index.ts";
import {
  type Beacon,
  beaconSchema,
  type DrawFacts,
  type DrawMessage,
  type DrawState,
  type DrawStep,
  decodeDrawMessage,
  decodeRoster,
  drawLimits,
  drawOf,
  encodeDrawMessage,
  encodeRoster,
  lieIn,
  type Roster,
  stepDraw,
  verifyBeacon,
  verifyRoster,
} from "../../../src/core/draw/index.ts";
import { drawNetwork } from "../../../src/sim/draw-protocol/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { bent, hostileMessage } from "../mutate.ts";
import { check, type Target, verdictOf } from "../target.ts";

interface Moment extends DrawFacts {
  readonly state: DrawState;
  readonly from: NodeId;
  readonly message: DrawMessage;
}

/** A machine changes its state in place, so each input gets a state of its own. */
function copyOf({ config, ...rest }: DrawState): DrawState {
  return { config, ...structuredClone(rest) };
}

/** Honest draws, one of them where the lot falls again, one with a refusal: some moments before each kind of message. */
function record() {
  const moments = new Map<string, Moment[]>();
  const rosters: { readonly roster: Roster; readonly beacon: Beacon }[] = [];
  const step = (state: DrawState, event: Parameters<typeof stepDraw>[1]): DrawStep => {
    if (event.type === "message") {
      const { from, message, nowMs, random, near } = event;
      const kept = moments.get(message.type) ?? [];
      if (kept.length < 12)
        kept.push({ state: copyOf(state), from, message: structuredClone(message), nowMs, random, near });
      moments.set(message.type, kept);
    }
    return stepDraw(state, event);
  };
  const network = drawNetwork({ seed: 3, nodes: 60, colluding: 4, alpha: 1e-3, step });
  const [wide, shy] = [network.nodes[0]!, network.nodes[1]!];
  // One believes in a larger network, so that half of the space is R3, and too sparse for what it asks.
  wide.members = Object.defineProperty(new Map(wide.members), "size", { value: 1_100 });
  // Half of the nodes do not know two others, so that certificates are asked for.
  const some = new Map([...network.nodes[5]!.members].filter(([node]) => node !== shy.member.node));
  for (const node of network.nodes.slice(30)) if (node !== shy) node.members = some;
  for (const [i, trigger] of network.nodes.slice(0, 6).entries()) {
    network.draw(trigger, { actors: i === 0 ? 33 : i === 1 ? 59 : 8 });
    network.simulation.run({ forMs: 40_000 });
  }
  for (const { effect } of network.happened) if (effect.type === "drawn") rosters.push(effect);
  return { network, rosters, moments: [...moments.values()].flat() };
}

const { network, rosters, moments } = record();
const { rules, ports, crypto } = network;
const messages = moments.map(({ message }) => message);
const values: readonly unknown[] = messages;
const encoded = messages.map(encodeDrawMessage);
const encodedRosters = rosters.map(({ roster }) => encodeRoster(roster));
const nodes = network.nodes.map(({ member }) => member.node);

/** As the wire would bring it. Null: it stops at the decoder. */
function heard(random: Random, near: DrawMessage): DrawMessage | null {
  const base = random.chance(0.7) ? near : random.pick(messages);
  const decoded = decodeDrawMessage(encodeDrawMessage(random.chance(0.15) ? base : bent(random, base, values)));
  return decoded.ok ? decoded.value : null;
}

/** Who says it: whoever may, whoever it names, or another node. */
function speaker(random: Random, honest: NodeId, message: DrawMessage): NodeId {
  const header = "header" in message ? message.header : "beacon" in message ? message.beacon.header : null;
  return random.chance(0.7) ? honest : header !== null && random.chance(0.7) ? header.trigger : random.pick(nodes);
}

function checkStep({ state, effects }: DrawStep, nowMs: number): void {
  check(effects.length <= 200, `${effects.length} effects of one event`);
  for (const effect of effects) {
    if (effect.type === "send") {
      const decoded = decodeDrawMessage(encodeDrawMessage(effect.message));
      check(decoded.ok, `it sends what its own decoder refuses: ${JSON.stringify(decoded)}`);
    }
    if (effect.type === "drawn") {
      const verified = verifyRoster(effect.roster, rules, ports, { nowMs });
      check(verified.ok, `it takes a roster that does not verify: ${JSON.stringify(verified)}`);
    }
    // Whatever was bent, nobody signed it: no evidence can convict an honest node.
    if (effect.type === "culprit")
      check(
        lieIn(effect.evidence, effect.draw, rules, ports) === null && effect.conflict === undefined,
        "an honest node is convicted",
      );
  }
  const { beacons, settings, rosters: signing, memory } = state;
  for (const open of [beacons, settings, signing])
    check(open.size <= drawLimits.maxOpenDraws, `${open.size} open draws`);
  check(memory.size <= drawLimits.maxTriggers, `${memory.size} triggers remembered`);
}

export const drawTargets: readonly Target[] = [
  {
    name: "draw: decoder",
    inputs: 9_000,
    reaches: ["malformed", "too-deep"],
    attempt: (random) => verdictOf(decodeDrawMessage(hostileMessage(random, encoded, values))),
  },
  {
    name: "draw: roster, decoded and verified",
    inputs: 6_000,
    reaches: ["malformed", "draw-stale", "draw-other-network", "draw-roster-forged", "draw-not-legitimate"],
    attempt(random) {
      const { roster } = random.pick(rosters);
      const bytes = random.chance(0.3)
        ? hostileMessage(random, encodedRosters, values)
        : encodeRoster(random.chance(0.05) ? roster : bent(random, roster, values, 1));
      const decoded = decodeRoster(bytes);
      if (!decoded.ok) return decoded.code;
      const verdict = verdictOf(verifyRoster(decoded.value, rules, ports, { nowMs: roster.header.atMs + 2_000 }));
      // The order of the witnesses is nobody's statement; all else is.
      const said = ({ header, random: value, attempt, actors }: Roster) =>
        toHex(toCanonical([header, value, attempt, actors]));
      const isHonest = rosters.some((one) => said(one.roster) === said(decoded.value));
      check(verdict !== "accepted" || isHonest, "a bent roster verifies");
      return verdict;
    },
  },
  {
    name: "draw: beacon, decoded and verified",
    inputs: 6_000,
    reaches: ["malformed", "draw-stale", "draw-other-network", "draw-beacon-forged", "draw-not-legitimate"],
    attempt(random) {
      const { beacon } = random.pick(rosters);
      const parsed = beaconSchema.safeParse(random.chance(0.05) ? beacon : bent(random, beacon, values, 1));
      if (!parsed.success) return "malformed";
      const verified = verifyBeacon(parsed.data, rules, ports, beacon.header.atMs + 2_000);
      const isHonest = drawOf(crypto, parsed.data.header) === drawOf(crypto, beacon.header);
      check(!verified.ok || isHonest, "a bent header verifies");
      return verdictOf(verified);
    },
  },
  {
    name: "draw: machine among liars",
    inputs: 12_000,
    reaches: [
      "draw-not-asked",
      "draw-unsigned",
      "draw-other-network",
      "draw-not-nearest",
      "draw-commitment-lost",
      "draw-beacon-forged",
    ],
    attempt(random) {
      const { state, from, message: honest, ...facts } = random.pick(moments);
      const message = heard(random, honest);
      if (message === null) return "malformed";
      const taken = stepDraw(copyOf(state), {
        type: "message",
        from: speaker(random, from, message),
        message,
        ...facts,
      });
      checkStep(taken, facts.nowMs);
      return taken.refusal?.code ?? "accepted";
    },
  },
];

/** One node hears `times` hostile messages, and nothing is ever over: everything it keeps must stay below its bounds. */
export function nodeUnderJunk(random: Random, times: number): number {
  const { state: before, ...facts } = moments.find(({ message }) => message.type === "roster-ask")!;
  const state = copyOf(before);
  for (let i = 0; i < times; i++) {
    const near = random.pick(messages);
    const message = heard(random, near);
    if (message === null) continue;
    const { nowMs, near: around } = facts;
    const from = speaker(random, random.pick(nodes), message);
    checkStep(
      stepDraw(state, { type: "message", from, message, nowMs, near: around, random: random.bytes(32) }),
      nowMs,
    );
  }
  return state.beacons.size + state.settings.size + state.rosters.size + state.memory.size;
}

// Fuzzed: what the nodes of a question tell each other, the plans they are shown, and machines in the middle of an honest round that hear
// messages bent, out of turn, or from whoever should not have said them.
import {
  type AskMessage,
  type AskMessageOf,
  answerTold,
  askingLimits,
  decodeAsk,
  decodeContribution,
  decodeLayer,
  decodeShares,
  encodeAsk,
  joinEntry,
} from "../../../src/core/asking/index.ts";
import { fromCanonical, type NodeId, toCanonical } from "../../../src/core/base/index.ts";
import { parseAnswer, peopleCells } from "../../../src/core/terms/index.ts";
import { countedSealing, type SimulatedSealing } from "../../../src/sim/asking/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { askingWorld, owner, person, settings } from "../../support/asking.ts";
import { damage } from "../damage.ts";
import { bent, hostileMessage } from "../mutate.ts";
import { check, type Target, verdictOf } from "../target.ts";

const opened = new Map<string, Uint8Array[]>();

/** What was sealed is what is decoded behind it. */
function watched(sealing: SimulatedSealing): SimulatedSealing {
  return {
    sealer: {
      seal(recipient, use, additional, plain) {
        const name = new TextDecoder().decode(use).split(" ").at(-1)!;
        const kept = opened.get(name) ?? [];
        opened.set(name, kept);
        if (kept.length < 40) kept.push(plain);
        return sealing.sealer.seal(recipient, use, additional, plain);
      },
    },
    keyPair: () => sealing.keyPair(),
  };
}

/** A round to its end, whose answer is for everybody who was asked. */
function recordTold() {
  const world = askingWorld({
    owners: 6,
    sealing: countedSealing,
    settings: { ...settings, broadcast: true },
    owner: (index) => owner(index),
  });
  const answers: AskMessageOf<"answer">[] = [];
  world.onSent = ({ message }) => message.type === "answer" && void answers.push(message);
  world.publishAll();
  const answer = world.ask();
  check(answer.ok && answers.length > 0, "the recorded round has come to its answer, and has told it");
  const commission = world.commission!;
  const total = commission.plan.vertices.find(({ id }) => id === peopleCells.total)!;
  return { commission, message: answers[0]!, tellers: [total.node, ...total.spares] };
}

function record() {
  const messages = new Map<AskMessage["type"], { from: NodeId; to: NodeId; message: AskMessage }[]>();
  const world = askingWorld({
    owners: 6,
    sealing: (random) => watched(countedSealing(random)),
    statement: `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people WHERE profile('profession') = 'pilot'`,
    owner: (index) =>
      owner(index, { findable: { concepts: person("pilot", 1).concepts.slice(0, 1), everybody: false } }),
  });
  world.onSent = ({ from, to, message }) => {
    const kept = messages.get(message.type) ?? [];
    messages.set(message.type, kept);
    if (kept.length < 12) kept.push({ from, to, message });
  };
  world.publishAll();
  const plan = world.planned();
  world.start(plan);
  // Tags are out, people have been called, nothing has come back yet.
  world.run(2_000, () => (messages.get("called")?.length ?? 0) >= 6);
  // An answer for whom it is not: this round's is the analyst's alone.
  const total = plan.vertices.find(({ id }) => id === peopleCells.total)!;
  const { round } = world.commission!;
  for (const { to } of messages.get("called")!.slice(0, 6))
    messages.set("answer", [
      ...(messages.get("answer") ?? []),
      { from: total.node, to, message: { ...told.message, round } },
    ]);
  const early = [...messages.values()].flat();
  check(
    early.some(({ message }) => message.type === "call"),
    "the recorded round has come to its calls",
  );
  return { world, plan, early };
}

const told = recordTold();
const toldAnswer: unknown = JSON.parse(told.message.answer);
const { world, plan, early } = record();
const messages = early.map(({ message }) => message);
const values: readonly unknown[] = messages;
const encoded = messages.map(encodeAsk);
const planBytes = toCanonical(plan);
const everybody = [...world.nodes.keys()];
const nowMs = world.nowMs;
const commissions = () => world.commissions("fuzz" as NodeId);
const decoders = { layer: decodeLayer, share: decodeShares, contribution: decodeContribution } as const;

export const askingTargets: readonly Target[] = [
  {
    name: "asking: decoder",
    inputs: 9_000,
    reaches: ["malformed", "too-deep"],
    attempt: (random) => verdictOf(decodeAsk(hostileMessage(random, encoded, values))),
  },
  {
    name: "asking: layers, shares and contributions behind their sealing",
    inputs: 6_000,
    reaches: ["ask-content"],
    attempt(random) {
      const use = random.pick(["layer", "share"] as const);
      const plains = opened.get(use)!;
      const plain = random.chance(0.05)
        ? random.pick(plains)
        : hostileMessage(
            random,
            plains,
            plains.map((bytes) => (fromCanonical(bytes) as { value: unknown }).value),
          );
      if (random.chance(0.1)) return verdictOf(decoders.contribution(plain));
      return verdictOf(decoders[use](plain));
    },
  },
  {
    name: "asking: a plan, as whoever is asked reads it",
    inputs: 3_000,
    reaches: ["malformed", "plan-malformed", "ask-other-roles", "ask-other-question"],
    attempt(random) {
      const value = random.chance(0.05) ? plan : bent(random, plan, values, 1);
      const bytes = random.chance(0.1) ? hostileMessage(random, [planBytes], [plan]) : toCanonical(value);
      const read = commissions().read(bytes, nowMs, { young: true });
      if (!read.ok) return read.code;
      // Whatever was bent: what was accepted asks what the statement says, of whom the lot named.
      const { find, plan: its } = read.value;
      check(find === world.commission!.find && its.query === plan.query, "a bent plan is taken");
      return "accepted";
    },
  },
  {
    name: "asking: nodes in a round, among liars",
    inputs: 6_000,
    reaches: ["ask-not-finder", "sealed-unreadable", "ask-unasked", "ask-not-total"],
    attempt(random) {
      const { from, to, message } = random.pick(early);
      const near = random.chance(0.15) ? message : bent(random, message, values);
      const bytes = toCanonical(near);
      const before = world.refusals.length;
      const node = world.nodes.get(random.chance(0.7) ? to : random.pick(everybody))!;
      node.receive(random.chance(0.6) ? from : random.pick(everybody), bytes);
      checkBounds();
      return world.refusals[before]?.refusal.code ?? "accepted";
    },
  },
  {
    name: "asking: an answer, as it is told to whoever was asked",
    inputs: 6_000,
    reaches: ["malformed", "ask-not-total", "terms-answer"],
    attempt(random) {
      const answer = random.chance(0.1)
        ? told.message.answer
        : random.chance(0.8)
          ? JSON.stringify(bent(random, toldAnswer, [toldAnswer]))
          : new TextDecoder().decode(damage(random, [new TextEncoder().encode(told.message.answer)]));
      const message = { ...told.message, answer };
      const bytes = random.chance(0.2)
        ? hostileMessage(random, [encodeAsk(told.message)], [message])
        : toCanonical(message);
      const read = decodeAsk(bytes);
      if (!read.ok) return read.code;
      if (read.value.type !== "answer") return "accepted";
      const from = random.chance(0.7) ? random.pick(told.tellers) : random.pick(everybody);
      const taken = answerTold(told.commission, from, read.value);
      if (!taken.ok) return taken.code;
      check(told.tellers.includes(from), "an answer is taken from who did not add it up");
      // What is kept for its owner is an answer again when she reads it.
      check(parseAnswer(JSON.stringify(taken.value)).ok, "what was taken is no answer when it is read again");
      return "accepted";
    },
  },
  {
    name: "asking: shares of an entry, forged",
    inputs: 3_000,
    reaches: ["shares-mismatch", "shares-too-few"],
    attempt(random: Random) {
      const shares = opened.get("share")!.flatMap((bytes) => {
        const read = decodeShares(bytes);
        return read.ok ? read.value : [];
      });
      const { key, label } = random.pick(shares);
      const of = shares.filter((share) => Buffer.compare(share.label, label) === 0);
      const came = of.map(({ point, share }) => ({
        point: random.chance(0.1) ? random.below(300) : point,
        bytes: random.chance(0.3) ? random.bytes(random.chance(0.9) ? 64 : random.below(200)) : share,
      }));
      return verdictOf(joinEntry(world.draws.crypto, key, came.slice(0, random.below(12))));
    },
  },
];

function checkBounds(): void {
  const finder = world.nodes.get(world.commission!.find)!.finder!;
  check(finder.looking.size <= askingLimits.lookupsInFlight, `${finder.looking.size} look-ups`);
  check(finder.calling.size <= askingLimits.callsInFlight, `${finder.calling.size} calls`);
  check(finder.people.size <= 6, "a finder invents people");
}

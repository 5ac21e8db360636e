// Participatory sensing (SEP2P §5.1, use case 1): rounds that follow each other, each with a draw and a charge of its own, and an answer for
// everybody who was asked.
import { describe, expect, it } from "vitest";
import { decodeRoster } from "../../src/core/draw/index.ts";
import { askingWorld, owner, rulesOf, settings, willing } from "../support/asking.ts";

const asked = 8;
const broadcast = { ...settings, broadcast: true } as const;

/** Enough for two rounds of `plainTerms`, which cost a hundredth each, and not for three. */
const forTwo = rulesOf({ default: "allow", budget: { altogether: { epsilon: 0.68, delta: 0.001 } } });

describe("a series of rounds", () => {
  it("draws anew for each window, charges each, and is refused from then on by whoever's budget is spent", () => {
    const world = askingWorld({
      settings: broadcast,
      // The first four can pay for two windows, the others for all.
      owner: (index) => owner(index, { rules: index < 4 ? forTwo : willing }),
    });
    world.publishAll();
    const rounds: string[] = [];
    const processors: string[] = [];
    const sums: unknown[] = [];
    for (let window = 0; window < 4; window++) {
      const plan = world.planned();
      const roster = decodeRoster(plan.roster!);
      processors.push(roster.ok ? roster.value.actors.join(" ") : "");
      const answer = world.ask(plan);
      rounds.push(world.commission!.round);
      sums.push(answer.ok && [answer.value.rows[0]![0]!.value, answer.value.participation.budget.value]);
      world.run(60_000);
    }
    expect(sums).toEqual([
      [36, 0],
      [36, 0],
      // 1 + 2 + 3 + 4 are missing.
      [26, 4],
      [26, 4],
    ]);
    expect(new Set(rounds).size).toBe(4);
    expect(new Set(processors).size).toBe(4);
    for (const [index, { pod }] of world.pods.entries()) {
      expect(pod.budget.charges.size, `person ${index}`).toBe(index < 4 ? 2 : index < asked ? 4 : 0);
      // Who declines was asked all the same, and is told.
      expect([...pod.results.keys()], `person ${index}`).toEqual(index < asked ? rounds : []);
    }
    expect(world.refusals.map(({ refusal }) => refusal.code)).toEqual(Array(8).fill("budget-exhausted"));
  });
});

describe("an answer for everybody who was asked", () => {
  it("is told to every node, as nobody but the finder knows who that is, and kept as it came", () => {
    const world = askingWorld({ settings: broadcast });
    world.publishAll();
    const answer = world.ask();
    world.run(60_000);
    expect(world.traffic.get("answer")?.messages).toBe(world.nodes.size - 1); // whose question it is has it already
    if (!answer.ok) throw new Error(answer.code);
    const [kept] = [...world.pods[0]!.pod.results.values()];
    expect(kept).toEqual(JSON.parse(JSON.stringify(answer.value)));
    expect(world.refusals).toEqual([]);
  });

  it("stays with the analyst where the question does not say so", () => {
    const world = askingWorld();
    world.publishAll();
    expect(world.ask().ok).toBe(true);
    world.run(60_000);
    expect(world.traffic.get("answer")).toBeUndefined();
  });

  it("is taken from the total's node alone, and only where the question said so", () => {
    for (const said of [broadcast, settings]) {
      const world = askingWorld({ settings: said });
      world.publishAll();
      const answer = world.ask();
      const { round, find, plan } = world.commission!;
      const total = plan.vertices.find(({ id }) => id === "total")!.node;
      const forged = JSON.stringify(answer.ok && { ...answer.value, rows: [[{ value: 99 }]] });
      const [someone] = world.pods as [(typeof world.pods)[number]];
      const before = someone.pod.results.size;
      for (const liar of said === broadcast ? [find] : [find, total])
        world.send(liar, someone.node.node, { type: "answer", round, answer: forged });
      world.run(60_000);
      expect(world.refusals.map(({ refusal }) => refusal.code)).toEqual(
        Array(said === broadcast ? 1 : 2).fill("ask-not-total"),
      );
      expect(before).toBe(0);
      expect([...someone.pod.results.values()].some(({ rows }) => rows[0]![0]!.value === 99)).toBe(false);
    }
  });

  it("that is no answer is refused, and whoever sent it named", () => {
    const world = askingWorld({ settings: broadcast, onWay: (one) => [corrupted(one)] });
    world.publishAll();
    world.ask();
    world.run(60_000);
    expect(new Set(world.refusals.map(({ refusal }) => refusal.code))).toEqual(new Set(["terms-answer"]));
    for (const { pod } of world.pods) expect(pod.results.size).toBe(0);
  });
});

type OnWay = Parameters<NonNullable<Parameters<typeof askingWorld>[0]>["onWay"] & object>[0];

function corrupted(one: OnWay): OnWay {
  return one.message.type === "answer" ? { ...one, message: { ...one.message, answer: '{"rows":' } } : one;
}

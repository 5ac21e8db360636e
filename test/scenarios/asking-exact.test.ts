// Values without noise: where noise is added in shares nobody ever holds one but the gatherer that adds it up; where one cell adds it, that
// cell alone. What gatherers hand on, every message and the answer are searched for the exact sums.
import { describe, expect, it } from "vitest";
import type { AskSettings } from "../../src/core/model/index.ts";
import { settings, worldOfDays } from "../support/asking.ts";

const people = 60;
const daysOf = (index: number) => 500_001 + 7_919 * index;

/** Sums so large that noise hides them: that a noised one is the exact one by chance happens once in a million rounds. */
function round(noise: AskSettings["noise"]) {
  const world = worldOfDays(people, daysOf, 1_000_000, { settings: { ...settings, noise } });
  const wire: Uint8Array[] = [];
  world.publishAll();
  world.onSent = ({ bytes }) => void wire.push(bytes);
  const answer = world.ask();
  if (!answer.ok) throw new Error(answer.code);
  const sums = new Map<string, number>();
  for (const [index, { pod }] of world.pods.entries()) {
    const cell = pod.state.rounds.get(world.commission!.round)!.asked!.gatherer.cell;
    sums.set(cell, (sums.get(cell) ?? 0) + daysOf(index));
  }
  const whole = [...sums.values()].reduce((a, b) => a + b, 0);
  return { world, wire, answer: answer.value, exact: [...sums.values(), whole], ofGatherers: [...sums.values()] };
}

/** As a number of eight bytes, whichever comes first, or in digits. */
function holds(bytes: Uint8Array, number: number): boolean {
  const all = Buffer.from(bytes);
  const double = Buffer.alloc(8);
  double.writeDoubleLE(number);
  return all.includes(double) || all.includes(Buffer.from(double).reverse()) || all.includes(String(number));
}
const someIn = (many: readonly Uint8Array[], numbers: readonly number[]) =>
  numbers.filter((number) => many.some((bytes) => holds(bytes, number)));

describe("an exact sum", () => {
  it("is in no part, no message and no answer where noise is added in shares", () => {
    const { world, wire, answer, exact } = round("split");
    const parts = world.parts.map((part) => part!);
    expect(parts).toHaveLength(settings.gatherers);
    expect(someIn([...parts, ...wire, Buffer.from(JSON.stringify(answer))], exact)).toEqual([]);
  });

  it("is in the parts for the one cell that adds the noise, and nowhere else: the search finds it there", () => {
    const { world, wire, answer, exact, ofGatherers } = round("one");
    expect(
      someIn(
        world.parts.map((part) => part!),
        ofGatherers,
      ),
    ).toEqual(ofGatherers);
    expect(someIn([...wire, Buffer.from(JSON.stringify(answer))], exact)).toEqual([]);
  });
});

// A whole round: people publish, an analyst's question finds them, they answer, parts become an answer.
import { describe, expect, it } from "vitest";
import { askingWorld } from "../support/asking.ts";

describe("a round", () => {
  it("asks those who are looked for, once each, and gives their sum", () => {
    const world = askingWorld();
    world.publishAll();
    const answer = world.ask();
    expect(world.refusals).toEqual([]);
    expect(answer).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 36 }]], participation: { contributed: { value: 8 }, silent: { value: 0 } } },
    });
    for (const [index, { pod }] of world.pods.entries())
      expect(pod.told?.outcome, `person ${index}`).toBe(index < 8 ? "contributed" : undefined);
  });
});

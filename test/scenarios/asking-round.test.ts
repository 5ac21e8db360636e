// A whole round: people publish, an analyst's question finds them, they answer, parts become an answer.
import { describe, expect, it } from "vitest";
import { decodeRoster } from "../../src/core/draw/index.ts";
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
    // SEP2P §3.6: whoever is asked verifies the roster with two operations for each witness, and nobody else verifies anything.
    const roster = decodeRoster(world.commission!.plan.roster!);
    const k = roster.ok ? roster.value.witnesses.length : 0;
    expect(k).toBeGreaterThan(0);
    for (const [index, { node }] of world.pods.entries())
      expect(world.operations.get(node.node) ?? 0, `person ${index}`).toBe(index < 8 ? 2 * k : 0);
  });
});

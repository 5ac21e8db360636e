// The life cycle under named misfortunes: what the simulator found, and what people will ask about.
import { describe, expect, it } from "vitest";
import { calmLink } from "../../src/sim/kernel/index.ts";
import {
  type Fault,
  randomScenario,
  type Scenario,
  simulatedNode,
  simulateOne,
} from "../../src/sim/lifecycle/index.ts";
import { plan as pipeline } from "../support/lifecycle.ts";

const [producer, middle, exit, spare] = ["Producer", "Midway", "Exit", "Spare"].map(simulatedNode);
const [anna, annaAtWork] = ["Anna1", "Anna2"].map(simulatedNode);
const nodes = [producer!, middle!, exit!, spare!];

/** source → add → print on three calm nodes, with a spare for `add`. */
function pipelineWith(faults: Fault[], batches: Record<string, number> = { source: 12 }): Scenario {
  const drawn = randomScenario(1);
  const place = [producer!, middle!, exit!];
  const member = (node: (typeof nodes)[number], analyst: boolean): Scenario["venue"][number] => ({
    facts: {
      node,
      network: drawn.plan.network,
      principal: analyst ? "anna" : "venue",
      roles: [analyst ? "analyst" : "transform"],
      serial: "1",
      notAfterMs: 4e12,
    },
    forbids: [],
    slownessMs: 50,
  });
  return {
    seed: 1,
    plan: {
      ...pipeline,
      network: drawn.plan.network,
      analyst: { node: anna!, principal: "anna" },
      vertices: pipeline.vertices.map((vertex, i) => ({
        ...vertex,
        node: place[i]!,
        spares: vertex.id === "add" ? [spare!] : [],
      })),
    },
    venue: nodes.map((node) => member(node, false)),
    analysts: [anna!, annaAtWork!].map((node) => member(node, true)),
    link: calmLink,
    faults,
    batches,
    prepareFails: 0,
    alternatives: [],
  };
}
const outcomeOf = (faults: Fault[], batches?: Record<string, number>) => {
  const run = simulateOne(1, { scenario: pipelineWith(faults, batches) });
  expect(run.violation).toBeUndefined();
  return run;
};

describe("a pipeline of three cells", () => {
  it("finishes by itself, everything delivered", () => {
    expect(outcomeOf([])).toMatchObject({ outcome: "finished", produced: 12 });
  });

  it("survives the death of its transform's node without loss", () => {
    const run = outcomeOf([{ type: "crash", node: middle!, atMs: 3_000, downMs: 200_000, loses: 0 }]);
    expect(run).toMatchObject({ outcome: "finished", produced: 12 });
  });

  it("reports what went with its source's node", () => {
    const run = outcomeOf([{ type: "crash", node: producer!, atMs: 3_000, downMs: 5_000, loses: 0 }]);
    expect(run.outcome).toBe("finished, loss reported");
  });

  it("runs on when its analyst detaches, and another process of hers stops it", () => {
    const faults: Fault[] = [
      { type: "detach", atMs: 5_000 },
      { type: "take-over", atMs: 30_000 },
      { type: "stop", atMs: 40_000 },
    ];
    expect(outcomeOf(faults, {})).toMatchObject({ outcome: "stopped" });
  });

  it("stops by itself when it is damaged and its analyst is gone for good", () => {
    const faults: Fault[] = [
      { type: "detach", atMs: 5_000 },
      { type: "crash", node: exit!, atMs: 8_000, downMs: 300_000, loses: 0 },
    ];
    expect(outcomeOf(faults, {}).outcome).toMatch(/ended-without-analyst|loss reported/);
  });

  // A participant or the analyst dies between any two effects of any step of the set-up. Nothing may stay half running.
  const moments = Array.from({ length: 16 }, (_, i) => 5 + i * 25);
  it.each([
    ["producer", producer!],
    ["transform", middle!],
    ["exit", exit!],
    ["analyst", anna!],
  ])("is whole or nowhere when the %s dies between any two steps", (_, node) => {
    const outcomes = new Set<string>();
    for (const atMs of moments)
      for (const effects of [0, 1, 2])
        for (const downMs of [300, 200_000]) {
          const run = outcomeOf([{ type: "crash-in-step", node, atMs, downMs, loses: 0, effects }]);
          outcomes.add(run.outcome);
        }
    expect([...outcomes].every((outcome) => /finished|rolled-back|stopped|failed|never-began/.test(outcome))).toBe(
      true,
    );
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

// Seeds that once failed, and what was wrong.
describe("found by simulation", () => {
  it.each([
    [8, "a participant that recovered told its neighbours in a message that nobody could decode"],
    [9, "a coordinator repeated its goodbye to a dead node every millisecond"],
    [130, "a source that was just finishing was forgotten when the query stopped without its analyst"],
    [154, "a participant never learned that the query flows, because of a cell that lives elsewhere now"],
    [254, "a process that takes over was stopped before it had found the query"],
    [809, "a node that restarted with all cells of the query told nobody"],
    [906, "a process that took over knew nothing of what replaced cells had lost"],
    [921, "what went with a restarting node during a stop was not in the outcome"],
    [3899, "a closed query was revived from the memory of one of its nodes"],
    [4446, "cells that another process had made had no keys, so nobody could be wired to them"],
    [4796, "an old answer let the query settle without a goodbye to its nodes"],
    [5884, "the same, with two coordinators in two halves of a network"],
    [10408, "two coordinators replaced cells of both halves, and the account of one was lost"],
    [26557, "a node that died again while it recovered forgot why its cells were lost"],
    [29418, "a stop waited for cells that had never been made"],
  ])("seed %i: %s", (seed) => {
    expect(simulateOne(seed).violation).toBeUndefined();
  });
});

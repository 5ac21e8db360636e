// Lies about the roster (SEP2P §3.5), in the words of who tells them, and what holds at the end of each.
import { expect } from "vitest";
import type { Digest } from "../../src/core/base/index.ts";
import { drawLimits, lieIn } from "../../src/core/draw/index.ts";
import { type Attack, type Stage, stage } from "./draw-liars.ts";
import type { Of } from "./draw-lies.ts";

type More = Omit<Attack, "liar" | "lie" | "tells" | "ends"> & Partial<Pick<Attack, "ends">>;
const by =
  (liar: Attack["liar"], ends: Attack["ends"]) =>
  (lie: string, tells: Attack["tells"], more: More): Attack => ({ liar, lie, tells, ends, ...more });
export const byTrigger = by("trigger", "nothing");
export const bySetter = by("setter", "drawn anew");
export const byWitness = by("roster witness", "drawn anew");
/** Hears of the draw once the setter asks its witnesses, and says something of its own. */
export const byStranger = (
  lie: string,
  says: (message: Of<"roster-ask">, scene: Stage) => void,
  refused: readonly string[],
): Attack => ({
  liar: "stranger",
  lie,
  tells: {},
  hears: {
    "roster-ask": (message, scene) => {
      says(message, scene);
      return message;
    },
  },
  refused,
  ends: "drawn at once",
});

export const late = drawLimits.maxAgeMs + 1_000;
/** The first witness is the setter itself: the nearest of all. */
export const other = ({ rosterWitnesses }: Stage) => rosterWitnesses[1]!.member.node;
export const askOf = ({ heard: all }: Stage) =>
  all.findLast(({ message }) => message.type === "roster-ask")!.message as Of<"roster-ask">;

/** What was refused, who was named, what the trigger ends with; and the evidence convicts whom it should, of this draw alone. */
export function endsAsTold(attack: Attack): void {
  const { refused, named, ends, evidence, network } = stage(attack);
  expect({ refused, named, ends }).toEqual({
    refused: attack.refused ?? [],
    named: attack.named ?? [],
    ends: attack.ends,
  });
  // Whoever else is named, the liar is, unless its lie changed nothing.
  if (ends === "drawn anew") expect(named.join()).toContain("of the liar");
  for (const { evidence: shown, draw } of evidence) {
    const proven = named.some((line) => line.endsWith("proven"));
    expect(lieIn(shown, draw, network.rules, network.ports) !== null).toBe(proven);
    expect(lieIn(shown, "00".repeat(32) as Digest, network.rules, network.ports)).toBeNull(); // of another draw
  }
}

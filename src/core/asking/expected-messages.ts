// How many messages a question takes, by who sends them (docs/protocols/asking.md), when nothing is lost, everybody answers
// the first call, each person has a node of her own, and the concepts that are looked up are had by nobody else. What goes over the
// edges between cells is not in it: some pieces for each cell.
import type { AskSettings, Target } from "../model/index.ts";
import { limits } from "./limits.ts";

export const askingRoles = ["finder", "indexers", "people", "forwarders", "gatherers"] as const;
export type AskingRole = (typeof askingRoles)[number];

export interface AskedOf {
  readonly people: number;
  /** Of the concept index that the question needs. */
  readonly keys: number;
  readonly target: Target | null;
  /** Nodes that hold shares of the index. */
  readonly indexers: number;
  readonly settings: Pick<AskSettings, "gatherers" | "forwarders" | "answerMs">;
}

export function expectedMessages({
  people,
  keys,
  target,
  indexers,
  settings,
}: AskedOf): Readonly<Record<AskingRole, number>> {
  const { gatherers, forwarders, answerMs } = settings;
  const shares = limits.shares * leavesOf(target) * people;
  // One to each holder of some of the keys, and another for each full page of its answers.
  const holders = Math.min(limits.shares * keys, indexers * Math.ceil(keys / limits.keysPerLookup));
  const lookups = holders + Math.floor(shares / limits.sharesPerPage);
  // Each who has come is told of once: another page for each full one.
  const pages = gatherers * Math.floor(people / gatherers / limits.comePerPage);
  // The last of them have answered when their delays are over; then one poll finds all there.
  const lastMs = Math.min(answerMs, limits.maxAnswerDelayMs + forwarders * limits.maxForwardDelayMs);
  const polls = Math.ceil(lastMs / pollEveryMs(answerMs)) + 1;
  return {
    // One asks for leave to call.
    finder: lookups + 1 + people + polls * gatherers + pages,
    indexers: lookups,
    // That the call has come, and what she sends.
    people: 2 * people,
    forwarders: forwarders * people,
    gatherers: polls * gatherers + pages,
  };
}

export function pollEveryMs(answerMs: number): number {
  return Math.max(limits.pollMs, Math.ceil(answerMs / 100));
}

function leavesOf(target: Target | null): number {
  if (target === null || "concept" in target) return 1;
  const parts = "all" in target ? target.all : target.any;
  return parts.reduce((sum, part) => sum + leavesOf(part), 0);
}

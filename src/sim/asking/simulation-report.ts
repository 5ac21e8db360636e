// What a simulated question cost, who refused it, and what its answer is worth beside the truth.
import { decodeRoster } from "../../core/draw/index.ts";
import { type AnswerValue, type Outcome, outcomes } from "../../core/terms/index.ts";
import type { RuleSet } from "./population.ts";
import type { AskingWorld, Traffic } from "./world.ts";

export interface PartOfRound extends Traffic {
  readonly role: "publishing" | "finder" | "indexers" | "people" | "forwarders" | "gatherers";
  readonly messagesPerOwner: number;
  readonly bytesPerOwner: number;
}

/** People with one set of rules, and what became of them. */
export interface RuleSetAsked {
  readonly name: string;
  readonly people: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Codes of their refusals. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface Noised {
  readonly value: number;
  readonly noise: number;
}

export interface QuerySimulation {
  readonly owners: number;
  readonly seed: number;
  readonly parts: readonly PartOfRound[];
  /** k of the roster, and the most asymmetric operations that one person's node made to verify it. */
  readonly witnesses: number;
  readonly operationsPerPerson: number;
  readonly roundMs: number;
  /** What became of everybody, and how it is counted in the answer. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly counted: Readonly<Record<Outcome, Noised>> | null;
  readonly ruleSets: readonly RuleSetAsked[];
  /** The sum over those who contributed. */
  readonly truth: number;
  readonly answer: Noised | null;
  readonly refusal: string | null;
  /** Whether all numbers are where their noise lets them be, each person paid once or declined, and verified 2k. */
  readonly isGood: boolean;
}

const roles: Readonly<Record<string, Exclude<PartOfRound["role"], "publishing">>> = {
  lookup: "finder",
  "go-ask": "finder",
  call: "finder",
  "come-ask": "finder",
  shares: "indexers",
  called: "people",
  forward: "people",
  deliver: "forwarders",
  come: "gatherers",
};

export interface Simulated {
  readonly seed: number;
  readonly population: readonly RuleSet[];
  /** Of each person, in their order. */
  readonly sets: readonly RuleSet[];
  daysOf(index: number): number;
  readonly published: Traffic;
  readonly roundMs: number;
  readonly roster: Uint8Array;
}

export function reportOf(world: AskingWorld, simulated: Simulated): QuerySimulation {
  const { seed, population, sets, daysOf, published, roundMs } = simulated;
  const { answer } = world;
  const owners = world.pods.length;
  const byOutcome = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const bySet = new Map(population.map((set) => [set, { people: 0, outcomes: {}, refusals: {} } as Tally]));
  let isPaid = true;
  let truth = 0;
  for (const [index, { pod }] of world.pods.entries()) {
    const set = sets[index]!;
    const tally = bySet.get(set)!;
    tally.people++;
    const chargedBefore = set.of.records?.budget.charges.size ?? 0;
    if (pod.budget.charges.size - chargedBefore !== (pod.told?.outcome === "contributed" ? 1 : 0)) isPaid = false;
    if (pod.told === null) {
      isPaid = false;
      continue;
    }
    const { outcome, refusal } = pod.told;
    byOutcome[outcome]++;
    tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
    if (refusal !== null) tally.refusals[refusal.code] = (tally.refusals[refusal.code] ?? 0) + 1;
    if (outcome === "contributed") truth += daysOf(index);
  }
  const roster = decodeRoster(simulated.roster);
  const witnesses = roster.ok ? roster.value.witnesses.length : 0;
  const operationsPerPerson = world.pods.reduce(
    (most, { node }) => Math.max(most, world.operations.get(node.node) ?? 0),
    0,
  );
  const given = answer?.ok === true ? answer.value : null;
  const sum = given === null ? null : noised(given.rows[0]?.[0]);
  const counted =
    given === null
      ? null
      : (Object.fromEntries(
          outcomes.map((outcome) => [outcome, noised(given.participation[outcome]) ?? { value: 0, noise: 0 }]),
        ) as Record<Outcome, Noised>);
  const isNear =
    isWithin(sum, truth) && outcomes.every((outcome) => isWithin(counted?.[outcome] ?? null, byOutcome[outcome]));
  return {
    owners,
    seed,
    parts: [partOf("publishing", published, owners), ...partsOf(world, owners)],
    witnesses,
    operationsPerPerson,
    roundMs,
    outcomes: byOutcome,
    counted,
    ruleSets: [...bySet].map(([{ name }, tally]) => ({ name, ...tally })),
    truth,
    answer: sum,
    refusal: answer === null ? "ask-over" : answer.ok ? null : answer.code,
    isGood: isNear && isPaid && operationsPerPerson === 2 * witnesses,
  };
}

interface Tally {
  people: number;
  readonly outcomes: Partial<Record<Outcome, number>>;
  readonly refusals: Record<string, number>;
}

function noised(number: Pick<AnswerValue, "value" | "noise"> | undefined): Noised | null {
  return number === undefined || number.value === null
    ? null
    : { value: Number(number.value), noise: number.noise ?? 0 };
}

/** Eight deviations: of a million runs with such noise none is farther off. */
function isWithin(number: Noised | null, truth: number): boolean {
  return number !== null && number.noise > 0 && Math.abs(number.value - truth) < 8 * number.noise;
}

function partsOf(world: AskingWorld, owners: number): PartOfRound[] {
  const byRole = new Map<PartOfRound["role"], Traffic[]>();
  for (const [type, traffic] of world.traffic) {
    const role = roles[type];
    if (role !== undefined) byRole.set(role, [...(byRole.get(role) ?? []), traffic]);
  }
  return [...byRole].map(([role, traffic]) => partOf(role, totalOf(traffic), owners));
}

function partOf(role: PartOfRound["role"], { messages, bytes }: Traffic, owners: number): PartOfRound {
  return { role, messages, bytes, messagesPerOwner: messages / owners, bytesPerOwner: bytes / owners };
}

export function totalOf(traffic: readonly Traffic[]): Traffic {
  return traffic.reduce((sum, one) => ({ messages: sum.messages + one.messages, bytes: sum.bytes + one.bytes }), {
    messages: 0,
    bytes: 0,
  });
}

// One question to many people, counted: messages and bytes of each part, asymmetric operations of each person, and what the answer is worth.
// The machines, the costs and the noise are the live ones; signatures and sealing are counted.

import { refuse } from "../../core/base/index.ts";
import { decodeRoster } from "../../core/draw/index.ts";
import type { AskSettings, Attribute } from "../../core/model/index.ts";
import { amountAllowed, ratio } from "../../core/privacy/index.ts";
import { catalogueOf } from "../../core/sql/index.ts";
import { outcomes, terms } from "../../core/terms/index.ts";
import type { SimulatedOwner } from "./options.ts";
import { AskingWorld, type Traffic } from "./world.ts";

export interface QuerySimulationOptions {
  readonly owners: number;
  readonly seed: number;
  readonly processors?: number;
  /** Of those who are asked, so many decline by their rules. */
  readonly declining?: number;
}

export interface PartOfRound extends Traffic {
  readonly role: "publishing" | "finder" | "indexers" | "people" | "forwarders" | "gatherers";
  readonly messagesPerOwner: number;
  readonly bytesPerOwner: number;
}

export interface QuerySimulation {
  readonly owners: number;
  readonly seed: number;
  readonly parts: readonly PartOfRound[];
  /** k of the roster, and the most asymmetric operations that one person's node made to verify it. */
  readonly witnesses: number;
  readonly operationsPerPerson: number;
  readonly roundMs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly truth: number;
  readonly answer: { readonly value: number; readonly noise: number } | null;
  readonly refusal: string | null;
  /** Whether the answer is where its noise lets it be, each person paid once or declined, and verified 2k. */
  readonly isGood: boolean;
}

const statement = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-9)
SUM(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM employment WHERE profile('profession') = 'pilot'`;
const attribute = (name: string) => name as Attribute;
const catalogue = catalogueOf(
  [
    {
      name: "employment",
      attribute: attribute("employment"),
      perOwner: "one",
      columns: [
        {
          name: "sick_leave_days",
          attribute: attribute("employment.sick_leave"),
          type: "int64",
          nullable: true,
          unit: "day",
        },
      ],
    },
  ],
  [{ name: "profession", attribute: attribute("profile.profession"), type: "text" }],
);
const settingsFor = (owners: number): AskSettings => ({
  gatherers: 3,
  standby: 1,
  noise: "split",
  minimumPeople: 10,
  // All of them, and some blanks.
  maximumPeople: 2 * owners,
  forwarders: 1,
  answerMs: 600_000,
});
const roles: Readonly<Record<string, Exclude<PartOfRound["role"], "publishing">>> = {
  lookup: "finder",
  call: "finder",
  "come-ask": "finder",
  shares: "indexers",
  called: "people",
  forward: "people",
  deliver: "forwarders",
  come: "gatherers",
};

const daysOf = (index: number) => index % 21;

export function simulateQuery({
  owners,
  seed,
  processors = 60,
  declining = 0.1,
}: QuerySimulationOptions): QuerySimulation {
  const every = declining > 0 ? Math.max(1, Math.round(1 / declining)) : Number.POSITIVE_INFINITY;
  const declines = (index: number) => index % every === every - 1;
  const world = new AskingWorld({
    seed,
    processors,
    colluding: Math.max(1, Math.floor(processors / 50)),
    alpha: 1e-3,
    owners,
    owner: (index) => person(daysOf(index), declines(index)),
    catalogue,
    statement,
    settings: settingsFor(owners),
    terms,
  });
  world.publishAll();
  const published = totalOf([...world.traffic.values()]);
  world.traffic.clear();
  const plan = world.planned();
  const begunMs = world.nowMs;
  const answer = world.ask(plan);
  const told: Record<string, number> = Object.fromEntries(outcomes.map((outcome) => [outcome, 0]));
  let isPaid = true;
  let truth = 0;
  for (const [index, { pod }] of world.pods.entries()) {
    const outcome = pod.told?.outcome;
    if (outcome !== undefined) told[outcome] = (told[outcome] ?? 0) + 1;
    if (pod.budget.charges.size !== (declines(index) ? 0 : 1) || outcome === undefined) isPaid = false;
    if (!declines(index)) truth += daysOf(index);
  }
  const roster = decodeRoster(plan.roster!);
  const witnesses = roster.ok ? roster.value.witnesses.length : 0;
  const operations = world.pods.map(({ node }) => world.operations.get(node.node) ?? 0);
  const operationsPerPerson = operations.reduce((most, one) => Math.max(most, one), 0);
  const sum = answer.ok ? answer.value.rows[0]?.[0] : undefined;
  const value = sum === undefined ? null : { value: Number(sum.value), noise: sum.noise ?? 0 };
  const isNear = value !== null && value.noise > 0 && Math.abs(value.value - truth) < 8 * value.noise;
  return {
    owners,
    seed,
    parts: [partOf("publishing", published, owners), ...partsOf(world, owners)],
    witnesses,
    operationsPerPerson,
    roundMs: world.nowMs - begunMs,
    outcomes: told,
    truth,
    answer: value,
    refusal: answer.ok ? null : answer.code,
    isGood: isNear && isPaid && operationsPerPerson === 2 * witnesses,
  };
}

function person(days: number, declines: boolean): SimulatedOwner {
  const each = amountAllowed(ratio(2n), ratio(1n, 1_000_000n));
  if (!each.ok) throw new Error(each.code);
  return {
    findable: { concepts: [{ name: "profession", value: "pilot", isWhole: false }], everybody: false },
    rows: [[BigInt(days)]],
    budget: {
      allowances: [{ analyst: "any", purpose: "any", each: each.value }],
      altogether: each.value,
      periodMs: 30 * 86_400_000,
    },
    decide: () => (declines ? { at: "deny", outcome: "policy", refusal: refuse("budget-none") } : { at: "allow" }),
  };
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

function totalOf(traffic: readonly Traffic[]): Traffic {
  return traffic.reduce((sum, one) => ({ messages: sum.messages + one.messages, bytes: sum.bytes + one.bytes }), {
    messages: 0,
    bytes: 0,
  });
}

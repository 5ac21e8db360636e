// One question to many people, counted: messages and bytes of each part, asymmetric operations of each person, who refused by which of her
// rules, and what the answer is worth. The machines, the rules, the costs and the noise are the live ones; signatures and sealing are counted.
import type { AskSettings, Attribute } from "../../core/model/index.ts";
import { catalogueOf } from "../../core/sql/index.ts";
import { terms } from "../../core/terms/index.ts";
import { asked, type RuleSet, ruleSetOf, ruleSets } from "./population.ts";
import { type QuerySimulation, reportOf, totalOf } from "./simulation-report.ts";
import { AskingWorld, startMs } from "./world.ts";

export interface QuerySimulationOptions {
  readonly owners: number;
  readonly seed: number;
  readonly processors?: number;
  /** Who is asked. */
  readonly population?: readonly RuleSet[];
}

/** How far a simulation is, from 0 to 1: publishing is most of its work. */
export interface Stage {
  readonly name: "people" | "publishing" | "drawing" | "asking";
  readonly done: number;
}
const publishedFrom = 0.02;
const askedFrom = 0.8;

const statement = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-9, purpose = 'research')
SUM(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM employment WHERE profile('profession') = 'pilot'`;
const attribute = (name: string) => name as Attribute;
const catalogue = catalogueOf(
  [
    {
      name: asked.table,
      attribute: attribute("employment"),
      perOwner: "one",
      columns: [
        {
          name: asked.column,
          attribute: asked.attribute,
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
const daysOf = (index: number) => index % 21;
const findable = { concepts: [{ name: "profession", value: "pilot", isWhole: false }], everybody: false };
const rowsByDays = Array.from({ length: 21 }, (_, days) => [[BigInt(days)]]);

export function simulateQuery(options: QuerySimulationOptions): QuerySimulation {
  const steps = simulatingQuery(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, for who shows how far it is. */
export function* simulatingQuery({
  owners,
  seed,
  processors = 60,
  population = ruleSets(startMs),
}: QuerySimulationOptions): Generator<Stage, QuerySimulation> {
  const sets: RuleSet[] = [];
  const world = new AskingWorld({
    seed,
    processors,
    colluding: Math.max(1, Math.floor(processors / 50)),
    alpha: 1e-3,
    owners: 0,
    owner(index, random) {
      const set = ruleSetOf(population, (most) => random.below(most));
      sets.push(set);
      return { findable, rows: rowsByDays[daysOf(index)]!, ...set.of };
    },
    catalogue,
    statement,
    settings: settingsFor(owners),
    terms,
  });
  for (let i = 0; i < owners; i++) {
    world.addOwner();
    if (i % 1_000 === 0) yield { name: "people", done: (publishedFrom * i) / owners };
  }
  for (const done of world.publishing())
    yield { name: "publishing", done: publishedFrom + (askedFrom - publishedFrom) * done };
  const published = totalOf([...world.traffic.values()]);
  world.traffic.clear();
  yield { name: "drawing", done: askedFrom };
  const plan = world.planned();
  const begunMs = world.nowMs;
  let sent = 0;
  world.onSent = ({ message }) => {
    if (message.type === "deliver") sent++;
  };
  for (const _ of world.asking(plan))
    yield { name: "asking", done: Math.min(1, askedFrom + (1 - askedFrom) * (sent / owners)) };
  const roundMs = world.nowMs - begunMs;
  return reportOf(world, { seed, population, sets, published, roundMs, roster: plan.roster!, daysOf });
}

// Whom a simulated question meets: people with a few sets of rules, as an owner writes them in owner.yaml, with grants, and with what was
// charged before. Their shares are believed, not measured: nobody has asked so many people yet.
import type { Digest, InstantMs, NodeId } from "../../core/base/index.ts";
import {
  amountOf,
  type GrantOrder,
  makeGrant,
  type OwnerState as OwnerRecords,
  type OwnerRules,
  ownerRulesSchema,
  permit,
  restoreOwner,
} from "../../core/consent/index.ts";
import type { Attribute } from "../../core/model/index.ts";
import type { SimulatedOwner } from "./options.ts";

/** What the simulated question is about, and who asks it. */
export const asked = {
  table: "employment",
  column: "sick_leave_days",
  attribute: "employment.sick_leave" as Attribute,
  purpose: "research",
  analyst: "ann",
} as const;

export interface RuleSet {
  readonly name: string;
  /** Of a hundred people. */
  readonly share: number;
  readonly of: Pick<SimulatedOwner, "rules" | "records">;
}

const written = (rules: object): OwnerRules =>
  ownerRulesSchema.parse({ hedgerow: 1, publish: ["profession"], ...rules });
const allowing = (conditions: object) => ({ effect: "allow", attributes: ["employment"], ...conditions });

/** `nowMs`: when the question will be asked, nearly. */
export function ruleSets(nowMs: number): RuleSet[] {
  const dayMs = 86_400_000;
  const day = (days: number) => new Date(nowMs + days * dayMs).toISOString().slice(0, 10);
  const granted = (effect: GrantOrder["effect"]): OwnerRecords => {
    const on = { analyst: asked.analyst };
    const order: GrantOrder = { effect, on, budget: null, untilMs: null, note: "" };
    const made = makeGrant(nothingYet(), order, "a1b2", nowMs - dayMs);
    if (!made.ok) throw new Error(made.code);
    return made.value.state;
  };
  const research = written({ rules: [allowing({ purposes: ["research"] })] });
  const asking = written({ rules: [{ effect: "ask", attributes: ["employment"] }] });
  const sparing = written({
    rules: [allowing({})],
    budget: { altogether: { epsilon: 1.1, delta: 1e-6 }, each: [{ epsilon: 1.1, delta: 1e-6 }] },
  });
  return [
    { name: "allows research", share: 46, of: { rules: research } },
    { name: "allows it for some weeks", share: 4, of: { rules: written({ rules: [allowing({ until: day(20) })] }) } },
    { name: "allowed it until last week", share: 3, of: { rules: written({ rules: [allowing({ until: day(-7) })] }) } },
    { name: "allows care alone", share: 4, of: { rules: written({ rules: [allowing({ purposes: ["care"] })] }) } },
    { name: "allows another analyst", share: 3, of: { rules: written({ rules: [allowing({ analysts: ["bob"] })] }) } },
    { name: "wants a larger group", share: 8, of: { rules: written({ rules: [allowing({ minimumPeople: 1_000 })] }) } },
    { name: "wants a lower ε", share: 4, of: { rules: written({ rules: [allowing({ maximumEpsilon: 0.5 })] }) } },
    {
      name: "allows all but sick leave",
      share: 7,
      of: { rules: written({ default: "allow", rules: [{ effect: "deny", attributes: [asked.attribute] }] }) },
    },
    { name: "allows nothing", share: 4, of: { rules: written({}) } },
    { name: "wants to be asked, and does not answer", share: 5, of: { rules: asking } },
    { name: "wants to be asked, and granted it", share: 4, of: { rules: asking, records: granted("allow") } },
    { name: "allows research, not to this analyst", share: 3, of: { rules: research, records: granted("deny") } },
    { name: "has nearly spent her budget", share: 5, of: { rules: sparing, records: spentOn(sparing, nowMs) } },
  ];
}

/** By lot, and by their shares. */
export function ruleSetOf<Set extends Pick<RuleSet, "share">>(sets: readonly Set[], below: (n: number) => number): Set {
  let lot = below(sets.reduce((sum, { share }) => sum + share, 0));
  for (const set of sets) {
    lot -= set.share;
    if (lot < 0) return set;
  }
  throw new Error("shares are of whole people");
}

function nothingYet(): OwnerRecords {
  const fresh = restoreOwner([]);
  if (!fresh.ok) throw new Error(fresh.code);
  return fresh.value;
}

/** Another analyst's question of ε 1, answered in this period. */
function spentOn(rules: OwnerRules, nowMs: number): OwnerRecords {
  const cost = amountOf({ epsilon: 1, delta: 1e-9 });
  if (!cost.ok) throw new Error(cost.code);
  const query = "e".repeat(64) as Digest;
  const { table, column, attribute, purpose } = asked;
  const { state, permission } = permit(nothingYet(), rules, {
    request: {
      ...{ query, name: "an earlier question", purpose, epsilon: 1, delta: 1e-9, cost: cost.value },
      analyst: { node: "" as NodeId, principal: "bob" },
      reads: [{ table, column, attribute }],
      ...{ foundBy: [], minimumPeople: 100, noise: "split", steps: [], untilMs: nowMs },
    },
    ...{ round: query, plan: query, nowMs: nowMs as InstantMs },
  });
  if (permission.at !== "released") throw new Error(permission.reason);
  return state;
}

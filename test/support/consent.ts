// What an owner is asked, and her rules and grants, with what a test changes of them.
import type { Digest, NodeId } from "../../src/core/base/index.ts";
import {
  type ConsentRequest,
  decide,
  type GrantInUse,
  type OwnerRules,
  ownerRulesSchema,
} from "../../src/core/consent/index.ts";
import type { Attribute } from "../../src/core/model/index.ts";

export const query = "a".repeat(64) as Digest;
export const node = `12D3Koo${"W".repeat(45)}` as NodeId;
export const day = 86_400_000;
export const nowMs = Date.parse("2026-06-15");
export const read = (attribute: string, column: string | null = "x", table = "t") => ({
  table,
  column,
  attribute: attribute as Attribute,
});
export const request = (about: Partial<ConsentRequest> = {}): ConsentRequest => ({
  query,
  name: "sick leave",
  purpose: "research",
  analyst: { node, principal: "Ada Institute" },
  reads: [read("work.sick_leave")],
  foundBy: ["profession"],
  epsilon: 1,
  delta: 1e-6,
  cost: { rho: 3e10, delta: 1e11 },
  minimumPeople: 100,
  noise: "split",
  steps: [{ cell: "gather-1", node, principal: "Ben" }],
  untilMs: nowMs + day,
  ...about,
});
export const rulesOf = (rules: unknown[], more: object = {}): OwnerRules =>
  ownerRulesSchema.parse({ hedgerow: 1, rules, ...more });
export const rule = (effect: string, attribute?: string, more: object = {}) => ({
  effect,
  ...(attribute === undefined ? {} : { attributes: [attribute] }),
  ...more,
});
export const grant = (about: Partial<GrantInUse>): GrantInUse => ({
  id: "g0001",
  effect: "allow",
  on: { query, analyst: "Ada Institute" },
  budget: null,
  madeMs: 0,
  untilMs: null,
  revokedMs: null,
  note: "",
  spent: { rho: 0, delta: 0 },
  ...about,
});
export const effect = (rules: OwnerRules, about: Partial<ConsentRequest> = {}, grants: GrantInUse[] = []) => {
  const decision = decide(rules, grants, request(about), nowMs);
  return decision.effect === "deny" ? decision.code : decision.effect;
};

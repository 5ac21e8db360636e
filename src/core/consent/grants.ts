// Grants: what an owner allowed or denied beside her rules, one at a time: an exact query, an analyst, or an attribute with a
// budget and an end. A grant is revoked, not deleted, so that the history says what was in force when.
import { z } from "zod";
import type { Digest } from "../base/index.ts";
import { type Attribute, attributeSchema, digestSchema } from "../model/index.ts";
import type { ConsentRequest } from "./request.ts";

const instantMs = z.number().int().nonnegative();
const units = z.number().int().nonnegative();
const principal = z.string().min(1).max(80);

export const grantSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{4,16}$/),
  effect: z.enum(["allow", "deny"]),
  on: z.union([
    // The card named one analyst: who else sends the same words is not answered by it. null: whoever asks it.
    z.strictObject({ query: digestSchema, analyst: principal.nullable().default(null) }),
    z.strictObject({ analyst: principal }),
    z.strictObject({ attribute: attributeSchema, analyst: principal.nullable() }),
  ]),
  /** All that may be spent under it, in whole units (core/privacy); null: the owner's budget alone bounds it. */
  budget: z.strictObject({ rho: units, delta: units }).nullable(),
  madeMs: instantMs,
  /** It ends then; null: it ends when it is revoked. */
  untilMs: instantMs.nullable(),
  revokedMs: instantMs.nullable(),
  /** In the owner's words, or what it answered. */
  note: z.string().max(200),
});
export type Grant = z.output<typeof grantSchema>;

/** A grant, and what was spent under it. */
export interface GrantInUse extends Grant {
  readonly spent: { readonly rho: number; readonly delta: number };
}

export type GrantState = "in force" | "revoked" | "ended" | "used up";

export function stateOfGrant(grant: GrantInUse, nowMs: number): GrantState {
  if (grant.revokedMs !== null) return "revoked";
  if (grant.untilMs !== null && nowMs >= grant.untilMs) return "ended";
  const { budget, spent } = grant;
  return budget !== null && (spent.rho >= budget.rho || spent.delta > budget.delta) ? "used up" : "in force";
}

/** In force, and with enough left for this request. A deny costs nothing, so a budget never ends it. */
export function grantHolds(grant: GrantInUse, request: ConsentRequest, nowMs: number): boolean {
  const state = stateOfGrant(grant, nowMs);
  if (state === "revoked" || state === "ended") return false;
  if (grant.effect === "deny" || grant.budget === null) return true;
  const { spent, budget } = grant;
  return spent.rho + request.cost.rho <= budget.rho && spent.delta + request.cost.delta <= budget.delta;
}

export const ofQuery = ({ on }: Pick<Grant, "on">, query: Digest, name: string): boolean =>
  "query" in on && on.query === query && (on.analyst === null || on.analyst === name);

export const ofAnalyst = (grant: Grant, name: string): boolean =>
  !("query" in grant.on) && !("attribute" in grant.on) && grant.on.analyst === name;

export function attributeOf(grant: Grant, name: string): Attribute | null {
  if (!("attribute" in grant.on)) return null;
  return grant.on.analyst === null || grant.on.analyst === name ? grant.on.attribute : null;
}

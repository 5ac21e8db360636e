// What an owner does herself: allow or deny one thing, and take it back. It holds from the next use on.
import { accept, type Digest, type Result, refuse } from "../base/index.ts";
import { type Attribute, covers } from "../model/index.ts";
import type { Amount } from "../privacy/index.ts";
import type { Card } from "./card.ts";
import { decide } from "./decide.ts";
import { attributeOf, type Grant, grantSchema, ofAnalyst, ofQuery, stateOfGrant } from "./grants.ts";
import { limits } from "./limits.ts";
import { forgotten, grantsInUse, keys, type OwnerState, type Pending, persist, type RecordEffect } from "./records.ts";
import type { ConsentRequest } from "./request.ts";
import type { OwnerRules } from "./rules.ts";

export interface GrantOrder {
  readonly effect: Grant["effect"];
  readonly on:
    | { readonly query: Digest; readonly analyst: string | null }
    | { readonly analyst: string }
    | { readonly attribute: Attribute; readonly analyst: string | null };
  readonly budget: Amount | null;
  readonly untilMs: number | null;
  readonly note: string;
}

export interface OwnerAct<T> {
  readonly state: OwnerState;
  readonly effects: readonly RecordEffect[];
  readonly value: T;
}

export interface MadeGrant {
  readonly grant: Grant;
  readonly answered: number;
  /** Asks that read what it speaks of, and wait on: they are decided when they come again, or by her before that. */
  readonly left: readonly Pending[];
}

/**
 * Asks that the grant answers wait no more. `rules`: hers, by which a denied attribute denies an ask, or not, where she has written
 * otherwise of what is below it. null: they cannot be read, and the ask waits.
 */
export function makeGrant(
  state: OwnerState,
  order: GrantOrder,
  id: string,
  nowMs: number,
  rules: OwnerRules | null = null,
): Result<OwnerAct<MadeGrant>> {
  const fault = (detail: string) => refuse("grant-order", { detail });
  if (order.untilMs !== null && order.untilMs <= nowMs) return fault("its end lies in the past");
  const parsed = grantSchema.safeParse({ ...order, id, madeMs: nowMs, revokedMs: null });
  if (!parsed.success) return fault(parsed.error.issues[0]?.message ?? "it is no grant");
  const grant = parsed.data;
  const grants = new Map(state.grants);
  const charged = new Map(state.charged);
  const effects: RecordEffect[] = [];
  if (grants.size >= limits.maxGrants) {
    const over = grantsInUse(state)
      .filter((one) => ["revoked", "ended"].includes(stateOfGrant(one, nowMs)))
      .sort((a, b) => a.madeMs - b.madeMs)[0];
    if (over === undefined) return fault(`${limits.maxGrants} grants are in force; revoke one first`);
    grants.delete(over.id);
    for (const round of charged.get(over.id)?.keys() ?? []) effects.push(forgotten(keys.grantCharge(over.id, round)));
    charged.delete(over.id);
    effects.push(forgotten(keys.grant(over.id)));
  }
  grants.set(id, grant);
  effects.push(persist(keys.grant(id), grant));
  const pending = new Map(state.pending);
  for (const [name, waits] of state.pending) {
    if (!answers(grant, waits) && !deniedBy(grant, waits, { ...state, grants, charged }, rules, nowMs)) continue;
    pending.delete(name);
    effects.push(forgotten(keys.pending(name)));
  }
  const answered = state.pending.size - pending.size;
  const left = [...pending.values()].filter(({ card }) => speaksOf(grant, card));
  return accept({ state: { ...state, grants, charged, pending }, effects, value: { grant, answered, left } });
}

function answers(grant: Grant, { card }: Pending): boolean {
  const { principal } = card.analyst;
  return ofQuery(grant, card.query, principal) || ofAnalyst(grant, principal);
}

function speaksOf(grant: Grant, card: Card): boolean {
  const own = attributeOf(grant, card.analyst.principal);
  const read = card.reads.flatMap(({ attributes }) => attributes);
  return own !== null && read.some((attribute) => covers(own, attribute) || covers(attribute, own));
}

/**
 * An ask that would be denied if it came now. What allows is not looked at: a card does not say what the question would cost her to the
 * last unit, and an ask that is allowed waits no more once it comes again.
 */
function deniedBy(
  grant: Grant,
  { card }: Pending,
  state: OwnerState,
  rules: OwnerRules | null,
  nowMs: number,
): boolean {
  if (rules === null || grant.effect !== "deny" || !speaksOf(grant, card)) return false;
  return decide(rules, grantsInUse(state), requestOf(card), nowMs).effect === "deny";
}

/** Of a card's columns their attributes are known, and nothing else that a denial depends on is left out. */
function requestOf(card: Card): ConsentRequest {
  const reads = card.reads.flatMap(({ table, attributes }) =>
    attributes.map((attribute) => ({ table, column: attribute as string, attribute })),
  );
  return { ...card, reads, cost: { rho: 0, delta: 0 } };
}

/** `revokedMs` of what comes back is the first time's: a second one changes nothing. */
export function revokeGrant(
  state: OwnerState,
  id: string,
  nowMs: number,
): Result<OwnerAct<Grant & { readonly wasRevoked: boolean }>> {
  const known = state.grants.get(id);
  if (known === undefined) return refuse("grant-unknown", { blame: id });
  if (known.revokedMs !== null) return accept({ state, effects: [], value: { ...known, wasRevoked: true } });
  const grant = { ...known, revokedMs: nowMs };
  return accept({
    state: { ...state, grants: new Map(state.grants).set(id, grant) },
    effects: [persist(keys.grant(id), grant)],
    value: { ...grant, wasRevoked: false },
  });
}

/** A query that waits, by the beginning of its digest and whose it is, if that names one alone. */
export function pendingNamed(state: OwnerState, start: string, analyst?: string): Result<Pending> {
  const found = [...state.pending.values()].filter(
    ({ card }) =>
      start.length >= 4 &&
      card.query.startsWith(start) &&
      (analyst === undefined || card.analyst.principal === analyst),
  );
  if (found.length === 1) return accept(found[0]!);
  const whose = [...new Set(found.map(({ card }) => JSON.stringify(card.analyst.principal)))];
  const apart = whose.length > 1 ? `: those of ${whose.join(" and ")}; say whose with --analyst` : "";
  const detail = found.length === 0 ? undefined : `${found.length} of them begin so${apart}`;
  return refuse("grant-unknown", { blame: start, ...(detail === undefined ? {} : { detail }) });
}

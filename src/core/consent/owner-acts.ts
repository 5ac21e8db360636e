// What an owner does herself: allow or deny one thing, and take it back. It holds from the next use on.
import { accept, type Digest, type Result, refuse } from "../base/index.ts";
import type { Attribute } from "../model/index.ts";
import type { Amount } from "../privacy/index.ts";
import { type Grant, grantSchema, ofAnalyst, ofQuery, stateOfGrant } from "./grants.ts";
import { limits } from "./limits.ts";
import { forgotten, grantsInUse, keys, type OwnerState, type Pending, persist, type RecordEffect } from "./records.ts";

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

/** Asks that the grant answers wait no more. */
export function makeGrant(
  state: OwnerState,
  order: GrantOrder,
  id: string,
  nowMs: number,
): Result<OwnerAct<{ grant: Grant; answered: number }>> {
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
    if (!answers(grant, waits)) continue;
    pending.delete(name);
    effects.push(forgotten(keys.pending(name)));
  }
  const answered = state.pending.size - pending.size;
  return accept({ state: { ...state, grants, charged, pending }, effects, value: { grant, answered } });
}

function answers(grant: Grant, { card }: Pending): boolean {
  const { principal } = card.analyst;
  return ofQuery(grant, card.query, principal) || ofAnalyst(grant, principal);
}

export function revokeGrant(state: OwnerState, id: string, nowMs: number): Result<OwnerAct<Grant>> {
  const known = state.grants.get(id);
  if (known === undefined) return refuse("grant-unknown", { blame: id });
  if (known.revokedMs !== null) return accept({ state, effects: [], value: known });
  const grant = { ...known, revokedMs: nowMs };
  return accept({
    state: { ...state, grants: new Map(state.grants).set(id, grant) },
    effects: [persist(keys.grant(id), grant)],
    value: grant,
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

// What an owner's node keeps about questions: grants and what was spent under them, asks that wait for her, what was charged to
// her budget, and the history of uses. Each is a record under a key of its own; recovery reads them again.
import { z } from "zod";
import { accept, type Digest, fromCanonical, type Persist, type Result, refuse, toCanonical } from "../base/index.ts";
import { attributeSchema, digestSchema } from "../model/index.ts";
import { type Amount, type BudgetState, restoreBudget } from "../privacy/index.ts";
import { outcomes } from "../terms/index.ts";
import { cardSchema } from "./card.ts";
import { type Grant, type GrantInUse, grantSchema } from "./grants.ts";
import { limits } from "./limits.ts";
import { accountName } from "./spending.ts";

const whole = z.number().int().nonnegative();
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "bytes are expected here");

export const pendingSchema = z.strictObject({ card: cardSchema, firstMs: whole, times: whole });
export type Pending = z.output<typeof pendingSchema>;

export const useSchema = z.strictObject({
  round: z.string().min(1).max(96),
  atMs: whole,
  query: digestSchema,
  name: z.string().max(80),
  purpose: z.string().max(80),
  principal: z.string().max(80),
  attributes: z.array(attributeSchema).max(256),
  epsilon: z.number(),
  delta: z.number(),
  outcome: z.enum(outcomes),
  /** Code of a refusal; null: she took part. */
  code: z.string().max(64).nullable(),
  reason: z.string().max(limits.maxReasonChars),
  grants: z.array(z.string().max(16)).max(limits.maxGrants),
  /** Why her pod gave no rows; nobody but her is told. */
  trouble: z.string().max(500).nullable(),
  /** Where her pod gave no rows: what of the question no column of hers stands for. Not in records of before. */
  lacks: z.array(attributeSchema).max(256).default([]),
  /** What her node signed about it; null where nothing was contributed. */
  receipt: z.strictObject({ statement: bytes, signature: bytes }).nullable(),
});
export type Use = z.output<typeof useSchema>;

const grantChargeSchema = z.strictObject({
  grant: z.string().max(16),
  round: z.string().max(96),
  rho: whole,
  delta: whole,
});

export interface OwnerState {
  readonly grants: ReadonlyMap<string, Grant>;
  /** By grant, then by round: a round is charged once, however often it is called. */
  readonly charged: ReadonlyMap<string, ReadonlyMap<string, Amount>>;
  /** By the query's digest and its analyst: who repeats somebody's words is another ask, and takes no card's place. */
  readonly pending: ReadonlyMap<string, Pending>;
  readonly budget: BudgetState;
  /** By round. Read when they are looked at: a node that decides about a call need not read a thousand of them. */
  readonly uses: ReadonlyMap<string, KeptUse>;
}

/** What the key of a use says of it, and its record. */
export interface KeptUse {
  readonly key: string;
  readonly atMs: number;
  readonly outcome: Use["outcome"];
  readonly value: Uint8Array;
}

/** Like a persist, of which a power failure may take the last moments: nobody was promised anything. */
export interface Note {
  readonly type: "note";
  readonly key: string;
  readonly value: Uint8Array | null;
}
export type RecordEffect = Persist | Note;

export const keys = {
  grant: (id: string) => `grant/${id}`,
  grantCharge: (id: string, round: string) => `grant-charge/${id}/${round}`,
  pending: (name: string) => `pending/${name}`,
  use: ({ round, atMs, outcome }: Pick<Use, "round" | "atMs" | "outcome">) => `use/${round}/${atMs}/${outcome}`,
} as const;

export const pendingName = (query: Digest, principal: string): string => `${query} ${accountName(principal)}`;

export const persist = (key: string, value: unknown): Persist => ({ type: "persist", key, value: toCanonical(value) });
export const note = (key: string, value: unknown): Note => ({ type: "note", key, value: toCanonical(value) });
export const forgotten = (key: string): Note => ({ type: "note", key, value: null });

const maxRecordBytes = 1024 * 1024;

/**
 * A record of a charge that cannot be read refuses everything: it may have been spent. So does one of a grant: it may have been
 * a denial, or a revocation.
 */
export function restoreOwner(entries: Iterable<readonly [key: string, value: Uint8Array]>): Result<OwnerState> {
  const grants = new Map<string, Grant>();
  const charged = new Map<string, Map<string, Amount>>();
  const pending = new Map<string, Pending>();
  const uses = new Map<string, KeptUse>();
  const privacy: (readonly [string, Uint8Array])[] = [];
  for (const [key, value] of entries) {
    const damaged = refuse("owner-records-damaged", { blame: key });
    if (key.startsWith("privacy/")) {
      privacy.push([key, value]);
      continue;
    }
    if (key.startsWith("use/")) {
      const found = /^use\/(.+)\/(\d+)\/([a-z]+)$/.exec(key);
      const outcome = outcomes.find((one) => one === found?.[3]);
      if (found === null || outcome === undefined) return damaged;
      const kept = { key, atMs: Number(found[2]), outcome, value };
      // Two of one round: killed between writing the later and forgetting the earlier.
      const known = uses.get(found[1]!);
      if (known === undefined || known.outcome !== "contributed") uses.set(found[1]!, kept);
      continue;
    }
    const read = fromCanonical(value, maxRecordBytes);
    if (!read.ok) return damaged;
    const [kind] = key.split("/");
    if (kind === "grant") {
      const parsed = grantSchema.safeParse(read.value);
      if (!parsed.success || keys.grant(parsed.data.id) !== key) return damaged;
      grants.set(parsed.data.id, parsed.data);
    } else if (kind === "grant-charge") {
      const parsed = grantChargeSchema.safeParse(read.value);
      if (!parsed.success) return damaged;
      const { grant, round, rho, delta } = parsed.data;
      const rounds = charged.get(grant) ?? new Map<string, Amount>();
      charged.set(grant, rounds.set(round, { rho, delta }));
    } else if (kind === "pending") {
      const parsed = pendingSchema.safeParse(read.value);
      if (!parsed.success) return damaged;
      const { card } = parsed.data;
      pending.set(pendingName(card.query, card.analyst.principal), parsed.data);
    } else return damaged;
  }
  const budget = restoreBudget(privacy);
  if (!budget.ok)
    return refuse("owner-records-damaged", { ...(budget.blame === undefined ? {} : { blame: budget.blame }) });
  return accept({ grants, charged, pending, budget: budget.value, uses });
}

/** What was spent under each grant. `but` one round: it is being decided about again. */
export function grantsInUse(state: OwnerState, but?: string): GrantInUse[] {
  return [...state.grants.values()].map((grant) => {
    let spent: Amount = { rho: 0, delta: 0 };
    for (const [round, { rho, delta }] of state.charged.get(grant.id) ?? []) {
      if (round !== but) spent = { rho: spent.rho + rho, delta: spent.delta + delta };
    }
    return { ...grant, spent };
  });
}

/** The latest first. */
export function historyOf(state: OwnerState): Result<Use[]> {
  const uses: Use[] = [];
  for (const { key, value } of state.uses.values()) {
    const read = fromCanonical(value, maxRecordBytes);
    const parsed = read.ok ? useSchema.safeParse(read.value) : null;
    if (!parsed?.success) return refuse("owner-records-damaged", { blame: key });
    uses.push(parsed.data);
  }
  return accept(uses.sort((a, b) => b.atMs - a.atMs || (a.round < b.round ? -1 : 1)));
}

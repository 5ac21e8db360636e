// Questions: what an SQL statement asks of people's pods, split into whom it asks, what each pod works out by itself, and how
// the answers are bounded, noised, grouped and ordered (SEP2P §5.1, use case 3). The SQL front end makes it, and a question is
// compiled into cells afterwards. Its canonical encoding has a digest, as a query's has.
//
// What it means, in the order in which it happens:
//   1. target      the pods whose profile satisfies it are asked; null asks every pod
//   2. local       each pod runs `local.sql` over its own store: rows of group keys and of arguments of aggregates
//   3. bounding    per owner: rows are combined and clamped as each aggregate's `contribution` says, and at most
//                  `privacy.maxGroupsContributed` groups are kept, chosen at random
//   4. aggregation over all owners, per group, with noise scaled by each aggregate's `parts`
//   5. selection   `groups.selection` says which groups come out
//   6. order, limit on the noised result
import { z } from "zod";
import { attributeSchema } from "./attribute.ts";
import { valueTypes } from "./value-type.ts";
import { wordsSchema } from "./words.ts";

/** An exact decimal number as text, one way to write each: no exponent, no needless zeros. */
export const decimalSchema = z
  .string()
  .max(80)
  .regex(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
export type Decimal = z.output<typeof decimalSchema>;

/** `value` is a decimal for the numbers, dates and timestamps, `true` or `false`, or the text; null is SQL's NULL. */
export const questionValueSchema = z.strictObject({
  type: z.enum(valueTypes),
  value: z.string().max(1_024).nullable(),
});
export type QuestionValue = z.output<typeof questionValueSchema>;

/** What a store's driver binds for a value. */
export function boundValue({ type, value }: QuestionValue): bigint | number | string | null {
  if (value === null || type === "text") return value;
  if (type === "bool") return value === "true" ? 1n : 0n;
  return type === "float64" ? Number(value) : BigInt(value);
}

const conceptName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

/** A concept with one of some values, or within a range of whole numbers, ends included: what a concept index can find. */
export const targetLeafSchema = z.union([
  z.strictObject({ concept: conceptName, values: z.array(questionValueSchema).min(1).max(512) }),
  z.strictObject({ concept: conceptName, from: decimalSchema, to: decimalSchema }),
]);
export type TargetLeaf = z.output<typeof targetLeafSchema>;

export type Target = TargetLeaf | { readonly all: Target[] } | { readonly any: Target[] };

/** Positive normal form: no negation; `all` and `any` alternate, have at least two members, sorted and each once. */
export const targetSchema: z.ZodType<Target> = z.lazy(() =>
  z.union([
    targetLeafSchema,
    z.strictObject({ all: z.array(targetSchema).min(2).max(64) }),
    z.strictObject({ any: z.array(targetSchema).min(2).max(64) }),
  ]),
);

const index = z.number().int().min(0).max(63);
const unit = z.string().max(40).nullable();

export const localSchema = z.strictObject({
  /**
   * One SELECT for SQLite over the owner's own tables, deterministic, made by us alone; `?1` is `binds[0]`. A store that reports an
   * error (a sum beyond 64 bits is one) counts as one without rows: that it failed would tell something about the rows.
   */
  sql: z
    .string()
    .min(1)
    .max(64 * 1024),
  binds: z.array(questionValueSchema).max(2_048),
  columns: z.array(z.strictObject({ type: z.enum(valueTypes), nullable: z.boolean() })).max(64),
  /** Everything of the store that it reads: what policies are asked about. */
  reads: z
    .array(
      z.strictObject({
        table: z.string().max(64),
        /** null: only that there are rows. */
        column: z.string().max(64).nullable(),
        attribute: attributeSchema,
      }),
    )
    .max(256),
  /** What the statement was read with beside the standard catalogue: its tables are laid by these, too. */
  words: wordsSchema.optional(),
});

/** How much one owner can change one noised number or vector: over all groups (L0, L1, L2) and in one group (L∞). */
export const sensitivitySchema = z.strictObject({
  part: z.enum(["count", "sum", "centred-sum", "counts"]),
  l0: z.number().int().min(1),
  lInf: decimalSchema,
  l1: decimalSchema,
  /** The square of L2: it is exact, its root is not. */
  l2Squared: decimalSchema,
});
export type Sensitivity = z.output<typeof sensitivitySchema>;

/**
 * How one owner's rows of one group become her contribution.
 *   per group: `combine` turns them into one number, clamped to the bounds. No row, no contribution.
 *   per row:   each of at most `privacy.maxRowsContributed` rows, chosen at random, counts; its value is clamped.
 *   distinct:  each of at most `privacy.maxRowsContributed` different values counts once.
 */
export const contributionSchema = z.union([
  z.strictObject({
    per: z.literal("group"),
    combine: z.enum(["count", "sum", "mean"]),
    lower: decimalSchema,
    upper: decimalSchema,
  }),
  z.strictObject({ per: z.literal("row"), lower: decimalSchema, upper: decimalSchema }),
  z.strictObject({ per: z.literal("distinct") }),
]);
export type Contribution = z.output<typeof contributionSchema>;

const aggregateBase = {
  /** Index into `local.columns`; null counts rows. Rows where the column is NULL do not count. */
  column: index.nullable(),
  contribution: contributionSchema,
  parts: z.array(sensitivitySchema).min(1).max(2),
};
export const aggregateSchema = z.discriminatedUnion("function", [
  z.strictObject({ function: z.literal("count"), ...aggregateBase }),
  z.strictObject({ function: z.literal("sum"), ...aggregateBase }),
  /** Of the owners' means. The sum is centred: (lower + upper) / 2 is taken off each mean before, and added afterwards. */
  z.strictObject({ function: z.literal("avg"), centre: decimalSchema, ...aggregateBase }),
  /** `fractions` between 0 and 1. `list` false: one fraction, one number. */
  z.strictObject({
    function: z.literal("quantiles"),
    fractions: z.array(decimalSchema).min(1).max(101),
    list: z.boolean(),
    ...aggregateBase,
  }),
  /** Bins of equal width between the bounds; the last includes its upper end. */
  z.strictObject({ function: z.literal("histogram"), bins: z.number().int().min(1).max(1_000), ...aggregateBase }),
  /** The k values that most owners have, of the public candidates, or of those that pass a threshold (null). */
  z.strictObject({
    function: z.literal("top_k"),
    k: z.number().int().min(1).max(1_000),
    candidates: z.array(questionValueSchema).min(1).max(4_096).nullable(),
    ...aggregateBase,
  }),
]);
export type Aggregate = z.output<typeof aggregateSchema>;

export const groupsSchema = z.strictObject({
  keys: z.array(z.strictObject({ column: index, type: z.enum(valueTypes), unit })).max(8),
  selection: z.union([
    /** Without keys there is one group, and it always comes out. */
    z.strictObject({ at: z.literal("single") }),
    /** These come out, with or without contributions; others never. */
    z.strictObject({ at: z.literal("public"), rows: z.array(z.array(questionValueSchema).max(8)).min(1).max(4_096) }),
    /** A group comes out when its noised number of owners passes a threshold that delta sets. */
    z.strictObject({ at: z.literal("threshold") }),
  ]),
});

export const questionSchema = z.strictObject({
  hedgerow: z.literal(1),
  name: z.string().min(1).max(80),
  purpose: z.string().min(1).max(80),
  target: targetSchema.nullable(),
  local: localSchema,
  privacy: z.strictObject({
    /** The privacy unit: all that one owner holds, whatever it is. */
    unit: z.literal("owner"),
    /** For the whole question, over all its aggregates and the selection of groups. */
    epsilon: decimalSchema,
    delta: decimalSchema,
    maxGroupsContributed: z.number().int().min(1).max(1_000),
    maxRowsContributed: z.number().int().min(1).max(1_000),
  }),
  groups: groupsSchema,
  aggregates: z.array(aggregateSchema).min(1).max(32),
  outputs: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        of: z.union([z.strictObject({ key: index }), z.strictObject({ aggregate: index })]),
        type: z.enum(valueTypes),
        /** A list of such values in one field. */
        list: z.boolean(),
        unit,
      }),
    )
    .min(1)
    .max(32),
  order: z.array(z.strictObject({ output: index, descending: z.boolean(), nulls: z.enum(["first", "last"]) })).max(32),
  limit: z.number().int().min(1).max(10_000).nullable(),
});
export type Question = z.output<typeof questionSchema>;

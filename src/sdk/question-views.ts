// What the local API says of a question about people before anybody is asked: what it costs, what comes out, who sees what.
import { z } from "zod";
import { askingRoles } from "../core/asking/index.ts";
import { askSettingsSchema, attributeSchema } from "../core/model/index.ts";
import { drawnInPlanSchema } from "./draw-views.ts";

const count = z.number().int().nonnegative();
const mostPeople = 1_000_000;

/** What to work out beside: numbers at so many people, and the ε with which an output is so exact. */
export const explainOrderSchema = z.strictObject({
  people: z.number().int().min(1).max(mostPeople).optional(),
  error: z.number().positive().optional(),
  /** The output that the error is of; absent: the only one that has noise. */
  output: z.string().min(1).max(64).optional(),
});
export type ExplainOrder = z.input<typeof explainOrderSchema>;

const expectedErrorSchema = z.object({
  output: z.string(),
  unit: z.string().nullable(),
  /** Half the width of the 95 % interval; null for group keys. */
  error: z.number().nullable(),
  of: z.enum(["value", "quantile", "people", "key"]),
});

export const questionPlanSchema = z.object({
  name: z.string(),
  purpose: z.string(),
  /** What was taken for granted where nothing was written. */
  notes: z.array(z.string()),
  settings: askSettingsSchema,
  /** Attributes whose values pods work with. */
  reads: z.array(attributeSchema),
  /** Concepts by which people are found; none: everybody who lets herself be asked by questions to all. */
  foundBy: z.array(z.string()),
  cells: z.array(
    z.object({
      cell: z.string(),
      operator: z.string(),
      inputs: z.array(z.string()),
      /** The one it runs on, and those that stand by; null: the asker's own node. */
      processors: count.nullable(),
    }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string(), carries: z.array(z.string()) })),
  roles: z.array(z.object({ role: z.string(), sees: z.string(), doesNotSee: z.string() })),
  /** Each who contributes pays it, whatever she contributes; what she spends in a period is hers to bound. */
  cost: z.object({ rho: z.number(), epsilon: z.number(), delta: z.number() }),
  /** Of everybody's message, contribution or not. */
  contributionBytes: count,
  groups: z.object({
    at: z.enum(["single", "public", "threshold"]),
    /** How many are listed; null: those come out that have enough people. */
    listed: count.nullable(),
    /** Noised numbers of people from which a group comes out; null where none is asked for. */
    threshold: z.number().nullable(),
  }),
  expected: z.array(
    z.object({
      people: count,
      errors: z.array(expectedErrorSchema),
      /** Messages by who sends them. */
      messages: z.array(z.object({ role: z.enum(askingRoles), messages: count })),
    }),
  ),
  /** What the lot exposes, whoever is drawn. */
  drawn: drawnInPlanSchema,
  /** Known now; a plan whose processors are not there cannot be drawn. */
  processors: z.object({ wanted: count, known: count }),
  /** The least ε with which the output's expected error is at most so large, and what to write. */
  solved: z
    .object({ output: z.string(), error: z.number(), people: count, epsilon: z.string(), options: z.string() })
    .nullable(),
});
export type QuestionPlanView = z.output<typeof questionPlanSchema>;

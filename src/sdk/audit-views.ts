// What an audit of a query shows (the local API).
import { z } from "zod";
import { assurances, nodeIdSchema, queryIdSchema, vertexIdSchema } from "../core/model/index.ts";
import { reasonSchema } from "./views.ts";

const count = z.number().int().nonnegative();
const assurance = z.enum(assurances);

/** `missing` means nobody showed a receipt; `open` that the query still runs and the last interval is not signed yet. */
export const verdicts = ["holds", "open", "missing", "broken"] as const;
export type Verdict = (typeof verdicts)[number];

/** How an audit comes out: shown whole; contradicted by nothing, and not all of it shown; contradicted. */
export const auditVerdicts = ["holds", "open", "broken"] as const;

export const auditSchema = z.object({
  query: queryIdSchema,
  verdict: z.enum(auditVerdicts),
  /** Nothing was found against any cell or edge. Alone it shows nothing of what gave no receipts. */
  holds: z.boolean(),
  /** And everything is shown: the query has ended and lost nothing, all receipts of all cells that ran are there, and both ends of every edge agree. */
  complete: z.boolean(),
  /** What is not shown yet, or never will be; empty when complete. */
  open: z.array(z.string()),
  receipts: count,
  assurance: assurance.nullable(),
  /** Nodes that did not answer, or had not given everything when the time of the audit was over. */
  silent: z.array(reasonSchema).default([]),
  /** What nodes handed over and was left out: `node` gave it, so many `times` for this reason. It changes no verdict. */
  strays: z.array(reasonSchema.extend({ times: count })).default([]),
  cells: z.array(
    z.object({
      vertex: vertexIdSchema,
      operator: z.string(),
      node: nodeIdSchema,
      nodeName: z.string(),
      incarnation: count,
      verdict: z.enum(verdicts),
      receipts: count,
      /** Older ones that are gone, because a later one stands for them: their batches count, but none can be proven alone. */
      summed: count,
      assurance: assurance.nullable(),
      reasons: z.array(reasonSchema),
    }),
  ),
  edges: z.array(
    z.object({
      edge: z.string(),
      from: vertexIdSchema,
      to: vertexIdSchema,
      verdict: z.enum(verdicts),
      batches: count,
      records: count,
      /** Batches as each end signed them; one that is ahead has the only signature of the rest. */
      sent: count,
      received: count,
      /** Which cells' link this is. */
      incarnations: z.object({ from: count, to: count }),
      /** For a broken edge: which batches, as far as the receipts pin them down. */
      reasons: z.array(reasonSchema),
    }),
  ),
});
export type AuditView = z.output<typeof auditSchema>;

// The messages of the life cycle (PBDS §6.2, §6.5): commands of a query's analyst, the participants' answers, and what
// participants tell each other. One decoder for the live node, the simulator and the fuzzer.
//
// Commands are idempotent, answers are level-triggered: whatever the command was, a participant that obeys answers with
// its whole `report`, and everything in a report only ever grows (see merge.ts). So loss, repetition and reordering of
// messages cost time and nothing else.
import { z } from "zod";
import {
  accept,
  type Digest,
  fromCanonical,
  type Hasher,
  type RefusalCode,
  type Result,
  refusals,
  refuse,
  toCanonical,
  toHex,
} from "../base/index.ts";
import { digestSchema, nodeIdSchema, type Plan, planSchema, queryIdSchema, vertexIdSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

const count = z.number().int().nonnegative();
const term = z.number().int().min(1).max(limits.maxTerm);
const detail = z.string().max(limits.maxDetailLength);
const edge = z.string().max(96);
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: "not bytes" });
const bytesUpTo = (max: number) => anyBytes.refine((bytes) => bytes.length <= max, { error: `at most ${max} bytes` });
const publicKey = bytesUpTo(limits.maxPublicKeyBytes);
const evidence = bytesUpTo(limits.maxEvidenceBytes);
const edgeAddresses = z.array(z.string().max(256)).max(limits.maxEdgeAddresses);
const code = z
  .string()
  .refine((name) => Object.hasOwn(refusals, name), "not a refusal code")
  .transform((name) => name as RefusalCode);

export const reasonSchema = z.strictObject({
  code,
  detail: detail.optional(),
  node: nodeIdSchema.optional(),
  vertex: vertexIdSchema.optional(),
});
export type Reason = z.output<typeof reasonSchema>;

/** One cell of a vertex; a replacement has a higher incarnation. */
const cellRef = { vertex: vertexIdSchema, incarnation: count };
export const cellRefSchema = z.strictObject(cellRef);
export type CellRef = z.output<typeof cellRefSchema>;

/** What others need to connect to a cell, and the evidence that binds its key to plan, vertex and operator. */
export const cardSchema = z.strictObject({ publicKey, edgeAddresses, evidence });
export type Card = z.output<typeof cardSchema>;

const peerEnd = { edge, node: nodeIdSchema, incarnation: count };
export const wiringInputSchema = z.strictObject({
  ...peerEnd,
  publicKey,
  evidence,
  /** The peer has delivered everything and is gone: treat the input as ended. */
  ended: z.boolean(),
});
export const wiringOutputSchema = z.strictObject({ ...peerEnd, publicKey, evidence, edgeAddresses });
export const wiringSchema = z.strictObject({
  inputs: z.array(wiringInputSchema).max(16),
  outputs: z.array(wiringOutputSchema).max(64),
});
export type Wiring = z.output<typeof wiringSchema>;
/** One end of an edge as a cell is wired to it. */
export const peerEndSchema = z.strictObject(peerEnd);
export type PeerEnd = z.output<typeof peerEndSchema>;

/** Every command names the query and the analyst process's term; `command` counts its commands, answers echo it. */
const command = { query: queryIdSchema, term, command: count };

const instantiateSchema = z.strictObject({
  type: z.literal("instantiate"),
  ...command,
  plan: planSchema,
  digest: digestSchema,
  cells: z.array(cellRefSchema).min(1).max(64),
  bodies: z.array(z.strictObject({ digest: digestSchema, bytes: anyBytes })).max(16),
});
const bodySchema = z.strictObject({
  type: z.literal("body"),
  ...command,
  digest: digestSchema,
  bytes: anyBytes,
});
const runSchema = z.strictObject({ type: z.literal("run"), ...command, ...cellRef, wiring: wiringSchema });
const rewireSchema = z.strictObject({ type: z.literal("rewire"), ...command, ...cellRef, wiring: wiringSchema });
/** The decision: from here on the participant runs on without the analyst, and its sources may produce. */
const flowingSchema = z.strictObject({ type: z.literal("flowing"), ...command });
const drainSchema = z.strictObject({
  type: z.literal("drain"),
  ...command,
  ...cellRef,
  /** Inputs on which nothing will come any more because their cell is gone. */
  ended: z.array(edge).max(16),
});
/** Of a query that is stopped: these edges lead to cells that are gone, and that nobody takes the place of. */
const cutSchema = z.strictObject({
  type: z.literal("cut"),
  ...command,
  ...cellRef,
  gone: z.array(edge).min(1).max(80),
});
const discardSchema = z.strictObject({ type: z.literal("discard"), ...command, ...cellRef });
const abortSchema = z.strictObject({ type: z.literal("abort"), ...command, reason: reasonSchema });
/** Shows that the analyst is attached and asks for a report; `full` asks for the plan and the cells' cards too. */
const watchSchema = z.strictObject({ type: z.literal("watch"), ...command, full: z.boolean() });
/** The query is settled: forget it. */
const closeSchema = z.strictObject({ type: z.literal("close"), ...command });

export const commandSchema = z.discriminatedUnion("type", [
  instantiateSchema,
  bodySchema,
  runSchema,
  rewireSchema,
  flowingSchema,
  drainSchema,
  cutSchema,
  discardSchema,
  abortSchema,
  watchSchema,
  closeSchema,
]);
export type Command = z.output<typeof commandSchema>;

/** In the order in which a cell goes through them; the last three are ends. */
export const cellStages = [
  "preparing",
  "prepared",
  "starting",
  "started",
  "draining",
  "drained",
  "failed",
  "lost",
] as const;
export type CellStage = (typeof cellStages)[number];

export const cellReportSchema = z.strictObject({
  ...cellRef,
  at: z.enum(cellStages),
  /** The participant knows that the query flows with this cell: its lease is over, a source may produce. */
  confirmed: z.boolean(),
  card: cardSchema.optional(),
  /** Which incarnation of each neighbour the cell is wired to. */
  wired: z.array(z.strictObject(peerEnd)).max(80),
  /** Batches that replaced neighbours had taken responsibility for: what was lost if those kept state. */
  acknowledged: z.array(z.strictObject({ ...peerEnd, batches: count })).max(80),
  /** Batches accepted or made by this cell that it could not deliver. */
  undelivered: count,
  /** The participant knows that the vertex lives elsewhere now. */
  superseded: z.boolean(),
  /** The edges whose other end went away. */
  broken: z.array(edge).max(80),
  reason: reasonSchema.optional(),
});
export type CellReport = z.output<typeof cellReportSchema>;

const reportSchema = z.strictObject({
  type: z.literal("report"),
  query: queryIdSchema,
  digest: digestSchema,
  /** The highest term that the participant has obeyed. */
  term,
  /** The command it answers; absent when nobody asked. */
  answers: count.optional(),
  /** The decision reached it. */
  flowing: z.boolean(),
  /** True when the participant holds the query no more (rolled back, or closed). */
  ended: z.boolean(),
  /** It does so at the analyst's word: the query is over for good. */
  closed: z.boolean(),
  cells: z.array(cellReportSchema).max(256),
  /** Bodies that it needs and has not. */
  missing: z.array(digestSchema).max(16),
  plan: planSchema.optional(),
  reason: reasonSchema.optional(),
});
export type Report = z.output<typeof reportSchema>;

/** A command was not obeyed, and this is why. */
const refusalSchema = z.strictObject({
  type: z.literal("refusal"),
  query: queryIdSchema,
  /** The participant's own term, so that a process that takes over knows how high to go. 0: it knows no such query. */
  term: z.number().int().min(0).max(limits.maxTerm),
  answers: count,
  reason: reasonSchema,
});
export type RefusalMessage = z.output<typeof refusalSchema>;

/** To DAG neighbours: the cells that I held are gone. */
const withdrawnSchema = z.strictObject({
  type: z.literal("withdrawn"),
  query: queryIdSchema,
  digest: digestSchema,
  cells: z.array(cellRefSchema).max(256),
  reason: reasonSchema,
});
/** To all nodes of the plan: the query is damaged, nobody is attached to mend it, let it stop from its sources on. */
const orphanedSchema = z.strictObject({
  type: z.literal("orphaned"),
  query: queryIdSchema,
  digest: digestSchema,
  reason: reasonSchema,
});

export const answerSchema = z.discriminatedUnion("type", [reportSchema, refusalSchema]);
export type Answer = z.output<typeof answerSchema>;
export const neighbourMessageSchema = z.discriminatedUnion("type", [withdrawnSchema, orphanedSchema]);
export type NeighbourMessage = z.output<typeof neighbourMessageSchema>;

export const messageSchema = z.union([commandSchema, answerSchema, neighbourMessageSchema]);
export type Message = Command | Answer | NeighbourMessage;

export function encodeMessage(message: Message): Uint8Array {
  return toCanonical(message);
}

export function decodeMessage(bytes: Uint8Array): Result<Message> {
  const value = fromCanonical(bytes);
  if (!value.ok) return value;
  const parsed = messageSchema.safeParse(value.value);
  if (parsed.success) return accept(parsed.data as Message);
  return refuse("malformed", { detail: "not a message of the life cycle" });
}

/** Commands go to the query's participant on this node, answers to its coordinator; neighbours speak to participants. */
export function addresseeOf(message: Message): "participant" | "coordinator" {
  return message.type === "report" || message.type === "refusal" ? "coordinator" : "participant";
}

export function planDigestOf(plan: Plan, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(plan))) as Digest;
}

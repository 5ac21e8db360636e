// The local API of a node, as one typed table: the daemon's server and everybody's client both derive from it, so they
// cannot disagree. A route has one input, which travels in the path (`:id`), the rest in the query string (GET) or in a
// JSON body (POST), and one answer:
//   value   {"ok":true,"value":…} or {"ok":false,"code":…,"blame":…,"detail":…,"sentence":…}
//   stream  NDJSON: one such line per item; a refusal is the last line; blank lines only keep the connection awake
//   text    the bare text (Prometheus metrics)
import { z } from "zod";
import type { Result } from "../core/base/index.ts";
import { askSettingsSchema, messageSchema, nodeIdSchema, queryIdSchema } from "../core/model/index.ts";
import { auditSchema } from "./audit-views.ts";
import { drawOrderSchema, drawStateSchema, drawViewSchema } from "./draw-views.ts";
import { explainOrderSchema, questionPlanSchema } from "./question-views.ts";
import {
  departedPeerSchema,
  doctorFactsSchema,
  faultSchema,
  healthSchema,
  logLevels,
  logLineSchema,
  peerSchema,
  planViewSchema,
  querySummarySchema,
  queryViewSchema,
  resultItemSchema,
  statusSchema,
} from "./views.ts";

export const apiVersion = "v1";

/** What a query string carries is text; these read it back. In a client's hands they are plain numbers and booleans. */
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);
const position = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,15}$/, "a whole number")
    .transform(Number),
]);

/** A query as a person wrote it, with the files that it names (manifests and bodies of her own operators). */
export const submissionSchema = z.strictObject({
  /** Shown in faults; the daemon opens no file of that name. */
  fileName: z.string().min(1).max(1024),
  text: z.string().max(1024 * 1024),
  /** `path` exactly as the text, or the manifest that it names, writes it. */
  files: z
    .array(z.strictObject({ path: z.string().min(1).max(1024), base64: z.base64() }))
    .max(64)
    .default([]),
  /** Of a question in SQL: values of `@name`, as text, and how it is carried out where the usual way will not do. */
  parameters: z
    .array(
      z.strictObject({ name: z.string().regex(/^[a-z_][a-z0-9_]{0,63}$/i, "a name"), value: z.string().max(1_024) }),
    )
    .max(64)
    .default([]),
  settings: askSettingsSchema.partial().default({}),
  /** Of a question in SQL: a file of the analyst's own words, as it was written. */
  words: z.strictObject({ fileName: z.string().min(1).max(1024), text: z.string().max(64 * 1024) }).optional(),
  /** Brought to whoever is found and takes it; the question is a bare count then. */
  message: messageSchema.optional(),
});
export type Submission = z.input<typeof submissionSchema>;

const faulty = z.object({ at: z.literal("faulty"), faults: z.array(faultSchema).min(1) });
const oneQuery = z.strictObject({ id: queryIdSchema });

export interface RouteShape {
  readonly method: "GET" | "POST";
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly answer: "value" | "stream" | "text";
  /** Its input carries whole files. */
  readonly large?: boolean;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

const nothing = z.strictObject({});

export const routes = {
  status: {
    method: "GET",
    path: "/v1/status",
    summary: "Who this node is and how it is doing",
    answer: "value",
    input: nothing,
    output: statusSchema,
  },
  health: {
    method: "GET",
    path: "/v1/health",
    summary: "Whether the node can do its work, check by check",
    answer: "value",
    input: nothing,
    output: healthSchema,
  },
  metrics: {
    method: "GET",
    path: "/v1/metrics",
    summary: "Counters and gauges in Prometheus' text format",
    answer: "text",
    input: nothing,
    output: z.string(),
  },
  doctor: {
    method: "GET",
    path: "/v1/doctor",
    summary: "Facts about certificate, clock, disk and peers, measured now",
    answer: "value",
    input: nothing,
    output: doctorFactsSchema,
  },
  peers: {
    method: "GET",
    path: "/v1/peers",
    summary: "The nodes that this node knows",
    answer: "value",
    input: nothing,
    output: z.object({ peers: z.array(peerSchema), departed: z.array(departedPeerSchema).default([]) }),
  },
  connect: {
    method: "POST",
    path: "/v1/peers/connect",
    summary: "Dial a node by its address and admit each other",
    answer: "value",
    input: z.strictObject({ address: z.string().min(1).max(256) }),
    output: z.object({ node: nodeIdSchema, principal: z.string() }),
  },
  importRevocation: {
    method: "POST",
    path: "/v1/revocations",
    summary: "Take in the authority's file of revocations, and pass on those that are new",
    answer: "value",
    large: true,
    input: z.strictObject({ base64: z.base64() }),
    output: z.object({
      revocations: z.array(z.object({ node: nodeIdSchema, serial: z.string(), alreadyKnown: z.boolean() })),
    }),
  },
  draw: {
    method: "POST",
    path: "/v1/draws",
    summary: "Draw processors by lot, and show how it went",
    answer: "value",
    input: drawOrderSchema,
    output: drawViewSchema,
  },
  drawState: {
    method: "GET",
    path: "/v1/draws",
    summary:
      "What the node draws with: how many nodes there are, its k-table, its cache, and who is known to have lied",
    answer: "value",
    input: nothing,
    output: drawStateSchema,
  },
  shutdown: {
    method: "POST",
    path: "/v1/shutdown",
    summary: "Drain the node's cells and end the daemon",
    answer: "value",
    input: nothing,
    output: z.object({ draining: z.boolean() }),
  },
  queryValidate: {
    method: "POST",
    path: "/v1/queries/validate",
    summary: "Find every fault of a query, without planning it",
    answer: "value",
    large: true,
    input: submissionSchema,
    output: z.discriminatedUnion("at", [
      z.object({
        at: z.literal("valid"),
        name: z.string(),
        /** What was taken for granted where nothing was written. */
        notes: z.array(z.string()).optional(),
      }),
      faulty,
    ]),
  },
  queryPlan: {
    method: "POST",
    path: "/v1/queries/plan",
    summary: "Say where each operator would run and who would see what; of a question about people, what it costs",
    answer: "value",
    large: true,
    input: submissionSchema.extend({ explain: explainOrderSchema.default({}) }),
    output: z.discriminatedUnion("at", [
      z.object({ at: z.literal("planned"), plan: planViewSchema }),
      /** A question about people: nothing was drawn for it, and nothing sent. */
      z.object({ at: z.literal("explained"), question: questionPlanSchema }),
      faulty,
    ]),
  },
  queryRun: {
    method: "POST",
    path: "/v1/queries/run",
    summary: "Plan a query and begin to instantiate it; watch it to see it run",
    answer: "value",
    large: true,
    input: submissionSchema,
    output: z.discriminatedUnion("at", [
      z.object({
        at: z.literal("accepted"),
        id: queryIdSchema,
        plan: planViewSchema,
        /** null: it asks nobody. */
        question: questionPlanSchema.nullable().default(null),
      }),
      faulty,
    ]),
  },
  queryList: {
    method: "GET",
    path: "/v1/queries",
    summary: "The queries that this node asked or takes part in, newest first",
    answer: "value",
    input: nothing,
    output: z.object({ queries: z.array(querySummarySchema) }),
  },
  queryShow: {
    method: "GET",
    path: "/v1/queries/:id",
    summary: "Everything about one query, now",
    answer: "value",
    input: oneQuery,
    output: queryViewSchema,
  },
  queryWatch: {
    method: "GET",
    path: "/v1/queries/:id/watch",
    summary: "The query's view at once and at each change, until it has settled",
    answer: "stream",
    input: oneQuery,
    output: queryViewSchema,
  },
  queryLogs: {
    method: "GET",
    path: "/v1/queries/:id/logs",
    summary: "What happened to the query, oldest first; with follow, until it has settled",
    answer: "stream",
    input: z.strictObject({ id: queryIdSchema, follow: flag.default(false), level: z.enum(logLevels).default("info") }),
    output: logLineSchema,
  },
  queryStop: {
    method: "POST",
    path: "/v1/queries/:id/stop",
    summary: "Stop the query from its producers to its exits, draining what is in flight",
    answer: "value",
    input: oneQuery,
    output: queryViewSchema,
  },
  queryDetach: {
    method: "POST",
    path: "/v1/queries/:id/detach",
    summary: "Leave a running query to itself; another process of the same analyst may attach to it",
    answer: "value",
    input: oneQuery,
    output: queryViewSchema,
  },
  queryAttach: {
    method: "POST",
    path: "/v1/queries/:id/attach",
    summary: "Look after a query that another process of this analyst started",
    answer: "value",
    input: oneQuery,
    output: queryViewSchema,
  },
  queryResult: {
    method: "GET",
    path: "/v1/queries/:id/result",
    summary: "What came out at the asker, in order; with follow, until the query has settled",
    answer: "stream",
    input: z.strictObject({ id: queryIdSchema, follow: flag.default(false), from: position.default(0) }),
    output: resultItemSchema,
  },
  queryAudit: {
    method: "POST",
    path: "/v1/queries/:id/audit",
    summary: "Collect the receipts of all cells and say whether the chain from source to sink holds",
    answer: "value",
    input: oneQuery,
    output: auditSchema,
  },
} as const satisfies Record<string, RouteShape>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
export const routeNames = Object.keys(routes) as RouteName[];

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** `signal` fires when the caller has gone away or the node shuts down: streams end, long work may be given up. */
export interface CallContext {
  readonly signal: AbortSignal;
}

/** What a service gets (parsed) and what it answers (before parsing: a schema's input). */
export type ServiceInput<Name extends RouteName> = z.output<Routes[Name]["input"]>;
export type ServiceAnswer<Name extends RouteName> = DeepReadonly<z.input<Routes[Name]["output"]>>;

type Served<Name extends RouteName> = Routes[Name]["answer"] extends "stream"
  ? Result<AsyncIterable<ServiceAnswer<Name>>>
  : Result<ServiceAnswer<Name>>;

/** What a daemon implements: one function per route. Whatever it throws is reported as `internal`, and logged. */
export type NodeService = {
  readonly [Name in RouteName]: (input: ServiceInput<Name>, context: CallContext) => Promise<Served<Name>>;
};

/** What a caller gives (before defaults) and gets (parsed). */
export type CallerInput<Name extends RouteName> = z.input<Routes[Name]["input"]>;
export type CallerAnswer<Name extends RouteName> = z.output<Routes[Name]["output"]>;

/** A refusal as it travels. Codes are text here: a newer daemon may know more of them than we do. */
export const refusalSchema = z.object({
  ok: z.literal(false),
  code: z.string(),
  blame: z.string().optional(),
  detail: z.string().optional(),
  sentence: z.string(),
});
export type RefusalAnswer = z.output<typeof refusalSchema>;

export const answerSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  refusalSchema,
]);

/** The path of a call, and what of its input is left for the query string or the body. */
export function placeInput(route: RouteShape, input: Readonly<Record<string, unknown>>) {
  const rest = { ...input };
  const path = route.path.replace(/:([a-zA-Z]+)/g, (_, name: string) => {
    const value = String(rest[name] ?? "");
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path, rest };
}

/** File names inside a node's folder that the daemon writes and clients read. */
export const apiFiles = { folder: "api", socket: "hedgerow.sock", token: "token" } as const;

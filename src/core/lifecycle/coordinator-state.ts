// What a coordinator keeps, hears and does: one per query, at the analyst's node (PBDS §6.5).
import type {
  CancelWake,
  Digest,
  NodeId,
  Persist,
  QueryId,
  Result,
  Send,
  Step,
  VertexId,
  Wake,
} from "../base/index.ts";
import type { MemberFacts, Plan } from "../model/index.ts";
import type { Card, CellStage, Command, Message, PeerEnd, Reason } from "./messages.ts";
import type { EvidenceClaim } from "./participant-state.ts";

export interface CoordinatorPorts {
  /** The operator bodies at hand: those of the query's own operators. */
  bodyOf(digest: Digest): Uint8Array | undefined;
  verifyEvidence(claim: EvidenceClaim): Result<void>;
}

export interface CoordinatorConfig {
  readonly self: Pick<MemberFacts, "node" | "network" | "principal">;
  readonly hasher: { sha256(...parts: readonly Uint8Array[]): Uint8Array };
  readonly ports: CoordinatorPorts;
}

/** What the coordinator knows of the current cell of a vertex. */
export interface CellView {
  readonly vertex: VertexId;
  readonly node: NodeId;
  readonly incarnation: number;
  readonly at: CellStage | "wanted";
  readonly confirmed: boolean;
  readonly card?: Card;
  readonly wired: readonly PeerEnd[];
  readonly broken: readonly string[];
  readonly undelivered: number;
  readonly reason?: Reason;
  /** Number of the last command when it was first seen prepared: earlier answers say nothing about it. */
  readonly seenAt: number;
  /** The cell before it, until this one has started: for the wiring of others meanwhile. */
  readonly previous?: { readonly node: NodeId; readonly incarnation: number; readonly card: Card };
  /** Nodes that refused this vertex, or failed with it. */
  readonly unfit: readonly NodeId[];
}

/** It has been started, as far as its node told: from then on it may have taken in records. */
export function hasRun(cell: Pick<CellView, "at" | "confirmed" | "wired">): boolean {
  const started = cell.at === "started" || cell.at === "draining" || cell.at === "drained";
  return started || cell.confirmed || cell.wired.length > 0;
}

export interface NodeView {
  readonly node: NodeId;
  readonly heardMs: number;
  /** Considered dead: silent too long, or membership said so. Any report brings it back. */
  readonly dead: boolean;
  /** It holds the query no more, or nobody knows whether: `gave-up` after bounded attempts. */
  readonly ended: "no" | "yes" | "gave-up";
  /** Bodies it asked for. */
  readonly missing: readonly Digest[];
  /** While attaching: it has answered. */
  readonly answered: boolean;
  /** While attaching: how often its word raised our term. */
  readonly raised: number;
}

/** What went with a cell: the most it can be, in batches, per edge into it; nothing known when there is no entry. */
export interface Loss {
  readonly vertex: VertexId;
  readonly incarnation: number;
  readonly node: NodeId;
  readonly batches: Readonly<Record<string, number>>;
}

export type Outcome = "finished" | "stopped" | "rolled-back" | "failed";
/** What is on disk decides what a restart does. */
export type Decision = "setting-up" | "flowing" | "stopping" | "closing" | "rolling-back";

/** A command sent and not yet answered by the facts it asks for. */
export interface Outstanding {
  readonly to: NodeId;
  readonly attempts: number;
  readonly sinceMs: number;
  readonly nextMs: number;
}

/** A command as it left, by which its answer is known. */
export interface SentCommand {
  readonly command: number;
  readonly type: Command["type"];
}

export interface Course {
  readonly query: QueryId;
  readonly plan: Plan;
  readonly digest: Digest;
  readonly term: number;
  readonly command: number;
  /** Commands up to this one were of an earlier phase. */
  readonly phaseCommand: number;
  readonly cells: readonly CellView[];
  readonly nodes: readonly NodeView[];
  readonly outstanding: Readonly<Record<string, Outstanding>>;
  /** By node, the last commands that it was sent: what it says in answer to another is no answer. */
  readonly sent: Readonly<Record<NodeId, readonly SentCommand[]>>;
  readonly reasons: readonly Reason[];
  readonly losses: readonly Loss[];
  /** It came by a restart or from another process: cells may exist that this one did not make. */
  readonly resumed: boolean;
  /** The analyst wants the end; acted upon as soon as the state of things is known. */
  readonly stopWanted: boolean;
  /** How the query will have ended, once it has. */
  readonly outcome: Outcome;
  /** When the current phase must be over; 0: never. */
  readonly deadlineMs: number;
  /** What to try when a policy refuses this plan, in order of preference. Empty once it is decided that it runs or ends. */
  readonly alternatives: readonly Plan[];
}

export type CoordinatorState =
  | {
      readonly at: "planned";
      readonly plan: Plan;
      readonly query: QueryId;
      readonly term: number;
      readonly alternatives: readonly Plan[];
    }
  /** Takes over without the plan: asks nodes that may hold the query. */
  | {
      readonly at: "searching";
      readonly query: QueryId;
      readonly contacts: readonly NodeId[];
      readonly term: number;
      readonly command: number;
      /** How often each contact's word raised our term. */
      readonly raised: Readonly<Record<NodeId, number>>;
      readonly attempts: number;
      readonly denied: readonly NodeId[];
    }
  /** Resumes or takes over with the plan: asks all nodes of the plan what they hold. */
  | ({
      readonly at: "attaching";
      /** As it is on disk; `unknown` to a process that takes over. */
      readonly decision: Decision | "unknown";
      /** Somebody holds the query; somebody knows that it flows. */
      readonly seenHeld: boolean;
      readonly seenFlowing: boolean;
      /** Somebody was told that it is over. */
      readonly seenClosed: boolean;
    } & Course)
  | ({ readonly at: "instantiating" } & Course)
  | ({ readonly at: "starting" } & Course)
  /** Decided and persisted; not every participant knows yet. */
  | ({ readonly at: "committing" } & Course)
  | ({ readonly at: "flowing" } & Course)
  /** Flowing, but for a cell that no node can run now. */
  | ({ readonly at: "degraded" } & Course)
  | ({ readonly at: "stopping" } & Course)
  | ({ readonly at: "rolling-back" } & Course)
  /** Every cell has ended; the participants are told to forget. */
  | ({ readonly at: "closing" } & Course)
  /** The analyst left, or another process of hers took over; the query goes on. */
  | { readonly at: "detached"; readonly query: QueryId; readonly reason?: Reason }
  | {
      readonly at: "settled";
      readonly query: QueryId;
      readonly outcome: Outcome;
      readonly term: number;
      readonly command: number;
    };
export type Active = Extract<CoordinatorState, Course>;

export type CoordinatorEvent = { readonly nowMs: number } & (
  | { readonly type: "begin" }
  /** After a restart, or to attach again on the same node: what was persisted under `coordinatorKey(query)`. */
  | { readonly type: "recover"; readonly value: Uint8Array }
  | { readonly type: "message"; readonly from: MemberFacts; readonly message: Message }
  | { readonly type: "wake"; readonly tag: string }
  | { readonly type: "peer-down"; readonly node: NodeId }
  /** The analyst wants it to end: rolls back before the decision, drains after it. */
  | { readonly type: "stop" }
  /** The analyst leaves; only once the query flows. */
  | { readonly type: "detach" }
);

export type CoordinatorOwnEffect =
  | { readonly type: "progress"; readonly query: QueryId; readonly phase: string; readonly detail: string }
  /** This process looks after the query no more; the query goes on. */
  | { readonly type: "detached"; readonly query: QueryId; readonly reason?: Reason }
  | {
      readonly type: "settled";
      readonly query: QueryId;
      readonly outcome: Outcome;
      readonly reasons: readonly Reason[];
      readonly undelivered: number;
      readonly losses: readonly Loss[];
      /** A policy refused this plan: the query goes on with the first of these, and has the others behind it. */
      readonly goesOnWith?: readonly Plan[];
    };
export type CoordinatorEffect = Send<Message> | Wake | CancelWake | Persist | CoordinatorOwnEffect;
export type CoordinatorStep = Step<CoordinatorState, CoordinatorEffect>;

export function coordinatorKey(query: QueryId): string {
  return `lifecycle/coordinator/${query}`;
}

/** A query to be started. Feed `begin`. Each alternative is a plan of its own, with an id of its own. */
export function plannedCoordinator(plan: Plan, alternatives: readonly Plan[] = []): CoordinatorState {
  return { at: "planned", plan, query: plan.id, term: 1, alternatives };
}

/** A query that another process of the same analyst started: ask these nodes for it. Feed `begin`. */
export function searchingCoordinator(query: QueryId, contacts: readonly NodeId[]): CoordinatorState {
  return { at: "searching", query, contacts, term: 2, command: 0, raised: {}, attempts: 0, denied: [] };
}

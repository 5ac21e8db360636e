// What a participant keeps, hears and does: one per node and query (PBDS §5.3, §6.2).
import type {
  CancelWake,
  Digest,
  Hasher,
  NodeId,
  Persist,
  QueryId,
  RefusalCode,
  Result,
  Send,
  Step,
  VertexId,
  Wake,
} from "../base/index.ts";
import type { MemberFacts, Plan, PlanVertex } from "../model/index.ts";
import type { Card, CellRef, CellStage, Message, PeerEnd, Reason, Wiring } from "./messages.ts";

/** What the participant must ask its node. All synchronous: what takes time happens before, in the driver. */
export interface ParticipantPorts {
  /** Does the node offer what the vertex needs (operator with that digest, function, equipment)? */
  checkVertex(plan: Plan, vertex: PlanVertex): Result<void>;
  /** Does the policy in force allow the vertex? The digest of the policy that does. */
  checkPolicy(plan: Plan, vertex: PlanVertex): Result<Digest>;
  /** The node's sensor or outlet of that name, and the other query that uses it now. */
  equipment(name: string): { readonly exclusive: boolean; readonly user?: QueryId } | undefined;
  /** May the node take part in one more query? */
  hasRoom(): boolean;
  /** An operator body that the node has already. */
  bodyOf(digest: Digest): Uint8Array | undefined;
  /** Does the evidence bind this key to the plan, the vertex, its operator and the node, at the assurance demanded? */
  verifyEvidence(claim: EvidenceClaim): Result<void>;
}

export interface EvidenceClaim {
  readonly plan: Plan;
  readonly planDigest: Digest;
  readonly vertex: PlanVertex;
  readonly incarnation: number;
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly evidence: Uint8Array;
}

export interface ParticipantConfig {
  readonly self: Pick<MemberFacts, "node" | "network" | "roles">;
  readonly hasher: Hasher;
  readonly ports: ParticipantPorts;
}

export interface ParticipantCell extends CellRef {
  readonly at: CellStage;
  readonly confirmed: boolean;
  readonly policy: Digest;
  readonly card?: Card;
  readonly wired: readonly PeerEnd[];
  /** Given to the cell, not yet in force. */
  readonly wiring?: Wiring;
  readonly acknowledged: readonly (PeerEnd & { readonly batches: number })[];
  readonly undelivered: number;
  readonly broken: readonly string[];
  readonly reason?: Reason;
  /** The body without which it cannot be prepared. */
  readonly waitsFor?: Digest;
  /** drain-cell was given. */
  readonly told: boolean;
  /** discard-cell was given; what cell-drained then says is its end. */
  readonly discarded: boolean;
  /** Its vertex lives elsewhere now: its end damages nothing. */
  readonly superseded: boolean;
}

export interface Held {
  readonly plan: Plan;
  readonly digest: Digest;
  readonly term: number;
  /** The analyst's node whose commands count: the highest (term, node) seen. */
  readonly commander: NodeId;
  readonly cells: readonly ParticipantCell[];
  /** Public keys (hexadecimal) of peers' cells, by `vertex/incarnation`: the first one seen binds. */
  readonly keys: Readonly<Record<string, string>>;
  /** When a coordinator was last heard. */
  readonly heardMs: number;
  /** The decision arrived. */
  readonly flowing: boolean;
  /** Why it stops by itself, with how many notices to the others are left. */
  readonly orphaned?: { readonly reason: Reason; readonly noticesLeft: number };
  readonly reason?: Reason;
}

export type ParticipantState =
  /** Knows nothing of the query. */
  | { readonly at: "absent"; readonly query: QueryId }
  /** Set up, the lease is ticking. */
  | ({ readonly at: "holding" } & Held)
  /** The query flows, with or without its analyst. */
  | ({ readonly at: "flowing" } & Held)
  /** Its cells are being discarded: rolled back, aborted, or closed. */
  | ({ readonly at: "closing"; readonly final: boolean } & Held)
  /** Remembered for a while. `final`: the analyst closed it; otherwise a higher incarnation may revive it. */
  | ({ readonly at: "ended"; readonly final: boolean } & Held);
export type HeldState = Exclude<ParticipantState, { at: "absent" }>;

export type ParticipantEvent = { readonly nowMs: number } & (
  | { readonly type: "message"; readonly from: MemberFacts; readonly message: Message }
  | { readonly type: "wake"; readonly tag: string }
  /** After a restart: what the earlier process had persisted under `participantKey(query)`. */
  | { readonly type: "recover"; readonly value: Uint8Array }
  | ({ readonly type: "cell-prepared" } & CellRef & Card)
  | ({ readonly type: "cell-started" } & CellRef)
  | ({
      readonly type: "cell-rewired";
      /** Per replaced neighbour downstream: how many batches it had acknowledged, if the cell knows. */
      readonly acknowledged: readonly (PeerEnd & { readonly batches: number })[];
    } & CellRef)
  /** It could not be connected as told, and runs on as it was: the neighbour is out of reach, or gone again. */
  | ({ readonly type: "cell-unwired" } & CellRef)
  | ({
      readonly type: "cell-failed";
      readonly code: RefusalCode;
      readonly detail?: string;
      readonly undelivered?: number;
    } & CellRef)
  /** A finite source has nothing more; what it made is still on its way. */
  | ({ readonly type: "source-finished" } & CellRef)
  /** The cell ended: by itself, after drain-cell, or after discard-cell. */
  | ({ readonly type: "cell-drained"; readonly undelivered: number } & CellRef)
  /** The cell's host gave up reconnecting this edge. */
  | ({ readonly type: "edge-lost"; readonly edge: string } & CellRef)
  /** Membership's verdict, or the overlay's. */
  | { readonly type: "peer-down"; readonly node: NodeId }
);

export type ParticipantOutcome = "finished" | "stopped" | "rolled-back" | "failed";

export type ParticipantOwnEffect =
  /** Answer with cell-prepared or cell-failed. */
  | {
      readonly type: "prepare-cell";
      readonly plan: Plan;
      readonly planDigest: Digest;
      readonly vertex: VertexId;
      readonly incarnation: number;
      readonly policyDigest: Digest;
      readonly body?: Uint8Array;
    }
  /** Connect the cell's edges; answer with cell-started or cell-failed. A source must not produce before release-cell. */
  | ({ readonly type: "start-cell"; readonly query: QueryId; readonly wiring: Wiring } & CellRef)
  /** Some neighbours have a higher incarnation; answer with cell-rewired, cell-unwired or cell-failed. */
  | ({ readonly type: "rewire-cell"; readonly query: QueryId; readonly wiring: Wiring } & CellRef)
  /** Only to sources: the query flows, produce. */
  | ({ readonly type: "release-cell"; readonly query: QueryId } & CellRef)
  /** A source ends its stream; another cell ends when its inputs did (`ended` will send no more). Answer: cell-drained. */
  | ({ readonly type: "drain-cell"; readonly query: QueryId; readonly ended: readonly string[] } & CellRef)
  /** These edges lead to cells that are gone for good: nothing comes on them, and nobody takes what goes on them. May be repeated. */
  | ({ readonly type: "cut-cell"; readonly query: QueryId; readonly gone: readonly string[] } & CellRef)
  /** Kill it and forget its keys; answer with cell-drained and what it could not deliver. */
  | ({ readonly type: "discard-cell"; readonly query: QueryId } & CellRef)
  /** For people who watch. */
  | { readonly type: "progress"; readonly query: QueryId; readonly phase: string; readonly detail: string }
  | {
      readonly type: "settled";
      readonly query: QueryId;
      readonly outcome: ParticipantOutcome;
      readonly reasons: readonly Reason[];
      readonly undelivered: number;
    }
  /** Nothing of the query is left here: the driver may drop the machine. */
  | { readonly type: "forget"; readonly query: QueryId };

export type ParticipantEffect = Send<Message> | Wake | CancelWake | Persist | ParticipantOwnEffect;
export type ParticipantStep = Step<ParticipantState, ParticipantEffect>;

export function isOver(at: CellStage): boolean {
  return at === "drained" || at === "failed" || at === "lost";
}

export function participantKey(query: QueryId): string {
  return `lifecycle/participant/${query}`;
}

export function initialParticipant(query: QueryId): ParticipantState {
  return { at: "absent", query };
}

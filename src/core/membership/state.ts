// The state of one member, its events and effects.
//
// The state is consumed: `step` updates its collections in place and returns it, because a view of a thousand records
// must not be copied for every probe. Whoever drives the machine keeps only the latest state. A refused event changes
// nothing but the accounts of its sender's rate.
import type { CancelWake, NodeId, Persist, RefusalCode, Send, Signer, Wake } from "../base/index.ts";
import type { MemberFacts, NodeRecord } from "../model/index.ts";
import type { MembershipMessage, RevocationStatement, WireItem } from "./messages.ts";
import type {
  Known,
  KnownConflict,
  KnownGoodbye,
  KnownRecord,
  KnownRevocation,
  KnownSuspicion,
  Reader,
} from "./reader.ts";
import type { Rings } from "./ring.ts";

/** What a node says of itself; the machine adds id, network and sequence, and signs. */
export type SelfDescription = Omit<NodeRecord, "node" | "network" | "sequence">;

export interface MembershipConfig {
  readonly network: string;
  readonly node: NodeId;
  readonly signer: Signer;
  /** This node's own device certificate, as it travels beside its record. */
  readonly certificate: Uint8Array;
  /** Knows the authority's key and the certificates: reader.ts. */
  readonly reader: Reader;
  readonly self: SelfDescription;
  /** Addresses dialled when nobody is known: one suffices (PBDS §6.1). */
  readonly seeds: readonly string[];
}

/** A connection that the overlay admitted. */
export interface Link {
  readonly node: NodeId;
  readonly sinceMs: number;
  /** Last sign that the peer uses this link: what closes an idle stray. */
  usedAtMs: number;
  /** When an exchange was last opened by us; 0 never. */
  comparedAtMs: number;
  /** An exchange is under way: its answer is taken once. */
  awaitsEntries: boolean;
  /** Nonces of the last probes that were not answered yet. */
  readonly probes: number[];
  /** Digests differed at the last probe. */
  differs: boolean;
}

/** A neighbour whose life we look after. */
export interface Watch {
  readonly node: NodeId;
  failures: number;
  awaiting: "nothing" | "probe" | "dial";
  dueAtMs: number;
  /** Accused at its present sequence: not again. */
  accused: boolean;
}

export interface Suspected {
  readonly suspicion: KnownSuspicion;
  readonly untilMs: number;
}

/** Forgotten, but remembered: the evidence keeps it dead, the addresses bring it back. */
export interface Departed {
  readonly record: KnownRecord;
  readonly evidence: KnownSuspicion | KnownGoodbye;
  readonly sinceMs: number;
  retryAtMs: number;
  retries: number;
}

export interface Accuser {
  refuted: number;
  readonly windowEndsMs: number;
}

export interface Allowance {
  items: number;
  messages: number;
  atMs: number;
}

export interface MembershipState {
  readonly config: MembershipConfig;
  self: KnownRecord | null;
  description: SelfDescription;
  /** The highest sequence ever used, also in earlier lives. */
  sequence: number;
  leaving: boolean;
  /** Everybody that is in the network, ourselves included. */
  readonly members: Map<NodeId, KnownRecord>;
  readonly suspected: Map<NodeId, Suspected>;
  readonly departed: Map<NodeId, Departed>;
  /** Excluded by their own proven lie, or revoked by the authority. For ever. */
  readonly banned: Map<NodeId, KnownConflict | KnownRevocation>;
  readonly buckets: Uint32Array;
  readonly rings: Rings;
  readonly links: Map<NodeId, Link>;
  readonly watches: Map<NodeId, Watch>;
  readonly allowances: Map<NodeId, Allowance>;
  readonly accusers: Map<NodeId, Accuser>;
  /** Our own accusations that were refuted: when we may accuse that node again. */
  readonly wronged: Map<NodeId, { count: number; againAtMs: number }>;
  /** News to tell at the next flush, and who needs not be told because they told us. */
  readonly outbox: Map<Known, NodeId[]>;
  neighboursStale: boolean;
  lastNewsAtMs: number;
  nextNonce: number;
  exchanges: number;
  tickAtMs: number;
  seedRetryAtMs: number;
  seedRetryMs: number;
  tidiedAtMs: number;
  datesCheckedAtMs: number;
}

export type MembershipEvent =
  /** First start or restart, after `restore`. */
  | { readonly type: "start"; readonly nowMs: number }
  /** The overlay admitted a peer: certificate and evidence are checked. */
  | { readonly type: "contact"; readonly nowMs: number; readonly facts: MemberFacts }
  /** A connection is gone, for whatever reason. */
  | { readonly type: "lost"; readonly nowMs: number; readonly node: NodeId }
  | { readonly type: "dial-failed"; readonly nowMs: number; readonly node: NodeId | null }
  | { readonly type: "message"; readonly nowMs: number; readonly from: NodeId; readonly message: MembershipMessage }
  | { readonly type: "wake"; readonly nowMs: number; readonly tag: string }
  /** We moved, or our policy or equipment changed: announce it. */
  | { readonly type: "describe"; readonly nowMs: number; readonly self: SelfDescription }
  /** The authority's revocation reached us otherwise than by gossip (a file, a person). */
  | { readonly type: "revocation"; readonly nowMs: number; readonly revocation: RevocationStatement }
  /** We stop, and say so: everybody forgets us at once, until we announce ourselves again. */
  | { readonly type: "leave"; readonly nowMs: number };

export type MembershipEffect =
  | Send<MembershipMessage>
  | Wake
  | CancelWake
  | Persist
  /** node null: whoever answers at a seed's address. */
  | { readonly type: "dial"; readonly node: NodeId | null; readonly addresses: readonly string[] }
  /** Membership needs this connection no more; the overlay keeps it if another area does. */
  | { readonly type: "hang-up"; readonly node: NodeId }
  /** The view changed. */
  | { readonly type: "member"; readonly change: "joined" | "changed" | "left"; readonly record: NodeRecord }
  /** Never deal with this node again: disconnect it and admit it no more. */
  | { readonly type: "banish"; readonly node: NodeId; readonly code: RefusalCode };

export type { WireItem };

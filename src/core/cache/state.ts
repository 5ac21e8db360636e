// The attested cache of one node, as state: as newcomer, as owner of a cache that others ask for, as witness of others'
// caches, and as keeper of evidence. The state is consumed: `stepCache` updates it in place.
import type { CancelWake, NodeId, Persist, Send, Signer, Step, Wake } from "../base/index.ts";
import type { DrawMember, DrawPorts, DrawRules, Neighbourhood } from "../draw/index.ts";
import type { Evidence } from "./evidence.ts";
import type { CacheMessage } from "./messages.ts";
import type { Attestation, Signed } from "./statements.ts";

export interface CacheConfig {
  readonly self: DrawMember;
  readonly signer: Signer;
  readonly rules: DrawRules;
  readonly ports: DrawPorts;
  /** Of this network, whether it is up, suspected or gone: a liar does not escape its conviction by going silent. */
  readonly isOfNetwork: (node: NodeId) => boolean;
}

/** What every event brings: the time, whom the node knows, the depth of its block, and to whom it passes evidence on. */
export interface CacheFacts {
  readonly nowMs: number;
  readonly near: Neighbourhood;
  readonly depth: number;
  readonly contacts: readonly NodeId[];
}
export type CacheEvent = CacheFacts &
  (
    | { readonly type: "start" }
    | { readonly type: "message"; readonly from: NodeId; readonly message: CacheMessage }
    | { readonly type: "wake"; readonly tag: string }
    /** Evidence that a draw brought to light, or a person. */
    | { readonly type: "evidence"; readonly evidence: Evidence }
  );

export type CacheEffect =
  | Send<CacheMessage>
  | Wake
  | CancelWake
  | Persist
  /** Genuine nodes that membership has not told of: believed for a while. */
  | { readonly type: "vouched"; readonly members: readonly DrawMember[]; readonly untilMs: number }
  /** It gave no cache while others did: nothing proven, and no more than a count. */
  | { readonly type: "silent"; readonly node: NodeId }
  /** Somebody's lie is proven, and was not known before. */
  | { readonly type: "reported"; readonly evidence: Evidence };

export type CacheStep = Step<CacheState, CacheEffect>;

/** A list of ours on its way through the witnesses. */
export interface Round {
  readonly number: number;
  readonly list: Signed;
  readonly digest: Uint8Array;
  readonly witnesses: readonly DrawMember[];
  readonly attestations: Map<NodeId, { readonly attestation: Attestation; readonly certificate: Uint8Array }>;
  /** Witnesses that said how their view differs. */
  readonly differed: Set<NodeId>;
}

export type Given = Extract<CacheMessage, { readonly type: "cache-given" }>;

export interface Joining {
  /** Neighbours that were asked, and have not answered. */
  readonly asked: Set<NodeId>;
  readonly served: Set<NodeId>;
}

export interface Acknowledged {
  readonly until: number;
  readonly wire: Signed;
}

export interface CacheState {
  readonly config: CacheConfig;
  /** Versions of our lists: never the same twice, also after a crash or when the clock goes back. */
  version: number;
  /** Whom we promised a place on our lists. */
  readonly acknowledged: Map<NodeId, Acknowledged>;
  /** What others promised us. */
  readonly held: Map<NodeId, Signed>;
  round: Round | null;
  /** Of which witness which certificates it lacked. */
  readonly lacking: Map<NodeId, Set<string>>;
  attested: { readonly given: Given; readonly madeAtMs: number } | null;
  readonly waiting: Set<NodeId>;
  joining: Joining | null;
  /** The last join that brought attested caches. */
  joined: { readonly atMs: number; readonly from: readonly NodeId[] } | null;
  joinAgainMs: number;
  readonly heard: Map<NodeId, { readonly version: number; readonly list: Signed }>;
  readonly evidence: Map<NodeId, Evidence>;
  readonly peers: Map<NodeId, { count: number; readonly endsMs: number }>;
}

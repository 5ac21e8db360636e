// What the overlay offers: admitted peers, one-way control messages, and streams for data edges.
import type { Duplex } from "node:stream";
import type { EvidenceProvider, EvidenceVerifiers } from "../../core/attestation/index.ts";
import type { Crypto, NodeId, Refusal, RefusalCode, Result } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import type { AuthorityCertificate, NodeKey } from "../identity/index.ts";
import type { ControlArea } from "./control-frame.ts";

export interface PeerEvent {
  readonly type: "up" | "down";
  readonly facts: MemberFacts;
}
export type MessageHandler = (from: MemberFacts, area: ControlArea, body: Uint8Array) => void;

export interface Overlay {
  readonly node: NodeId;
  readonly facts: MemberFacts;
  /** Where this node can be reached, with its id at the end. */
  addresses(): string[];
  /** Dials and goes through mutual admission. A refusal by either side comes back with its own code. */
  connect(addresses: readonly string[]): Promise<Result<MemberFacts>>;
  setAddresses(node: NodeId, addresses: readonly string[]): void;
  forget(node: NodeId): void;
  /** Admitted and connected. */
  peers(): readonly MemberFacts[];
  /** One-way, in order per peer; dials when an address is known. Accepted means handed to the transport. */
  send(to: NodeId, area: ControlArea, body: Uint8Array): Promise<Result<void>>;
  onMessage(handler: MessageHandler): void;
  onPeer(handler: (event: PeerEvent) => void): void;
  openEdgeStream(to: NodeId): Promise<Result<Duplex>>;
  onEdgeStream(handler: (from: MemberFacts, stream: Duplex) => void): void;
  disconnect(node: NodeId, code: RefusalCode): void;
  /** At once, and for good: its connections end and it is not admitted again. */
  revoke(node: NodeId): void;
  stop(): Promise<void>;
}

export interface OverlayOptions {
  readonly network: string;
  readonly key: NodeKey;
  /** The node's device certificate: DER or PEM. */
  readonly certificate: Uint8Array | string;
  readonly authority: AuthorityCertificate;
  readonly evidence: EvidenceProvider;
  /** Which evidence of others is accepted. Default: software only. */
  readonly verifiers?: EvidenceVerifiers;
  /** Multiaddrs to listen on: /ip4/…/tcp/…, /ip4/…/tcp/…/ws, and /memory/… in tests. */
  readonly listen: readonly string[];
  /** Told to others instead of what is listened on, for example behind a router. */
  readonly announce?: readonly string[];
  readonly isRevoked?: (node: NodeId) => boolean;
  /** Is a lost peer to be dialled again without anybody asking? Default: every peer that has an address. */
  readonly isWanted?: (node: NodeId) => boolean;
  /** Peers that were turned away, for logs and metrics. Who ends a connection knows why. */
  readonly onRefusal?: (refusal: Refusal) => void;
  readonly crypto?: Crypto;
  readonly nowMs?: () => number;
  readonly admissionTimeoutMs?: number;
}

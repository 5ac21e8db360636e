// The overlay (PBDS §5.1): an authenticated, encrypted network of admitted nodes, on libp2p.
//
//   peer:  unknown ── dial or be dialled, admission ── up ── last connection lost ── down ── redial while an address is known
//                          └── refused: a code for both sides            └── revoked, expired, forgotten: not dialled again
import type { Duplex } from "node:stream";
import type { Connection, Stream, StreamMessageEvent } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { evidenceVerifiers, softwareVerifier } from "../../core/attestation/index.ts";
import { accept, type NodeId, type Refusal, type RefusalCode, type Result, refuse } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { certificateDer, nodeCrypto, verifyDeviceCertificate } from "../identity/index.ts";
import type { AdmissionPorts } from "./admission-encrypter.ts";
import { rehearseAdmission } from "./admission-rehearsal.ts";
import { type ControlArea, FrameDecoder } from "./control-frame.ts";
import { refusalOfDial } from "./dial-errors.ts";
import { edgeDuplex } from "./edge-stream.ts";
import { createNode } from "./libp2p-node.ts";
import { limits } from "./limits.ts";
import { controlProtocol, Peer } from "./peer.ts";
import { Redialler } from "./redialler.ts";
import { TurnedAway } from "./turned-away.ts";
import type { MessageHandler, Overlay, OverlayOptions, PeerEvent } from "./types.ts";

export const edgeProtocol = "/hedgerow/edge/1.0.0";

/** The node's own papers are not in order. Its sentence is the refusal's. */
export class OverlayRefused extends Error {
  override name = "OverlayRefused";
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.detail === undefined ? refusal.code : `${refusal.code}: ${refusal.detail}`);
    this.refusal = refusal;
  }
}

export async function createOverlay(options: OverlayOptions): Promise<Overlay> {
  const { network, authority, nowMs = Date.now } = options;
  const own = verifyDeviceCertificate(options.certificate, authority, { nowMs: nowMs(), network });
  if (!own.ok) throw new OverlayRefused(own);
  if (own.value.node !== options.key.node) throw new OverlayRefused(refuse("certificate-other-node"));
  const { publicKey: _, ...facts } = own.value;
  const overlay = new Libp2pOverlay(options, { ...facts, assurance: options.evidence.assurance });
  await overlay.start();
  return overlay;
}

class Libp2pOverlay implements Overlay {
  readonly node: NodeId;
  readonly facts: MemberFacts;
  readonly #options: OverlayOptions;
  readonly #nowMs: () => number;
  #libp2p!: Libp2p;
  readonly #peers = new Map<NodeId, Peer>();
  /** Facts of those who passed admission last, until libp2p has made the connection. Oldest first. */
  readonly #admitted = new Map<NodeId, MemberFacts>();
  readonly #addresses = new Map<NodeId, readonly string[]>();
  readonly #revoked = new Set<NodeId>();
  readonly #dials = new Map<NodeId, Promise<Result<MemberFacts>>>();
  readonly #waitingForDial = new Map<NodeId, number>();
  readonly #turnedAway = new TurnedAway();
  readonly #redialler = new Redialler((node) => this.#redial(node));
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #messageHandlers: MessageHandler[] = [];
  readonly #peerHandlers: ((event: PeerEvent) => void)[] = [];
  readonly #edgeHandlers: ((from: MemberFacts, stream: Duplex) => void)[] = [];
  #stopped = false;

  constructor(options: OverlayOptions, facts: MemberFacts) {
    this.#options = options;
    this.facts = facts;
    this.node = facts.node;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  async start(): Promise<void> {
    const options = this.#options;
    const ports: AdmissionPorts = {
      self: this.node,
      network: options.network,
      certificate: certificateDer(options.certificate)!,
      evidence: options.evidence,
      verifiers: options.verifiers ?? evidenceVerifiers(softwareVerifier),
      crypto: options.crypto ?? nodeCrypto,
      timeoutMs: options.admissionTimeoutMs ?? limits.admissionTimeoutMs,
      checkCertificate: (certificate) => this.#checkCertificate(certificate),
      onAdmitted: (facts) => this.#onAdmitted(facts),
      onRefused: (refusal) => options.onRefusal?.(refusal),
    };
    const rehearsed = await rehearseAdmission(ports);
    if (!rehearsed.ok) throw new OverlayRefused(rehearsed);
    this.#libp2p = await createNode(options, ports);
    this.#libp2p.addEventListener("connection:open", (event) => this.#onOpen(event.detail));
    this.#libp2p.addEventListener("connection:close", (event) => this.#onClose(event.detail));
    await this.#libp2p.handle(controlProtocol, (stream, connection) => this.#onControlStream(stream, connection), {
      maxInboundStreams: 4, // one, and its successors while connections change
    });
    await this.#libp2p.handle(edgeProtocol, (stream, connection) => this.#onEdgeStream(stream, connection), {
      maxInboundStreams: limits.maxEdgeStreams,
    });
    await this.#libp2p.start();
    const sweep = setInterval(() => this.#sweepExpired(), limits.certificateSweepMs);
    sweep.unref();
    this.#timers.add(sweep);
  }

  addresses(): string[] {
    return this.#libp2p.getMultiaddrs().map((address) => address.toString());
  }

  peers(): readonly MemberFacts[] {
    return [...this.#peers.values()].map((peer) => peer.facts);
  }

  onMessage(handler: MessageHandler): void {
    this.#messageHandlers.push(handler);
  }
  onPeer(handler: (event: PeerEvent) => void): void {
    this.#peerHandlers.push(handler);
  }
  onEdgeStream(handler: (from: MemberFacts, stream: Duplex) => void): void {
    this.#edgeHandlers.push(handler);
  }

  setAddresses(node: NodeId, addresses: readonly string[]): void {
    this.#addresses.set(node, addresses.slice(0, limits.maxAddresses));
  }

  forget(node: NodeId): void {
    this.#addresses.delete(node);
    this.#redialler.cancel(node);
  }

  async connect(addresses: readonly string[]): Promise<Result<MemberFacts>> {
    let refusal: Refusal = refuse("address-malformed", { detail: "no address was given" });
    for (const address of addresses.slice(0, limits.maxAddresses)) {
      const result = await this.#dialAddress(address);
      if (result.ok) return result;
      // What a node answered says more than an address where nothing did.
      if (refusal.code === "peer-unreachable" || refusal.code === "address-malformed") refusal = result;
    }
    return refusal;
  }

  async #dialAddress(address: string): Promise<Result<MemberFacts>> {
    if (this.#stopped) return refuse("overlay-stopped");
    if (address.length > limits.maxAddressLength) return refuse("address-malformed", { detail: "too long" });
    let target: ReturnType<typeof multiaddr>;
    try {
      target = multiaddr(address);
    } catch {
      return refuse("address-malformed", { blame: address });
    }
    const connected = this.#peers.get(nodeIdIn(address));
    if (connected !== undefined) return accept(connected.facts);
    const peerAt = nodeIdIn(address) || address;
    const standing = this.#turnedAway.standing(peerAt, this.#nowMs());
    if (standing !== null) return standing;
    try {
      // Forced: libp2p would cut a second connection to the same address at once, under what we may be sending on it.
      const connection = await this.#libp2p.dial(target, { force: true });
      this.#turnedAway.forget(peerAt);
      const peer = this.#peers.get(connection.remotePeer.toString() as NodeId);
      return peer === undefined ? refuse("peer-lost") : accept(peer.facts);
    } catch (cause) {
      if (this.#stopped) return refuse("overlay-stopped");
      const refusal = refusalOfDial(cause);
      if (refusal.code === "certificate-revoked" && refusal.blame === this.node) {
        this.#turnedAway.note(peerAt, refusal, this.#nowMs());
      }
      return refusal.blame === undefined ? { ...refusal, blame: address } : refusal;
    }
  }

  /** One dial per peer at a time; whoever needs it waits for the same one. */
  #reach(node: NodeId): Promise<Result<MemberFacts>> {
    const peer = this.#peers.get(node);
    if (peer !== undefined) return Promise.resolve(accept(peer.facts));
    if (this.#isRevoked(node)) return Promise.resolve(refuse("certificate-revoked", { blame: node }));
    const running = this.#dials.get(node);
    if (running !== undefined) return running;
    const addresses = this.#addresses.get(node);
    if (addresses === undefined || addresses.length === 0)
      return Promise.resolve(refuse("peer-unknown", { blame: node }));
    const dial = this.connect(addresses.map((address) => withNodeId(address, node))).finally(() =>
      this.#dials.delete(node),
    );
    this.#dials.set(node, dial);
    return dial;
  }

  async #redial(node: NodeId): Promise<"done" | "retry"> {
    if (this.#stopped || this.#peers.has(node) || !this.#isWanted(node)) return "done";
    const result = await this.#reach(node);
    if (result.ok) return "done";
    // A node that was turned away for its papers, or that turned us away, will say the same again.
    return ["peer-unreachable", "peer-lost", "admission-timeout", "admission-cut-short"].includes(result.code)
      ? "retry"
      : "done";
  }

  async send(to: NodeId, area: ControlArea, body: Uint8Array): Promise<Result<void>> {
    if (this.#stopped) return refuse("overlay-stopped");
    if (body.length > limits.maxMessageBytes) return refuse("message-too-large", { detail: `${body.length} bytes` });
    const connected = this.#peers.get(to);
    if (connected !== undefined) return connected.channel.send(area, body);
    const waiting = this.#waitingForDial.get(to) ?? 0;
    // Bodies that wait for a dial are few: whoever sends more than this did not wait for the first.
    if (waiting >= 64) return refuse("peer-too-slow", { blame: to });
    this.#waitingForDial.set(to, waiting + 1);
    try {
      const reached = await this.#reach(to);
      if (!reached.ok) return reached;
    } finally {
      const left = this.#waitingForDial.get(to)! - 1;
      if (left === 0) this.#waitingForDial.delete(to);
      else this.#waitingForDial.set(to, left);
    }
    return (await this.#peers.get(to)?.channel.send(area, body)) ?? refuse("peer-lost", { blame: to });
  }

  async openEdgeStream(to: NodeId): Promise<Result<Duplex>> {
    if (this.#stopped) return refuse("overlay-stopped");
    const reached = await this.#reach(to);
    if (!reached.ok) return reached;
    const peer = this.#peers.get(to);
    if (peer === undefined) return refuse("peer-lost", { blame: to });
    try {
      return accept(edgeDuplex(await peer.openStream(edgeProtocol, { maxOutboundStreams: limits.maxEdgeStreams })));
    } catch (cause) {
      return refuse("peer-lost", { blame: to, detail: cause instanceof Error ? cause.name : "" });
    }
  }

  disconnect(node: NodeId, code: RefusalCode): void {
    this.#redialler.cancel(node);
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#drop(peer, refuse(code, { blame: node }));
  }

  revoke(node: NodeId): void {
    this.#revoked.add(node);
    this.forget(node);
    this.disconnect(node, "certificate-revoked");
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#redialler.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const peer of this.#peers.values()) peer.channel.close(refuse("overlay-stopped"));
    await this.#libp2p.stop();
  }

  #isRevoked(node: NodeId): boolean {
    return this.#revoked.has(node) || this.#options.isRevoked?.(node) === true;
  }

  #checkCertificate(certificate: Uint8Array): Result<MemberFacts> {
    const { authority, network } = this.#options;
    const verified = verifyDeviceCertificate(certificate, authority, { nowMs: this.#nowMs(), network });
    if (!verified.ok) return verified;
    const { publicKey: _, ...facts } = verified.value;
    return this.#isRevoked(facts.node) ? refuse("certificate-revoked", { blame: facts.node }) : accept(facts);
  }

  #onAdmitted(facts: MemberFacts): void {
    this.#admitted.delete(facts.node);
    this.#admitted.set(facts.node, facts);
    if (this.#admitted.size > 2 * limits.maxConnections) this.#admitted.delete(this.#admitted.keys().next().value!);
  }

  #onOpen(connection: Connection): void {
    const node = connection.remotePeer.toString() as NodeId;
    const facts = this.#admitted.get(node);
    // Revoked between admission and now, or stopping: the connection never counts.
    if (facts === undefined || this.#stopped || this.#isRevoked(node)) {
      connection.abort(new Error("certificate-revoked"));
      return;
    }
    this.#redialler.cancel(node);
    const known = this.#peers.get(node);
    if (known !== undefined) {
      known.facts = facts;
      known.add(connection);
      this.#later(limits.duplicateGraceMs, () => this.#closeDuplicates(known));
      return;
    }
    const peer = new Peer(this.node, facts);
    peer.add(connection);
    this.#peers.set(node, peer);
    this.#tell({ type: "up", facts });
  }

  #onClose(connection: Connection): void {
    const node = connection.remotePeer.toString() as NodeId;
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    peer.remove(connection);
    if (peer.connections.length === 0) this.#drop(peer, refuse("peer-lost", { blame: node }));
  }

  /** The peer is gone, for whatever reason. Told once. */
  #drop(peer: Peer, refusal: Refusal): void {
    const { node } = peer.facts;
    if (this.#peers.get(node) !== peer) return;
    this.#peers.delete(node);
    peer.abort(refusal);
    this.#tell({ type: "down", facts: peer.facts });
    if (refusal.code === "peer-lost" && !this.#stopped && this.#isWanted(node)) this.#redialler.start(node);
  }

  /** A peer that hung up because it needs the connection no more looks lost to us: we must not call it back for nothing. */
  #isWanted(node: NodeId): boolean {
    return this.#addresses.has(node) && (this.#options.isWanted?.(node) ?? true);
  }

  #closeDuplicates(peer: Peer): void {
    for (const connection of peer.duplicates()) {
      connection.close().catch((cause: Error) => connection.abort(cause));
    }
  }

  #onControlStream(stream: Stream, connection: Connection): void {
    const peer = this.#peers.get(connection.remotePeer.toString() as NodeId);
    if (peer === undefined) {
      stream.abort(new Error("not a peer"));
      return;
    }
    const decoder = new FrameDecoder();
    const onMessage = (event: StreamMessageEvent) => {
      const parts = event.data instanceof Uint8Array ? [event.data] : event.data;
      for (const part of parts) {
        const frames = decoder.push(part);
        if (!frames.ok) {
          stream.removeEventListener("message", onMessage);
          this.disconnect(peer.facts.node, frames.code);
          return;
        }
        for (const { area, body } of frames.value) {
          for (const handler of this.#messageHandlers) handler(peer.facts, area, body);
        }
      }
    };
    stream.addEventListener("message", onMessage);
    // Control streams are one-way: our half carries nothing, and the stream ends when the peer closes its half.
    stream.close().catch(() => {});
  }

  #onEdgeStream(stream: Stream, connection: Connection): void {
    const peer = this.#peers.get(connection.remotePeer.toString() as NodeId);
    if (peer === undefined || this.#edgeHandlers.length === 0) {
      stream.abort(new Error("no edge expected"));
      return;
    }
    const duplex = edgeDuplex(stream);
    for (const handler of this.#edgeHandlers) handler(peer.facts, duplex);
  }

  #sweepExpired(): void {
    const nowMs = this.#nowMs();
    for (const { facts } of [...this.#peers.values()]) {
      if (facts.notAfterMs <= nowMs) this.disconnect(facts.node, "certificate-expired");
    }
  }

  #tell(event: PeerEvent): void {
    for (const handler of this.#peerHandlers) handler(event);
  }

  #later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }
}

function nodeIdIn(address: string): NodeId {
  return (address.split("/p2p/")[1] ?? "") as NodeId;
}

/** An address is dialled for one node, whatever id it came with: whoever else answers there is refused. */
function withNodeId(address: string, node: NodeId): string {
  return `${address.split("/p2p/")[0]}/p2p/${node}`;
}

// The sending end of an edge, live: the core's EdgeSender over a connection that comes and goes.
//
//   waiting -- dialled --> connected -- lost --> waiting (dials again, slower each time)
//   connected | waiting -- rewire(higher incarnation) --> waiting, on a new link
//   connected -- reset from the next cell --> stopped -- rewire(higher incarnation) --> waiting
//
// INVARIANT 1: a frame is sealed once; a lost connection repeats its bytes. Under a new link it is opened with the old key
//   and sealed with the new one.
import {
  accept,
  type Digest,
  type EdgeId,
  type QueryId,
  type RefusalCode,
  type Result,
  refuse,
} from "../../core/base/index.ts";
import { EdgeSender, type LinkName, readFrameHeader } from "../../core/cell/index.ts";
import type { AgreementKey } from "../curve/index.ts";
import { FrameConnection } from "./connection.ts";
import { type DialledEdge, dialEdge, type EdgeRoute } from "./dialer.ts";
import { deriveLinkKeys, type LinkKeys } from "./keys.ts";
import { limits } from "./limits.ts";
import { releaseBuffer } from "./release.ts";
import { FrameOpener, FrameSealer, noBody, type Opened, type SealedFrame } from "./seal.ts";

export interface OutgoingCell {
  readonly query: QueryId;
  readonly planDigest: Digest;
  readonly edge: EdgeId;
  readonly key: AgreementKey;
  readonly incarnation: number;
}
export interface OutgoingPeer extends EdgeRoute {
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
}
export interface OutgoingEvents {
  /** Something was acknowledged: there may be room, inputs may be discharged. */
  acknowledged(): void;
  /** A link begins: the first, or the one to a new incarnation of the next cell. */
  relinked(incarnation: number, leafSecret: Uint8Array): void;
  /** A batch that the former incarnation did not acknowledge is the next one on the new link. */
  resent(batch: Uint8Array, digest: Uint8Array | null): void;
  refused(code: RefusalCode, detail: string): void;
  /** Down for longer than the node bridges silently, or reset for good by the other cell. */
  lost(code: RefusalCode, detail: string): void;
}

export class OutgoingEdge {
  readonly edge: EdgeId;
  readonly #cell: OutgoingCell;
  readonly #events: OutgoingEvents;
  readonly #sender = new EdgeSender<SealedFrame>();
  #peer: OutgoingPeer | null = null;
  #keys: LinkKeys | null = null;
  #sealer: FrameSealer | null = null;
  #opener: FrameOpener | null = null;
  #connection: FrameConnection | null = null;
  #expectedReverse = 0;
  #acknowledgedBatches = 0;
  #retryMs: number = limits.firstRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #lostTimer: NodeJS.Timeout | undefined;
  /** Callers that wait for the edge to stand. */
  readonly #waiting = new Set<() => void>();
  #lastRefusal: Result<void> = refuse("edge-unreachable");
  #dialling: { readonly keys: LinkKeys; readonly result: Promise<Result<void>> } | null = null;
  /** The next cell's incarnation stopped for good: only a new one is dialled. */
  #stopped = false;
  #closed = false;

  constructor(cell: OutgoingCell, events: OutgoingEvents) {
    this.edge = cell.edge;
    this.#cell = cell;
    this.#events = events;
  }

  get full(): boolean {
    return this.#sender.full;
  }
  get settled(): boolean {
    return this.#sender.settled;
  }
  get dischargedOutputs(): number {
    return this.#sender.dischargedOutputs;
  }
  get retainedBatches(): number {
    return this.#sender.retainedBatches;
  }
  get retainedBytes(): number {
    return this.#sender.retainedBytes;
  }
  /** By the present incarnation of the next cell. */
  get acknowledgedBatches(): number {
    return this.#acknowledgedBatches;
  }
  get connected(): boolean {
    return this.#connection !== null;
  }
  /** The next cell's incarnation stopped for good. */
  get stopped(): boolean {
    return this.#stopped;
  }
  get incarnation(): number | null {
    return this.#peer?.incarnation ?? null;
  }

  /**
   * The first wiring, again the same one, or a higher incarnation of the next cell: then everything unacknowledged goes
   * to that one. Resolves when the edge stands. The next cell may hear of us a little later than we of it, so the first
   * attempts may fail; after a refusal it still goes on trying, and the caller may ask again.
   */
  async wire(peer: OutgoingPeer): Promise<Result<void>> {
    const present = this.#peer;
    if (present === null) {
      const linked = this.#link(peer);
      return linked.ok ? this.#stand() : linked;
    }
    if (peer.incarnation < present.incarnation) {
      return refuse("incarnation-outdated", { detail: `${peer.incarnation}, present is ${present.incarnation}` });
    }
    if (peer.incarnation === present.incarnation) {
      this.#peer = { ...present, addresses: peer.addresses, overlay: peer.overlay };
      // One attempt now; the edge goes on trying by itself, and a new incarnation must not have to wait for this one.
      return this.connected || this.#sender.settled ? accept(undefined) : this.#dial();
    }
    const openOld = this.#opener;
    const linked = this.#link(peer);
    if (!linked.ok) return linked;
    this.#disconnect();
    const sealer = this.#sealer!;
    this.#sender.relink((frame, sequence) => {
      const { body, digest } = frame.type === "data" ? reopen(openOld!, frame.sealed) : nothingInside;
      if (frame.type === "data") this.#events.resent(body, digest);
      return sealer.seal(frame.type, sequence, frame.path, frame.origin, body, digest);
    });
    return this.#stand();
  }

  /** Room must have been asked for (`full`): the caller holds back while there is none. */
  send(path: number, origin: number, output: number, batch: Uint8Array, digest: Uint8Array | null): void {
    this.#push("data", path, origin, output, batch, digest);
  }

  end(output: number): void {
    if (!this.#sender.ended) this.#push("end", 0, 0, output, noBody);
  }

  /** This cell stops for good: says so, if anybody listens. */
  reset(code: RefusalCode): void {
    if (this.#connection !== null && this.#sealer !== null) {
      const body = Buffer.from(code, "latin1");
      this.#connection.send(this.#sealer.seal("reset", this.#sender.nextSequence, 0, 0, body));
      this.#connection.finish();
    }
    this.close();
  }

  /** Sends nothing more to the present incarnation of the next cell, and keeps what it did not acknowledge. */
  shut(code: RefusalCode): void {
    clearTimeout(this.#retry);
    if (!this.#stopped) this.#stop(code, "");
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#lostTimer);
    const connection = this.#connection;
    this.#connection = null;
    connection?.finish();
  }

  #push(
    type: "data" | "end",
    path: number,
    origin: number,
    output: number,
    body: Uint8Array,
    digest: Uint8Array | null = null,
  ): void {
    const sealed = this.#sealer!.seal(type, this.#sender.nextSequence, path, origin, body, digest);
    this.#sender.push({ type, path, origin, output, bytes: sealed.bytes, sealed });
    this.#connection?.send(sealed);
  }

  #linkName(): LinkName {
    const { query, edge, incarnation } = this.#cell;
    return { query, edge, from: incarnation, to: this.#peer!.incarnation };
  }

  #link(peer: OutgoingPeer): Result<void> {
    const { query, edge, planDigest, key, incarnation } = this.#cell;
    const link = { query, edge, from: incarnation, to: peer.incarnation };
    const keys = deriveLinkKeys({ link, planDigest, own: key, peer: peer.publicKey, sending: true });
    if (!keys.ok) return keys;
    this.#peer = peer;
    this.#keys = keys.value;
    this.#sealer = new FrameSealer(keys.value.forward);
    this.#opener = new FrameOpener(keys.value.forward);
    this.#stopped = false;
    this.#acknowledgedBatches = 0;
    this.#events.relinked(peer.incarnation, keys.value.leaves);
    return accept(undefined);
  }

  async #stand(): Promise<Result<void>> {
    const first = await this.#dial();
    if (first.ok || this.#closed || this.#stopped) return first;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(up);
        resolve(this.#closed ? refuse("unknown-cell") : this.#lastRefusal);
      }, limits.standWithinMs);
      const up = () => {
        clearTimeout(timer);
        resolve(accept(undefined));
      };
      this.#waiting.add(up);
    });
  }

  /** One attempt at a time for a link. */
  #dial(): Promise<Result<void>> {
    clearTimeout(this.#retry);
    const keys = this.#keys!;
    if (this.#dialling?.keys === keys) return this.#dialling.result;
    const result = this.#attempt(keys).finally(() => {
      if (this.#dialling?.keys === keys) this.#dialling = null;
    });
    this.#dialling = { keys, result };
    return result;
  }

  async #attempt(keys: LinkKeys): Promise<Result<void>> {
    const dialled = await dialEdge(this.#peer!, this.#linkName(), keys);
    if (this.#closed || this.#stopped || keys !== this.#keys || this.#connection !== null) {
      if (dialled.ok) dialled.value.stream.destroy();
      if (this.#stopped) return refuse("edge-reset");
      return this.#closed ? refuse("unknown-cell") : accept(undefined);
    }
    if (!dialled.ok) {
      this.#lastRefusal = dialled;
      this.#retryLater(dialled.detail ?? "");
      return dialled;
    }
    return this.#adopt(dialled.value, keys);
  }

  #adopt(dialled: DialledEdge, keys: LinkKeys): Result<void> {
    const { expected, reverse } = dialled.challenge;
    const again = this.#sender.resume(expected);
    if (!again.ok) {
      dialled.stream.destroy();
      this.#stop(again.code, again.detail ?? "");
      return again;
    }
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    this.#expectedReverse = reverse;
    const opener = new FrameOpener(keys.backward);
    const connection: FrameConnection = new FrameConnection(
      dialled.stream,
      () => this.#arrived(connection, opener),
      () => this.#dropped(connection),
    );
    this.#connection = connection;
    for (const frame of again.value) connection.send(frame.sealed);
    for (const up of this.#waiting) up();
    this.#waiting.clear();
    return accept(undefined);
  }

  #arrived(connection: FrameConnection, opener: FrameOpener): void {
    if (connection !== this.#connection) return;
    let acknowledged = false;
    for (let frame = connection.next(); frame !== null; frame = connection.next()) {
      const refusal = frame.ok ? this.#backward(frame.value.header, frame.value.bytes, opener) : frame;
      if (refusal.ok) {
        acknowledged = true;
        continue;
      }
      if (refusal.code === "edge-reset") break;
      this.#events.refused(refusal.code, refusal.detail ?? "");
      connection.close();
      break;
    }
    if (acknowledged) this.#events.acknowledged();
  }

  #backward(
    header: { type: string; sequence: number; origin: number },
    bytes: Buffer,
    opener: FrameOpener,
  ): Result<void> {
    if (header.sequence !== this.#expectedReverse) {
      const code = header.sequence < this.#expectedReverse ? "frame-replayed" : "frame-out-of-order";
      return refuse(code, { detail: `acknowledgement ${header.sequence}, expected ${this.#expectedReverse}` });
    }
    const parsed = readFrameHeader(bytes);
    if (!parsed.ok) return parsed;
    const opened = opener.open(parsed.value, bytes);
    if (opened === null) return refuse("frame-forged", { detail: `acknowledgement ${header.sequence}` });
    this.#expectedReverse++;
    if (header.type === "reset") {
      const detail = opened.body.toString("latin1");
      this.#stop("edge-reset", detail);
      return refuse("edge-reset", { detail });
    }
    if (header.type !== "ack") return refuse("frame-malformed", { detail: "only acknowledgements come back" });
    const done = this.#sender.acknowledge(header.origin, releaseFrame);
    if (!done.ok) return done;
    this.#acknowledgedBatches += done.value.batches;
    this.#retryMs = limits.firstRetryMs; // progress: the next loss is met quickly again
    return accept(undefined);
  }

  #dropped(connection: FrameConnection): void {
    if (connection !== this.#connection) return;
    this.#connection = null;
    if (!this.#sender.settled) this.#retryLater("the connection was lost");
  }

  #retryLater(detail: string): void {
    clearTimeout(this.#retry);
    if (this.#closed || this.#stopped) return;
    this.#retry = setTimeout(() => void this.#dial(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, limits.lastRetryMs);
    this.#lostTimer ??= setTimeout(() => this.#events.lost("edge-unreachable", detail), limits.edgeLostAfterMs);
  }

  #stop(code: RefusalCode, detail: string): void {
    this.#stopped = true;
    this.#disconnect();
    this.#events.lost(code, detail);
  }

  #disconnect(): void {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}

const nothingInside = { body: noBody, digest: null } as const;

/** A next cell that acknowledges what it cannot have received yet must not make us free what is still being written. */
function releaseFrame(sealed: SealedFrame): void {
  if (sealed.writing === 0 && sealed.pieces.length > 1) releaseBuffer(sealed.pieces[1]!);
}

/** The batch back out of a frame that this cell sealed itself. */
function reopen(opener: FrameOpener, sealed: SealedFrame): Opened {
  const frame = sealed.pieces.length === 1 ? sealed.pieces[0]! : Buffer.concat(sealed.pieces);
  const header = readFrameHeader(frame);
  const opened = header.ok ? opener.open(header.value, frame, sealed.at) : null;
  if (opened === null) throw new Error("a frame of our own does not open");
  return opened;
}

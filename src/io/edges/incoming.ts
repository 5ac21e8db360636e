// The receiving end of an edge, live: the core's EdgeReceiver behind the node's listener.
//
// INVARIANT 1: a frame is opened only when it is the next one, and handed on only when it is authentic.
// INVARIANT 2: what is refused closes the connection; the sender connects again and repeats from the last good frame.

import type { Duplex } from "node:stream";
import {
  accept,
  type Digest,
  type EdgeId,
  type QueryId,
  type RefusalCode,
  type Result,
} from "../../core/base/index.ts";
import { cellLimits, EdgeReceiver, type FrameHeader, type LinkName, type Taken } from "../../core/cell/index.ts";
import type { AgreementKey } from "../curve/index.ts";
import { type ArrivedFrame, FrameConnection } from "./connection.ts";
import { deriveLinkKeys, type LinkKeys } from "./keys.ts";
import type { EdgeListener } from "./listener.ts";
import { FrameOpener, FrameSealer, noBody, type Opened } from "./seal.ts";

export interface IncomingCell {
  readonly query: QueryId;
  readonly planDigest: Digest;
  readonly edge: EdgeId;
  readonly key: AgreementKey;
  readonly incarnation: number;
  /** Paths on this edge (core/cell/origin.ts). */
  readonly paths: number;
  /** Per path the last batch that was taken and discharged before this cell: repeats up to it are acknowledged. */
  readonly taken?: readonly { readonly path: number; readonly origin: number }[];
}
export interface IncomingPeer {
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
}
export interface IncomingEvents {
  /** Frames may be there: pull them with `next`. */
  readable(): void;
  relinked(incarnation: number, leafSecret: Uint8Array): void;
  refused(code: RefusalCode, detail: string): void;
  /** The cell before stopped for good. */
  reset(detail: string): void;
}

export interface IncomingFrame extends Taken {
  readonly path: number;
  readonly origin: number;
  /** The batch; a buffer of its own. Empty for an end. */
  readonly batch: Buffer;
  /** The batch's BLAKE3. null: not computed yet. */
  readonly digest: Uint8Array | null;
}

export class IncomingEdge {
  readonly edge: EdgeId;
  readonly #cell: IncomingCell;
  readonly #listener: EdgeListener;
  readonly #events: IncomingEvents;
  #receiver: EdgeReceiver | null = null;
  #keys: LinkKeys | null = null;
  #opener: FrameOpener | null = null;
  #sealer: FrameSealer | null = null;
  #connection: FrameConnection | null = null;
  #unexpect: (() => void) | null = null;
  #reverse = 0;
  #acknowledged = 0;
  #bytesSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  bytes = 0;

  constructor(cell: IncomingCell, listener: EdgeListener, events: IncomingEvents) {
    this.edge = cell.edge;
    this.#cell = cell;
    this.#listener = listener;
    this.#events = events;
  }

  get incarnation(): number | null {
    return this.#receiver?.incarnation ?? null;
  }
  get connected(): boolean {
    return this.#connection !== null;
  }
  get outstanding(): number {
    return this.#receiver?.outstanding ?? 0;
  }

  /** The first wiring, or a higher incarnation of the cell before. */
  wire(peer: IncomingPeer): Result<void> {
    if (this.#receiver !== null && peer.incarnation === this.#receiver.incarnation) return accept(undefined);
    const { query, planDigest, edge, key, incarnation, paths, taken } = this.#cell;
    const link: LinkName = { query, edge, from: peer.incarnation, to: incarnation };
    const keys = deriveLinkKeys({ link, planDigest, own: key, peer: peer.publicKey, sending: false });
    if (!keys.ok) return keys;
    if (this.#receiver === null) this.#receiver = new EdgeReceiver(peer.incarnation, paths, taken);
    else {
      const relinked = this.#receiver.relink(peer.incarnation);
      if (!relinked.ok) return relinked;
    }
    this.#disconnect();
    this.#keys = keys.value;
    this.#opener = new FrameOpener(keys.value.forward);
    this.#sealer = new FrameSealer(keys.value.backward);
    this.#reverse = this.#acknowledged = this.#bytesSince = 0;
    this.#unexpect?.();
    this.#unexpect = this.#listener.expect(link, {
      helloKey: keys.value.hello,
      challenge: () => ({ expected: this.#receiver!.expected, reverse: this.#reverse }),
      adopt: (stream, told) => this.#adopt(stream, keys.value, told),
    });
    this.#events.relinked(peer.incarnation, keys.value.leaves);
    return accept(undefined);
  }

  /** The next authentic frame, or null. */
  next(): IncomingFrame | null {
    const frame = this.#connection?.next() ?? null;
    if (frame === null) return null;
    const taken = frame.ok ? this.#take(frame.value) : frame;
    if (taken.ok) return taken.value;
    if (taken.code === "edge-reset") this.#events.reset(taken.detail ?? "");
    else this.#events.refused(taken.code, taken.detail ?? "");
    this.#disconnect();
    return null;
  }

  /** The cell is done with that frame. Call `acknowledgeSoon` after the last of several. */
  discharge(link: number, sequence: number): void {
    this.#receiver!.discharge(link, sequence);
  }

  acknowledgeSoon(): void {
    const receiver = this.#receiver;
    if (receiver === null || this.#closed) return;
    const due = receiver.acknowledged - this.#acknowledged;
    if (due <= 0) return;
    if (due >= cellLimits.acknowledgeAfterFrames || this.#bytesSince >= cellLimits.acknowledgeAfterBytes)
      this.acknowledge();
    else this.#timer ??= setTimeout(() => this.acknowledge(), cellLimits.acknowledgeAfterMs);
  }

  acknowledge(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const receiver = this.#receiver;
    if (receiver === null || this.#connection === null || this.#closed) return;
    if (receiver.acknowledged <= this.#acknowledged) return;
    this.#acknowledged = receiver.acknowledged;
    this.#bytesSince = 0;
    this.#connection.send(this.#sealer!.seal("ack", this.#reverse++, 0, this.#acknowledged, noBody));
  }

  /** This cell stops for good: tells the cell before, which keeps what was not acknowledged. */
  reset(code: RefusalCode): void {
    this.acknowledge();
    if (this.#connection !== null && this.#sealer !== null) {
      this.#connection.send(this.#sealer.seal("reset", this.#reverse++, 0, 0, Buffer.from(code, "latin1")));
      this.#connection.finish();
      this.#connection = null;
    }
    this.close();
  }

  /** Hears nothing more of the present incarnation of the cell before; only a higher one is let in again. */
  shut(): void {
    this.#unexpect?.();
    this.#unexpect = null;
    this.#disconnect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.shut();
  }

  #adopt(stream: Duplex, keys: LinkKeys, told: { expected: number; reverse: number }): void {
    // What came meanwhile on the former connection makes the challenge stale: the sender dials again.
    const stale = told.expected !== this.#receiver?.expected || told.reverse !== this.#reverse;
    if (this.#closed || stale || keys !== this.#keys) {
      stream.destroy();
      return;
    }
    this.#disconnect();
    // What the sender forgot is behind `acknowledged`; the rest it hears again, as the lost ones may not have arrived.
    this.#acknowledged = 0;
    const connection: FrameConnection = new FrameConnection(
      stream,
      () => connection === this.#connection && this.#events.readable(),
      () => {
        if (connection === this.#connection) this.#connection = null;
      },
    );
    this.#connection = connection;
    this.acknowledgeSoon();
  }

  #take({ header, bytes }: ArrivedFrame): Result<IncomingFrame> {
    const receiver = this.#receiver!;
    if (header.type === "ack")
      return { ok: false, code: "frame-malformed", detail: "an acknowledgement against the stream" };
    const checked = receiver.check(header);
    if (!checked.ok) return checked;
    const opened = this.#opener!.open(header, bytes);
    if (opened === null) return { ok: false, code: "frame-forged", detail: `frame ${header.sequence}` };
    if (header.type === "reset") return { ok: false, code: "edge-reset", detail: opened.body.toString("latin1") };
    const taken = receiver.take(header);
    if (!taken.ok) return taken;
    this.#opener!.took(opened);
    this.bytes += bytes.length;
    this.#bytesSince += bytes.length;
    return accept(frameOf(taken.value, header, opened));
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}

function frameOf(taken: Taken, header: FrameHeader, { body, digest }: Opened): IncomingFrame {
  return {
    what: taken.what,
    link: taken.link,
    sequence: taken.sequence,
    path: header.path,
    origin: header.origin,
    batch: body,
    digest,
  };
}

// The receiving end of an edge: takes each frame once and in order, and acknowledges what the cell is done with.
//
// One link per incarnation of the cell before; each is numbered from 0. A frame of a new link that repeats a batch which
// an older link already brought is not processed again: it is discharged when the first one is.
//
// INVARIANT 1: on a link exactly the next frame is accepted: nothing skipped, nothing twice, nothing moved.
// INVARIANT 2: an acknowledgement covers only frames whose every consequence is discharged: all outputs acknowledged
//   downstream, or none made, or durable at a sink.
// INVARIANT 3: a batch (path, origin) is processed once in the life of this cell, whoever sends it. Within one link a
//   repeated or older origin is a replay and refused: only a re-placed cell has a reason to repeat.
import { accept, type Result, refuse } from "../base/index.ts";
import type { FrameHeader } from "./frame.ts";
import { Queue } from "./queue.ts";

export interface Taken {
  readonly what: "process" | "repeat" | "end";
  readonly link: number;
  readonly sequence: number;
}

const pending = 0;
const discharged = 1;
const repeated = 2;

interface LinkState {
  readonly incarnation: number;
  expected: number;
  acknowledged: number;
  /** States of the frames from `acknowledged` on, with path and origin for those that carry a batch. */
  readonly window: Queue<{ state: number; readonly path: number; readonly origin: number }>;
  /** By path: the last origin on this link, -1 for none. */
  readonly lastOrigin: number[];
  ended: boolean;
}

export class EdgeReceiver {
  readonly #paths: number;
  /** By path: the newest origin taken for processing, and the newest whose consequences are discharged. */
  readonly #taken: number[];
  readonly #discharged: number[];
  #former: LinkState[] = [];
  #link: LinkState;

  /** `before`: per path the last batch whose consequences are durable from before this cell. */
  constructor(
    incarnation: number,
    paths: number,
    before: readonly { readonly path: number; readonly origin: number }[] = [],
  ) {
    this.#paths = paths;
    this.#taken = new Array(paths).fill(-1);
    for (const { path, origin } of before) if (path < paths) this.#taken[path] = Math.max(this.#taken[path]!, origin);
    this.#discharged = [...this.#taken];
    this.#link = newLink(incarnation, paths);
  }

  get incarnation(): number {
    return this.#link.incarnation;
  }
  /** The next frame that is accepted: told to the sender when it connects again. */
  get expected(): number {
    return this.#link.expected;
  }
  /** Every frame of the present link before this one is discharged. */
  get acknowledged(): number {
    return this.#link.acknowledged;
  }
  get ended(): boolean {
    return this.#link.ended;
  }
  /** Frames taken and not yet discharged, former links included. */
  get outstanding(): number {
    return [...this.#former, this.#link].reduce((sum, link) => sum + link.expected - link.acknowledged, 0);
  }

  /** Asked before a body is opened, so that refusing costs nothing. */
  check(header: FrameHeader): Result<void> {
    const link = this.#link;
    if (header.sequence < link.expected) return refuse("frame-replayed", { detail: `frame ${header.sequence}` });
    if (header.sequence > link.expected) {
      return refuse("frame-out-of-order", { detail: `frame ${header.sequence}, expected ${link.expected}` });
    }
    if (link.ended) return refuse("frame-after-end");
    return accept(undefined);
  }

  /** An authentic data or end frame that `check` let pass. */
  take(header: FrameHeader): Result<Taken> {
    const checked = this.check(header);
    if (!checked.ok) return checked;
    const link = this.#link;
    const { sequence, path, origin } = header;
    if (header.type === "end") {
      link.ended = true;
      link.expected++;
      link.window.push({ state: pending, path: -1, origin: -1 });
      return accept({ what: "end", link: link.incarnation, sequence });
    }
    if (path >= this.#paths) return refuse("frame-malformed", { detail: `path ${path} of ${this.#paths}` });
    if (origin <= link.lastOrigin[path]!)
      return refuse("frame-replayed", { detail: `batch ${origin} on path ${path}` });
    link.lastOrigin[path] = origin;
    link.expected++;
    if (origin <= this.#taken[path]!) {
      link.window.push({ state: repeated, path, origin });
      this.#advance(link);
      return accept({ what: "repeat", link: link.incarnation, sequence });
    }
    this.#taken[path] = origin;
    link.window.push({ state: pending, path, origin });
    return accept({ what: "process", link: link.incarnation, sequence });
  }

  /** The cell is done with that frame. */
  discharge(incarnation: number, sequence: number): void {
    const link =
      incarnation === this.#link.incarnation ? this.#link : this.#former.find((old) => old.incarnation === incarnation);
    const entry = link?.window.at(sequence - link.acknowledged);
    if (link === undefined || entry === undefined || sequence < link.acknowledged) return;
    entry.state = discharged;
    this.#advance(link);
    if (link === this.#link) return;
    if (link.acknowledged === link.expected) this.#former = this.#former.filter((old) => old !== link);
    for (const old of this.#former) this.#advance(old);
    this.#advance(this.#link);
  }

  /** The cell before was re-placed: from now on only its new incarnation is heard, under a new key. */
  relink(incarnation: number): Result<void> {
    if (incarnation <= this.#link.incarnation) {
      return refuse("incarnation-outdated", { detail: `${incarnation}, present is ${this.#link.incarnation}` });
    }
    if (this.#link.acknowledged < this.#link.expected) this.#former.push(this.#link);
    this.#link = newLink(incarnation, this.#paths);
    return accept(undefined);
  }

  #advance(link: LinkState): void {
    while (link.acknowledged < link.expected) {
      const entry = link.window.at(0)!;
      if (entry.state === pending) break;
      if (entry.state === repeated && this.#discharged[entry.path]! < entry.origin) break;
      if (entry.path >= 0 && this.#discharged[entry.path]! < entry.origin) this.#discharged[entry.path] = entry.origin;
      link.acknowledged++;
      link.window.shift();
    }
  }
}

function newLink(incarnation: number, paths: number): LinkState {
  const lastOrigin: number[] = new Array(paths).fill(-1);
  return { incarnation, expected: 0, acknowledged: 0, window: new Queue(), lastOrigin, ended: false };
}

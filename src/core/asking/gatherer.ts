// A data aggregator (SEP2P §5.2, node role 6): the cell `gather-i`. Counts what comes under its own tags, each once, and hands on one part.
//
// INVARIANT 1: a tag counts once, whatever comes under it, and from whomever.
// INVARIANT 2: it hands on one part, when `find` has ended, and never anything less.
// INVARIANT 3: what cannot be opened, or comes under no tag, fills the quota of the forwarder that brings it, and of that only so much as it
//   passes on from whoever sent it (passing-quota.ts).
import {
  accept,
  type Digest,
  type Hasher,
  type NodeId,
  type Result,
  refuse,
  toHex,
  type VertexId,
} from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import type { Tally } from "../terms/index.ts";
import { limits } from "./limits.ts";
import { decodeContribution } from "./messages.ts";
import { Quota } from "./quota.ts";
import { contributionContext, type Opener, uses } from "./sealing.ts";
import { gathererOf, hashOfTag, tagHashBytes } from "./tags.ts";

export interface GathererConfig {
  readonly hasher: Hasher;
  /** Holds the cell's own fresh key. */
  readonly opener: Opener;
  readonly round: Digest;
  readonly cell: VertexId;
  /** Its own place among the gatherers, from 0, and how many they are. */
  readonly place: number;
  readonly gatherers: number;
  /** It took the place of a cell that is gone. */
  readonly standsIn?: boolean;
  readonly tally: Tally;
}

export class Gatherer {
  readonly #config: GathererConfig;
  /** By tag's hash: has its message come? */
  readonly #tags = new Map<string, boolean>();
  readonly #waiting = new Map<string, { readonly from: NodeId; readonly contribution: Uint8Array }>();
  readonly #junk = new Quota(limits.maxJunkPerSender);
  #counted = 0;
  /** Of all gatherers' tags. */
  #heardTags = false;
  #ended = false;

  constructor(config: GathererConfig) {
    this.#config = config;
  }

  /** From the edge that comes from `find`: all tags, of which its own matter. */
  addTags(hashes: readonly Uint8Array[]): void {
    const { hasher, round, place, gatherers } = this.#config;
    this.#heardTags ||= hashes.length > 0;
    for (const hash of hashes) {
      if (hash.length !== tagHashBytes || gathererOf(hasher, hash, round, gatherers) !== place) continue;
      const name = toHex(hash);
      if (this.#tags.has(name)) continue;
      this.#tags.set(name, false);
      const waiting = this.#waiting.get(name);
      if (waiting === undefined) continue;
      this.#waiting.delete(name);
      this.#junk.forgive(waiting.from);
      // A stranger's bytes: what is no contribution has nobody left to tell.
      this.#count(name, waiting.contribution);
    }
  }

  /** `from`: the forwarder that brought it. */
  deliver(from: NodeId, sealed: Uint8Array, nowMs: number): Result<void> {
    const { opener, round, cell, hasher, place, gatherers } = this.#config;
    if (this.#ended) return refuse("ask-over", { blame: from });
    const heard = this.#junk.check(from, nowMs);
    if (!heard.ok) return heard;
    const opened = opener.open(uses.contribution, contributionContext(round, cell), sealed);
    if (!opened.ok) return this.#asJunk(from, nowMs, opened);
    const read = decodeContribution(opened.value);
    if (!read.ok) return this.#asJunk(from, nowMs, read);
    const hash = hashOfTag(hasher, read.value.tag);
    if (gathererOf(hasher, hash, round, gatherers) !== place)
      return this.#asJunk(from, nowMs, refuse("ask-tag-unknown"));
    const name = toHex(hash);
    const state = this.#tags.get(name);
    // A person may be called again while her first message is on its way: no fault of whoever brings the second.
    if (state === true) return refuse("ask-tag-used");
    if (state === false) return this.#count(name, read.value.contribution);
    if (this.#waiting.has(name)) return refuse("ask-tag-used");
    if (this.#waiting.size >= limits.maxWaiting) return this.#asJunk(from, nowMs, refuse("ask-tag-unknown"));
    // Tags come over an edge of their own, and may be later. Until then it may as well be junk.
    this.#asJunk(from, nowMs, refuse("ask-tag-unknown"));
    this.#waiting.set(name, { from, contribution: read.value.contribution });
    return accept(undefined);
  }

  /** Before it has heard any, that nothing is missing means nothing: whoever asks is not answered, and asks again. */
  get hasHeardTags(): boolean {
    return this.#heardTags;
  }

  /** Hashes of its own tags whose message has not come, from so many on. */
  missing(from: number): { readonly tags: Uint8Array; readonly next?: number } {
    const tags: string[] = [];
    let at = 0;
    let next: number | undefined;
    for (const [name, has] of this.#tags) {
      if (at++ < from || has) continue;
      if (tags.length === limits.missingPerPage) {
        next = at - 1;
        break;
      }
      tags.push(name);
    }
    const bytes = new Uint8Array(tags.length * tagHashBytes);
    for (const [i, name] of tags.entries())
      for (let j = 0; j < tagHashBytes; j++)
        bytes[i * tagHashBytes + j] = Number.parseInt(name.slice(2 * j, 2 * j + 2), 16);
    return next === undefined ? { tags: bytes } : { tags: bytes, next };
  }

  /** `find` has ended. Its part, the first time; afterwards, and of whom it never heard, nothing. */
  end(coins: Coins): Uint8Array | null {
    if (this.#ended) return null;
    this.#ended = true;
    this.#waiting.clear();
    // The cell before it had the tags, and `find` had ended when that was gone: a part of nobody would pass for a whole one.
    if (this.#config.standsIn === true && !this.#heardTags) return null;
    return this.#config.tally.part(this.#tags.size - this.#counted, coins);
  }

  #count(name: string, contribution: Uint8Array): Result<void> {
    this.#tags.set(name, true);
    const added = this.#config.tally.add(contribution);
    if (added.ok) this.#counted++;
    return added;
  }

  #asJunk<T>(from: NodeId, nowMs: number, refusal: Result<T>): Result<T> {
    this.#junk.count(from, nowMs);
    return refusal;
  }
}

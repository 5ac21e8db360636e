// A data aggregator (SEP2P §5.2, node role 6): the cell `gather-i`. Counts what comes under its own tags, each once, and hands on one part.
//
// INVARIANT 1: a tag counts once, whatever comes under it, and from whomever.
// INVARIANT 2: it hands on one part, when `find` has ended, and never anything less; none unless it had all its tags.
// INVARIANT 3: what cannot be opened, or comes under no tag, fills the quota of the forwarder that brings it, and of that only so much as it
//   passes on from whoever sent it (passing-quota.ts).
import {
  accept,
  type Digest,
  fromHex,
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
import { gathererOf, hashOfTag, readLastRecord, tagHashBytes } from "./tags.ts";

export interface GathererConfig {
  readonly hasher: Hasher;
  /** Holds the cell's own fresh key. */
  readonly opener: Opener;
  readonly round: Digest;
  readonly cell: VertexId;
  /** Its own place among the gatherers, from 0, and how many they are. */
  readonly place: number;
  readonly gatherers: number;
  /** No more tags than this are any gatherer's. */
  readonly maximumPeople: number;
  readonly tally: Tally;
}

export class Gatherer {
  readonly #config: GathererConfig;
  /** By tag's hash: has its message come? Most are blanks, whose never will. */
  readonly #tags = new Map<string, boolean>();
  /** Hashes of those that have, in their order. */
  readonly #come: Uint8Array[] = [];
  readonly #waiting = new Map<string, { readonly from: NodeId; readonly contribution: Uint8Array }>();
  readonly #junk = new Quota(limits.maxJunkPerSender);
  #counted = 0;
  /** How many people it has to hear of, with `find`'s noise; null until all tags are there. */
  #asked: number | null = null;
  #ended = false;

  constructor(config: GathererConfig) {
    this.#config = config;
  }

  /** From the edge that comes from `find`: all tags, of which its own matter, then how many people it has to hear of. */
  addTags(records: Iterable<Uint8Array>): void {
    const { hasher, round, place, gatherers, maximumPeople } = this.#config;
    for (const hash of records) {
      // When another has stood in for somebody, all comes once more.
      this.#asked ??= readLastRecord(hash, gatherers)?.[place] ?? null;
      if (hash.length !== tagHashBytes || gathererOf(hasher, hash, round, gatherers) !== place) continue;
      const name = toHex(hash);
      if (this.#tags.has(name) || this.#tags.size >= maximumPeople) continue;
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

  /** Hashes of its own tags whose message has come, after the first so many. */
  come(from: number): { readonly from: number; readonly tags: Uint8Array } {
    const page = this.#come.slice(from, from + limits.comePerPage);
    const tags = new Uint8Array(page.length * tagHashBytes);
    for (const [i, hash] of page.entries()) tags.set(hash, i * tagHashBytes);
    return { from, tags };
  }

  /** `find` has ended. Its part, the first time; afterwards, and of whom it never heard, nothing. */
  end(coins: Coins): Uint8Array | null {
    if (this.#ended) return null;
    this.#ended = true;
    this.#waiting.clear();
    // `find` asked nobody, or was gone before all tags were out; or the cell before this one had them, and `find` has ended. A part of
    // nobody would pass for a whole one.
    if (this.#asked === null) return null;
    return this.#config.tally.part(this.#asked - this.#counted, coins);
  }

  #count(name: string, contribution: Uint8Array): Result<void> {
    this.#tags.set(name, true);
    this.#come.push(fromHex(name));
    const added = this.#config.tally.add(contribution);
    if (added.ok) this.#counted++;
    return added;
  }

  #asJunk<T>(from: NodeId, nowMs: number, refusal: Result<T>): Result<T> {
    this.#junk.count(from, nowMs);
    return refusal;
  }
}

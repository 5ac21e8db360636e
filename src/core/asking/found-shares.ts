// What a finder has heard of the index, by key and label, until it is put together.
//
// INVARIANT 1: of one holder one share of one label, with the point that this holder has: so a label has no more shares than holders, and
//   no holder takes the place of another's.
// INVARIANT 2: labels that only one holder speaks of, or two, fill that holder's part of the room: as many shares as suffice come from
//   holders that do not lie together, so what a liar invents leaves room for what the others tell.
import type { NodeId } from "../base/index.ts";
import type { Share } from "../sharing/index.ts";
import { limits } from "./limits.ts";

export interface FoundShare extends Share {
  readonly holder: NodeId;
}

interface FoundLabel {
  readonly shares: FoundShare[];
  /** Whose part of the room it takes; null: enough holders speak of it. */
  owedBy: NodeId | null;
}

export class FoundShares {
  readonly #maxLabels: number;
  /** By key and label; null: they were put together. */
  readonly #byKey = new Map<string, Map<string, FoundLabel | null>>();
  readonly #owed = new Map<NodeId, number>();
  #maxOwed: number;
  #labels = 0;

  constructor(maxLabels: number = limits.maxLabels) {
    this.#maxLabels = maxLabels;
    this.#maxOwed = maxLabels;
  }

  get labels(): number {
    return this.#labels;
  }

  /** So many may be asked: the room is theirs in equal parts. */
  divideAmong(holders: number): void {
    this.#maxOwed = Math.floor(this.#maxLabels / Math.max(1, holders));
  }

  /** `point`: which share of the key this holder has. Whether it was of any use: what a liar adds is not. */
  keep(key: string, label: string, share: FoundShare, point: number | undefined): boolean {
    if (share.point !== point) return false;
    const labels = this.#byKey.get(key) ?? new Map<string, FoundLabel | null>();
    this.#byKey.set(key, labels);
    const found = labels.get(label);
    if (found === null) return true;
    if (found !== undefined) return this.#add(found, share);
    const { holder } = share;
    const owed = this.#owed.get(holder) ?? 0;
    if (this.#labels >= this.#maxLabels || owed >= this.#maxOwed) return false;
    this.#labels++;
    this.#owed.set(holder, owed + 1);
    labels.set(label, { shares: [share], owedBy: holder });
    return true;
  }

  #add(found: FoundLabel, share: FoundShare): boolean {
    if (found.shares.length >= limits.maxSharesPerLabel) return false;
    if (found.shares.some(({ holder }) => holder === share.holder)) return false;
    found.shares.push(share);
    const { owedBy } = found;
    if (owedBy !== null && new Set(found.shares.map(({ point }) => point)).size >= limits.needed) {
      this.#owed.set(owedBy, this.#owed.get(owedBy)! - 1);
      found.owedBy = null;
    }
    return true;
  }

  /** Tries every label of the key that was not put together before. Whether one of them could not be. */
  join(key: string, attempt: (shares: readonly Share[]) => boolean): boolean {
    const labels = this.#byKey.get(key);
    if (labels === undefined) return false;
    let failed = false;
    for (const [label, found] of labels) {
      if (found === null) continue;
      if (attempt(found.shares)) labels.set(label, null);
      else failed = true;
    }
    return failed;
  }

  clear(): void {
    this.#byKey.clear();
  }
}

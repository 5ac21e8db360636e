// The simulated network: per-link delay, loss, duplication and reordering, and partitions. It decides when copies of a
// message arrive; it never looks inside.
import { assert } from "../../core/base/index.ts";
import type { Random } from "./random.ts";

export type Delay =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  /** Exponential tail above a floor, cut at maxMs: what a wide-area link looks like. */
  | { readonly kind: "exponential"; readonly minMs: number; readonly meanMs: number; readonly maxMs: number };

export interface LinkQuality {
  readonly delay: Delay;
  /** Probability that a message is lost. */
  readonly loss: number;
  /** Probability that a message arrives twice. */
  readonly duplication: number;
  /** Probability that a message may overtake, or be overtaken by, others of its link; else the link keeps order. */
  readonly reorder: number;
}

export const calmLink: LinkQuality = {
  delay: { kind: "uniform", minMs: 5, maxMs: 20 },
  loss: 0,
  duplication: 0,
  reorder: 0,
};

export const roughLink: LinkQuality = {
  delay: { kind: "exponential", minMs: 5, meanMs: 40, maxMs: 2_000 },
  loss: 0.05,
  duplication: 0.02,
  reorder: 0.1,
};

/** Links are numbered `from * linkStride + to`: far above any simulated population. */
const linkStride = 1 << 22;

export class SimulatedNetwork {
  private readonly links = new Map<number, LinkQuality>();
  private readonly lastArrivalMs = new Map<number, number>();
  private groups: Map<number, number> | null = null;
  private quality: LinkQuality;
  private readonly random: Random;

  constructor(quality: LinkQuality, random: Random) {
    this.quality = quality;
    this.random = random;
  }

  /** Of every link that has no quality of its own. */
  setQuality(quality: LinkQuality): void {
    this.quality = quality;
  }

  /** One direction of one link; null returns it to the common quality. */
  setLink(from: number, target: number, quality: LinkQuality | null): void {
    assert(from < linkStride && target < linkStride, "too many nodes");
    if (quality === null) this.links.delete(from * linkStride + target);
    else this.links.set(from * linkStride + target, quality);
  }

  /** Only nodes of one set reach each other. Nodes in no set form one more set together. */
  partition(sets: readonly (readonly number[])[]): void {
    this.groups = new Map();
    sets.forEach((set, group) => {
      for (const index of set) this.groups!.set(index, group);
    });
  }

  heal(): void {
    this.groups = null;
  }

  reachable(from: number, target: number): boolean {
    return this.groups === null || this.groups.get(from) === this.groups.get(target);
  }

  /** How many copies arrive: 0 lost, 1, or 2 doubled. */
  copies(from: number, target: number): number {
    const quality = this.qualityOf(from, target);
    if (this.random.chance(quality.loss)) return 0;
    return this.random.chance(quality.duplication) ? 2 : 1;
  }

  /** When a copy sent now arrives. */
  arrivalMs(from: number, target: number, nowMs: number): number {
    const quality = this.qualityOf(from, target);
    const arrivalMs = nowMs + this.delayMs(quality.delay);
    if (quality.reorder >= 1 || this.random.chance(quality.reorder)) return arrivalMs;
    const link = from * linkStride + target;
    const orderedMs = Math.max(arrivalMs, this.lastArrivalMs.get(link) ?? 0);
    this.lastArrivalMs.set(link, orderedMs);
    return orderedMs;
  }

  private qualityOf(from: number, target: number): LinkQuality {
    return this.links.size === 0 ? this.quality : (this.links.get(from * linkStride + target) ?? this.quality);
  }

  private delayMs(delay: Delay): number {
    switch (delay.kind) {
      case "fixed":
        return delay.ms;
      case "uniform":
        return delay.minMs + this.random.unit() * (delay.maxMs - delay.minMs);
      case "exponential":
        return Math.min(delay.maxMs, delay.minMs - Math.log(1 - this.random.unit()) * (delay.meanMs - delay.minMs));
    }
  }
}

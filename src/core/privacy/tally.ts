// Adding up contributions: clipped, bounded per owner, whole numbers only. This is what makes the sensitivity true, so the cell
// does it whatever the owners' nodes did before. An owner who sends more than the plan allows is cut off, not believed.
//
// The caller sees to it that each owner is added once (edges deliver every batch once), and calls `checkSums` for as many
// owners as may come. What was dropped is counted for the operator of the cell; it is not noised and must not leave it.
import { assert } from "../base/index.ts";
import { limits } from "./limits.ts";
import { PackedSums } from "./packed-sums.ts";
import { type Contribution, checkSums, type Measure } from "./sensitivity.ts";

export class Tally {
  readonly owners: Float64Array;
  readonly records: Float64Array;
  readonly sums: Float64Array;
  readonly #bounds: Contribution;
  readonly #mostOwners: number;
  /** Which owner was last seen in a group, and with how many records. */
  readonly #last: Float64Array;
  readonly #held: Uint32Array;
  readonly #packed: PackedSums | undefined;
  #ownersAdded = 0;
  #dropped = 0;

  constructor(bounds: Contribution, groups: number, mostOwners: number) {
    assert(groups >= 1 && groups <= limits.maxGroups, "as many groups as a result may have");
    assert(checkSums(bounds, mostOwners).ok, "sums stay exact: checkSums was called");
    this.#bounds = bounds;
    this.#mostOwners = mostOwners;
    this.owners = new Float64Array(groups);
    this.records = new Float64Array(groups);
    this.sums = new Float64Array(groups);
    this.#last = new Float64Array(groups);
    this.#held = new Uint32Array(groups);
    this.#packed = PackedSums.fits(bounds, groups) ? new PackedSums(bounds, groups) : undefined;
  }

  get ownersAdded(): number {
    return this.#ownersAdded;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Owners one after the other: the records of owner i are those from ends[i − 1] up to ends[i]. */
  add(ends: Uint32Array, groups: Uint32Array, values: Float64Array): void {
    assert(this.#ownersAdded + ends.length <= this.#mostOwners, "no more owners than planned for");
    assert(
      groups.length === values.length && (ends.at(-1) ?? 0) <= groups.length,
      "each record has a group and a value",
    );
    if (this.#bounds.groupsPerOwner === 1 && this.#bounds.recordsPerGroup === 1) this.#addSingles(ends, groups, values);
    else this.#addMany(ends, groups, values);
  }

  /** One record of each owner: the commonest case, and the fast one. */
  addEach(groups: Uint32Array, values: Int32Array): void {
    assert(this.#ownersAdded + values.length <= this.#mostOwners, "no more owners than planned for");
    assert(groups.length === values.length, "each record has a group and a value");
    const packed = this.#packed;
    const step = packed?.block ?? 65_536;
    for (let from = 0; from < values.length; from += step) {
      const to = Math.min(values.length, from + step);
      if (packed?.add(groups, values, from, to)) {
        this.#dropped += to - from - packed.unpack(this);
        this.#ownersAdded += to - from;
      } else {
        const ends = Uint32Array.from({ length: to - from }, (_, i) => i + 1);
        this.#addSingles(ends, groups.subarray(from, to), values.subarray(from, to));
      }
    }
  }

  /** The common case: one record of each owner counts. */
  #addSingles(ends: Uint32Array, groups: Uint32Array, values: Float64Array | Int32Array): void {
    const { lower, upper } = this.#bounds;
    const { owners, records, sums } = this;
    const count = owners.length;
    let [from, dropped] = [0, 0];
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i]!;
      if (from < end) {
        const group = groups[from]!;
        if (group < count) {
          const value = values[from]!;
          sums[group]! += value >= lower ? (value <= upper ? Math.floor(value) : upper) : lower; // not a number: lower
          owners[group]!++;
          records[group]!++;
        } else dropped++;
        dropped += end - from - 1;
        from = end;
      }
    }
    this.#dropped += dropped;
    this.#ownersAdded += ends.length;
  }

  #addMany(ends: Uint32Array, groups: Uint32Array, values: Float64Array): void {
    const { lower, upper, groupsPerOwner, recordsPerGroup } = this.#bounds;
    const { owners, records, sums } = this;
    let at = 0;
    for (const end of ends) {
      const owner = ++this.#ownersAdded;
      let inGroups = 0;
      for (; at < end; at++) {
        const group = groups[at]!;
        if (group >= owners.length) {
          this.#dropped++;
          continue;
        }
        if (this.#last[group] !== owner) {
          if (inGroups === groupsPerOwner) {
            this.#dropped++;
            continue;
          }
          inGroups++;
          this.#last[group] = owner;
          this.#held[group] = 0;
          owners[group]!++;
        } else if (this.#held[group] === recordsPerGroup) {
          this.#dropped++;
          continue;
        }
        this.#held[group]!++;
        records[group]!++;
        const value = values[at]!;
        sums[group]! += value >= lower ? (value <= upper ? Math.floor(value) : upper) : lower;
      }
    }
  }

  /** Σ (2v − lower − upper) in each group, from what was added. */
  centred(): Float64Array {
    const middle = this.#bounds.lower + this.#bounds.upper;
    return this.sums.map((sum, group) => 2 * sum - middle * this.records[group]!);
  }

  totals(measure: Measure): Float64Array {
    if (measure === "centred") return this.centred();
    return Float64Array.from(measure === "sum" ? this.sums : this[measure]);
  }
}

// The key of a row: 64 bits of its contents. Equal rows have equal keys, whatever the order of the columns and whether
// a newer export has more (empty) ones, so that importing an export again, or a later one that overlaps, adds only what
// is new. Salted per pod: a file cannot be made to collide with rows it does not know. Not a cryptographic digest: who
// chooses the file can only make her own rows be taken for each other.
export class RowKeys {
  readonly #seedsHigh: Uint32Array;
  readonly #seedsLow: Uint32Array;
  #sumHigh = 0;
  #sumLow = 0;
  high = 0;
  low = 0;

  constructor(columns: readonly string[], salt: readonly [number, number]) {
    this.#seedsHigh = new Uint32Array(columns.length);
    this.#seedsLow = new Uint32Array(columns.length);
    columns.forEach((name, index) => {
      this.#mix(name, salt[0] | 0, salt[1] | 0);
      this.#seedsHigh[index] = this.high;
      this.#seedsLow[index] = this.low;
    });
  }

  /** Of the cells as they are kept; absent ones do not count. The key is then in `high` and `low`. */
  of(cells: readonly (string | null)[]): void {
    this.start();
    cells.forEach((text, column) => {
      if (text !== null) this.cell(text, column);
    });
    this.end();
  }

  /** The same, cell by cell: the sum does not mind their order. Which column a text stands in makes a difference. */
  start(): void {
    this.#sumHigh = 0x2545f491;
    this.#sumLow = 0x4f6cdd1d;
  }

  /** Its part of the sum is then in `high` and `low`. */
  cell(text: string, column: number): void {
    this.#mix(text, this.#seedsHigh[column]!, this.#seedsLow[column]!);
    this.part(this.high, this.low);
  }

  /** A cell that was met before. */
  part(high: number, low: number): void {
    this.#sumHigh = (this.#sumHigh + high) | 0;
    this.#sumLow = (this.#sumLow + low) | 0;
  }

  end(): void {
    this.high = this.#sumHigh >>> 0;
    this.low = this.#sumLow >>> 0;
  }

  /** The key of the nth row of equal contents in one file: two equal purchases on one day are two. */
  again(nth: number): void {
    this.high = Math.imul(this.high ^ Math.imul(nth, 0x9e3779b1), 0x85ebca6b) >>> 0;
    this.low = Math.imul(this.low ^ Math.imul(nth, 0xc2b2ae35), 0x27d4eb2f) >>> 0;
  }

  #mix(text: string, seedHigh: number, seedLow: number): void {
    let high = 0xdeadbeef ^ seedHigh;
    let low = 0x41c6ce57 ^ seedLow;
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at);
      high = Math.imul(high ^ c, 2_654_435_761);
      low = Math.imul(low ^ c, 1_597_334_677);
      low = (low << 13) | (low >>> 19);
    }
    high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
    low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
    this.high = high >>> 0;
    this.low = low >>> 0;
  }
}

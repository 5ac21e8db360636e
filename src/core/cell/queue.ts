// A queue over a ring of slots. What is taken out is forgotten at once: an array that is cut now and then holds on to what has left
// it, and to what its outgrown copies hold, until the collector has moved and looked through all of that.
export class Queue<T> {
  #slots: (T | undefined)[] = new Array(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  /** The oldest is number 0. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return item;
  }

  /** A copy of all but the oldest `skipped`. */
  after(skipped: number): T[] {
    return Array.from({ length: Math.max(0, this.#length - skipped) }, (_, i) => this.at(skipped + i)!);
  }

  /** To twice as many: their number is a power of two. */
  #grow(): void {
    const slots = this.after(0);
    this.#slots = [...slots, ...new Array(slots.length).fill(undefined)];
    this.#head = 0;
  }
}

// What is still to happen: a binary heap by time, and by order of scheduling among equals, so that a run has one order.

export class EventQueue<T> {
  private times: number[] = [];
  private orders: number[] = [];
  private items: T[] = [];
  private scheduled = 0;

  get size(): number {
    return this.items.length;
  }

  /** Time of the next item; Infinity when there is none. */
  get nextMs(): number {
    return this.times.length === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  push(atMs: number, item: T): void {
    const order = this.scheduled++;
    let hole = this.items.length;
    this.times.push(atMs);
    this.orders.push(order);
    this.items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.times[parent]! <= atMs) break; // an equal parent was scheduled earlier: it stays above
      this.move(parent, hole);
      hole = parent;
    }
    this.place(hole, atMs, order, item);
  }

  pop(): T | undefined {
    if (this.items.length === 0) return undefined;
    const first = this.items[0];
    const atMs = this.times.pop()!;
    const order = this.orders.pop()!;
    const item = this.items.pop()!;
    const size = this.items.length;
    if (size === 0) return first;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && this.before(child + 1, this.times[child]!, this.orders[child]!)) child++;
      if (!this.before(child, atMs, order)) break;
      this.move(child, hole);
      hole = child;
    }
    this.place(hole, atMs, order, item);
    return first;
  }

  private before(index: number, atMs: number, order: number): boolean {
    const time = this.times[index]!;
    return time < atMs || (time === atMs && this.orders[index]! < order);
  }

  private move(from: number, target: number): void {
    this.times[target] = this.times[from]!;
    this.orders[target] = this.orders[from]!;
    this.items[target] = this.items[from]!;
  }

  private place(index: number, atMs: number, order: number, item: T): void {
    this.times[index] = atMs;
    this.orders[index] = order;
    this.items[index] = item;
  }
}

// Room for receipts, shared by the cells of a query. When it is full, the cell that holds most gives way to one that holds
// less, with its newest first: what comes in which order does not decide who is heard.
//
// INVARIANT: a cell that holds no more than an equal share never gives way.

export interface RoomBounds {
  readonly bytes: number;
  readonly bytesPerCell: number;
  readonly itemsPerCell: number;
}

interface Share<T> {
  bytes: number;
  readonly items: { readonly item: T; readonly bytes: number }[];
}

export class Room<T> {
  readonly #bounds: RoomBounds;
  readonly #shares = new Map<string, Share<T>>();
  #bytes = 0;

  constructor(bounds: RoomBounds) {
    this.#bounds = bounds;
  }

  /** What there is no room for, now that `item` has come: perhaps `item` itself. */
  take(cell: string, item: T, bytes: number): T[] {
    const own = this.#shares.get(cell) ?? { bytes: 0, items: [] };
    if (own.bytes + bytes > this.#bounds.bytesPerCell || own.items.length >= this.#bounds.itemsPerCell) return [item];
    const gone: T[] = [];
    while (this.#bytes + bytes > this.#bounds.bytes) {
      const most = [...this.#shares.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
      if (most.bytes <= own.bytes + bytes) return [...gone, item];
      const newest = most.items.pop()!;
      most.bytes -= newest.bytes;
      this.#bytes -= newest.bytes;
      gone.push(newest.item);
    }
    own.items.push({ item, bytes });
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#shares.set(cell, own);
    return gone;
  }
}

// Receipts kept in memory, for cells without a data folder: tests and benchmarks. The plain twin of receipt-store.ts.
import type { QueryId } from "../../core/base/index.ts";
import type { SigningCell } from "../../core/cell/index.ts";
import {
  compareCursors,
  isSegmentFull,
  type KeptReceipt,
  keptSegments,
  pageOf,
  type ReceiptReaders,
  type ReceiptStore,
} from "../../core/cell/index.ts";

interface MemoryCell extends SigningCell {
  segments: KeptReceipt[][];
  readonly closings: KeptReceipt[];
}

export function createMemoryReceipts(): ReceiptStore {
  const queries = new Map<QueryId, { readonly readers: ReceiptReaders; readonly cells: MemoryCell[] }>();
  const find = ({ query, vertex, incarnation }: SigningCell) =>
    queries.get(query)?.cells.find((cell) => cell.vertex === vertex && cell.incarnation === incarnation);

  function kept({ vertex, incarnation, segments, closings }: MemoryCell) {
    const window = segments.flat();
    const before = closings.filter(({ sequence }) => sequence < (window[0]?.sequence ?? Number.POSITIVE_INFINITY));
    return [...before, ...window].map((receipt) => ({ ...receipt, vertex, incarnation }));
  }
  const all = (query: QueryId) => (queries.get(query)?.cells ?? []).flatMap(kept).sort(compareCursors);

  return {
    open(cell, readers) {
      const query = queries.get(cell.query) ?? { readers, cells: [] };
      queries.set(cell.query, query);
      const own: MemoryCell = find(cell) ?? { ...cell, segments: [], closings: [] };
      if (!query.cells.includes(own)) query.cells.push(own);
      let bytes = 0;
      let begun = false;
      const isTurning = () => !begun || isSegmentFull(own.segments.at(-1)!.length, bytes);
      return {
        get turning() {
          return isTurning();
        },
        append(receipt, closing) {
          if (isTurning()) {
            own.segments = [...own.segments, []].slice(-keptSegments);
            bytes = 0;
            begun = true;
          }
          own.segments.at(-1)!.push(receipt);
          bytes += receipt.bytes.length;
          if (closing) own.closings.push(receipt);
        },
        keepSecret() {}, // with the process it would be gone when it is needed
        close() {},
      };
    },
    newest: (cell) => find(cell)?.segments.at(-1)?.at(-1)?.bytes,
    readers: (query) => queries.get(query)?.readers,
    page(query, from, count, bytes) {
      const rest = all(query).filter((receipt) => from === undefined || compareCursors(receipt, from) >= 0);
      return pageOf(rest, count, bytes);
    },
    count: (query) => all(query).length,
    close: () => queries.clear(),
  };
}

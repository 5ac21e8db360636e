// Did the two ends of a link sign the same? Each end's receipts at hand cover some chunks one by one, and through a past
// everything before them; so wherever both have a past at the same chunk, all batches before it are compared at once
// (docs/protocols/receipts.md).
import { receiptChunkBatches } from "../model/index.ts";
import type { LinkHistory } from "./history.ts";

export interface Comparison {
  /** Where the first difference lies: chunks `from` to before `to`. One chunk where both ends' roots are at hand. */
  readonly differs: { readonly from: number; readonly to: number } | null;
  /** Batches that both ends signed past the last chunk at which their receipts meet. */
  readonly unmatched: number;
}

export function compareEnds(sent: LinkHistory, received: LinkHistory): Comparison {
  const both = Math.floor(Math.min(sent.batches, received.batches) / receiptChunkBatches);
  const meeting = [...sent.pasts.keys()].filter((chunk) => received.pasts.has(chunk)).sort((a, b) => a - b);
  let same = 0;
  for (const chunk of meeting) {
    // A past covers all before it: from the first one that differs, all do.
    if (sent.pasts.get(chunk) !== received.pasts.get(chunk))
      return { differs: { from: same, to: chunk }, unmatched: 0 };
    same = chunk;
  }
  if (same < both) return { differs: null, unmatched: (both - same) * receiptChunkBatches };
  const openDiffers = sent.batches === received.batches && sent.openRoot !== received.openRoot;
  return { differs: openDiffers ? { from: both, to: both + 1 } : null, unmatched: 0 };
}

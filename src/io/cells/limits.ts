// Bounds of running cells, each with its reason (DESIGN §4.4).
export const limits = {
  /** Cells on one node: 16 queries of the largest plan's quarter. Each may hold a few MiB in flight. */
  maxCells: 256,
  /** Batches a sandboxed operator has been given and not answered: enough to hide the way to its worker and back. */
  maxBatchesInSandbox: 4,
  /** Frames taken from one input before the next one's turn. */
  framesPerTurn: 16,
  /** A source that never waits lets the loop breathe after so many batches. */
  batchesPerTurn: 32,
  /** Draining gives up and reports what was not delivered after this long without anything settled. */
  drainTimeoutMs: 10_000,
  /** A receipt per second: an audit is at most a second behind, and signing costs nothing measurable. */
  receiptIntervalMs: 1_000,
} as const;

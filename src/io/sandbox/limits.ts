// Bounds of the sandbox, each with its reason (DESIGN §4.4).
export const limits = {
  /** Batches on their way into one operator: enough that neither side waits for the other, few enough to stay small. */
  slots: 4,
  /** Some ten microseconds: as long as it takes to be woken. */
  looksBeforeSleep: 3_000,
  /** Batches that wait for a slot. More means that the caller ignores back pressure. */
  maxQueued: 256,
  /** Loading, compiling and configuring a body of the largest size takes well below a second. */
  startMs: 10_000,
  /** What stands in a JavaScript body outside of its functions is declarations, not work. */
  javascriptStartMs: 2_000,
  /** JavaScript is interrupted at its limit from inside; the thread's end from outside comes this much later. */
  interruptGraceMs: 150,
  /** Idle threads kept ready, so that a cell starts at once. */
  warmWorkers: 1,
  /** Heap of the thread around the sandbox: a batch of the largest size as records of JavaScript. */
  workerHeapMb: 384,
  workerYoungMb: 32,
  /** Batches that one operator may flush at its end. */
  maxEndBatches: 1_024,
  /** Explanation of a refusal. */
  maxDetailBytes: 1_000,
  /** Stack of a JavaScript body, within the stack of the QuickJS build. */
  javascriptStackBytes: 256 * 1024,
  /** Entries of all tables of a module. Compilers make one for each function whose address is taken. */
  maxTableEntries: 65_536,
  pageBytes: 65_536,
} as const;

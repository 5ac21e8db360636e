// Bounds of the pod's files and importers, each with its reason (DESIGN §4.4).
export const limits = {
  /** Read from a file at once: large enough to be fast, small enough that what it becomes stays small. */
  chunkBytes: 64 * 1024,
  /** Handed to the writer at once. */
  batchRows: 500,
  batchChars: 256 * 1024,
  /** What a crash may take, and is imported again. Each commit writes some pages once more. */
  batchesPerTransaction: 32,
  /** Batches on their way to the writer: it is not idle while the importing thread moves pages, and memory stays bounded. */
  maxBatchesUnderWay: 20,
  /** Of rows with large cells fewer are under way. */
  maxCharsUnderWay: 2 * 1024 * 1024,
  /** SQLite's page cache; an import appends, and needs few. */
  cacheKiB: 4 * 1024,
  /** A writer waits so long for another process that holds the database, such as the daemon. */
  busyTimeoutMs: 10_000,
  /** Files above this are written by a thread of their own; below, starting one takes longer than it saves. */
  threadFromBytes: 4 * 1024 * 1024,
  /** After so many bytes of the file, the importing thread moves what is written from the journal to the pod's file. */
  checkpointBytes: 8 * 1024 * 1024,
  /** The journal of a pod that is imported into: 64 MiB of pages. */
  maxJournalPages: 16_384,
  /** What a pod may compute for one question: rows of all tables that the statement joins, multiplied; this is some seconds. */
  maxQuestionWork: 4_000_000,
  /** A statement with more work than this, some milliseconds, can be interrupted, and others are asked meanwhile: for a connection of its
   * own, whose opening takes one. */
  maxWorkAtOnce: 20_000,
  /** Rows of one person's answer, all in memory at once: heart rates of some years; 60 MB. */
  maxAnswerRows: 500_000,
  /** A pod that is slower than this gives nothing. */
  answerWithinMs: 10_000,
  /** Who is asked at once takes milliseconds, and cannot be interrupted: the thread that does not come back from her is given up. A node
   * that stops waits for its thread as long. */
  answerAtOnceWithinMs: 5_000,
  /** For a statement that was interrupted to end; it is given up as well. */
  interruptedWithinMs: 2_000,
  interruptEveryMs: 50,
  /** Another process that holds a pod while nobody else can be asked: a writer does so for milliseconds. */
  askedBusyTimeoutMs: 1_000,
  /** With the thread that asks pods; the rest waits outside, and goes to the next thread when this one ends. */
  maxAskedAtOnce: 32,
  /** People of one node who wait to be asked: of a question to 10,000 all, and some more. */
  maxAskedWaiting: 16_384,
  /** Pods that stay open between questions, since opening one derives its key: 230 kB and three files each, of the 4,096 that processes
   * may usually open. */
  maxOpenPods: 512,
  /** Nobody asked for so long: the thread ends, and its memory with it. Rounds of one study come closer together. */
  openPodsIdleMs: 60_000,
  /** For another process that writes an owner's records: two seconds, where milliseconds suffice. */
  recordsAttempts: 100,
  recordsRetryMs: 20,
  /** Where a whole node waits meanwhile: a tenth of a second, then the answer is no for now. */
  recordsAttemptsAtOnce: 5,
  /** Answers that were told to whom was asked, each at most half a megabyte: a series of one every half hour for a day. */
  maxResults: 48,
  /** Messages kept for an owner to read, each of 4 KiB: who lets so many lie reads none of them. The oldest go first. */
  maxMessages: 200,
  maxKeptChars: 4_096,
  /** Journals of people who are asked in the same moment, open until the disk has them: four calls' people. Processes may usually open
   * four times as many files. */
  maxOpenRecords: 1_024,
  /** From a decision to what came of it her pod works; beyond, opening anew costs nothing beside that. */
  recordsIdleMs: 1_000,
  /** Pods that a look at a machine's health opens, at most so long: each takes milliseconds, a busy one up to `busyTimeoutMs`. */
  maxExamined: 1_000,
  examineWithinMs: 30_000,
  /** Of the beginning of a file: enough to tell its format and to infer its columns. */
  headBytes: 1024 * 1024,
  /** An entry of an archive may be so many times its packed size; XML of health exports packs to about a thirtieth. */
  maxZipRatio: 200,
  maxZipEntries: 100_000,
  /** An archive's entry that is imported, unpacked. */
  maxUnpackedBytes: 64 * 1024 * 1024 * 1024,
  /** An owner's catalogue: a megabyte of text, whatever letters it is written in. */
  maxCatalogueBytes: 4 * 1024 * 1024,
  /** Statements of banks are small; they are read whole. */
  maxWholeFileBytes: 64 * 1024 * 1024,
} as const;

// Bounds of the node's audits, each with its reason (DESIGN §4.4).
import { cellLimits } from "../../core/cell/index.ts";

export const limits = {
  /** Chunks whose leaves one audit asks for: each names a batch on a broken edge, and one is enough to break it. */
  maxLeafQuestions: 32,
  /** Settled queries whose receipts are kept; the oldest go first. */
  maxKeptQueries: 200,
  /** All of them together: five of the largest, thousands of usual ones. A node's disk is for its cells. */
  maxKeptBytes: 1024 * 1024 * 1024,
  /** Queries of which it is remembered that their receipts were dropped; an id each. */
  maxDropped: 1_000,
  /** Audits that read and judge at once: what each holds, twice over, four times, is what the auditing thread may have. */
  maxAtOnce: 4,
  /** Audits that somebody waits for, under way or waiting: more would wait longer than anybody does. */
  maxAsked: 16,
  /** Queries that have settled and wait to be read: as many as settle at once when a node with many ends. */
  maxSettled: 512,
  /** What a node has for all its pages: 32 MiB in this time are 2 Mb/s. Whoever is slower is named. */
  readWithinMs: 120_000,
  /** And for one answer. */
  answerWithinMs: 5_000,
  /** Receipts that one audit reads and one query keeps: those of a few hundred cells at one per second. */
  maxBytes: 192 * 1024 * 1024,
  /** Of these one cell: two segments of receipts and a third begun while they were read, and dozens of closings. */
  maxBytesPerCell: 24 * 1024 * 1024,
  /** The same as a number, for small receipts: looking at one costs a signature. A closing for each link. */
  maxReceiptsPerCell: 3 * cellLimits.receiptsPerSegment + cellLimits.maxLinksPerCell,
  /** A file of kept receipts: what an audit reads, and what is written around each. */
  maxKeptFileBytes: 256 * 1024 * 1024,
  /** Of what no honest node hands over (bytes that are no receipt, forged or foreign ones) so many; then it is read no further. */
  maxFalsePerNode: 256,
  /** The auditing thread: all receipts of an audit as objects and their roots by chunk, twice over. */
  maxHeapMb: 2048,
} as const;

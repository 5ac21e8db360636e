// Bounds of the node's audits, each with its reason (DESIGN §4.4).
import { cellLimits } from "../../core/cell/index.ts";

export const limits = {
  /** Chunks whose leaves one audit asks for: each names a batch on a broken edge, and one is enough to break it. */
  maxLeafQuestions: 32,
  /** Settled queries whose receipts are kept; the oldest go first. */
  maxKeptQueries: 200,
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

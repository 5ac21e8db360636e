// Bounds of pods, each with its reason (DESIGN §4.4).
export const limits = {
  /** A cell longer than this is no value that a question could be about; its row is rejected. */
  maxCellChars: 1024 * 1024,
  /** One record of a file: a quote that is never closed must not swallow the file. */
  maxRecordChars: 16 * 1024 * 1024,
  /** Deeper JSON or XML is nobody's data. */
  maxDepth: 64,
  /** SQLite takes 2,000 columns; a table that a person can read has far fewer. */
  maxColumns: 500,
  maxTables: 200,
  /** Of a table that questions name: what a question can carry in its list of columns. */
  maxAskableColumns: 64,
  /** A public list of values makes as many groups; more than a question may have groups would be of no use. */
  maxPublicValues: 4_096,
  /** Rows of the beginning from which types and units are inferred. */
  sampleRows: 2_000,
  /** The table of known rows takes 10 to 20 bytes per row in memory while importing. */
  maxRowsPerTable: 8_000_000,
  /** A side file is for a person to read. */
  maxRejectsKept: 100_000,
  /** What is shown of a rejected row. */
  maxRejectChars: 4_096,
} as const;

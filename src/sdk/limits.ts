// Bounds of what the sdk does by itself, each with its reason (DESIGN §4.4).
export const limits = {
  /** Rounds of one series: a window each minute for most of a day. Whoever wants more begins another, and looks at the first before. */
  maxWindows: 1_000,
  /** People's nodes have 20 s to answer, and a draw takes its time: more often, rounds would only wait for each other. */
  minEverySeconds: 5,
  maxEverySeconds: 7 * 86_400,
  /** A window of samples: down to a second, where what happened is looked at again, up to a year. */
  maxWindowSeconds: 366 * 86_400,
  /** Records of each source in a dry run of a dataflow: enough to fill its windows, and soon over. */
  usualTriedRecords: 1_000,
  /** As many as people in one of a question: a sandboxed operator takes some seconds for them. */
  maxTriedRecords: 100_000,
  /** Of a batch that an operator failed over, so many records are shown. */
  maxGivenRecords: 3,
  /** Of the folders that somebody may have meant: a local network has as many nodes. */
  maxFoldersTold: 8,
} as const;

// Bounds of the SQL area, each with its reason (DESIGN §4.4).
export const limits = {
  /** The longest statement of the tests is 2 KB; a list of 500 public groups is below 16 KB. */
  maxCharacters: 32 * 1024,
  /** The parser is recursive over brackets only, and lists are flat: this bounds its time, not its stack. */
  maxTokens: 4_096,
  /** Brackets, CASE and prefix operators inside each other. What people write is below ten; each level costs the parser some
   * sixty stack frames. */
  maxNesting: 32,
  /** Operators side by side make a tree as deep as they are many; SQLite refuses 1,000 levels. */
  maxExpressionDepth: 128,
  /** SELECT inside SELECT. */
  maxSelects: 8,
  maxJoins: 8,
  maxOutputs: 32,
  maxGroupKeys: 8,
  maxPublicGroups: 4_096,
  maxTargetLeaves: 64,
  /** Values of one list, of a CASE, of the arguments of a function. */
  maxListItems: 512,
  maxTextCharacters: 1_024,
  /** SQLite reads 1 MB; windows by month repeat their argument, so text can grow faster than the statement. */
  maxLocalSqlCharacters: 64 * 1024,
  /** SQLite's parser gives up at 100 entries; the statement around takes some. */
  maxParserDepth: 85,
  /** SQLite's own limit is 32,766. */
  maxBinds: 2_048,
  /** Digits of an exact number, before and after the point together. */
  maxDecimalDigits: 38,
} as const;

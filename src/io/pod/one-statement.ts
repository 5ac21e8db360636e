// Whether a text is one SQL statement. The database prepares the first of several and says nothing of the others: who asked for more would
// believe it done.

/** What may hold a semicolon that ends nothing, to its end or to that of the text, as SQLite reads it; blanks; and all else in pieces. */
const pieces =
  /'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+|[^'"`[\-/;\s]+|[\s\S]/g;

/** Semicolons and comments may follow it. */
export function isOneStatement(text: string): boolean {
  let has: "nothing" | "a statement" | "its end" = "nothing";
  for (const [piece] of text.matchAll(pieces)) {
    if (piece.trim() === "" || piece.startsWith("--") || piece.startsWith("/*")) continue;
    if (piece === ";") {
      if (has === "a statement") has = "its end";
    } else if (has === "its end") return false;
    else has = "a statement";
  }
  return true;
}

// The fragments of a page of documentation: what stands between ``` and ```, with the words before it.

export interface Fragment {
  /** `docs/guide/sql.md:8`: the line on which the fence opens. */
  readonly place: string;
  /** What the fence says that it is; empty where it says nothing. */
  readonly language: string;
  readonly text: string;
  /** The paragraph before it, on one line. */
  readonly before: string;
}

/** A fence that is not closed throws: half of the page would be a fragment. */
export function fragmentsOf(page: string, text: string): Fragment[] {
  const found: Fragment[] = [];
  const lines = text.split("\n");
  let open: { at: number; indent: string; language: string } | null = null;
  for (const [at, line] of lines.entries()) {
    const fence = /^( *)```(.*)$/.exec(line);
    if (fence === null) continue;
    const [, indent = "", language = ""] = fence;
    if (open === null) {
      open = { at, indent, language: language.trim() };
      continue;
    }
    const from = open;
    found.push({
      place: `${page}:${from.at + 1}`,
      language: from.language,
      text: `${lines
        .slice(from.at + 1, at)
        .map((inside) => (inside.startsWith(from.indent) ? inside.slice(from.indent.length) : inside))
        .join("\n")}\n`,
      before: paragraphBefore(lines, from.at),
    });
    open = null;
  }
  if (open !== null) throw new Error(`${page}:${open.at + 1}: the fence is never closed`);
  return found;
}

function paragraphBefore(lines: readonly string[], at: number): string {
  let end = at;
  while (end > 0 && lines[end - 1]!.trim() === "") end--;
  let from = end;
  while (from > 0 && lines[from - 1]!.trim() !== "") from--;
  return lines.slice(from, end).join(" ");
}

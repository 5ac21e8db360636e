// Tables that align, whatever colours are in them.

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const colourCodes = /\u001b\[\d+m/g;

export function widthOf(text: string): number {
  return [...text.replace(colourCodes, "")].length;
}

/** Headings in capitals, two blanks between columns, no trailing blanks; a column in which nothing stands is left out. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], indent = "  "): string {
  const used = headings.map((_, column) => rows.some((row) => (row[column] ?? "") !== ""));
  const all = [headings, ...rows].map((row) => row.filter((_, column) => used[column]));
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    `${indent}${row.map((text, column) => text + " ".repeat(widths[column]! - widthOf(text))).join("  ")}`.trimEnd();
  return `${all.map(line).join("\n")}\n`;
}

/** Names and values below each other. */
export function facts(pairs: readonly (readonly [string, string])[], indent = "  "): string {
  const width = Math.max(...pairs.map(([name]) => widthOf(name)));
  return pairs.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}\n`).join("");
}

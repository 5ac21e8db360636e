// A file that a person names to a command: read whole and as text, or refused in a sentence that says what to give.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export interface NamedFile {
  /** "a query": what the file is to be. */
  readonly what: string;
  /** "the query's file": what to give instead of a folder. */
  readonly whose: string;
  /** "query.yaml": how it might be called. */
  readonly example: string;
  readonly maxBytes: number;
}

/** `file`: its path, or 0, standard input. A file that cannot be opened throws as Node does, with its path. */
export function readNamedText(file: string | 0, named: NamedFile): string {
  const shown = file === 0 ? "standard input" : file;
  const bytes = readBounded(file, shown, named);
  const text = decoded(bytes);
  if (text === null) throw new Error(`${shown} is no text in UTF-8. Save it as UTF-8, or give another file.`);
  return text;
}

function readBounded(file: string | 0, shown: string, { what, whose, example, maxBytes }: NamedFile): Uint8Array {
  const open = file === 0 ? 0 : openSync(file, "r");
  try {
    if (fstatSync(open).isDirectory())
      throw new Error(`${shown} is a folder. Give ${whose}${file === 0 ? "" : `, such as ${file}/${example}`}.`);
    // Not by its size: a pipe and a device have none, and a device may have no end.
    const bytes = new Uint8Array(maxBytes + 1);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < bytes.length; filled += count)
      count = readSync(open, bytes, filled, bytes.length - filled, null);
    if (filled > maxBytes) throw new Error(`${shown} is larger than ${what} may be (${sizeText(maxBytes)}).`);
    return bytes.subarray(0, filled);
  } finally {
    if (file !== 0) closeSync(open);
  }
}

/** Null for what is no text. A letter that was guessed would be another name, and match nobody. */
function decoded(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

const sizeText = (bytes: number) => (bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / (1024 * 1024)} MiB`);

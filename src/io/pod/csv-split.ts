// Splits CSV (RFC 4180, any one-character delimiter) into records, chunk by chunk. A quoted cell may hold delimiters, line
// ends and doubled quotes. Beside the library of the field it is three times as fast, bounds a record, and gives one up
// for a stray quote instead of the file (docs/decisions/0013).
import { endianness } from "node:os";
import { podLimits } from "../../core/pods/index.ts";
import { ImportRefused } from "./refused.ts";

export type OnRecord = (cells: string[], record: number) => void;

const [quote, newline, carriage] = [34, 10, 13];
const isLittleEndian = endianness() === "LE";

export class CsvSplitter {
  readonly #delimiter: number;
  readonly #onRecord: OnRecord;
  #held = "";
  #record = 0;
  /** The characters of the text as numbers: reading one of a string takes several times as long. */
  #codes = new Uint16Array(0);

  constructor(delimiter: string, onRecord: OnRecord) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#onRecord = onRecord;
  }

  push(text: string): void {
    const all = this.#held === "" ? text : this.#held + text;
    this.#held = all.slice(this.#split(all, false));
    if (this.#held.length > podLimits.maxRecordChars) {
      throw new ImportRefused("pod-record-too-long", { detail: `record ${this.#record + 1}` });
    }
  }

  end(): void {
    if (this.#held !== "") this.#split(this.#held, true);
    this.#held = "";
  }

  /** Emits the whole records in `text`; returns how far they reach. */
  #split(text: string, last: boolean): number {
    const { length } = text;
    const codes = this.#codesOf(text);
    const delimiter = this.#delimiter;
    let done = 0;
    let at = 0;
    let cells: string[] = [];
    let count = 0;
    for (;;) {
      if (at < length && codes[at] === quote) {
        const end = endOfQuoted(text, at);
        // The quote's pair may come with the next chunk.
        if (end < 0 || (end + 1 >= length && !last)) {
          if (!last) return done;
          throw new ImportRefused("pod-record-too-long", { detail: `a quote is open in record ${this.#record + 1}` });
        }
        const inner = text.slice(at + 1, end);
        at = end + 1;
        let rest = at;
        while (rest < length && !this.#ends(codes[rest]!)) rest++;
        // Characters behind a closing quote: kept, so that the row shows what is wrong with it.
        const plain = inner.includes('"') ? inner.replaceAll('""', '"') : inner;
        cells[count++] = rest === at ? plain : plain + text.slice(at, rest);
        at = rest;
      } else {
        let end = at;
        while (end < length) {
          const c = codes[end];
          if (c === delimiter || c === newline || c === carriage) break;
          end++;
        }
        cells[count++] = text.slice(at, end);
        at = end;
      }
      if (at >= length) {
        if (!last) return done;
        this.#emit(cells);
        return length;
      }
      const c = codes[at];
      at++;
      if (c === delimiter) continue;
      if (c === carriage) {
        if (at >= length && !last) return done;
        if (at < length && codes[at] === newline) at++;
      }
      this.#emit(cells);
      cells = [];
      count = 0;
      done = at;
      if (at >= length) return length;
    }
  }

  #codesOf(text: string): Uint16Array {
    if (this.#codes.length < text.length) this.#codes = new Uint16Array(text.length * 2);
    const bytes = Buffer.from(this.#codes.buffer, 0, text.length * 2);
    bytes.write(text, "utf16le");
    if (!isLittleEndian) bytes.swap16();
    return this.#codes;
  }

  #ends(c: number): boolean {
    return c === this.#delimiter || c === newline || c === carriage;
  }

  /** A blank line is no record. */
  #emit(cells: string[]): void {
    if (cells.length === 1 && cells[0]!.trim() === "") return;
    this.#record++;
    this.#onRecord(cells, this.#record);
  }
}

/** Where the quote that closes stands; -1: not in this text. */
function endOfQuoted(text: string, open: number): number {
  for (let from = open + 1; ; ) {
    const at = text.indexOf('"', from);
    if (at < 0) return -1;
    if (text.charCodeAt(at + 1) !== quote) return at;
    from = at + 2;
  }
}

/** The delimiter that parts the first lines into equally many cells, more than one. */
export function delimiterOf(head: string): string {
  let best = { delimiter: ",", score: 0 };
  for (const delimiter of [",", ";", "\t", "|"]) {
    const counts: number[] = [];
    const splitter = new CsvSplitter(delimiter, (cells) => counts.length < 20 && counts.push(cells.length));
    splitter.push(head.slice(0, 64 * 1024));
    const [first = 0] = counts;
    const alike = counts.filter((count) => count === first).length / Math.max(1, counts.length);
    const score = first > 1 ? alike * 1_000 + Math.min(first, 100) : 0;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

// CSV as in RFC 4180: a header line, quotes doubled inside quotes, line breaks allowed in quoted cells. Reading is a
// machine over characters, so a cell may straddle two chunks. An empty cell without quotes is absent.
//   cell ── " ──▶ quoted ── " ──▶ after-quote ── " ──▶ quoted;  , ──▶ cell;  line break ──▶ next record
export type CsvCell = string | null;

export class CsvParser {
  #state: "cell" | "quoted" | "after-quote" = "cell";
  #text = "";
  #wasQuoted = false;
  #record: CsvCell[] = [];
  #afterReturn = false;
  /** Line on which the last record given began. */
  line = 1;
  #nextLine = 1;
  readonly #maxCharacters: number;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  /** Calls `onRecord` for each record completed by this chunk; false as soon as the text is not CSV. */
  push(chunk: string, onRecord: (record: CsvCell[]) => boolean): boolean {
    for (let i = 0; i < chunk.length; i++) {
      const character = chunk[i]!;
      if (this.#state === "quoted") {
        if (character === '"') this.#state = "after-quote";
        else this.#text += character;
        if (character === "\n") this.#nextLine++;
      } else if (character === '"') {
        if (this.#state === "after-quote") this.#text += '"';
        else if (this.#text !== "") return false;
        this.#wasQuoted = true;
        this.#state = "quoted";
      } else if (character === ",") {
        this.#endCell();
      } else if (character === "\n" || character === "\r") {
        const pair = character === "\n" && this.#afterReturn;
        this.#afterReturn = character === "\r";
        if (character === "\n" || !this.#afterReturn) this.#nextLine += 1;
        if (pair) this.line = this.#nextLine;
        else if (!this.#endRecord(onRecord)) return false;
        continue;
      } else if (this.#state === "after-quote") {
        return false;
      } else {
        this.#text += character;
      }
      this.#afterReturn = false;
      if (this.#text.length > this.#maxCharacters) return false;
    }
    return true;
  }

  /** The end of the file: false when it ends inside quotes. */
  end(onRecord: (record: CsvCell[]) => boolean): boolean {
    if (this.#state === "quoted") return false;
    return this.#endRecord(onRecord);
  }

  #endCell(): void {
    this.#record.push(this.#text === "" && !this.#wasQuoted ? null : this.#text);
    this.#text = "";
    this.#wasQuoted = false;
    this.#state = "cell";
  }

  #endRecord(onRecord: (record: CsvCell[]) => boolean): boolean {
    const empty = this.#record.length === 0 && this.#text === "" && !this.#wasQuoted;
    this.#endCell();
    const record = this.#record;
    this.#record = [];
    const keep = empty ? true : onRecord(record);
    this.line = this.#nextLine;
    return keep;
  }
}

/** Quoted where it must be; an empty text is quoted, so that it is not read as absent. */
export function csvCell(text: string | null): string {
  if (text === null) return "";
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// How the show speaks: plain lines for people, one JSON document per line for programs.

/** Ways out for a root that shows something: text for people, one JSON document per line for programs. */
export interface Stage {
  readonly json: boolean;
  out(text: string): Promise<void>;
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class Voice {
  readonly #stage: Stage;
  readonly #colour: boolean;
  #rows: string[][] = [];
  #act = "";

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#colour = stage.outIsTty && stage.env.NO_COLOR === undefined && !stage.json;
  }

  title(text: string): void {
    this.table();
    this.#act = text;
    if (!this.#stage.json) this.#write(`\n${this.#paint("1;32", text)}\n`);
  }

  say(text: string): void {
    this.table();
    this.#line("info", `  ${text}`, text);
  }

  good(text: string): void {
    this.table();
    this.#line("ok", `  ${this.#paint("32", "✓")} ${text}`, text);
  }

  fault(text: string): void {
    this.table();
    this.#line("fault", `  ${this.#paint("31", "✗")} ${text}`, text);
  }

  /** Rows wait until something else is said, so that their columns align. */
  row(cells: readonly string[]): void {
    this.#rows.push([...cells]);
  }

  table(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const widths = rows.reduce<number[]>(
      (all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, cell.length)),
      [],
    );
    for (const row of rows) {
      const text = row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]!))).join("  ");
      this.#line("row", `    ${text}`, text, row);
    }
  }

  #line(level: string, human: string, text: string, cells?: readonly string[]): void {
    if (this.#stage.json)
      this.#write(`${JSON.stringify({ act: this.#act, level, text, ...(cells === undefined ? {} : { cells }) })}\n`);
    else this.#write(`${human}\n`);
  }

  #write(text: string): void {
    void this.#stage.out(text);
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

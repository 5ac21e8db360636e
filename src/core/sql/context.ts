// What every check of a statement shares: the faults found so far, the catalogue, the values of parameters.
import { didYouMean, type RefusalCode } from "../base/index.ts";
import type { Attribute, QuestionValue } from "../model/index.ts";
import type { FaultList, Position } from "../query/index.ts";
import type { Expression } from "./ast.ts";
import type { Catalogue, Column, Table } from "./catalogue.ts";

export interface Read {
  readonly table: string;
  readonly column: string | null;
  readonly attribute: Attribute;
}

export class Context {
  /** What was taken for granted, and what is likely another than was meant: for the person who asks. */
  readonly notes: string[] = [];
  readonly reads = new Map<string, Read>();
  #sources = 0;

  readonly faults: FaultList;
  readonly catalogue: Catalogue;
  /** Places of parameters without a value: that is told, and nothing that follows from it. */
  readonly #withoutValue = new Set<string>();
  readonly #parameters: ReadonlyMap<string, QuestionValue>;
  readonly #idle: Set<string>;

  constructor(faults: FaultList, catalogue: Catalogue, parameters: ReadonlyMap<string, QuestionValue>) {
    this.faults = faults;
    this.catalogue = catalogue;
    this.#parameters = parameters;
    this.#idle = new Set(parameters.keys());
  }

  /** The value of `@name`; null, and a fault, when it was given none. */
  parameter(name: string, at: Position): QuestionValue | null {
    this.#idle.delete(name);
    const value = this.#parameters.get(name);
    if (value !== undefined) return value;
    if (this.#withoutValue.has(placeOf(at))) return null;
    this.#withoutValue.add(placeOf(at));
    const known = [...this.#parameters.keys()];
    const given = known.length === 0 ? "" : ` Given: ${known.join(", ")}.${didYouMean(name, known)}`;
    const series = /^window_(from|to)$/.test(name) ? " A series gives it to each of its windows (--every)." : "";
    const remedy = `Give it (--param ${name}=VALUE), or write the value in its place.${series}${given}`;
    return this.fault("sql-parameter", at, `the parameter @${name} has no value`, remedy);
  }

  /** Whether this is why there is no value: the fault of it is told where the parameter stands. */
  lacksParameter(written: Expression): boolean {
    if (written.kind === "parameter") return !this.#parameters.has(written.name);
    if (written.kind === "list") return written.items.some((item) => this.lacksParameter(item));
    return written.kind === "operation" && written.of.some((part) => this.lacksParameter(part));
  }

  /** Given, and nowhere in the statement. */
  get idleParameters(): readonly string[] {
    return [...this.#idle];
  }

  /** Null, so that a check can end with it. */
  fault(code: RefusalCode, at: Position, message: string, remedy: string): null {
    if (code === "sql-parameter" || !this.#withoutValue.has(placeOf(at)))
      this.faults.add(code, "", message, remedy, at);
    return null;
  }

  /** Names of sources in the rendered text are ours: no name of a person's gets there. */
  nextSource(): string {
    return `t${this.#sources++}`;
  }

  readColumn(table: string, { name, attribute }: Column): void {
    this.reads.set(`${table}.${name}`, { table, column: name, attribute });
  }

  readRows({ name, attribute }: Table): void {
    this.reads.set(`${name}.`, { table: name, column: null, attribute });
  }

  /** Of the tables of the analyst's own words everything that they lay, once anything of them is read. */
  readOwnTables(): void {
    for (const { name } of this.catalogue.words?.tables ?? []) {
      if ([...this.reads.values()].some(({ table }) => table === name))
        for (const column of this.catalogue.tables.get(name)!.columns) this.readColumn(name, column);
      else {
        const message = `the words that came with it have a table ${name}, which is not read`;
        this.fault(
          "ask-words",
          { line: 1, column: 1 },
          message,
          "Bring the words that the statement names, and no others.",
        );
      }
    }
  }
}

function placeOf({ line, column }: Position): string {
  return `${line}:${column}`;
}

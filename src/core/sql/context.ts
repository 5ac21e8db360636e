// What every check of a statement shares: the faults found so far, the catalogue, the values of parameters.
import type { RefusalCode } from "../base/index.ts";
import type { Attribute, QuestionValue } from "../model/index.ts";
import type { FaultList, Position } from "../query/index.ts";
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
  readonly parameters: ReadonlyMap<string, QuestionValue>;

  constructor(faults: FaultList, catalogue: Catalogue, parameters: ReadonlyMap<string, QuestionValue>) {
    this.faults = faults;
    this.catalogue = catalogue;
    this.parameters = parameters;
  }

  /** Null, so that a check can end with it. */
  fault(code: RefusalCode, at: Position, message: string, remedy: string): null {
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

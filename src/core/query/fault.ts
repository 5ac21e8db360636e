// Faults: what is wrong with a person's file or query, where, and what to do about it.
import type { RefusalCode } from "../base/index.ts";
import { limits } from "./limits.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Position {
  readonly code: RefusalCode;
  readonly file: string;
  /** The key at fault, such as `cells.print.with.attribute`. */
  readonly path: string;
  /** What is wrong, exactly. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** Where each key of a query stands in its file. */
export interface Positions {
  readonly file: string;
  readonly at: ReadonlyMap<string, Position>;
  /** The path of the cells of each alternative: `cells`, or `plans.NAME.cells`. */
  readonly cells: readonly string[];
}

/** Of a query that was not read from a file. */
export function positionsWithoutFile(alternatives: readonly { readonly name: string }[]): Positions {
  return { file: "query", at: new Map(), cells: alternatives.map((dag) => `plans.${dag.name}.cells`) };
}

/** The position of the key, or of the nearest key around it. */
export function positionOf(positions: Positions, path: string): Position {
  for (let at = path; at !== ""; at = parentOf(at)) {
    const position = positions.at.get(at);
    if (position !== undefined) return position;
  }
  return positions.at.get("") ?? { line: 1, column: 1 };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("[")));
}

/** Collects faults, bounded, each once. */
export class FaultList {
  readonly #faults: Fault[] = [];
  readonly #seen = new Set<string>();
  readonly #positions: Positions;

  constructor(positions: Positions) {
    this.#positions = positions;
  }

  get size(): number {
    return this.#faults.length;
  }

  add(code: RefusalCode, path: string, message: string, remedy: string, position?: Position): void {
    this.include({
      code,
      file: this.#positions.file,
      ...(position ?? positionOf(this.#positions, path)),
      path,
      message,
      remedy,
    });
  }

  include(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      const key = `${fault.code} ${fault.file} ${fault.path} ${fault.line}:${fault.column} ${fault.message}`;
      if (this.#faults.length >= limits.maxFaults || this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#faults.push(fault);
    }
  }

  get any(): boolean {
    return this.#faults.length > 0;
  }

  get count(): number {
    return this.#faults.length;
  }

  /** In the order of the file. */
  sorted(): Fault[] {
    const here = this.#positions.file;
    const rank = (fault: Fault) => (fault.file === here ? 0 : 1);
    return [...this.#faults].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
  }
}

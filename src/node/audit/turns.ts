// Whose turn it is to audit. Each audit holds receipts in memory and makes its nodes send them, so that only some run at once, and more
// than a few who wait are sent away. What this node reads of a query that has settled waits for its turn in a line of its own length:
// nobody would ask for it again.
//
// INVARIANT 1: one audit of a query at a time: each goes on from what the one before has kept.
// INVARIANT 2: whoever has a place waits for nobody who has none: a query's turn comes first, then a place.
import { type QueryId, type Result, refuse } from "../../core/base/index.ts";
import { limits } from "./limits.ts";

/** `asked`: somebody waits for what comes of it. */
export type AuditKind = "asked" | "settled";

export interface TurnBounds {
  readonly maxAtOnce: number;
  readonly maxAsked: number;
  readonly maxSettled: number;
}

export class AuditTurns {
  readonly #bounds: TurnBounds;
  readonly #last = new Map<QueryId, Promise<unknown>>();
  /** Under way and waiting. */
  readonly #count: Record<AuditKind, number> = { asked: 0, settled: 0 };
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(bounds: TurnBounds = limits) {
    this.#bounds = bounds;
  }

  async run<T>(query: QueryId, kind: AuditKind, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const most = kind === "asked" ? this.#bounds.maxAsked : this.#bounds.maxSettled;
    if (this.#count[kind] >= most) return refuse("audits-busy", { blame: query });
    this.#count[kind]++;
    const before = this.#last.get(query) ?? Promise.resolve();
    const mine = before.then(() => this.#placed(work));
    const over = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(query, over);
    try {
      return await mine;
    } finally {
      this.#count[kind]--;
      if (this.#last.get(query) === over) this.#last.delete(query);
    }
  }

  async #placed<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#bounds.maxAtOnce) this.#running++;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#running--;
      else next(); // who comes next has this one's place
    }
  }
}

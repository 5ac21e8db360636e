// Refusals are values. Whatever a peer, a file or a person may send is answered with `ok` or with a refusal that names a
// code from the one table (refusals.ts); programmer errors assert and crash instead.
import type { RefusalCode } from "./refusals.ts";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** Who is at fault, when somebody is: a node id, a file and line, a configuration key. */
  readonly blame?: string;
  /** What exactly, for whoever may see it. Never data. */
  readonly detail?: string;
}
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
}
export type Result<T> = Accepted<T> | Refusal;

export function accept<T>(value: T): Accepted<T> {
  return { ok: true, value };
}

export function refuse(code: RefusalCode, about: { blame?: string; detail?: string } = {}): Refusal {
  return { ok: false, code, ...about };
}

export class AssertionError extends Error {
  override name = "AssertionError";
}

/** For what only our own mistake can break. Never for input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}

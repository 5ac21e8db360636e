// The functions and operators of the expression language: which types they take, what they give, what they do.
// Unless it says otherwise a function of an absent value is absent. Integers never wrap: leaving int64 is a fault.
import type { RowValue } from "../../core/batch/index.ts";
import type { ColumnType } from "../../core/model/index.ts";
import { faultOnData } from "../define.ts";
import { plainValue } from "../formats/index.ts";

export type ValueType = ColumnType | "null";
type Value = Exclude<RowValue, null>;
type Plain = (...values: never[]) => Value;

export interface Overload {
  readonly takes: readonly ColumnType[];
  readonly gives: ColumnType;
  readonly run: (values: readonly Value[]) => Value;
}

function overload(takes: readonly ColumnType[], gives: ColumnType, run: Plain): Overload {
  return { takes, gives, run: (values) => (run as (...all: readonly Value[]) => Value)(...values) };
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
function int64(value: bigint): bigint {
  if (value < minInt64 || value > maxInt64) throw faultOnData("a result leaves the range of int64");
  return value;
}
function toInt64(value: number): bigint {
  if (!Number.isFinite(value)) throw faultOnData("a number that is not finite has no int64");
  return int64(BigInt(Math.trunc(value)));
}
/** Math.min knows no bigint. */
function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
function notZero(value: bigint): bigint {
  if (value === 0n) throw faultOnData("an integer is divided by zero");
  return value;
}

/** Both numbers: int64 with int64 stays exact, otherwise float64. */
function arithmetic(exact: (a: bigint, b: bigint) => bigint, float: (a: number, b: number) => number): Overload[] {
  return [
    overload(["int64", "int64"], "int64", (a: bigint, b: bigint) => int64(exact(a, b))),
    overload(["float64", "float64"], "float64", float),
  ];
}

function compare(holds: (order: number) => boolean): Overload[] {
  const ordered = (a: number | bigint | string, b: number | bigint | string) =>
    a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
  const types: ColumnType[] = ["int64", "timestamp", "float64", "text"];
  return types.map((type) => overload([type, type], "bool", (a: bigint, b: bigint) => holds(ordered(a, b))));
}

function equality(equal: boolean): Overload[] {
  const types: ColumnType[] = ["int64", "timestamp", "float64", "text", "bool"];
  return [
    ...types.map((type) => overload([type, type], "bool", (a: bigint, b: bigint) => (a === b) === equal)),
    overload(["bytes", "bytes"], "bool", (a: Uint8Array, b: Uint8Array) => (Buffer.compare(a, b) === 0) === equal),
  ];
}

const textOf = (type: ColumnType) => overload([type], "text", (value: Value) => String(plainValue(type, value)));

export const functions: Readonly<Record<string, readonly Overload[]>> = {
  "=": equality(true),
  "!=": equality(false),
  "<": compare((order) => order < 0),
  "<=": compare((order) => order <= 0),
  ">": compare((order) => order > 0),
  ">=": compare((order) => order >= 0),
  "+": [
    ...arithmetic(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    overload(["timestamp", "int64"], "timestamp", (a: bigint, b: bigint) => int64(a + b)),
  ],
  "-": [
    ...arithmetic(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
    overload(["timestamp", "timestamp"], "int64", (a: bigint, b: bigint) => int64(a - b)),
    overload(["timestamp", "int64"], "timestamp", (a: bigint, b: bigint) => int64(a - b)),
  ],
  "*": arithmetic(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  "/": [overload(["float64", "float64"], "float64", (a: number, b: number) => a / b)],
  "%": arithmetic(
    (a, b) => a % notZero(b),
    (a, b) => a % b,
  ),
  "||": [overload(["text", "text"], "text", (a: string, b: string) => a + b)],
  not: [overload(["bool"], "bool", (a: boolean) => !a)],
  negative: [
    overload(["int64"], "int64", (a: bigint) => int64(-a)),
    overload(["float64"], "float64", (a: number) => -a),
  ],
  div: [overload(["int64", "int64"], "int64", (a: bigint, b: bigint) => int64(a / notZero(b)))],
  abs: [
    overload(["int64"], "int64", (a: bigint) => int64(a < 0n ? -a : a)),
    overload(["float64"], "float64", Math.abs),
  ],
  floor: [overload(["float64"], "float64", Math.floor)],
  ceil: [overload(["float64"], "float64", Math.ceil)],
  round: [overload(["float64"], "float64", Math.round)],
  sqrt: [overload(["float64"], "float64", Math.sqrt)],
  least: arithmetic(smaller, Math.min),
  greatest: arithmetic((a, b) => (smaller(a, b) === a ? b : a), Math.max),
  int: [
    overload(["int64"], "int64", (a: bigint) => a),
    overload(["timestamp"], "int64", (a: bigint) => a),
    overload(["float64"], "int64", toInt64),
    overload(["bool"], "int64", (a: boolean) => (a ? 1n : 0n)),
  ],
  float: [overload(["float64"], "float64", (a: number) => a)],
  text: (["text", "int64", "float64", "bool", "timestamp"] as const).map(textOf),
  length: [
    overload(["text"], "int64", (a: string) => BigInt(a.length)),
    overload(["bytes"], "int64", (a: Uint8Array) => BigInt(a.length)),
  ],
  lower: [overload(["text"], "text", (a: string) => a.toLowerCase())],
  upper: [overload(["text"], "text", (a: string) => a.toUpperCase())],
  trim: [overload(["text"], "text", (a: string) => a.trim())],
  /** substring(text, from 1, length) */
  substring: [
    overload(["text", "int64", "int64"], "text", (a: string, from: bigint, count: bigint) => {
      const start = Math.max(0, Number(from) - 1);
      return a.slice(start, start + Math.max(0, Number(count)));
    }),
  ],
  contains: [overload(["text", "text"], "bool", (a: string, b: string) => a.includes(b))],
  starts_with: [overload(["text", "text"], "bool", (a: string, b: string) => a.startsWith(b))],
  ends_with: [overload(["text", "text"], "bool", (a: string, b: string) => a.endsWith(b))],
};

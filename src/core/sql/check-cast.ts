// CAST: only those conversions that cannot fail on a pod's rows.
import { didYouMean } from "../base/index.ts";
import type { ValueType } from "../model/index.ts";
import type { Position } from "../query/index.ts";
import { typeWords } from "./check-call.ts";
import type { Context } from "./context.ts";
import { dateOfTimestamp, textOfDate, timestampOfDate } from "./dates.ts";
import type { Render, Typed } from "./typed.ts";

const typeNames: Readonly<Record<string, ValueType>> = {
  bool: "bool",
  boolean: "bool",
  int64: "int64",
  int: "int64",
  integer: "int64",
  bigint: "int64",
  float64: "float64",
  numeric: "float64",
  decimal: "float64",
  string: "text",
  text: "text",
  date: "date",
  timestamp: "timestamp",
};

const casts: Readonly<Record<string, Render>> = {
  "int64 float64": ([a]) => `CAST(${a} AS REAL)`,
  "float64 int64": ([a]) => `CAST(round(${a}) AS INTEGER)`,
  "bool int64": ([a]) => a!,
  "int64 bool": ([a]) => `(${a} <> 0)`,
  "int64 text": ([a]) => `CAST(${a} AS TEXT)`,
  "bool text": ([a]) => `(CASE WHEN ${a} THEN 'true' WHEN NOT ${a} THEN 'false' END)`,
  "date text": textOfDate,
  "date timestamp": timestampOfDate,
  "timestamp date": dateOfTimestamp,
};

export function castTo(context: Context, of: Typed, word: string, at: Position): Typed | null {
  const to = Object.hasOwn(typeNames, word) ? typeNames[word]! : null;
  if (to === null) {
    const known = ["BOOL", "INT64", "FLOAT64", "NUMERIC", "STRING", "DATE", "TIMESTAMP"];
    const remedy = `Allowed: ${known.join(", ")}.${didYouMean(word, known)}`;
    return context.fault("sql-unknown-name", at, `there is no type ${word.toUpperCase()} here`, remedy);
  }
  if (of.type === to || of.type === "null") return { ...of, type: to };
  const render = casts[`${of.type} ${to}`];
  if (render === undefined) {
    const message = `${typeWords[of.type]} cannot be cast to ${typeWords[to]}: it might fail on some pods`;
    return context.fault("sql-not-offered", at, message, "Use a column of that type.");
  }
  return {
    kind: "call",
    name: `cast:${of.type}:${to}`,
    of: [of],
    render,
    type: to,
    nullable: of.nullable,
    unit: of.unit,
    at,
  };
}

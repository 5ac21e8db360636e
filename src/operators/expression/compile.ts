// Types an expression against the shape of a batch and turns it into closures over that batch. No eval anywhere.
// Logic is three-valued as in SQL: absent and false is false, absent or true is true, otherwise absent wins.

import { accept, type Result } from "../../core/base/index.ts";
import type { BatchReader, RowValue } from "../../core/batch/index.ts";
import type { Attribute, ColumnType, RecordShape } from "../../core/model/index.ts";
import { timestampFromText } from "../formats/index.ts";
import { functions, type Overload, type ValueType } from "./functions.ts";
import { faultAt } from "./lexer.ts";
import { type Node, parseExpression } from "./parser.ts";

type Getter = (row: number) => RowValue;

export interface Compiled {
  readonly type: ValueType;
  readonly nullable: boolean;
  readonly reads: readonly Attribute[];
  /** The values of one batch, by row. */
  bind(batch: BatchReader): Getter;
}

export function compileExpression(source: string, shape: RecordShape): Result<Compiled> {
  const parsed = parseExpression(source);
  return parsed.ok ? compile(parsed.value, shape) : parsed;
}

function compile(node: Node, shape: RecordShape): Result<Compiled> {
  switch (node.kind) {
    case "number":
      return number(node, node.text);
    case "text":
      return accept(constant("text", node.text));
    case "constant":
      return accept(constant(node.value === null ? "null" : "bool", node.value));
    case "name":
      return attribute(node, node.text, shape);
    case "call": {
      const parts: Compiled[] = [];
      for (const part of node.of) {
        const compiled = compile(part, shape);
        if (!compiled.ok) return compiled;
        parts.push(compiled.value);
      }
      return call(node, parts);
    }
  }
}

function constant(type: ValueType, value: RowValue): Compiled {
  return { type, nullable: value === null, reads: [], bind: () => () => value };
}

function number(node: Node, text: string): Result<Compiled> {
  if (!/^\d+$/.test(text)) return accept(constant("float64", Number(text)));
  const value = BigInt(text);
  if (value > 2n ** 63n - 1n) return faultAt(node.at, "this integer does not fit int64");
  return accept(constant("int64", value));
}

function attribute(node: Node, name: string, shape: RecordShape): Result<Compiled> {
  const index = shape.findIndex((column) => column.name === name);
  if (index < 0) {
    const carried = shape.map((column) => column.name).join(", ");
    return faultAt(node.at, `the input does not carry ${name}; it carries ${carried}`, "attribute-not-produced");
  }
  const { type, nullable } = shape[index]!;
  return accept({ type, nullable, reads: [name as Attribute], bind: (batch) => columnGetter(batch, index, nullable) });
}

/** Hoists the view out of the loop over rows. */
function columnGetter(batch: BatchReader, index: number, nullable: boolean): Getter {
  const { type } = batch.shape[index]!;
  if (!nullable && (type === "int64" || type === "timestamp")) {
    const values = batch.int64(index);
    return (row) => values[row]!;
  }
  if (!nullable && type === "float64") {
    const values = batch.float64(index);
    return (row) => values[row]!;
  }
  return (row) => batch.value(index, row);
}

function call(node: Node & { kind: "call" }, parts: readonly Compiled[]): Result<Compiled> {
  if (node.name === "and" || node.name === "or") return logic(node, parts, node.name === "or");
  if (node.name === "is null")
    return accept(
      derived(
        "bool",
        false,
        parts,
        ([value]) =>
          (row) =>
            value!(row) === null,
      ),
    );
  if (node.name === "coalesce" || node.name === "if") return choice(node, parts);
  if (node.name === "timestamp") return timestampLiteral(node);
  const overloads = Object.hasOwn(functions, node.name) ? functions[node.name]! : null;
  if (overloads === null) return faultAt(node.at, `there is no function ${node.name}; there are ${namesOfFunctions()}`);
  for (const overload of overloads) {
    const fitted = partsAs(parts, overload.takes);
    if (fitted !== null) return accept(apply(overload, fitted));
  }
  const types = parts.map((part) => part.type).join(", ");
  const allowed = overloads.map((overload) => `(${overload.takes.join(", ")})`).join(" or ");
  return faultAt(node.at, `${node.name} does not take (${types}); it takes ${allowed}`);
}

/** An int64 serves as float64 where it must, and null as anything. */
function partsAs(parts: readonly Compiled[], takes: readonly ColumnType[]): Compiled[] | null {
  if (parts.length !== takes.length) return null;
  const fitted: Compiled[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.type === takes[i] || part.type === "null") fitted.push(part);
    else if (part.type === "int64" && takes[i] === "float64") fitted.push(widened(part));
    else return null;
  }
  return fitted;
}

function widened(part: Compiled): Compiled {
  return derived("float64", part.nullable, [part], ([value]) => (row) => {
    const whole = value!(row);
    return whole === null ? null : Number(whole);
  });
}

function derived(
  type: ValueType,
  nullable: boolean,
  parts: readonly Compiled[],
  make: (values: Getter[]) => Getter,
): Compiled {
  const reads = [...new Set(parts.flatMap((part) => part.reads))];
  return { type, nullable, reads, bind: (batch) => make(parts.map((part) => part.bind(batch))) };
}

function apply(overload: Overload, parts: readonly Compiled[]): Compiled {
  const nullable = parts.some((part) => part.nullable);
  return derived(overload.gives, nullable, parts, (values) => (row) => {
    const got: Exclude<RowValue, null>[] = [];
    for (const value of values) {
      const one = value(row);
      if (one === null) return null;
      got.push(one);
    }
    return overload.run(got);
  });
}

/** `decisive` decides whatever the other side is: true for or, false for and. */
function logic(node: Node, parts: readonly Compiled[], decisive: boolean): Result<Compiled> {
  const other = parts.find((part) => part.type !== "bool" && part.type !== "null");
  if (other !== undefined) return faultAt(node.at, `and, or take conditions, not ${other.type}`);
  const nullable = parts.some((part) => part.nullable);
  return accept(
    derived("bool", nullable, parts, ([left, right]) => (row) => {
      const first = left!(row);
      if (first === decisive) return decisive;
      const second = right!(row);
      if (second === decisive) return decisive;
      return first === null || second === null ? null : !decisive;
    }),
  );
}

/** coalesce(a, b, …): the first present. if(condition, then, otherwise): an absent condition does not hold. */
function choice(node: Node & { kind: "call" }, parts: readonly Compiled[]): Result<Compiled> {
  const conditional = node.name === "if";
  if (conditional && (parts.length !== 3 || parts[0]!.type !== "bool"))
    return faultAt(node.at, "if takes (condition, then, otherwise)");
  if (parts.length < 2) return faultAt(node.at, `${node.name} takes at least 2 values`);
  const options = conditional ? parts.slice(1) : parts;
  const present = options.filter((option) => option.type !== "null");
  const float = present.some((option) => option.type === "float64");
  const type = float ? "float64" : (present[0]?.type ?? "null");
  if (present.some((option) => option.type !== type && !(float && option.type === "int64"))) {
    return faultAt(
      node.at,
      `${node.name} takes values of one type, not ${present.map((option) => option.type).join(", ")}`,
    );
  }
  const same = options.map((option) => (float && option.type === "int64" ? widened(option) : option));
  if (!conditional) {
    const nullable = same.every((option) => option.nullable);
    return accept(derived(type, nullable, same, (values) => (row) => firstPresent(values, row)));
  }
  const nullable = same.some((option) => option.nullable);
  const all = [parts[0]!, ...same];
  return accept(
    derived(
      type,
      nullable,
      all,
      ([when, then, otherwise]) =>
        (row) =>
          when!(row) === true ? then!(row) : otherwise!(row),
    ),
  );
}

function firstPresent(values: readonly Getter[], row: number): RowValue {
  for (const value of values) {
    const one = value(row);
    if (one !== null) return one;
  }
  return null;
}

/** timestamp('2026-01-31T12:00:00Z'): of a literal only, read once. */
function timestampLiteral(node: Node & { kind: "call" }): Result<Compiled> {
  const literal = node.of[0];
  const micros = literal?.kind === "text" && node.of.length === 1 ? timestampFromText(literal.text) : undefined;
  if (micros === undefined)
    return faultAt(node.at, "timestamp takes one ISO 8601 text, such as timestamp('2026-01-31T12:00:00Z')");
  return accept(constant("timestamp", micros));
}

function namesOfFunctions(): string {
  const named = Object.keys(functions).filter((name) => /^[a-z]/.test(name) && name !== "negative" && name !== "not");
  return [...named, "coalesce", "if", "timestamp"].sort().join(", ");
}

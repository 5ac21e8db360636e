// Target finding (SEP2P §5.1, use case 2): the part of WHERE that says whose pods are asked, as a positive normal form over the
// concepts of their profiles. A concept index finds who has a concept, never who has not: so negations are turned into what they
// leave, or refused.
import { didYouMean } from "../base/index.ts";
import type { Decimal, QuestionValue, Target, TargetLeaf } from "../model/index.ts";
import type { Position } from "../query/index.ts";
import type { Call, Expression, Operation } from "./ast.ts";
import type { Concept } from "./catalogue.ts";
import { constantIn } from "./constants.ts";
import type { Context } from "./context.ts";
import { compareDecimals } from "./decimals.ts";
import { limits } from "./limits.ts";

/** Splits a condition that is joined with AND: what chooses people, and what each pod checks. */
export function splitWhere(where: Expression | null): { readonly target: Expression[]; readonly local: Expression[] } {
  const target: Expression[] = [];
  const local: Expression[] = [];
  const open = where === null ? [] : [where];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next.kind === "operation" && next.operator === "and") open.unshift(...next.of);
    else (mentionsProfile(next) ? target : local).push(next);
  }
  return { target, local };
}

/** Sub-selects have their own checks. */
function mentionsProfile(written: Expression): boolean {
  if (written.kind === "operation") return written.of.some(mentionsProfile);
  return written.kind === "call" && written.name === "profile";
}

export function checkTarget(context: Context, conditions: readonly Expression[]): Target | null {
  const finder = new TargetFinder(context);
  const parts = conditions.map((condition) => finder.find(condition, false));
  const first = conditions[0];
  if (first === undefined || parts.some((part) => part === null)) return null;
  if (finder.leaves > limits.maxTargetLeaves) {
    const message = `the target has ${finder.leaves} conditions, at most ${limits.maxTargetLeaves} are looked up`;
    return context.fault("query-too-large", first.at, message, "Write lists with IN, and ranges with BETWEEN.");
  }
  return joined("all", parts as Target[]);
}

const opposite: Readonly<Record<string, string>> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "=" };
const mirrored: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>" };

class TargetFinder {
  readonly context: Context;
  leaves = 0;

  constructor(context: Context) {
    this.context = context;
  }

  find(written: Expression, negated: boolean): Target | null {
    if (written.kind === "call" && written.name === "profile") return this.#truth(written, negated);
    if (written.kind !== "operation") return this.#notProfile(written);
    const { operator, of } = written;
    if (operator === "not") return this.find(of[0]!, !negated);
    if (operator === "and" || operator === "or") {
      const parts = of.map((part) => this.find(part, negated));
      if (parts.some((part) => part === null)) return null;
      return joined((operator === "and") === negated ? "any" : "all", parts as Target[]);
    }
    this.leaves++;
    return this.#leaf(written, negated);
  }

  #notProfile({ at }: Expression): null {
    const remedy = "Join it with AND: what a pod checks stands beside what finds people, not within.";
    return this.context.fault(
      "sql-target",
      at,
      "this is no condition on a profile, and stands beside one in OR or NOT",
      remedy,
    );
  }

  #leaf(written: Operation, negated: boolean): Target | null {
    const { of, at } = written;
    const mirror = of.length === 2 && !isProfile(of[0]!) && isProfile(of[1]!);
    const [left, ...others] = mirror ? [of[1]!, of[0]!] : of;
    const name = mirror ? (mirrored[written.operator] ?? written.operator) : written.operator;
    if (!mentionsProfile(written)) return this.#notProfile(written);
    if (left === undefined || !isProfile(left)) {
      const message = "profile(…) cannot be part of a calculation: an index finds plain values";
      return this.context.fault(
        "sql-target",
        at,
        message,
        "Compare it with a value: `profile('age') BETWEEN 40 AND 49`.",
      );
    }
    const concept = this.#concept(left);
    if (concept === null) return null;
    if (name === "is null" || name === "like") {
      const remedy = `List what you look for: \`profile('${concept.name}') IN (…)\`.`;
      const message = name === "like" ? "an index does not find by pattern" : "an index does not find who has no value";
      return this.context.fault("sql-target", at, message, remedy);
    }
    if (name === "is true" || name === "is false") return this.#bool(concept, (name === "is true") !== negated, at);
    const values = others.map((other) => this.#value(concept, other));
    if (values.some((value) => value === null)) return null;
    const known = values as QuestionValue[];
    const operator = negated ? (opposite[name] ?? `not ${name}`) : name;
    if (operator === "=" || operator === "in") return leafOf(concept, known);
    if (operator === "<>" || operator === "not in") return this.#without(concept, known, at);
    return this.#range(
      concept,
      operator,
      known.map((value) => value.value!),
      at,
    );
  }

  /** What is left of a concept of which all values are known. */
  #without(concept: Concept, values: readonly QuestionValue[], at: Position): Target | null {
    const all = concept.type === "bool" ? ["false", "true"] : concept.values;
    const rest = all?.filter((value) => !values.some((one) => one.value === value)) ?? [];
    if (rest.length > 0)
      return leafOf(
        concept,
        rest.map((value) => ({ type: concept.type, value })),
      );
    if (concept.type === "int64" && values.length === 1) {
      const sides = (["<", ">"] as const).map((side) => this.#range(concept, side, [values[0]!.value!], at));
      return sides.some((side) => side === null) ? null : joined("any", sides as Target[]);
    }
    const remedy = `Say which values you look for: \`profile('${concept.name}') IN ('…', '…')\`.`;
    return this.context.fault("sql-target", at, "an index finds who has a value, not who has another", remedy);
  }

  #range(concept: Concept, operator: string, bounds: readonly Decimal[], at: Position): Target | null {
    if (concept.type !== "int64") {
      const remedy = `Write \`profile('${concept.name}') = …\` or \`IN (…)\`.`;
      return this.context.fault(
        "sql-target",
        at,
        `profile('${concept.name}') has no order that an index knows`,
        remedy,
      );
    }
    if (operator === "not between") {
      const sides = [this.#range(concept, "<", bounds.slice(0, 1), at), this.#range(concept, ">", bounds.slice(1), at)];
      return sides.some((side) => side === null) ? null : joined("any", sides as Target[]);
    }
    const { min, max } = concept.range ?? { min: null, max: null };
    const bound = BigInt(bounds[0]!);
    const from =
      operator === "between" ? bounds[0]! : operator === ">" ? `${bound + 1n}` : operator === ">=" ? bounds[0]! : min;
    const to =
      operator === "between" ? bounds[1]! : operator === "<" ? `${bound - 1n}` : operator === "<=" ? bounds[0]! : max;
    if (from === null || to === null) {
      const remedy = `Write both ends: \`profile('${concept.name}') BETWEEN … AND …\`.`;
      return this.context.fault("sql-target", at, "an index looks up ranges with two ends", remedy);
    }
    if (compareDecimals(from, to) > 0) {
      return this.context.fault(
        "sql-target",
        at,
        `no whole number lies between ${from} and ${to}`,
        "Swap the ends, or widen them.",
      );
    }
    return { concept: concept.name, from, to };
  }

  #bool(concept: Concept, wanted: boolean, at: Position): Target | null {
    if (concept.type === "bool") return leafOf(concept, [{ type: "bool", value: String(wanted) }]);
    const message = `profile('${concept.name}') is not true or false`;
    return this.context.fault("sql-type", at, message, `Compare it: \`profile('${concept.name}') = …\`.`);
  }

  #truth(written: Call, negated: boolean): Target | null {
    this.leaves++;
    const concept = this.#concept(written);
    return concept === null ? null : this.#bool(concept, !negated, written.at);
  }

  #concept(call: Call): Concept | null {
    const name = call.arguments[0]?.value;
    if (
      call.arguments.length !== 1 ||
      call.arguments[0]!.name !== null ||
      name?.kind !== "literal" ||
      name.type !== "text"
    ) {
      return this.context.fault(
        "sql-target",
        call.at,
        "profile takes the name of one concept, as a text",
        "Write `profile('profession')`.",
      );
    }
    const { concepts } = this.context.catalogue;
    const concept = concepts.get(name.value.toLowerCase());
    if (concept !== undefined) return concept;
    const known = [...concepts.keys()];
    const remedy = `Concepts: ${known.join(", ")}.${didYouMean(name.value, known)}`;
    return this.context.fault(
      "sql-unknown-name",
      name.at,
      `no profile has the concept ${JSON.stringify(name.value)}`,
      remedy,
    );
  }

  /** It is no fault: people publish of themselves what they like. */
  #noteUnusual({ name, usual }: Concept, value: string): void {
    if (usual === undefined || usual.includes(value)) return;
    const note = `No usual value of profile('${name}') is ${JSON.stringify(value)}; usual are ${usual.join(", ")}.`;
    this.context.notes.push(`${note}${didYouMean(value, usual)}`);
  }

  #value(concept: Concept, written: Expression): QuestionValue | null {
    const value = constantIn(this.context, written, concept.type);
    if (value?.value != null) {
      if (concept.values === undefined || concept.values.includes(value.value)) {
        this.#noteUnusual(concept, value.value);
        return value;
      }
      const remedy = `Values: ${concept.values.slice(0, 16).join(", ")}.${didYouMean(value.value, concept.values)}`;
      return this.context.fault(
        "sql-target",
        written.at,
        `profile('${concept.name}') is never ${JSON.stringify(value.value)}`,
        remedy,
      );
    }
    const example = { text: "'Paris'", int64: "42", bool: "TRUE" }[concept.type];
    const remedy = `Write a value such as ${example}. Columns are compared inside the pod, in a condition of its own.`;
    return this.context.fault(
      "sql-target",
      written.at,
      `profile('${concept.name}') is compared with a value of its type`,
      remedy,
    );
  }
}

function isProfile(written: Expression): written is Call {
  return written.kind === "call" && written.name === "profile";
}

function leafOf(concept: Concept, values: readonly QuestionValue[]): TargetLeaf {
  const distinct = new Map(values.map((value) => [value.value, value]));
  return { concept: concept.name, values: [...distinct.values()].sort((a, b) => (a.value! < b.value! ? -1 : 1)) };
}

/** Flat, sorted, each part once: two ways to write one target have one digest. */
function joined(how: "all" | "any", parts: readonly Target[]): Target {
  const flat = parts.flatMap((part) => (how in part ? (part as Record<string, Target[]>)[how]! : [part]));
  const distinct = new Map(flat.map((part) => [JSON.stringify(part), part]));
  const sorted = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  if (sorted.length === 1) return sorted[0]!;
  return how === "all" ? { all: sorted } : { any: sorted };
}

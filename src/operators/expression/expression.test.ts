import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchReader } from "../../core/batch/index.ts";
import { OperatorFault } from "../contract.ts";
import { batchOf, columns } from "../harness.ts";
import { compileExpression } from "./index.ts";

const shape = columns("i: int64, j: int64?, f: float64, t: text, b: bool, when.seen: timestamp");
const row = { i: 7n, j: null, f: 2.5, t: "Äpfel", b: true, "when.seen": 1_700_000_000_000_000n };

function evaluate(source: string): unknown {
  const compiled = compileExpression(source, shape);
  if (!compiled.ok) return compiled.detail;
  return compiled.value.bind(new BatchReader(batchOf(shape, [row]), shape))(0);
}

describe("expressions", () => {
  it.each<[string, unknown]>([
    ["1 + 2 * 3", 7n],
    ["(1 + 2) * 3", 9n],
    ["10 - 3 - 2", 5n],
    ["-i + 1", -6n],
    ["i / 2", 3.5],
    ["div(i, 2)", 3n],
    ["i % 4", 3n],
    ["i + f", 9.5],
    ["i > 6 and f < 3", true],
    ["i = 7 or 1 = 2 and 1 = 3", true],
    ["not b or b", true],
    ["i == 7.0", true],
    ["j is null", true],
    ["j is not null", false],
    ["j + 1", null],
    ["j > 1 and false", false],
    ["j > 1 or true", true],
    ["j > 1 or false", null],
    ["coalesce(j, i)", 7n],
    ["if(i > 5, 'big', 'small')", "big"],
    ["t || ' ' || text(i)", "Äpfel 7"],
    ["upper(substring(t, 1, 2))", "ÄP"],
    ["'it''s'", "it's"],
    ['"double"', "double"],
    ["contains(t, 'pf')", true],
    ["length(t)", 5n],
    ["when.seen - timestamp('2023-11-14T22:13:19Z')", 1_000_000n],
    ["when.seen > timestamp('2023-01-01')", true],
    ["least(i, 3) + greatest(f, 3.5)", 6.5],
    ["greatest(i, 9)", 9n],
    ["int(f)", 2n],
    ["1e3", 1000],
    ["NOT TRUE", false],
  ])("%s", (source, expected) => expect(evaluate(source)).toEqual(expected));

  it.each([
    ["", "at character 1: expected a value, not the end"],
    ["i +", "at character 4: expected a value, not the end"],
    ["i $ 2", 'at character 3: unexpected "$"'],
    ["(i", "at character 3: expected ), not the end"],
    ["i i", 'at character 3: expected the end or an operator, not "i"'],
    ["i < 1 < 2", 'at character 7: expected the end or an operator, not "<"'],
    ["nope(1)", "at character 1: there is no function nope"],
    ["constructor(1)", "at character 1: there is no function constructor"],
    ["t + 1", "at character 3: + does not take (text, int64)"],
    ["i = t", "at character 3: = does not take (int64, text)"],
    ["i and b", "at character 3: and, or take conditions, not int64"],
    ["when.seen > timestamp(t)", "at character 13: timestamp takes one ISO 8601 text"],
    ["99999999999999999999", "at character 1: this integer does not fit int64"],
    ["missing", "at character 1: the input does not carry missing"],
    [`${"(".repeat(60)}1${")".repeat(60)}`, "at character 49: nested more than 48 deep"],
    [`${"-".repeat(60)}1`, "nested more than 48 deep"],
    [Array(400).fill("1").join("+"), "more than 512 parts"],
  ])("refuses %s", (source, detail) => expect(evaluate(source)).toContain(detail));

  it("faults, not wraps, where int64 ends", () => {
    expect(() => evaluate("9223372036854775807 + i")).toThrow(OperatorFault);
    expect(() => evaluate("i % (i - i)")).toThrow("divided by zero");
  });

  it("agrees with bigint arithmetic", () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 31n });
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(evaluate(`${a} + ${b} * ${c} - ${a}`)).toBe(b * c);
        expect(evaluate(`${a} - (${b} - ${c})`)).toBe(a - (b - c));
      }),
    );
  });

  it("answers anything with a value or a refusal", () => {
    const parts = fc.constantFrom(
      "i",
      "j",
      "f",
      "t",
      "1",
      "'x'",
      "(",
      ")",
      "+",
      "-",
      "<",
      "and",
      "not",
      "is",
      "null",
      "if",
      ",",
      "||",
      ".",
      "\u0000",
    );
    const sources = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(parts, { maxLength: 14 }).map((all) => all.join(" ")),
    );
    fc.assert(
      fc.property(sources, (source) => {
        const compiled = compileExpression(source, shape);
        if (!compiled.ok) expect(compiled.detail).toMatch(/^at character \d+: /);
        else expect(compiled.value.type).toMatch(/^[a-z0-9]+$/);
      }),
      { numRuns: 5_000 },
    );
  });
});

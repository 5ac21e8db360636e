import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Select } from "./ast.ts";
import { limits } from "./limits.ts";
import { parseStatement } from "./parse.ts";
import { printStatement } from "./print.ts";

function faultsOf(text: string) {
  const parsed = parseStatement(text, "q.sql");
  return parsed.ok ? [] : parsed.faults;
}

function treeOf(text: string): Select {
  const parsed = parseStatement(text, "q.sql");
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.faults)}`);
  return parsed.select;
}

const withoutPlaces = (tree: unknown) =>
  JSON.parse(JSON.stringify(tree, (name, value) => (name === "at" ? undefined : value)));

describe("what is read", () => {
  it("comments, every kind of quote, numbers, parameters and a semicolon at the end", () => {
    const { items, where } = treeOf(`-- one
      /* two
         three */ select \`select\`.x, 'it''s', "a\\"b", 'tab\\there', .5, 1e-3, 0x1F, @since # four
      from t where d = DATE '2025-01-31';`);
    expect(
      items.map(({ value }) => value).map((value) => (value?.kind === "literal" ? value.value : value?.kind)),
    ).toEqual(["name", "it's", 'a"b', "tab\there", ".5", "1e-3", "0x1F", "parameter"]);
    expect(where).toMatchObject({ kind: "operation", operator: "=" });
  });

  it("operators bind as in GoogleSQL", () => {
    const { where } = treeOf("SELECT 1 FROM t WHERE NOT a = 1 + 2 * 3 AND b OR c BETWEEN 1 AND 2 AND d");
    expect(withoutPlaces(where)).toEqual(
      withoutPlaces(
        treeOf("SELECT 1 FROM t WHERE ((NOT (a = (1 + (2 * 3)))) AND b) OR ((c BETWEEN 1 AND 2) AND d)").where,
      ),
    );
  });

  it("words that GoogleSQL does not reserve are names, too", () => {
    expect(treeOf("SELECT date, day, options, first FROM offset AS last WHERE timestamp = 1").items).toHaveLength(4);
  });

  it("each part has the place where it stands", () => {
    expect(treeOf("SELECT\n  a,\n   b + 1\nFROM t").items[1]).toMatchObject({
      at: { line: 3, column: 4 },
      value: { at: { line: 3, column: 6 } },
    });
  });
});

describe("faults of syntax", () => {
  it.each([
    ["", 1, 1, "no statement"],
    ["DROP TABLE x", 1, 1, "only asks"],
    ["SELEC a FROM b", 1, 1, "begins with SELECT"],
    ["SELECT 'abc FROM x", 1, 8, "has no end"],
    ["SELECT a FROM b WHERE x = (3", 1, 29, "ends too early"],
    ["SELECT a FROM b; SELECT c FROM d", 1, 18, "cannot stand here"],
    ["SELECT a FORM b", 1, 15, "cannot stand here"],
    ["SELECT a FROM b WHERE order = 3", 1, 23, "`order`"],
    ["SELECT a FROM b WHERE x ~ 3", 1, 25, '"~"'],
  ])("%s", (text, line, column, message) => {
    const fault = faultsOf(text)[0]!;
    expect(fault).toMatchObject({ line, column, file: "q.sql" });
    expect(fault.message).toContain(message);
    expect(fault.remedy).not.toBe("");
  });

  it("a misspelt keyword is recognised, though it was read as a name", () => {
    expect(faultsOf("SELECT a FORM b")[0]?.remedy).toContain('Did you mean "FROM"?');
    expect(faultsOf("SELECT a FROM b WHER c = 1")[0]?.remedy).toContain('Did you mean "WHERE"?');
  });

  it("several are found at once", () => {
    const found = faultsOf("SELECT a, FROM b WHERE x = AND y = (1 +) GROUP BY");
    expect(found.length).toBeGreaterThan(1);
    expect(found.map((fault) => fault.column)).toEqual([...found.map((fault) => fault.column)].sort((a, b) => a - b));
  });

  it.each([
    ["brackets", `SELECT ${"(".repeat(4_000)}1`],
    ["NOT", `SELECT a FROM b WHERE ${"NOT ".repeat(3_000)}c`],
    ["signs", `SELECT ${"- ".repeat(3_000)}1 FROM b`],
    ["CASE", `SELECT ${"CASE WHEN a THEN ".repeat(600)}1`],
    ["INTERVAL", `SELECT ${"INTERVAL ".repeat(2_000)}1 DAY`],
    ["SELECT", `SELECT a FROM ${"(SELECT a FROM ".repeat(300)}b`],
    ["UNION", `SELECT a FROM b ${"UNION ALL SELECT a FROM b ".repeat(300)}`],
  ])("nesting without end is refused before it is parsed: %s", (_, text) => {
    expect(faultsOf(text)[0]?.code).toBe("query-too-deep");
  });

  it("a statement without end is refused before it is read", () => {
    expect(faultsOf(`SELECT ${"a, ".repeat(limits.maxCharacters / 3)}a FROM b`)[0]?.code).toBe("query-too-large");
    expect(faultsOf(`SELECT ${"a,".repeat(limits.maxTokens / 2)}a FROM b`)[0]?.code).toBe("query-too-large");
  });
});

const name = fc.constantFrom("a", "b_1", "select", "odd name", "Date", "order");
const quotedName = name.map((text) => `\`${text}\``);
const text = fc.string({ maxLength: 8 }).map((value) => `'${value.replace(/[\\']/g, "\\$&").replace(/[\n\r]/g, " ")}'`);
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  const infix = fc.constantFrom("+", "-", "*", "/", "%", "||", "=", "<>", "<=", "AND", "OR");
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      quotedName,
      fc.nat(1_000).map(String),
      fc.constantFrom("1.5", "1e-6", "NULL", "TRUE", "DATE '2025-01-31'", "@p", "INTERVAL 3 DAY", "COUNT(*)"),
      text,
      fc.tuple(inner, infix, inner).map(([a, sign, b]) => `(${a}) ${sign} (${b})`),
      fc.tuple(inner, fc.constantFrom("IS NULL", "IS NOT TRUE", "NOT LIKE 'x%'")).map(([a, test]) => `(${a}) ${test}`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `CASE WHEN ${a} THEN ${b} ELSE ${c} END`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a}) NOT BETWEEN (${b}) AND (${c})`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a}) IN (${b}, 1)`),
      fc.tuple(quotedName, inner, inner).map(([f, a, b]) => `f(${a}, ${f} => ${b})`),
      inner.map((a) => `CAST(${a} AS INT64) + EXTRACT(DAY FROM ${a}) - -(${a})`),
      fc.tuple(inner, quotedName).map(([a, t]) => `EXISTS (SELECT ${a} FROM ${t}) OR x IN (SELECT y FROM ${t} AS z)`),
    ),
  };
});

/** Passes over what only the bounds on nesting refuse. */
function treeUnlessDeep(written: string): Select {
  fc.pre(faultsOf(written).every(({ code }) => code !== "query-too-deep"));
  return treeOf(written);
}

it("what is printed parses to the same tree", () => {
  fc.assert(
    fc.property(expression, expression, quotedName, fc.boolean(), (a, b, named, descending) => {
      const written = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1) ${a} AS ${named} FROM ${named} AS q LEFT JOIN t USING (x)
        WHERE ${b} GROUP BY ${a} ORDER BY ${b}${descending ? " DESC NULLS FIRST" : ""} LIMIT 3`;
      const tree = treeUnlessDeep(written);
      const printed = printStatement(tree);
      expect(withoutPlaces(treeUnlessDeep(printed))).toEqual(withoutPlaces(tree));
      expect(printStatement(treeOf(printed))).toBe(printed);
    }),
    { numRuns: 300 },
  );
});

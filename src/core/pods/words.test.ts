// An analyst's own words: what may not be said in them, what a statement takes along, and what of them an owner's pod is laid under.
import { readFileSync } from "node:fs";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../io/identity/index.ts";
import { type Question, questionDigest, type Words, wordsSchema } from "../model/index.ts";
import { parseQuestion } from "../sql/index.ts";
import { askableOf } from "./askable.ts";
import { parseCatalogue } from "./catalogue.ts";
import { fixedTable } from "./column.ts";
import { lackingIn, overlayOf } from "./overlay.ts";
import { askableWith, withWords, wordFaults, wordsOver, wordsUsed } from "./words.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const standard = parsed.value;

const roof = { attribute: "solar.yield.rounded", redaction: { by: "round", to: 2 } };
const yields = { name: "solar.yield", type: "float64", unit: "kWh", ladder: [roof] };
const kwh = { name: "kwh", attribute: "solar.yield.rounded", required: true, range: { min: 0, max: 100 } };
const days = { name: "solar_days", attribute: "solar.roof", rows: "many", columns: [kwh] };
const wordsOf = (attributes: readonly object[], tables: readonly object[]) =>
  ({ attributes, tables }) as unknown as Words;
const solar = wordsSchema.parse(wordsOf([yields], [days]));

const options = "WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)";
const average = `SELECT ${options} AVG(kwh) AS kwh_a_day FROM solar_days`;
function read(text: string, words: Words): Question {
  const catalogue = askableWith(standard, words);
  if (!catalogue.ok) throw new Error(catalogue.detail);
  const question = parseQuestion(text, "q.sql", { catalogue: catalogue.value });
  if (!question.ok) throw new Error(JSON.stringify(question.faults));
  return question.question;
}
const ofOne = (column: object, more: object = {}) => wordsOf([yields], [{ ...days, ...more, columns: [kwh, column] }]);

describe("words may only add", () => {
  const refused: readonly [string, Words, string, string][] = [
    ["an attribute", wordsOf([{ ...yields, name: "health.code" }], []), "attributes[0].name", "standard catalogue"],
    ["a rung", wordsOf([{ ...yields, name: "person.age.band" }], []), "attributes[0].name", "standard catalogue"],
    [
      "an attribute of rows",
      wordsOf([{ ...yields, name: standard.tables[0]!.attribute }], []),
      "attributes[0].name",
      "s",
    ],
    [
      "a rung that is an attribute",
      wordsOf([{ ...yields, ladder: [{ ...roof, attribute: "person.age" }] }], []),
      "attributes[0].ladder[0].attribute",
      "standard catalogue",
    ],
    [
      "a rung beside its attribute",
      wordsOf([{ ...yields, ladder: [{ ...roof, attribute: "solar.rounded" }] }], []),
      "attributes[0].ladder[0].attribute",
      "not named below it",
    ],
    [
      "all rows of what people have one of",
      ofOne({ name: "x", attribute: "location.city" }),
      "tables[0].columns[1].attribute",
      "no standard table gives",
    ],
    ["one name for two", wordsOf([yields, { ...yields, name: roof.attribute }], []), "attributes[1].name", "twice"],
    ["a table", wordsOf([yields], [{ ...days, name: "ratings" }]), "tables[0].name", "standard catalogue"],
    ["people", wordsOf([yields], [{ ...days, name: "people" }]), "tables[0].name", "standard catalogue"],
    ["a store's own table", wordsOf([yields], [{ ...days, name: "sqlite_master" }]), "tables[0].name", "stores"],
    ["a table twice", wordsOf([yields], [days, days]), "tables[1].name", "twice"],
    [
      "a column of people",
      ofOne({ name: "age", attribute: "bank.day" }, { rows: "one" }),
      "tables[0].columns[1].name",
      "",
    ],
    [
      "a name",
      ofOne({ name: "x", attribute: "person.name" }),
      "tables[0].columns[1].attribute",
      "no standard table gives",
    ],
    ["nothing", ofOne({ name: "x", attribute: "solar.yeild" }), "tables[0].columns[1].attribute", "no line describes"],
    ["texts for a number", ofOne({ ...kwh, values: ["1"] }), "tables[0].columns[1].values", "lists are of texts"],
    [
      "a range without an end",
      ofOne({ ...kwh, range: { min: 0, max: 1e300 } }),
      "tables[0].columns[1].range",
      "no range of float64",
    ],
    [
      "a range of texts",
      ofOne({ ...kwh, attribute: "movie.title" }),
      "tables[0].columns[1].range",
      "ranges are of numbers",
    ],
    [
      "halves for whole numbers",
      ofOne({ ...kwh, name: "years", attribute: "person.age", range: { min: 0.5, max: 9 } }, { rows: "one" }),
      "tables[0].columns[1].range",
      "no range of int64",
    ],
  ];
  it.each(refused)("and say %s for their own: refused", (_, words, path, message) => {
    expect(wordFaults(standard, words)[0]).toMatchObject({ path, message: expect.stringContaining(message) });
    expect(askableWith(standard, words)).toMatchObject({ ok: false, code: "ask-words" });
  });

  it("and bring nothing that is not named: of attributes by a table, of tables by the statement", () => {
    const idle = wordsOf([yields, { ...yields, name: "solar.z", ladder: [] }], [days]);
    expect(wordFaults(standard, idle)).toEqual([]);
    expect(askableWith(standard, idle)).toMatchObject({ ok: false, code: "ask-words" });
    const other = askableWith(standard, wordsOf([yields], [days, { ...days, name: "z" }]));
    if (!other.ok) throw new Error(other.detail);
    const question = parseQuestion(average, "q.sql", { catalogue: other.value });
    expect(question).toMatchObject({ ok: false, faults: [{ code: "ask-words" }] });
  });

  it("in one order, within their bounds, in texts that can be shown", () => {
    const many = Array.from({ length: 100 }, (_, at) => `${at} ${"x".repeat(190)}`);
    const malformed = [
      wordsOf([{ ...yields, name: "z" }, yields], [days]),
      wordsOf([yields], [{ ...days, name: "z" }, days]),
      wordsOf([yields, yields], [days]),
      wordsOf([yields], []),
      wordsOf([{ ...yields, unit: "kWh\u001b[2J" }], [days]),
      wordsOf([{ ...yields, description: "harmless" }], [days]),
      wordsOf([yields], [{ ...days, columns: [{ ...kwh, values: ["a\u0000b"] }] }]),
      wordsOf([yields], [{ ...days, columns: [{ ...kwh, values: ["a", "b", "a"] }] }]),
      wordsOf([yields], [{ ...days, columns: [{ ...kwh, required: false }] }]),
      wordsOf([yields], [{ ...days, columns: [{ ...kwh, values: many }] }]),
      wordsOf(
        [yields],
        [days, { ...days, name: "z" }].map((one) => ({ ...one, columns: columnsOf(40) })),
      ),
      wordsOf(
        [yields],
        Array.from({ length: 9 }, (_, at) => ({ ...days, name: `a${at}` })),
      ),
    ];
    for (const words of malformed) expect(wordsSchema.safeParse(words).success).toBe(false);
  });
  const columnsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ ...kwh, name: `k${at}` }));
});

describe("a statement takes along", () => {
  const rest = { name: "month", attribute: "movie.day.month", required: false };
  const more = wordsOf(
    [{ ...yields, name: "solar.age", ladder: [] }, yields],
    [
      { ...days, name: "roofs" },
      { ...days, columns: [rest, kwh] },
    ],
  );
  it("what it names, and what tells which rows there are, in the order of names", () => {
    const read = [{ table: "solar_days", column: null, attribute: "solar.roof" as never }];
    expect(wordsUsed(more, read)).toEqual(solar);
    expect(wordsUsed(more, [{ table: "ratings", column: null, attribute: "movie.rating" as never }])).toBeNull();
    const named = [{ table: "solar_days", column: "month", attribute: rest.attribute as never }];
    expect(wordsUsed(more, named)?.tables[0]?.columns).toEqual([rest, kwh]);
  });

  it("and the question's digest tells one ladder from another, and leaves questions without words as they are", () => {
    const finer = wordsOf([{ ...yields, ladder: [{ ...roof, redaction: { by: "round", to: 1 } }] }], [days]);
    const digests = [solar, finer].map((words) => questionDigest(read(average, words), nodeCrypto));
    expect(digests[0]).not.toBe(digests[1]);
    const plain = parseQuestion(`SELECT ${options} COUNT(*) FROM people`, "q.sql", { catalogue: askableOf(standard) });
    expect(plain.ok && Object.keys(plain.question.local)).toEqual(["sql", "binds", "columns", "reads"]);
  });
});

describe("a range of the words", () => {
  it.each([
    ["without width", { min: 5, max: 5 }],
    ["of more digits than can be noised", { min: 0, max: 9_007_199_254_740_991 }],
    ["of more places than can be noised", { min: 0, max: 0.123456789012 }],
  ])("%s bounds nothing: the statement is refused as one with such bounds", (_, range) => {
    const words = wordsOf([yields], [{ ...days, columns: [{ ...kwh, range }] }]);
    const askable = askableWith(standard, words);
    if (!askable.ok) throw new Error(askable.detail);
    for (const text of [average, average.replace("AVG(kwh)", "HISTOGRAM(kwh, 4)")])
      expect(parseQuestion(text, "q.sql", { catalogue: askable.value })).toMatchObject({
        ok: false,
        faults: [{ code: "sql-bounds" }],
      });
  });
});

describe("of a table of an analyst's own, everything is read", () => {
  const attributesOf = (text: string, words: Words) => read(text, words).local.reads.map(({ attribute }) => attribute);
  it("by who counts its rows: which there are is told by columns that she chose", () => {
    const values = { name: "code", attribute: "health.measure", required: true, values: ["F32"] };
    const harmless = wordsOf([], [{ ...days, name: "gifts", attribute: "gift.row", columns: [values] }]);
    expect(attributesOf(`SELECT ${options} COUNT(*) AS n FROM gifts`, harmless)).toEqual([
      "gift.row",
      "health.measure",
    ]);
  });

  it("of one row, too, alone or as part of people", () => {
    const code = { name: "code", attribute: "health.measure", required: false };
    const pay = { name: "pay", attribute: "work.salary", required: false, range: { min: 0, max: 9 } };
    const single = wordsOf([], [{ ...days, name: "gifts", attribute: "gift.row", rows: "one", columns: [code, pay] }]);
    const all = ["health.measure", "work.salary"];
    expect(attributesOf(`SELECT ${options} COUNT(*) AS n FROM gifts`, single)).toEqual(["gift.row", ...all]);
    expect(attributesOf(`SELECT ${options} AVG(pay) AS n FROM people`, single)).toEqual(all);
  });
});

describe("an owner's pod", () => {
  const own = (text: string) => {
    const read = parseCatalogue(`hedgerow: 1\nattributes:\n${text}`, "catalogue.yaml");
    if (!read.ok) throw new Error(read.detail);
    return read.value;
  };
  const written = (to: number, more = "") =>
    `  - { name: solar.yield, type: float64, unit: kWh, description: Mine, ladder: [{ attribute: solar.yield.rounded, redaction: { by: round, to: ${to} } }] ${more}}`;
  const table = fixedTable("dach", ["ertrag:float64:kWh", "notiz"]);
  const mapped = (attribute: string | null) => [
    {
      ...table,
      columns: table.columns.map((column) => (column.name === "ertrag" ? { ...column, attribute } : column)),
    } as never,
  ];
  const question = read(average, solar);
  function rowsFor(catalogue: ReturnType<typeof wordsOver>, attribute: string | null = "solar.yield"): unknown[] {
    const database = new Database(":memory:");
    database.exec("create table dach(ertrag real, notiz text); insert into dach values (21.4, 'a'), (24.9, 'b')");
    const { sql } = overlayOf(question.local, catalogue, mapped(attribute));
    const rows = database.prepare(sql).raw().all(question.local.binds);
    database.close();
    return rows.map((row) => (row as unknown[])[0]);
  }
  const lacks = (catalogue: ReturnType<typeof wordsOver>, attribute: string | null = "solar.yield") =>
    lackingIn(
      question.local.reads.flatMap((one) => (one.column === null ? [] : [one.attribute])),
      catalogue,
      mapped(attribute),
    );

  it("is laid under words that she describes alike, whatever she says of them", () => {
    const alike = wordsOver(standard, solar, own(written(2)));
    expect([rowsFor(alike), lacks(alike)]).toEqual([[22, 24], []]);
  });

  it.each([
    ["another ladder", written(20)],
    [
      "a rung more",
      written(2).replace("ladder: [", "ladder: [{ attribute: solar.y.r, redaction: { by: round, to: 1 } }, "),
    ],
    ["another unit", written(2).replace("kWh", "Wh")],
    ["another type", written(2).replace("float64", "int64")],
    ["another name", written(2).replace("name: solar.yield", "name: solar.power")],
  ])("with %s in her catalogue lacks them", (_, text) => {
    const other = wordsOver(standard, solar, own(text));
    expect([rowsFor(other), lacks(other)]).toEqual([[], ["solar.yield.rounded"]]);
  });

  it("gives no row of a table of one row where a required column of it has no value, or none of the list", () => {
    const column = { name: "film", attribute: "movie.title", required: true, values: ["Ran"] };
    const home = wordsOf([], [{ ...days, name: "home", rows: "one", columns: [column] }]);
    const counted = read(`SELECT ${options} film, COUNT(*) AS n FROM home GROUP BY film`, home);
    // Of a column that is required no group of NULL is listed.
    expect(counted.groups.selection).toEqual({ at: "public", rows: [[{ type: "text", value: "Ran" }]] });
    const titled = { ...table, columns: [{ ...table.columns[1]!, attribute: "movie.title" }] } as never;
    const rows = (note: string | null) => {
      const database = new Database(":memory:");
      database.exec("create table dach(notiz text)");
      database.prepare("insert into dach values (?)").run([note]);
      const found = database
        .prepare(overlayOf(counted.local, withWords(standard, home), [titled]).sql)
        .raw()
        .all([]);
      database.close();
      return found.length;
    };
    expect([rows("Ran"), rows("Kagemusha"), rows(null)]).toEqual([1, 0, 0]);
  });

  it("shows no column that is private, nor one of another attribute, whatever words name", () => {
    const alike = wordsOver(standard, solar, own(written(2)));
    for (const attribute of [null, "bank.amount"])
      expect([rowsFor(alike, attribute), lacks(alike, attribute)]).toEqual([[], ["solar.yield.rounded"]]);
    expect(rowsFor(withWords(standard, solar))).toEqual([22, 24]);
  });
});

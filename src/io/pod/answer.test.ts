// A pod answers questions over the owner's own tables, whatever she calls them, and shows nothing that was not asked for.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Question } from "../../core/model/index.ts";
import {
  askableOf,
  type Catalogue,
  fixedTable,
  type PodTable,
  parseCatalogue,
  withAttributes,
} from "../../core/pods/index.ts";
import { parseQuestion } from "../../core/sql/index.ts";
import { answerFrom, conceptsFrom } from "./answer.ts";
import { openDatabase } from "./database.ts";
import { fillPod } from "./import.ts";
import { openPod, type Pod, type PodAnswer, type PublishedConcept, synthesise } from "./index.ts";
import type { Cell } from "./intake.ts";
import { podKey } from "./pod-key.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const catalogue = parsed.value;
const askable = askableOf(catalogue);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-answer-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function localOf(rest: string): Question["local"] {
  const text = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1) ${rest}`;
  const question = parseQuestion(text, "q.sql", { catalogue: askable });
  if (!question.ok) throw new Error(JSON.stringify(question.faults));
  return question.question.local;
}

/** As its owner uses it, and as others ask it. */
interface AskedPod extends Pod {
  answer(local: Question["local"], catalogue: Catalogue, nowMs: () => number): PodAnswer;
  concepts(chosen: readonly string[], catalogue: Catalogue): PublishedConcept[];
}

async function podWith(tables: readonly PodTable[], rows: (readonly [number, readonly Cell[]])[]): Promise<AskedPod> {
  const filled = await fillPod(folder, { source: "test", format: "test", tables, rows }, () => 0);
  if (!filled.ok) throw new Error(filled.code);
  const opened = await openPod(folder);
  if (!opened.ok) throw new Error(opened.code);
  return askedPod(opened.value);
}

async function askedPod(pod: Pod, of = folder): Promise<AskedPod> {
  const key = await podKey(of, false);
  if (!key.ok) throw new Error(key.code);
  const database = openDatabase(of, key.value);
  if (!database.ok) throw new Error(database.code);
  return {
    ...pod,
    answer: (local, named, nowMs) => answerFrom(database.value, local, named, nowMs),
    concepts: (chosen, named) => conceptsFrom(database.value, chosen, named),
    close() {
      database.value.close();
      pod.close();
    },
  };
}

/** A column of hers that stands for an attribute. */
function mapped(table: PodTable, attributes: Readonly<Record<string, string>>): PodTable {
  const columns = table.columns.map((column) => ({ ...column, attribute: (attributes[column.name] ?? null) as never }));
  return { ...table, columns };
}

describe("tables of any name", () => {
  const staff = mapped(fixedTable("personal", ["kranktage:int64", "lohn:float64", "diagnose"]), {
    kranktage: "work.sick_leave",
    lohn: "work.salary",
  });
  const films = mapped(fixedTable("kino", ["film", "sterne:int64", "am:date"]), {
    film: "movie.title",
    sterne: "movie.stars",
    am: "movie.day",
  });
  const more = mapped(fixedTable("ratings", ["movie", "stars:float64"]), {
    movie: "movie.title",
    stars: "movie.stars",
  });
  const rows: [number, Cell[]][] = [
    [0, [12, 41_000, "secret"]],
    [1, ["A", 4, "2024-02-29"]],
    [1, ["B", null, "2024-03-01"]],
    [2, ["C", 2.5]],
  ];
  const ask = async (rest: string) => {
    const pod = await podWith([staff, films, more], rows);
    try {
      const { rows: found, trouble } = pod.answer(localOf(rest), catalogue, () => 0);
      expect(trouble).toBeNull();
      return found;
    } finally {
      pod.close();
    }
  };

  it("the paper's questions: days of sick leave, movies and stars from every table that has them", async () => {
    expect(await ask("AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) FROM people")).toEqual([[12n]]);
    const movies = await ask("movie, AVG(stars, contribution_bounds_per_group => (1, 5)) FROM ratings GROUP BY movie");
    // B has no stars, and stars are required; whole stars of hers count as the fractions that were asked for.
    expect(movies).toEqual([
      ["A", 4],
      ["C", 2.5],
    ]);
  });

  it("dates are days, and a rung is what the pod makes of the exact value", async () => {
    expect(await ask("COUNT(*) FROM ratings WHERE day < '2024-03-01'")).toHaveLength(1);
    expect(await ask("month, COUNT(*) FROM ratings WHERE stars > 0 AND month <> '' GROUP BY month")).toEqual([
      ["2024-02"],
    ]);
    expect(await ask("salary_band, COUNT(*) FROM people GROUP BY salary_band")).toEqual([["40000–49999"]]);
  });

  it("what she does not have has no rows; of people she is one all the same", async () => {
    expect(await ask("SUM(used, contribution_bounds_per_group => (0, 9)) FROM electricity_readings")).toEqual([]);
    expect(await ask("SUM(age, contribution_bounds_per_group => (0, 120)) FROM profile")).toEqual([]);
    expect(await ask("city, COUNT(*) FROM people GROUP BY city")).toEqual([[null]]);
    expect(await ask("COUNT(*) FROM employment")).toHaveLength(1);
    expect(await ask("COUNT(*) FROM profile")).toEqual([]);
  });

  it("her table of the name that a question uses is not read in its place", async () => {
    const named = { ...films, name: "profile" };
    const pod = await podWith([named], [[0, ["A", 4, "2024-02-29"]]]);
    expect(pod.answer(localOf("COUNT(*) FROM profile"), catalogue, () => 0)).toEqual({ rows: [], trouble: null });
    pod.close();
  });

  it("columns that are not in `reads` cannot be seen, whatever the statement says", async () => {
    const pod = await podWith([staff, films, more], rows);
    const local = localOf("SUM(sick_leave_days, contribution_bounds_per_group => (0, 9)) FROM employment");
    const asks = (sql: string) => pod.answer({ ...local, sql }, catalogue, () => 0);
    expect(asks('SELECT "sick_leave_days" FROM "employment" AS "t0"').rows).toEqual([[12n]]);
    for (const sql of [
      'SELECT "salary" FROM "employment" AS "t0"',
      'SELECT "movie" FROM "ratings" AS "t0"',
      "DELETE FROM personal",
    ])
      expect(asks(sql)).toMatchObject({ rows: [], trouble: { code: "pod-answer" } });
    pod.close();
  });
});

describe("bounds", () => {
  const films = mapped(fixedTable("kino", ["film", "sterne:float64"]), { film: "movie.title", sterne: "movie.stars" });
  const filled = () =>
    podWith(
      [films],
      Array.from({ length: 800 }, (_, n): [number, Cell[]] => [0, [`film ${n}`, 1]]),
    );

  it("a statement that would compare too many rows is not begun; the owner is told", async () => {
    const pod = await filled();
    const joined = (times: number) =>
      localOf(
        `COUNT(*) FROM ratings AS a${Array.from({ length: times }, (_, n) => ` JOIN ratings AS b${n} ON TRUE`).join("")}`,
      );
    expect(pod.answer(joined(2), catalogue, () => 0)).toMatchObject({
      rows: [],
      trouble: { code: "pod-answer", detail: expect.stringContaining("512000000") },
    });
    // 800 times 800 are few to compare, and more rows than one person's answer has.
    expect(pod.answer(joined(1), catalogue, () => 0)).toMatchObject({
      rows: [],
      trouble: { detail: expect.stringContaining("500000 rows") },
    });
    pod.close();
  });

  it("time is looked at between rows", async () => {
    const pod = await filled();
    let nowMs = 0;
    const answer = pod.answer(localOf("COUNT(*) FROM ratings"), catalogue, () => {
      nowMs += 1_000;
      return nowMs;
    });
    expect(answer).toMatchObject({ rows: [], trouble: { detail: expect.stringContaining("seconds") } });
    pod.close();
  });

  it("an error of the store counts as no rows", async () => {
    const work = mapped(fixedTable("p", ["n:int64"]), { n: "work.sick_leave" });
    const many = Array.from({ length: 12 }, (_, n): [number, Cell[]] => [1, [`film ${n}`, 1]]);
    const pod = await podWith([work, films], [[0, ["900000000000000000"]], ...many]);
    const sum = (joined: string) =>
      localOf(
        `SUM(n, contribution_bounds_per_group => (0, 9)) FROM (SELECT SUM(a.sick_leave_days) AS n FROM employment AS a ${joined}) AS x`,
      );
    expect(pod.answer(sum(""), catalogue, () => 0).rows).toEqual([[900000000000000000n]]);
    expect(pod.answer(sum("JOIN ratings AS b ON TRUE"), catalogue, () => 0)).toMatchObject({
      rows: [],
      trouble: { code: "pod-answer", detail: expect.stringContaining("overflow") },
    });
    pod.close();
  });
});

describe("an invented person", () => {
  let pod: AskedPod;
  beforeEach(async () => {
    const order = { folder, people: 1, seed: 3, as: "pods" } as const;
    const made = await synthesise(order, (tables) => withAttributes(catalogue, tables), { nowMs: () => 0 });
    if (!made.ok) throw new Error(made.code);
    const opened = await openPod(join(folder, "person-0001/pod"));
    if (!opened.ok) throw new Error(opened.code);
    pod = await askedPod(opened.value, join(folder, "person-0001/pod"));
  });
  afterEach(() => pod.close());

  it.each([
    ["COUNT(*) FROM people WHERE age >= 18 AND sick_leave_days >= 0 AND salary > 0 AND profession <> ''", 1],
    ["COUNT(*) FROM ratings WHERE stars BETWEEN 0.5 AND 5 AND day > '2020-01-01'", 1],
    [
      "SUM(used, contribution_bounds_per_group => (0, 99)) FROM electricity_readings WHERE at >= '2024-03-01' AND cost > 0 AND interval_seconds = 3600",
      300,
    ],
    [
      "AVG(pm25, contribution_bounds_per_group => (0, 99)) FROM samples WHERE noise > 30 AND area_latitude BETWEEN 35 AND 60 AND at >= '2024-03-01'",
      50,
    ],
    [
      "SUM(amount, contribution_bounds_per_group => (0, 99)) FROM bank_transactions WHERE booked < '2024-03-01' AND currency <> '' AND kind = 'DEBIT' AND counterparty <> ''",
      20,
    ],
  ])("can be asked: %s", (rest, atLeast) => {
    const { rows, trouble } = pod.answer(localOf(rest), catalogue, () => 0);
    expect(trouble).toBeNull();
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
  });

  it("is found by what she chose to publish", () => {
    const found = pod.concepts(["profession", "age", "salary", "age"], catalogue);
    expect(found).toEqual([
      { concept: "profession", value: { type: "text", value: expect.stringMatching(/^[a-z ]+$/) } },
      { concept: "age", value: { type: "int64", value: expect.stringMatching(/^\d+$/) } },
    ]);
    expect(pod.concepts([], catalogue)).toEqual([]);
  });
});

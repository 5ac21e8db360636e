// Every class of refusal: the place, the code, the reason, and what can be written instead.
import { describe, expect, it } from "vitest";
import { testCatalogue } from "../../../test/support/sql-catalogue.ts";
import { refusals } from "../base/index.ts";
import { parseQuestion } from "./index.ts";

const head = "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=1, delta=1e-6) ";
const faultsOf = (text: string) => {
  const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
  return parsed.ok ? [] : parsed.faults;
};
const where = (condition: string) => `${head}COUNT(*) FROM people WHERE ${condition}`;
const trips = (columns: string, rest = "") => `${head}${columns} FROM trips ${rest}`;

it.each([
  ["SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=@p, delta=1e-6) COUNT(*) FROM people"],
  ["SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(max_groups_contributed=@p) COUNT(*) FROM people"],
  [`${head}COUNT(*) FROM people WHERE profile('age') > @p`],
  [`${head}COUNT(*) FROM people WHERE profile('city') IN ('Paris', @p)`],
  [`${head}SUM(minutes, contribution_bounds_per_group => (0, @p)) FROM trips`],
  [`${head}SUM(minutes, contribution_bounds_per_group => (-@p, 10)) FROM trips`],
  [`${head}TOP_K(mode, @p) FROM trips`],
  [`${head}COUNT(*) AS n FROM trips ORDER BY n LIMIT @p`],
])("a parameter without a value is that one fault: %s", (text) => {
  expect(faultsOf(text).map(({ code, message }) => [code, message])).toEqual([
    ["sql-parameter", "the parameter @p has no value"],
  ]);
});

it("parameters that stand nowhere in the statement are named", () => {
  const parameters = new Map([
    ["days", { type: "int64", value: "3" }],
    ["zz", { type: "int64", value: "3" }],
  ] as const);
  const parsed = parseQuestion(where("sick_leave_days > @days"), "q.sql", { catalogue: testCatalogue, parameters });
  expect(parsed).toMatchObject({ ok: true, idle: ["zz"] });
});

/** Statement, the code, a piece of the message, a piece of the remedy. */
const cases: readonly (readonly [string, string, string, string])[] = [
  // not offered
  [`${head}* FROM trips`, "sql-not-offered", "*", "AVG"],
  [`${head.replace("SELECT", "SELECT")}DISTINCT mode FROM trips`, "sql-not-offered", "DISTINCT", "GROUP BY"],
  [trips("mode", "GROUP BY mode"), "sql-not-offered", "nothing is aggregated", "COUNT(*)"],
  [trips("COUNT(*)", "GROUP BY mode HAVING COUNT(*) > 1"), "sql-not-offered", "HAVING", "WHERE"],
  [trips("COUNT(*)", "QUALIFY 1 = 1"), "sql-not-offered", "QUALIFY", "WHERE"],
  [trips("COUNT(*) AS n", "ORDER BY n LIMIT 1 OFFSET 2"), "sql-not-offered", "OFFSET", "LIMIT"],
  [trips("COUNT(*)", "LIMIT 2"), "sql-not-offered", "LIMIT", "ORDER BY"],
  [trips("COUNT(*)", "ORDER BY mode"), "sql-not-offered", "noised result", "f0_"],
  [trips("COUNT(*)", "UNION ALL SELECT 1 FROM trips"), "sql-not-offered", "UNION", "two questions"],
  [`WITH x AS (SELECT 1 FROM trips) ${head}COUNT(*) FROM x`, "sql-not-offered", "WITH", "FROM (SELECT"],
  [trips("COUNT(*) OVER (ORDER BY mode)"), "sql-not-offered", "OVER", "sub-select"],
  [trips("COUNT(DISTINCT mode)"), "sql-not-offered", "DISTINCT", "TOP_K"],
  [trips("1 + COUNT(*)"), "sql-not-offered", "inside another expression", "column of its own"],
  [trips("MAX(minutes)"), "sql-not-offered", "MAX", "PERCENTILE_CONT"],
  [where("since < CURRENT_DATE()"), "sql-not-offered", "CURRENT_DATE", "DATE '"],
  [where("RAND() < 0.5"), "sql-not-offered", "RAND", "Noise"],
  [where("REGEXP_CONTAINS(contract, 'x')"), "sql-not-offered", "REGEXP_CONTAINS", "LIKE"],
  [where("contract LIKE contract"), "sql-not-offered", "LIKE", "LIKE 'Par%'"],
  [where("CAST(contract AS INT64) = 1"), "sql-not-offered", "cast", "column of that type"],
  [where("sick_leave_days = (SELECT 1 FROM trips)"), "sql-not-offered", "one value", "IN (SELECT"],
  [where("since + INTERVAL 1 MONTH > since"), "sql-not-offered", "MONTH", "TIMESTAMP_TRUNC"],
  [`${head}COUNT(*) FROM trips FULL JOIN ratings ON TRUE`, "sql-not-offered", "FULL JOIN", "LEFT JOIN"],
  [`${head}COUNT(*) FROM (SELECT mode FROM trips LIMIT 3) AS x`, "sql-not-offered", "noised result", "sub-select"],
  ["INSERT INTO trips VALUES (1)", "sql-not-offered", "only asks", "SELECT WITH"],
  // names
  [`${head}COUNT(*) FROM tripz`, "sql-unknown-name", "tripz", '"trips"'],
  [trips("SUM(minuts)"), "sql-unknown-name", "minuts", '"minutes"'],
  [where("profession = 'pilot'"), "sql-unknown-name", "profession", "profile('profession')"],
  [where("LENGHT(contract) = 1"), "sql-unknown-name", "lenght", '"length"'],
  [where("profile('job') = 'pilot'"), "sql-unknown-name", "job", "profession"],
  [where("EXTRACT(YEER FROM since) = 1"), "sql-unknown-name", "YEER", '"year"'],
  [where("CAST(since AS STRNG) = ''"), "sql-unknown-name", "STRNG", '"STRING"'],
  [trips("SUM(minutes, bounds => (0, 1))"), "sql-unknown-name", "bounds", "contribution_bounds_per_group"],
  [
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilom=1) COUNT(*) FROM people",
    "sql-unknown-name",
    "epsilom",
    '"epsilon"',
  ],
  [`${head}COUNT(*) FROM trips, trips`, "name-clash", "two tables", "AS other"],
  [`${head}COUNT(*) FROM trips AS a, trips AS b WHERE mode = 'bus'`, "name-clash", "mode", "a.mode"],
  [trips("COUNT(*) AS n, COUNTIF(shared) AS n"), "name-clash", "two columns", "AS other"],
  // types and units
  [where("sick_leave_days"), "sql-type", "true or false", "Compare"],
  [where("sick_leave_days = 'x'"), "sql-type", "INT64 and STRING", "CAST"],
  [where("working_hours > sick_leave_days"), "sql-type", "units hour and day", "one unit"],
  [where("since = '2025-02-30'"), "sql-type", "is no DATE", "2025-01-31"],
  [where("LENGTH(contract, 1) = 1"), "sql-type", "takes 1", "call"],
  [trips("SUM(mode, contribution_bounds_per_group => (0, 1))"), "sql-type", "numbers", "column of numbers"],
  // privacy
  ["SELECT COUNT(*) FROM people", "sql-privacy", "how private", "WITH DIFFERENTIAL_PRIVACY"],
  ["SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon=99) COUNT(*) FROM people", "sql-privacy", "epsilon", "10"],
  ["SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0.5) COUNT(*) FROM people", "sql-privacy", "delta", "0.001"],
  [
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(max_groups_contributed=NULL) COUNT(*) FROM people",
    "sql-privacy",
    "max_groups",
    "1000",
  ],
  [
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(privacy_unit_column=mode) COUNT(*) FROM trips",
    "sql-privacy",
    "owner",
    "owner",
  ],
  // bounds
  [trips("SUM(minutes)"), "sql-bounds", "between which values", "contribution_bounds_per_group => (0, 100)"],
  [trips("SUM(minutes, contribution_bounds_per_group => (5, 1))"), "sql-bounds", "not below", "Swap"],
  [trips("SUM(minutes, contribution_bounds_per_group => (0.5, 12345678901234))"), "sql-bounds", "digits", "13"],
  [trips("HISTOGRAM(minutes, contribution_bounds_per_row => (0, 1))"), "sql-bounds", "bins", "bins => 20"],
  // target
  [where("profile('city') = 'Paris' OR contract = 'x'"), "sql-target", "OR", "AND"],
  [where("profile('city') <> 'Paris'"), "sql-target", "not who has another", "IN ("],
  [where("profile('city') LIKE 'P%'"), "sql-target", "pattern", "IN ("],
  [where("profile('city') IS NULL"), "sql-target", "no value", "IN ("],
  [where("profile('age') + 1 > 40"), "sql-target", "calculation", "BETWEEN"],
  [where("profile('age') BETWEEN 49 AND 40"), "sql-target", "no whole number", "Swap"],
  [where("profile('education') = 'schol'"), "sql-target", "never", '"school"'],
  [where("profile('city') > 'Paris'"), "sql-target", "no order", "IN ("],
  [where("profile('city') = contract"), "sql-target", "value of its type", "'Paris'"],
  [`${head}profile('city'), COUNT(*) FROM people`, "sql-target", "finds people", "WHERE"],
  // groups
  [trips("mode, COUNT(*)"), "sql-groups", "neither grouped nor aggregated", "GROUP BY"],
  [trips("COUNT(*)", "GROUP BY minutes"), "sql-groups", "fractions", "CAST"],
  [
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(delta=0) movie, COUNT(*) FROM ratings GROUP BY movie",
    ...(["sql-groups", "needs delta", "group_keys"] as const),
  ],
  [
    "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(group_selection_strategy=PUBLIC_GROUPS) COUNT(*) FROM ratings GROUP BY movie",
    ...(["sql-groups", "not a public list", "IN ("] as const),
  ],
  [
    `${head}COUNT(*) FROM (SELECT mode, minutes, COUNT(*) AS n FROM trips GROUP BY mode) AS x`,
    "sql-groups",
    "neither",
    "sub-select",
  ],
  // the rest
  [where("sick_leave_days > @days"), "sql-parameter", "@days", "value in its place"],
  [where(`sick_leave_days = ${"1 + ".repeat(200)}1`), "query-too-deep", "deeper", "sub-select"],
  [where(`contract = '${"x".repeat(2_000)}'`), "query-too-large", "2000 characters", "1024"],
];

describe("is refused with what to write instead", () => {
  it.each(cases)("%s", (text, code, message, remedy) => {
    const found = faultsOf(text);
    const fault = found.find((one) => one.code === code && one.message.includes(message));
    expect(fault, JSON.stringify(found)).toBeDefined();
    expect(fault!.remedy).toContain(remedy);
    expect(fault!.line).toBe(1);
    expect(fault!.column).toBeLessThanOrEqual(text.length);
  });
});

it("all faults of a statement are found at once, in the order of the text", () => {
  const found = faultsOf(`${head.replace("epsilon=1", "epsilon=99")}
    AVG(minuts), movie
    FROM trips
    WHERE shared = 3 AND profile('city') <> 'Paris'
    LIMIT 3`);
  expect(found.map(({ line, code }) => `${line} ${code}`)).toEqual([
    "1 sql-privacy",
    "2 sql-unknown-name",
    "2 sql-unknown-name",
    "4 sql-type",
    "4 sql-target",
    "5 sql-not-offered",
  ]);
});

it("every code is in the table of refusals, and every one of this area is tested", () => {
  const tested = new Set(cases.map(([, code]) => code));
  for (const code of tested) expect(Object.hasOwn(refusals, code)).toBe(true);
  const own = Object.keys(refusals).filter((code) => code.startsWith("sql-") && code !== "sql-syntax");
  expect([...tested]).toEqual(expect.arrayContaining(own));
});

it("of very many unknown names the first are helped, and all are told: strangers' statements are read too", () => {
  const letters = [..."bcdfghjk"];
  const names = letters.flatMap((one) => letters.map((other) => `minu${one}${other}s`)).slice(0, 60);
  const faults = faultsOf(trips("COUNT(*)", `WHERE ${names.map((name) => `${name} = 1`).join(" AND ")}`));
  expect(faults).toHaveLength(60);
  expect(faults.filter(({ remedy }) => remedy.includes("Did you mean"))).toHaveLength(20);
});

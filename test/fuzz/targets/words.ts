// Words of an analyst's own that a liar sends with her statement, and the pod of an owner whose column is private: whatever the words say,
// nothing is taken that changes the standard, and no row shows what was not said to be read.
import Database from "libsql";
import { fromCanonical, toCanonical } from "../../../src/core/base/index.ts";
import { boundValue, type Words, wordsSchema } from "../../../src/core/model/index.ts";
import {
  askableWith,
  knownAttributes,
  overlayOf,
  parseCatalogue,
  podTableSchema,
  withWords,
  wordsOver,
} from "../../../src/core/pods/index.ts";
import { Coins } from "../../../src/core/privacy/index.ts";
import { parseQuestion } from "../../../src/core/sql/index.ts";
import { createTally, encodeContribution, type LocalRow, settingsFor, termsOf } from "../../../src/core/terms/index.ts";
import { standardCatalogue } from "../../../src/sdk/catalogue.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { seededBytes } from "../../support/plain-noise.ts";
import { bent, distorted } from "../mutate.ts";
import { check, type Target, type Verdict } from "../target.ts";

const standard = standardCatalogue();
const ladder = [{ attribute: "solar.yield.rounded", redaction: { by: "round", to: 2 } }];
const yields = { name: "solar.yield", type: "float64", unit: "kWh", ladder };
const columns = [
  { name: "kwh", attribute: "solar.yield.rounded", required: true, range: { min: 0, max: 100 } },
  { name: "used", attribute: "electricity.used", required: false, range: { min: 0, max: 1_000_000 } },
  { name: "flow", attribute: "electricity.flow", required: true, values: ["back", "used"] },
];
const honest = {
  attributes: [yields],
  tables: [{ name: "solar_days", attribute: "solar.roof", rows: "many", columns }],
};
/** What a liar would like to have said. */
const wishes: readonly unknown[] = [
  honest,
  ...standard.attributes.slice(0, 6).map(({ description: _, ...entry }) => entry),
  ...standard.tables.map(({ description: _, ...table }) => table),
  { ...yields, name: "solar.yield.exact", ladder: [] },
  ...[1e-300, 1e300, 5e-324, 0.1].map((to) => ({ ...ladder[0], redaction: { by: "round", to } })),
  ...[1e-300, 1e300].map((width) => ({ ...ladder[0], redaction: { by: "band", width } })),
  ...[1e-300, 90].map((degrees) => ({ ...ladder[0], redaction: { by: "grid", degrees } })),
  { name: "kwh", attribute: "solar.yield", required: false },
  { name: "film", attribute: "movie.title", required: true, values: ["SECRET"] },
];
const statements = [
  "AVG(kwh) AS kwh FROM solar_days",
  "COUNT(*) AS heads FROM solar_days",
  "flow, SUM(used) AS used FROM solar_days GROUP BY flow",
  "APPROX_QUANTILES(kwh, 4) AS kwh FROM solar_days",
  "HISTOGRAM(used, 5) AS used, TOP_K(flow, 1) AS flows FROM solar_days",
  "AVG(kwh) AS kwh FROM people",
].map((rest) => `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6) ${rest}`);

const written = { hedgerow: 1, attributes: [{ ...yields, description: "mine" }] };
const own = parseCatalogue(JSON.stringify(written), "catalogue.yaml");
if (!own.ok) throw new Error(own.detail);
const pod = podTableSchema.parse({
  name: "haus",
  columns: [
    { name: "ertrag", label: "", type: "float64", unit: "kWh", attribute: "solar.yield" },
    { name: "strom", label: "", type: "float64", unit: "kWh", attribute: "electricity.used" },
    { name: "richtung", label: "", type: "text", attribute: "electricity.flow" },
    { name: "privat", label: "", type: "float64" },
    { name: "film", label: "", type: "text", attribute: "movie.title" },
  ],
});
const database = new Database(":memory:");
database.exec(
  "create table haus(ertrag real, strom real, richtung text, privat real, film text); insert into haus values (21.4, 424242, 'back', 777777, 'SECRET')",
);

const coins = new Coins(seededBytes(1));

/** Where each value came from: it may be seen by who reads that, and by nobody else. */
const marks = [
  ["4242", "electricity.used"],
  ["SECRET", "movie.title"],
  ["7777", null],
] as const;

function rowsOf(sql: string, binds: readonly unknown[]): LocalRow[] {
  try {
    return database.prepare(sql).raw().safeIntegers(true).all(binds) as LocalRow[];
  } catch (cause) {
    // What a store does not compute gives no rows.
    check(!String(cause).includes("syntax"), `${cause}: ${sql}`);
    return [];
  }
}

function sent(random: Random): unknown {
  const kind = random.unit();
  if (kind < 0.05) return honest;
  if (kind < 0.35) {
    const decoded = fromCanonical(distorted(random, [honest, ...wishes]));
    return decoded.ok ? decoded.value : null;
  }
  return bent(random, honest, wishes, random.between(1, 3));
}

export const wordsTargets: readonly Target[] = [
  {
    name: "words: of an analyst's own, over a pod",
    inputs: 6_000,
    reaches: ["malformed", "ask-words", "sql-unknown-name"],
    attempt(random): Verdict {
      const parsed = wordsSchema.safeParse(sent(random));
      if (!parsed.success) return "malformed";
      const words: Words = parsed.data;
      const askable = askableWith(standard, words);
      if (!askable.ok) return askable.code;
      for (const [name, entry] of knownAttributes(standard))
        check(knownAttributes(withWords(standard, words)).get(name) === entry, `${name} has changed its meaning`);
      const text = random.pick(statements);
      const question = parseQuestion(text, "q.sql", { catalogue: askable.value });
      if (!question.ok) return (question.faults[0]?.code ?? "accepted") as Verdict;
      const { local } = question.question;
      check(fromCanonical(toCanonical(question.question)).ok, "a question that cannot be encoded");
      const read = new Set<string>(local.reads.map(({ attribute }) => attribute));
      for (const { attribute } of words.tables.flatMap((table) => table.columns))
        check(read.has(attribute), `${attribute} is laid, and not read`);
      // An owner may have copied whatever a liar gave her to copy.
      const copied = random.chance(0.5) ? withWords(standard, words) : wordsOver(standard, words, own.value);
      const { sql } = overlayOf(local, copied, [pod]);
      const rows = rowsOf(sql, local.binds.map(boundValue));
      const shown = rows.flat().map(String).join(" ");
      for (const [mark, attribute] of marks)
        check(
          !shown.includes(mark) || (attribute !== null && [...read].some((one) => one.startsWith(attribute))),
          shown,
        );
      const noised = termsOf(question.question, settingsFor(9, question.question));
      if (!noised.ok) return noised.code;
      const tally = createTally(noised.value);
      const added = tally.add(encodeContribution(noised.value, rows, coins));
      check(added.ok, "what an honest node makes of its rows does not count");
      return "accepted";
    },
  },
];

// Statements in SQL that somebody hostile wrote: damaged letter by letter, and put together from the words of others.
import { fromCanonical, toCanonical } from "../../../src/core/base/index.ts";
import { parseQuestion } from "../../../src/core/sql/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { testCatalogue } from "../../support/sql-catalogue.ts";
import { questionTexts } from "../../support/sql-questions.ts";
import { damagedText } from "../damaged-text.ts";
import { check, type Target, type Verdict } from "../target.ts";

const words = questionTexts.flatMap((text) => text.split(/(\s+|[(),])/)).filter((word) => word !== "");
const strange = [
  "/*",
  "--",
  "`",
  "'",
  "\\",
  "OVER",
  "HAVING 1",
  "UNION SELECT",
  "__proto__",
  "constructor",
  "constructor(1)",
  "@p",
];
const more = [
  ...strange,
  "INTERVAL 1 constructor",
  "DATE '0001-01-01'",
  "9223372036854775807",
  "1e400",
  "NOT ",
  "- ",
  "((",
  "NULL",
];

const names = words.filter((word) => /^\w+$/.test(word));

/** Names for names mostly, so that most still parse; else words left out, put in, and put in again and again. */
function reworded(random: Random): string {
  const parts = random.pick(questionTexts).split(/(\s+|[(),])/);
  for (let times = random.between(1, 3); times > 0; times--) {
    const where = random.below(parts.length);
    const change = random.below(10);
    if (change === 0) parts.splice(where, 1);
    else if (change === 1) parts.splice(where, 0, ` ${random.pick([...words, ...more])} `);
    else if (change === 2) parts.splice(where, 0, ` ${random.pick(more)}`.repeat(random.pick([1, 3, 400])));
    else if (/^[\w.']+$/.test(parts[where] ?? "")) parts[where] = random.pick(names);
  }
  return parts.join("");
}

export const sqlTargets: readonly Target[] = [
  {
    name: "question: SQL",
    inputs: 10_000,
    reaches: [
      "sql-syntax",
      "sql-unknown-name",
      "sql-type",
      "sql-not-offered",
      "sql-target",
      "sql-bounds",
      "query-too-deep",
    ],
    attempt(random): Verdict {
      const chosen = random.below(20);
      const text =
        chosen === 0 ? random.pick(questionTexts) : chosen < 9 ? damagedText(random, questionTexts) : reworded(random);
      const parsed = parseQuestion(text, "q.sql", { catalogue: testCatalogue });
      if (!parsed.ok) {
        check(parsed.faults.length > 0, "refused without a fault");
        for (const { message, remedy, line, column } of parsed.faults) {
          check(
            message !== "" && remedy !== "" && line >= 1 && column >= 1,
            "a fault without a place, a reason or a remedy",
          );
        }
        return random.pick(parsed.faults).code as Verdict;
      }
      const { question } = parsed;
      check(fromCanonical(toCanonical(question)).ok, "a question that cannot be encoded");
      // Nothing that a person wrote is in it: names are the catalogue's, quoted; values are bound; texts are formats of ours.
      const bare = question.local.sql.replaceAll(/"[a-z0-9_]+"/g, "").replaceAll(/'[%a-zA-Z -]*'/g, "");
      check(/^[A-Za-z0-9_ ?.,()<>=+*/%|-]*$/.test(bare) && !/--|\/\*/.test(bare), `not ours: ${question.local.sql}`);
      return "accepted";
    },
  },
];

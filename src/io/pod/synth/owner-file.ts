// The rules of an invented person: most take part in research and statistics, some only among many, some want to be asked, some deny,
// some have little to spend. So a question to invented people meets a refusal of each class.
import { stringify } from "yaml";
import { consentLimits } from "../../../core/consent/index.ts";
import { type Attribute, covers } from "../../../core/model/index.ts";
import { SeededRandom } from "./random.ts";

const kinds = [
  ["willing", 64],
  ["among many", 10],
  ["guarded", 8],
  ["asks", 7],
  ["sparing", 7],
  ["denies", 4],
] as const;
export type OwnerKind = (typeof kinds)[number][0];

/** Apart from the numbers that make the person, who is the same with and without rules. */
const stream = 0x5eed_0a11;

/** `foreseen`: attributes that came with an analyst's own words. Who allows others allows them by name, since nothing else does. */
export function ownerFileOf(
  seed: number,
  index: number,
  foreseen: readonly Attribute[] = [],
): { readonly kind: OwnerKind; readonly text: string } {
  const random = new SeededRandom(seed ^ stream, index);
  const kind = random.weighted(kinds);
  const publish = random.chance(0.92) ? "profession, age, city" : "profession, city";
  const head = `hedgerow: 1\npublish: [${publish}]\neverybody: true\n`;
  return { kind, text: `${head}${rulesOf(kind, random, foreseen)}` };
}

function rulesOf(kind: OwnerKind, random: SeededRandom, foreseen: readonly Attribute[]): string {
  switch (kind) {
    case "willing":
      return random.chance(0.5)
        ? allowingTheRest(foreseen, "", ["location.precise"], "it shows where I live")
        : allowingTheRest(foreseen);
    case "among many":
      return allowingTheRest(foreseen, `, minimumPeople: ${random.one([200, 500, 1_000])}`);
    case "guarded": {
      const denied = [random.one(["work", "bank", "movie", "electricity"]), "location.precise"];
      // What came with the question is one subject more, guarded as often as each of the four.
      if (random.chance(0.25)) denied.push(...foreseen);
      return allowingTheRest(foreseen, ", maximumEpsilon: 2", denied, "nobody's business");
    }
    case "asks":
      return "default: ask\nrules:\n  - { effect: deny, attributes: [bank, location.precise] }\n";
    case "sparing": {
      const epsilon = random.one([0.05, 0.1, 0.2]);
      const budget = `budget:\n  periodDays: 30\n  altogether: { epsilon: ${epsilon * 2}, delta: 1e-5 }\n  each:\n    - { epsilon: ${epsilon}, delta: 1e-5 }\n`;
      return `${allowingTheRest(foreseen)}${budget}`;
    }
    case "denies":
      return "default: deny\n";
  }
}

/** Allows research and statistics what she does not deny: everything that could be foreseen, and by name what could not. */
function allowingTheRest(
  foreseen: readonly Attribute[],
  conditions = "",
  denied: readonly string[] = [],
  reason = "",
): string {
  const usual = `effect: allow, purposes: [research, statistics]${conditions}`;
  // A name below one that she denies would beat the deny.
  const named = foreseen.filter((name) => !denied.some((own) => covers(own as Attribute, name)));
  const lines = [usual, ...rows(named).map((row) => `${usual}, attributes: ${row}`)];
  lines.push(...rows(denied).map((row) => `effect: deny, attributes: ${row}, reason: ${reason}`));
  return `default: deny\nrules:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
}

/** As many lines as it takes for the names that a rule may have. */
function rows(names: readonly string[]): string[] {
  const { maxNamesPerRule: most } = consentLimits;
  const cut = Array.from({ length: Math.ceil(names.length / most) }, (_, at) =>
    names.slice(at * most, (at + 1) * most),
  );
  return cut.map((row) =>
    stringify(row, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim(),
  );
}

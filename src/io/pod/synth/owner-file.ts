// The rules of an invented person: most take part in research and statistics, some only among many, some want to be asked, some deny,
// some have little to spend. So a question to invented people meets a refusal of each class.
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

export function ownerFileOf(seed: number, index: number): { readonly kind: OwnerKind; readonly text: string } {
  const random = new SeededRandom(seed ^ stream, index);
  const kind = random.weighted(kinds);
  const publish = random.chance(0.92) ? "profession, age, city" : "profession, city";
  const head = `hedgerow: 1\npublish: [${publish}]\neverybody: true\n`;
  return { kind, text: `${head}${rulesOf(kind, random)}` };
}

function rulesOf(kind: OwnerKind, random: SeededRandom): string {
  const usual = "purposes: [research, statistics]";
  switch (kind) {
    case "willing": {
      const precise = random.chance(0.5)
        ? "  - { effect: deny, attributes: [location.precise], reason: it shows where I live }\n"
        : "";
      return `default: deny\nrules:\n  - { effect: allow, ${usual} }\n${precise}`;
    }
    case "among many": {
      const people = random.one([200, 500, 1_000]);
      return `default: deny\nrules:\n  - { effect: allow, ${usual}, minimumPeople: ${people} }\n`;
    }
    case "guarded": {
      const denied = random.one(["work", "bank", "movie", "electricity"]);
      return `default: deny\nrules:\n  - { effect: allow, ${usual}, maximumEpsilon: 2 }\n  - { effect: deny, attributes: [${denied}, location.precise], reason: nobody's business }\n`;
    }
    case "asks":
      return "default: ask\nrules:\n  - { effect: deny, attributes: [bank, location.precise] }\n";
    case "sparing": {
      const epsilon = random.one([0.05, 0.1, 0.2]);
      const budget = `budget:\n  periodDays: 30\n  altogether: { epsilon: ${epsilon * 2}, delta: 1e-5 }\n  each:\n    - { epsilon: ${epsilon}, delta: 1e-5 }\n`;
      return `default: deny\nrules:\n  - { effect: allow, ${usual} }\n${budget}`;
    }
    case "denies":
      return "default: deny\n";
  }
}

// Reads values out of a located tree and says what is wrong with the others: which keys are allowed, which values.
import { didYouMean } from "../base/index.ts";
import type { FaultList } from "./fault.ts";
import type { Located, LocatedMap } from "./read-yaml.ts";

export interface KeyRule {
  readonly required?: boolean;
  /** How to write it; shown when it is missing. */
  readonly example: string;
}

export class Reader {
  readonly faults: FaultList;

  constructor(faults: FaultList) {
    this.faults = faults;
  }

  map(located: Located, what: string): LocatedMap | null {
    if (located.kind === "map") return located;
    this.wrong(
      located,
      `${what} is a map of keys to values, here stands ${describeLocated(located)}`,
      "Write `key: value` lines.",
    );
    return null;
  }

  /** Names the allowed keys for each unknown one, and each required key that is missing. */
  keys(map: LocatedMap, what: string, rules: Readonly<Record<string, KeyRule>>): void {
    const allowed = Object.keys(rules);
    for (const [key, { keyAt, value }] of map.entries) {
      if (Object.hasOwn(rules, key)) continue;
      const remedy = `Allowed here: ${allowed.join(", ")}.${didYouMean(key, allowed)}`;
      this.faults.add("unknown-key", value.path, `${what} has no key "${key}"`, remedy, keyAt);
    }
    for (const [key, rule] of Object.entries(rules)) {
      if (rule.required !== true || map.entries.has(key)) continue;
      const path = map.path === "" ? key : `${map.path}.${key}`;
      this.faults.add(
        "missing-key",
        path,
        `${what} has no "${key}"`,
        `Add it, for example \`${rule.example}\`.`,
        map.at,
      );
    }
  }

  text(located: Located, what: string, maxCharacters: number): string | null {
    const value = located.kind === "scalar" ? located.value : null;
    if (typeof value !== "string" || value.length === 0 || value.length > maxCharacters || /\p{Cc}/u.test(value)) {
      const remedy = `Write a text of 1 to ${maxCharacters} characters on one line${typeof value === "number" ? ", in quotes" : ""}.`;
      this.wrong(located, `${what} is a text, here stands ${describeLocated(located)}`, remedy);
      return null;
    }
    return value;
  }

  name(located: Located, what: string, pattern: RegExp, rule: string): string | null {
    const value = located.kind === "scalar" ? located.value : null;
    if (typeof value === "string" && pattern.test(value)) return value;
    this.wrong(located, `${what} cannot be ${describeLocated(located)}`, rule);
    return null;
  }

  wrong(located: Located, message: string, remedy: string): void {
    this.faults.add("wrong-value", located.path, message, remedy, located.at);
  }
}

export function describeLocated(located: Located): string {
  if (located.kind === "map") return "a map";
  if (located.kind === "list") return `a list of ${located.items.length}`;
  if (located.value === null) return "nothing";
  const text = JSON.stringify(located.value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

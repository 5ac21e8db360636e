// What no invented person has of her own, and a dry run gives to those whom it makes for a question: everybody of a dry run satisfies the
// question's target, so without being told nobody would see that a value is misspelt.
import { nearest } from "../../../core/base/index.ts";
import type { Target } from "../../../core/model/index.ts";
import type { Catalogue } from "../../../core/pods/index.ts";
import { sexes } from "./person.ts";
import { cities, professions } from "./world.ts";

export interface GivenValue {
  readonly concept: string;
  readonly value: string;
  /** The nearest by spelling of those that invented people have. */
  readonly nearest: string | null;
}

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];

const lived: ReadonlyMap<string, readonly string[]> = new Map([
  ["person.sex", sexes],
  ["person.profession", distinct(professions.map(({ name }) => name))],
  ["location.city", distinct(cities.map(({ name }) => name))],
  ["location.country", distinct(cities.map(({ country }) => country))],
]);

export function givenValues(target: Target | null, { concepts }: Pick<Catalogue, "concepts">): GivenValue[] {
  if (target === null) return [];
  const parts = "all" in target ? target.all : "any" in target ? target.any : null;
  if (parts !== null) return parts.flatMap((part) => givenValues(part, { concepts }));
  if (!("values" in target)) return [];
  const known = lived.get(concepts.find(({ name }) => name === target.concept)?.attribute ?? "");
  if (known === undefined) return [];
  return target.values.flatMap(({ value }) =>
    value === null || known.includes(value) ? [] : [{ concept: target.concept, value, nearest: nearest(value, known) }],
  );
}

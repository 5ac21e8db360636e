// An option that cannot do anything here is refused, not left out without a word: who gave it relies on it.
import { usageFault } from "./failure.ts";
import type { QuestionOptions } from "./tree/question-options.ts";

/** What a query in YAML has none of. A record, so that a new option of questions cannot be forgotten here. */
const ofQuestions: Readonly<Record<keyof QuestionOptions, true>> = {
  param: true,
  catalogue: true,
  gatherers: true,
  standby: true,
  noise: true,
  minimumPeople: true,
  maximumPeople: true,
  forwarders: true,
  within: true,
  broadcast: true,
};

/** As they were typed, `--minimum-people`; in the order of `names`. */
export function givenOf<Name extends string>(names: readonly Name[], options: { readonly [name in Name]?: unknown }) {
  return names
    .filter((name) => options[name] !== undefined)
    .map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
}

export function refuseOptionsOfQuestions(options: QuestionOptions): void {
  refuseForDataflows(Object.keys(ofQuestions) as (keyof QuestionOptions)[], options);
}

export function refuseForDataflows<Name extends string>(
  names: readonly Name[],
  options: { readonly [name in Name]?: unknown },
): void {
  const [first] = givenOf(names, options);
  if (first !== undefined) throw usageFault(`${first} is for questions in SQL, in a file that ends in .sql.`);
}

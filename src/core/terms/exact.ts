// What an answer would be without any noise. NOTHING HERE PASSED DIFFERENTIAL PRIVACY: it is for people who were invented to try a question,
// and an import rule lets nobody but the dry run have it.
import { accept, assert, fromHex, type Result } from "../base/index.ts";
import type { AnswerValue, Terms } from "./contract.ts";
import { listedValue, readKeys, shownKey } from "./keys.ts";
import { readAggregate } from "./read-aggregate.ts";
import { Totals } from "./totals.ts";

/** An output's value, or the values of its list; of an item of TOP_K also how many people have it. */
export interface TrueValue extends Pick<AnswerValue, "value"> {
  readonly list?: readonly (Pick<AnswerValue, "value"> & { readonly people?: number })[];
}

/** Of every group, also of those that no threshold lets pass; in no order. Values are within the question's bounds. */
export function trueRows(terms: Terms, parts: readonly Uint8Array[]): Result<TrueValue[][]> {
  const { layout, settings, question } = terms;
  assert(settings.noise === "one", "parts that carry no noise");
  const totals = new Totals(layout);
  for (const part of parts) {
    const added = totals.addPart(part);
    if (!added.ok) return added;
  }
  const { groups, keys } = layout;
  const found = [...totals.groups];
  const shown = found.map(([key]) =>
    groups.at === "listed" ? groups.rows[key as number]!.map(listedValue) : readKeys(fromHex(key as string), 0, keys)!,
  );
  const read: AnswerValue[][] = [];
  for (const part of layout.aggregates) {
    const values = readAggregate(
      layout,
      part,
      found.map(([, group]) => group),
      1,
      null,
    );
    if (!values.ok) return values;
    read.push(values.value);
  }
  return accept(
    shown.map((values, row) =>
      question.outputs.map(({ of, type }): TrueValue => {
        if ("key" in of) return { value: shownKey(type, values[of.key]!) };
        const { value, list } = read[of.aggregate]![row]!;
        if (list === undefined) return { value };
        const items = list.map(({ value: one, people }) =>
          people === undefined ? { value: one } : { value: one, people: Number(people.value) },
        );
        return { value, list: items };
      }),
    ),
  );
}

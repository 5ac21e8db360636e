// Types and units from a sample, to be confirmed by the owner. The narrowest type that all cells of the sample fit is taken;
// a unit is read from the column's name.
import { cellReader } from "./cell.ts";
import { type PodColumn, type PodType, sqlName, type WrittenForm } from "./column.ts";

/** From narrow to wide. Slashed dates are tried day first: where the sample cannot tell, the owner sees which was taken. */
const candidates: readonly (readonly [PodType, WrittenForm])[] = [
  ["int64", "plain"],
  ["float64", "plain"],
  ["float64", "decimal-comma"],
  ["bool", "plain"],
  ["date", "plain"],
  ["date", "dmy"],
  ["date", "mdy"],
  ["timestamp", "plain"],
  ["timestamp", "dmy"],
  ["timestamp", "mdy"],
];

/** What stands for "nothing" in a cell, beside the empty one. */
const absentWords: ReadonlySet<string> = new Set(["null", "NULL", "N/A", "n/a", "NA", "-", "--", "None"]);

export function isAbsent(text: string, type: PodType): boolean {
  return text === "" || (text.length <= 4 && type !== "text" && absentWords.has(text));
}

export interface Inferred {
  readonly type: PodType;
  readonly form: WrittenForm;
}

export function inferType(cells: Iterable<string>): Inferred {
  const given = [...cells].filter((text) => text !== "" && !absentWords.has(text));
  if (given.length === 0) return { type: "text", form: "plain" };
  for (const [type, form] of candidates) {
    const read = cellReader(type, form);
    if (given.every((text) => read(text) !== undefined)) return { type, form };
  }
  return { type: "text", form: "plain" };
}

/** Names that end in a unit, with how it is shown. */
const units: readonly (readonly [RegExp, string])[] = [
  [/[_ ([]kwh[)\]]?$/i, "kWh"],
  [/[_ ([]wh[)\]]?$/i, "Wh"],
  [/[_ ([]mwh[)\]]?$/i, "MWh"],
  [/[_ ([](w|watts?)[)\]]?$/i, "W"],
  [/[_ ([]kw[)\]]?$/i, "kW"],
  [/[_ ([]km[/_]?h[)\]]?$/i, "km/h"],
  [/[_ ([]m\/s[)\]]?$/i, "m/s"],
  [/[_ ([]hpa[)\]]?$/i, "hPa"],
  [/[_ ([]mm[)\]]?$/i, "mm"],
  [/[_ ([]mg[)\]]?$/i, "mg"],
  [/[_ ([]kg[)\]]?$/i, "kg"],
  [/[_ ([](lb|lbs)[)\]]?$/i, "lb"],
  [/[_ ([]km[)\]]?$/i, "km"],
  [/[_ ([](m|metres|meters)[)\]]?$/i, "m"],
  [/[_ ([]cm[)\]]?$/i, "cm"],
  [/[_ ([](c|celsius|degc|°c)[)\]]?$/i, "°C"],
  [/[_ ([](f|fahrenheit|degf|°f)[)\]]?$/i, "°F"],
  [/[_ ([](pct|percent|%)[)\]]?$/i, "%"],
  [/[_ ([](eur|euros?|€)[)\]]?$/i, "EUR"],
  [/[_ ([](usd|dollars?|\$)[)\]]?$/i, "USD"],
  [/[_ ([](gbp|pounds?|£)[)\]]?$/i, "GBP"],
  [/[_ ([]kcal[)\]]?$/i, "kcal"],
  [/[_ ([]ms[)\]]?$/i, "ms"],
  [/[_ ([](s|sec|secs|seconds)[)\]]?$/i, "s"],
  [/[_ ([](min|mins|minutes)[)\]]?$/i, "min"],
  [/[_ ([](h|hours)[)\]]?$/i, "h"],
  [/[_ ([](days)[)\]]?$/i, "day"],
  [/[_ ([](db|dba|decibel)[)\]]?$/i, "dB"],
  [/[_ ([](ugm3|ug_m3|µg\/m³|ug\/m3)[)\]]?$/i, "µg/m³"],
  [/[_ ([](bpm)[)\]]?$/i, "bpm"],
  [/^(lat|latitude|lon|lng|longitude)$/i, "°"],
];

export function inferUnit(label: string, type: PodType): string | null {
  if (type !== "int64" && type !== "float64") return null;
  return units.find(([pattern]) => pattern.test(label))?.[1] ?? null;
}

/** Columns of a table from its headings and a sample of its rows. */
export function inferColumns(labels: readonly string[], sample: readonly (readonly string[])[]): PodColumn[] {
  const taken = new Set<string>();
  return labels.map((label, index) => {
    const name = sqlName(label, taken, `column_${index + 1}`);
    taken.add(name);
    const inferred = inferType(
      (function* () {
        for (const row of sample) yield row[index] ?? "";
      })(),
    );
    return { name, label: label.slice(0, 200), ...inferred, unit: inferUnit(label, inferred.type), attribute: null };
  });
}

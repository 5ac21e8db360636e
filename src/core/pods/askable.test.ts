// What a question may name follows from the attribute catalogue: types, units, rungs, and the faults of a catalogue.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { askableOf, type Catalogue, checkAskable, parseCatalogue } from "./index.ts";

const file = "catalogue/attributes.yaml";
const parsed = parseCatalogue(readFileSync(file, "utf8"), file);
if (!parsed.ok) throw new Error(parsed.detail);
const standard = parsed.value;

describe("the standard catalogue", () => {
  it("has nothing against it", () => expect(checkAskable(standard)).toEqual({ ok: true, value: undefined }));

  it("gives columns the type and unit of their attribute, and rungs those of what is made of it", () => {
    const { tables, concepts } = askableOf(standard);
    const column = (table: string, name: string) => tables.get(table)?.columns.find((one) => one.name === name);
    expect(column("employment", "sick_leave_days")).toEqual({
      name: "sick_leave_days",
      attribute: "work.sick_leave",
      type: "int64",
      nullable: true,
      unit: "day",
      range: { min: "0", max: "366" },
    });
    expect(column("profile", "age_band")).toMatchObject({ type: "text", unit: null, attribute: "person.age.band" });
    expect(column("samples", "area_latitude")).toMatchObject({ type: "float64", unit: "°" });
    expect(column("ratings", "movie")).toMatchObject({ type: "text", nullable: false });
    expect(concepts.get("age")).toEqual({
      name: "age",
      attribute: "person.age",
      type: "int64",
      range: { min: "0", max: "120" },
    });
  });
});

describe("a catalogue that cannot be asked by is refused", () => {
  const [profile, ...others] = standard.tables as [Catalogue["tables"][number], ...Catalogue["tables"]];
  const odd = (columns: Partial<Catalogue["tables"][number]["columns"][number]>[]) => ({
    ...profile,
    name: "odd",
    columns: columns.map((column) => ({ ...profile.columns[0]!, ...column })),
  });
  it.each<[string, Partial<Catalogue>, string]>([
    ["an attribute that no line describes", { tables: [odd([{ attribute: "person.agee" as never }])] }, '"person.age"'],
    ["a table twice", { tables: [profile, profile] }, "twice"],
    ["the name of everybody", { tables: [{ ...profile, name: "people" }] }, "taken"],
    ["one column in two tables of one row", { tables: [profile, ...others, odd([{ name: "city" }])] }, "people"],
    ["a concept that no index finds", { concepts: [{ name: "salary", attribute: "work.salary" as never }] }, "float64"],
  ])("%s", (_, changed, detail) => {
    const checked = checkAskable({ ...standard, ...changed });
    expect(checked).toMatchObject({ ok: false, code: "catalogue-invalid", detail: expect.stringContaining(detail) });
  });

  it("a table of many rows that could not be found in a pod", () => {
    const text =
      "hedgerow: 1\ntables: [{ name: a, attribute: b, rows: many, description: c, columns: [{ name: d, attribute: b }] }]";
    expect(parseCatalogue(text, "x")).toMatchObject({ ok: false, detail: expect.stringContaining("required") });
  });
});

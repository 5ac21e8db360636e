// What came with an analyst's own words is allowed by name, or by her answer.
import { describe, expect, it } from "vitest";
import { effect, read, rule, rulesOf } from "../../../test/support/consent.ts";
import type { Attribute, Words } from "../model/index.ts";

describe("words of the analyst's own", () => {
  const words = {
    attributes: [
      {
        ...{ name: "taste.stars", type: "float64", unit: null },
        ladder: [{ attribute: "taste.stars.rough", redaction: { by: "round", to: 2 } }],
      },
    ],
    tables: [{ name: "tastes", attribute: "taste", rows: "many", columns: [] }],
  } as unknown as Words;
  const rows = { table: "tastes", column: null, attribute: "taste" as Attribute };
  const reads = [rows, { ...rows, column: "rough", attribute: "taste.stars.rough" as Attribute }];
  it.each<[string, unknown[], object, string]>([
    ["no default has foreseen", [], { default: "allow" }, "ask"],
    ["no rule that names nothing has foreseen", [rule("allow")], {}, "ask"],
    ["may be denied by either", [rule("deny")], { default: "allow" }, "consent-denied"],
    ["are allowed by name", [rule("allow", "taste.stars.rough")], { default: "deny" }, "allow"],
    ["and by a parent's", [rule("allow", "taste")], {}, "allow"],
  ])("%s", (_, written, more, expected) => {
    expect(effect(rulesOf(written, more), { reads, words })).toBe(expected);
  });
  it("and beside them everything is as it was", () => {
    const beside = [...reads, read("work.sick_leave")];
    const byName = rulesOf([rule("allow", "taste")], { default: "allow" });
    expect(effect(byName, { reads: beside, words })).toBe("allow");
    expect(effect(rulesOf([], { default: "allow" }))).toBe("allow");
  });
});

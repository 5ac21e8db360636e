import { describe, expect, it } from "vitest";
import { z } from "zod";
import { operatorManifestSchema } from "./operator.ts";
import { schemaFaults } from "./schema-faults.ts";

const good = {
  name: "age-groups",
  body: { format: "javascript", file: "operator.js" },
  consumes: [{ name: "person.age", type: "int64" }],
  produces: [{ name: "person.age_group", type: "text" }],
};

function told(input: unknown, schema: z.ZodType = operatorManifestSchema): string[] {
  const parsed = schema.safeParse(input);
  return parsed.success
    ? []
    : schemaFaults(schema, input, parsed.error).map(({ code, message, remedy }) => `${code}: ${message}. ${remedy}`);
}

describe("what a schema refuses is said with the key and what is allowed", () => {
  const cases: [string, object, string][] = [
    ["a missing key", { consumes: undefined }, "missing-key: `consumes` is missing. Add it: a list."],
    [
      "a mistyped key",
      { prams: {} },
      'unknown-key: there is no key "prams" here. Remove it. Allowed here: name, summary, kind, body, consumes, produces, params, stateless, limits. Did you mean "params"?',
    ],
    [
      "a mistyped key further in",
      { limits: { memoryByte: 1 } },
      'unknown-key: there is no key "memoryByte" in `limits`. Remove it. Allowed here: memoryBytes, batchMs, outputBytes. Did you mean "memoryBytes"?',
    ],
    [
      "a value that is none of those allowed",
      { body: { format: "javascrpt", file: "x" } },
      'wrong-value: `body.format` cannot be "javascrpt". Allowed: wasm, javascript. Did you mean "javascript"?',
    ],
    ["a wrong type", { stateless: "yes" }, 'wrong-value: `stateless` cannot be "yes". Write true or false.'],
    [
      "a number too large",
      { limits: { batchMs: 1e9 } },
      "wrong-value: `limits.batchMs` cannot be 1000000000. Write at most 60000.",
    ],
    ["a whole number of any size", { summary: 2n ** 70n }, "`summary` cannot be 1180591620717411303424. Write a text."],
    ["a text too long", { summary: "x".repeat(201) }, "Write at most 200 characters."],
    [
      "a name that is none",
      { name: "No Name" },
      'wrong-value: `name` cannot be "No Name". A name is a-z, 0-9 and -, starts with a letter, and has at most 40 characters.',
    ],
    ["a param's name that is none", { params: { Years: 1 } }, "A param is a-z, 0-9 and _, starts with a letter"],
    ["a key of a list's entry", { consumes: [{ name: "a", typ: "text" }] }, "`consumes[0].type` is missing"],
  ];
  it.each(cases)("%s", (_, over, expected) => {
    const said = told({ ...good, ...over }).join("\n");
    expect(said).toContain(expected);
    expect(said).not.toMatch(/Invalid|Unrecognized|expected|received/);
  });

  it("nothing at all", () => {
    expect(told(null)).toEqual(["wrong-value: this cannot be empty. Write a map of keys to values."]);
  });
});

describe("one of several forms", () => {
  const either = z.union([
    z.strictObject({ every: z.number().int().min(1) }),
    z.strictObject({ fraction: z.number().max(1), seed: z.number().optional() }),
  ]);

  it("is told apart by the keys that were written, whatever else is wrong with them", () => {
    expect(told({ fraction: 2 }, either)).toEqual(["wrong-value: `fraction` cannot be 2. Write at most 1."]);
    expect(told({ fraction: "much" }, either).join()).toContain('`fraction` cannot be "much". Write a number.');
    expect(told({ every: 0 }, either)).toEqual(["wrong-value: `every` cannot be 0. Write at least 1."]);
  });

  const place = z.strictObject({
    at: z.union([
      z.strictObject({ node: z.string() }),
      z.strictObject({ drawn: z.number().int().min(1).max(17), note: z.string().optional() }),
      z.literal("asker"),
    ]),
  });

  it.each([
    ["a scalar", "askr", '`at` cannot be "askr"'],
    ["a number", 3, "`at` cannot be 3"],
    ["a list", ["asker"], "`at` cannot be a list of 1"],
    ["an empty map", {}, "`at` cannot be an empty map"],
    ["nothing", null, "`at` cannot be empty"],
  ])("names every form for %s", (_, at, message) => {
    const [said, ...more] = told({ at }, place);
    expect(more).toEqual([]);
    expect(said).toContain(
      `wrong-value: ${message}. Allowed: { node: a text }, { drawn: a whole number from 1 to 17 }, asker.`,
    );
  });

  it("names every form where the key is missing, and where a key is of no form", () => {
    expect(told({}, place).join()).toContain(
      "missing-key: `at` is missing. Add it. Allowed: { node: a text }, { drawn",
    );
    expect(told({ at: { nod: "x" } }, place)).toEqual([
      'unknown-key: there is no key "nod" in `at`. Allowed: { node: a text }, { drawn: a whole number from 1 to 17 }, asker. Did you mean "node"?',
    ]);
  });

  it("offers the nearest scalar", () => {
    expect(told({ at: "askr" }, place).join()).toContain('Did you mean "asker"?');
  });
});

describe("one of several forms that a key tells apart", () => {
  const step = z.strictObject({
    by: z.discriminatedUnion("by", [
      z.strictObject({ by: z.literal("band"), width: z.number() }),
      z.strictObject({ by: z.enum(["day", "month"]), zone: z.string().optional() }),
    ]),
  });

  it("names the values of that key", () => {
    expect(told({ by: { by: "bnd", width: 3 } }, step)).toEqual([
      'wrong-value: `by.by` cannot be "bnd". Allowed: band, day, month. Did you mean "band"?',
    ]);
    expect(told({ by: {} }, step)).toEqual(["missing-key: `by.by` is missing. Add it. Allowed: band, day, month."]);
  });

  it("names the forms for a scalar and where it is missing", () => {
    const forms = "Allowed: { by: band, width: a number }, { by: day | month }.";
    expect(told({ by: "band" }, step)).toEqual([`wrong-value: \`by\` cannot be "band". ${forms}`]);
    expect(told({}, step)).toEqual([`missing-key: \`by\` is missing. Add it. ${forms}`]);
  });

  it("names the keys of the form that was chosen", () => {
    expect(told({ by: { by: "day", zon: "x" } }, step)).toEqual([
      'unknown-key: there is no key "zon" in `by`. Remove it. Allowed here: by, zone. Did you mean "zone"?',
    ]);
  });
});

describe("numbers", () => {
  it.each([
    [z.number().gt(0), 0, "this cannot be 0. Write more than 0."],
    [z.number().positive(), -1, "this cannot be -1. Write more than 0."],
    [z.number().lt(1), 1, "this cannot be 1. Write less than 1."],
    [z.number(), Number.NaN, "this cannot be NaN. Write a finite number."],
    [z.number().max(3), Number.POSITIVE_INFINITY, "this cannot be Infinity. Write a finite number."],
    [z.number().multipleOf(5), 3, "this cannot be 3. Write a multiple of 5."],
    [z.string().length(3), "a", 'this cannot be "a". Write exactly 3 characters.'],
    [z.array(z.number()).min(1), [], "this cannot be a list of 0. Write at least 1 entry."],
    [z.string().regex(/^[a-z]+$/), "A", 'this cannot be "A". Write a text of the form /^[a-z]+$/.'],
  ])("%#", (schema, input, said) => {
    expect(told(input, schema)).toEqual([`wrong-value: ${said}`]);
  });
});

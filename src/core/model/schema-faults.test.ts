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
});

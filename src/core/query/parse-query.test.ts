import { describe, expect, test } from "vitest";
import { filesFrom, hasher } from "../../../test/support/query-fakes.ts";
import { querySchema } from "../model/index.ts";
import { type Fault, parseQuery, queryDigest } from "./index.ts";

const head = "hedgerow: 1\nname: n\npurpose: p\n";
const good = `${head}cells:
  a: { run: emit, with: { attribute: reading.value }, at: producer }
  b: { run: add, from: a, at: { node: attic }, with: { attribute: reading.value } }
  c: { run: write, from: [b], at: exit, use: log }
`;

function faultsOf(text: string): readonly Fault[] {
  const parsed = parseQuery(text, "q.yaml");
  return parsed.ok ? [] : parsed.faults;
}

function only(text: string): Fault {
  const faults = faultsOf(text);
  expect(faults).toHaveLength(1);
  return faults[0]!;
}

describe("a query file", () => {
  test("becomes the query that it describes", () => {
    const parsed = parseQuery(good, "q.yaml");
    expect(parsed).toMatchObject({
      ok: true,
      query: {
        hedgerow: 1,
        name: "n",
        purpose: "p",
        operators: [],
        alternatives: [
          {
            name: "default",
            vertices: [
              {
                id: "a",
                operator: "emit",
                params: { attribute: "reading.value" },
                inputs: [],
                placement: { function: "producer" },
              },
              { id: "b", inputs: ["a"], placement: { node: "attic" } },
              { id: "c", inputs: ["b"], equipment: "log" },
            ],
          },
        ],
      },
    });
  });

  test("knows the line and column of each key", () => {
    const parsed = parseQuery(good, "q.yaml");
    expect(parsed.ok && parsed.positions.at.get("cells.b.with.attribute")).toEqual({
      line: 6,
      column: good.split("\n")[5]!.indexOf("attribute") + 1,
    });
    expect(parsed.ok && parsed.positions.cells).toEqual(["cells"]);
  });

  test("has a digest that its layout does not change and its content does", () => {
    const digest = (text: string) => {
      const parsed = parseQuery(text, "q.yaml");
      return parsed.ok ? queryDigest(parsed.query, hasher) : "faulty";
    };
    const otherLayout = good.replace(
      "with: { attribute: reading.value }, at: producer",
      "at: producer, with: {attribute: 'reading.value'}",
    );
    expect(digest(otherLayout)).toBe(digest(good));
    expect(digest(good.replace("attic", "cellar"))).not.toBe(digest(good));
    expect(digest(good)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("with several plans keeps their order", () => {
    const text = `${head}plans:\n  z: { cells: { a: { run: emit, at: asker } } }\n  a: { cells: { a: { run: emit, at: { drawn: 3 } } } }\n`;
    const parsed = parseQuery(text, "q.yaml");
    expect(parsed.ok && parsed.query.alternatives.map((dag) => dag.name)).toEqual(["z", "a"]);
    expect(parsed.ok && parsed.positions.cells).toEqual(["plans.z.cells", "plans.a.cells"]);
    expect(parsed.ok && querySchema.safeParse(parsed.query).success).toBe(true);
  });
});

describe("faults", () => {
  test("are all collected, in the order of the file", () => {
    const faults = faultsOf(`hedgerow: 2
nam: n
purpose: 7
cells:
  a: { run: emit, at: kitchen }
  B: { run: emit, at: producer }
  c: { from: 3, at: { node: 1, drawn: 2 }, with: [] }
`);
    expect(faults.map((fault) => [fault.code, fault.line, fault.path])).toEqual([
      ["missing-key", 1, "name"],
      ["wrong-value", 1, "hedgerow"],
      ["unknown-key", 2, "nam"],
      ["wrong-value", 3, "purpose"],
      ["wrong-value", 5, "cells.a.at"],
      ["wrong-value", 6, "cells.B"],
      ["missing-key", 7, "cells.c.run"],
      ["wrong-value", 7, "cells.c.from"],
      ["wrong-value", 7, "cells.c.at"],
      ["wrong-value", 7, "cells.c.with"],
    ]);
    for (const fault of faults) expect(fault.file).toBe("q.yaml");
  });

  test("an unknown key names the allowed ones and the nearest by spelling", () => {
    const fault = only(good.replace("purpose: p", "purpose: p\nplanes: {}"));
    expect(fault).toMatchObject({ code: "unknown-key", line: 4, column: 1 });
    expect(fault.remedy).toContain("hedgerow, name, purpose, operators, cells, plans");
    expect(fault.remedy).toContain('Did you mean "plans"?');
  });

  test("a wrong value names the allowed ones", () => {
    expect(only(good.replace("at: producer", "at: produser")).remedy).toMatch(
      /producer, transform, exit, asker|localizer/,
    );
    expect(only(good.replace("at: producer", "at: produser")).remedy).toContain('Did you mean "producer"?');
    expect(only(good.replace("at: producer", "at: attic")).remedy).toContain("{ node: attic }");
    expect(only(good.replace("{ node: attic }", "{ nod: attic }")).remedy).toContain('Did you mean "node"?');
    expect(only(good.replace("{ node: attic }", "{ drawn: 0 }")).remedy).toContain("1 to 17");
  });

  test.each([
    ["", "yaml-invalid"],
    ["[1, 2]", "wrong-value"],
    ["a: b: c", "yaml-invalid"],
    ["a: [", "yaml-invalid"],
    [`${good}---\n${good}`, "yaml-invalid"],
    [`${good}name: again\n`, "yaml-invalid"],
    [good.replace("purpose: p", "purpose: &x p"), "yaml-alias"],
    [good.replace("run: emit", "run: !!str emit"), "yaml-alias"],
    [good.replace("with: { attribute: reading.value }", "with: { attribute: .inf }"), "wrong-value"],
    [good.replace("with: { attribute: reading.value }", "with: { attribute: 9007199254740993 }"), "wrong-value"],
    [good.replace("with: { attribute: reading.value }", "with: { __proto__: { a: 1 } }"), "yaml-invalid"],
    [good.replace("name: n", 'name: "a\\u001b[2J"'), "wrong-value"],
    [`${good}# ${"x".repeat(9_000)}`, "query-too-large"],
    [`${good}${"# x\n".repeat(40_000)}`, "query-too-large"],
    [`${head}cells: ${"[".repeat(2_000)}`, "query-too-deep"],
    [
      `${head}cells: { a: { run: emit, at: producer, with: { x: ${"[".repeat(20)}${"]".repeat(20)} } } }`,
      "query-too-deep",
    ],
    [head, "missing-key"],
    [`${good}plans: {}\n`, "wrong-value"],
    [`${head}cells: {}\n`, "wrong-value"],
  ])("%#: is named by its code", (text, code) => {
    const faults = faultsOf(text);
    expect(faults.map((fault) => fault.code)).toContain(code);
    for (const fault of faults) expect(fault.remedy).not.toBe("");
  });

  test.each<[string, number, number, RegExp]>([
    [`${good}---\n${good}`, good.split("\n").length, 1, /file of its own/],
    [`${good}name: again\n`, good.split("\n").length, 1, /each key once/],
    ["hedgerow: 1\nname: n\n\tpurpose: p\n", 3, 1, /spaces/],
    ['hedgerow: 1\nname: "n\n', 3, 1, /Close what was opened/],
    ["hedgerow: 1\nname: n: m\n", 2, 7, /quotation marks/],
  ])("of syntax have their place, and say what to write: %#", (text, line, column, remedy) => {
    const [fault] = faultsOf(text);
    expect(fault).toMatchObject({ code: "yaml-invalid", line, column });
    expect(fault!.remedy).toMatch(remedy);
    expect(fault!.message).not.toMatch(/parseAllDocuments/);
  });

  test("of an alias bomb are found without unfolding it", () => {
    const bomb = Array.from(
      { length: 20 },
      (_, i) => `k${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1}, *a${i - 1}, *a${i - 1}`}]`,
    );
    expect(new Set(faultsOf(bomb.join("\n")).map((fault) => fault.code))).toEqual(new Set(["yaml-alias"]));
  });
});

describe("own operators", () => {
  const manifest = `name: twice
body: { format: wasm, file: twice.wasm }
consumes: [{ name: value, type: int64 }]
produces: [{ name: value, type: int64 }]
`;
  const query = `${head}operators:\n  twice: ./operators/twice\ncells:\n  a: { run: emit, at: producer }\n`;
  const read = (files: Record<string, string | Uint8Array>, text = query) =>
    parseQuery(text, "q.yaml", filesFrom(files));

  test("are carried as manifest and body digest; the bytes come beside", () => {
    const body = new Uint8Array([0, 97, 115, 109]);
    const parsed = read({ "./operators/twice/operator.yaml": manifest, "./operators/twice/twice.wasm": body });
    expect(parsed).toMatchObject({
      ok: true,
      query: { operators: [{ manifest: { name: "twice", stateless: true } }] },
    });
    const digest = parsed.ok ? parsed.query.operators[0]!.bodyDigest : "";
    expect(parsed.ok && [...parsed.bodies]).toEqual([[digest, body]]);
  });

  test("may be named by their operator.yaml", () => {
    const text = query.replace("./operators/twice", "x/operator.yaml");
    expect(read({ "x/operator.yaml": manifest, "x/twice.wasm": "body" }, text).ok).toBe(true);
  });

  test.each([
    [{}, "operator-file", "q.yaml", 5],
    [{ "./operators/twice/operator.yaml": manifest }, "operator-file", "q.yaml", 5],
    [{ "./operators/twice/operator.yaml": manifest, "./operators/twice/twice.wasm": "" }, "operator-file", "q.yaml", 5],
    [{ "./operators/twice/operator.yaml": manifest.replace("twice", "thrice") }, "name-clash", "q.yaml", 5],
    [
      { "./operators/twice/operator.yaml": `${manifest}prams: {}\n` },
      "unknown-key",
      "./operators/twice/operator.yaml",
      5,
    ],
    [
      { "./operators/twice/operator.yaml": manifest.replace("wasm,", "was,") },
      "manifest-invalid",
      "./operators/twice/operator.yaml",
      2,
    ],
    [
      { "./operators/twice/operator.yaml": manifest.replace("twice.wasm", "../secret") },
      "wrong-value",
      "./operators/twice/operator.yaml",
      2,
    ],
    [{ "./operators/twice/operator.yaml": "{" }, "yaml-invalid", "./operators/twice/operator.yaml", 1],
  ] as const)("%#: a fault names the file and line where it is", (files, code, file, line) => {
    const parsed = read(files as Record<string, string>);
    expect(parsed.ok ? [] : parsed.faults).toEqual(
      expect.arrayContaining([expect.objectContaining({ code, file, line })]),
    );
  });
});

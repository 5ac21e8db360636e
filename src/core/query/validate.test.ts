import { describe, expect, test } from "vitest";
import { contextWith, fakeCatalogue, hasher, nodeNamed } from "../../../test/support/query-fakes.ts";
import type { Query } from "../model/index.ts";
import { checkPlan, type Fault, ownOperatorsOf, parseQuery, plan, validate } from "./index.ts";
import { parseManifest } from "./own-operator.ts";

function parsed(cells: string) {
  const result = parseQuery(`hedgerow: 1\nname: n\npurpose: care\n${cells}`, "q.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result;
}

function validated(cells: string): Fault[] {
  const { query, positions } = parsed(cells);
  return validate(query, fakeCatalogue, ownOperatorsOf(query, hasher), positions);
}

const line = (fault: Fault) => [fault.code, fault.line, fault.path];

const pipeline = `cells:
  a: { run: emit, at: producer }
  b: { run: add, from: a, at: transform }
  c: { run: print, from: b, at: exit }
`;
const venue = [nodeNamed("meter", ["producer"]), nodeNamed("shop", ["transform"]), nodeNamed("gate", ["exit"])];

describe("validate finds", () => {
  test("nothing in a good query", () => expect(validated(pipeline)).toEqual([]));

  test.each([
    [
      "a circle, named",
      "  b: { run: add, from: d, at: transform }\n  d: { run: add, from: b, at: transform }\n  c: { run: print, from: b, at: exit }",
      ["query-cycle", "not-delivered"],
    ],
    ["an unknown operator", "  c: { run: prnt, from: a, at: exit }", ["unknown-operator"]],
    ["an unknown input", "  c: { run: print, from: aa, at: exit }", ["unknown-input", "not-delivered"]],
    [
      "too few inputs",
      "  b: { run: join, from: a, at: transform }\n  c: { run: print, from: b, at: exit }",
      ["wrong-input-count"],
    ],
    [
      "a source with inputs",
      "  b: { run: emit, from: a, at: producer }\n  c: { run: print, from: b, at: exit }",
      ["wrong-input-count"],
    ],
    [
      "a sink in the middle",
      "  b: { run: print, from: a, at: exit }\n  c: { run: print, from: b, at: exit }",
      ["sink-in-the-middle"],
    ],
    [
      "what reaches no sink",
      "  b: { run: add, from: a, at: transform }\n  c: { run: print, from: a, at: exit }",
      ["not-delivered"],
    ],
    [
      "an attribute that nobody produces",
      "  b: { run: add, from: a, at: transform, with: { attribute: other } }\n  c: { run: print, from: b, at: exit }",
      ["attribute-not-produced"],
    ],
    [
      "a type mismatch",
      "  s: { run: spell, from: a, at: transform, with: { as: value } }\n  b: { run: add, from: s, at: transform }\n  c: { run: print, from: b, at: exit }",
      ["edge-type-mismatch"],
    ],
    [
      "params at fault",
      "  b: { run: emit, at: producer, with: { columns: [3] } }\n  c: { run: print, from: b, at: exit }\n  d: { run: print, from: a, at: exit }",
      ["operator-params"],
    ],
    [
      "a missing sensor name",
      "  b: { run: read, at: producer }\n  c: { run: print, from: b, at: exit }\n  d: { run: print, from: a, at: exit }",
      ["equipment-unnamed"],
    ],
    ["a sensor name too many", "  c: { run: print, from: a, at: exit, use: camera }", ["equipment-unneeded"]],
    ["a sink where no sink runs", "  c: { run: print, from: a, at: transform }", ["placement-unfit"]],
    [
      "a transform at the asker",
      "  b: { run: add, from: a, at: asker }\n  c: { run: print, from: b, at: asker }",
      ["placement-unfit"],
    ],
  ])("%s", (_, cells, codes) => {
    const faults = validated(`cells:\n  a: { run: emit, at: producer }\n${cells}\n`);
    expect(new Set(faults.map((fault) => fault.code))).toEqual(new Set(codes));
    for (const fault of faults) {
      expect(fault.line).toBeGreaterThan(4);
      expect(fault.remedy).not.toBe("");
    }
  });

  test("every fault at once, each at its line", () => {
    const faults = validated(`cells:
  a: { run: emi, at: producer }
  b: { run: add, from: [a, x], at: transform }
  c: { run: print, from: b, at: producer }
`);
    expect(faults.map(line)).toEqual([
      ["unknown-operator", 5, "cells.a.run"],
      ["unknown-input", 6, "cells.b.from"],
      ["wrong-input-count", 6, "cells.b.from"],
      ["placement-unfit", 7, "cells.c.at"],
    ]);
    expect(faults[0]!.remedy).toContain('Did you mean "emit"?');
  });

  test("the circle in the direction of the flow", () => {
    const faults = validated(`cells:
  a: { run: add, from: c, at: transform }
  b: { run: add, from: a, at: transform }
  c: { run: add, from: b, at: transform }
  d: { run: print, from: c, at: exit }
`);
    expect(faults.map((fault) => fault.message)).toEqual([
      expect.stringMatching(/b → c → a → b|a → b → c → a|c → a → b → c/),
    ]);
  });

  test("a param that names an attribute of the wrong type, at the param's line", () => {
    const faults = validated(`cells:
  a: { run: emit, at: producer }
  b:
    run: add
    from: a
    at: transform
    with:
      attribute: nothing.here
  c: { run: print, from: b, at: exit }
`);
    expect(faults.map(line)).toEqual([["attribute-not-produced", 11, "cells.b.with.attribute"]]);
  });
});

describe("own operators", () => {
  const manifestOf = (text: string) => {
    const manifest = parseManifest(text, "operator.yaml");
    if (!manifest.ok) throw new Error(JSON.stringify(manifest.faults));
    return manifest.manifest;
  };
  const twice = manifestOf(
    "name: twice\nbody: { format: wasm, file: t.wasm }\nconsumes: [{ name: value, type: int64 }]\nproduces: [{ name: doubled, type: int64 }]\nparams: { by: 2 }\n",
  );
  const withOwn = (manifest: unknown, cells: string): Query => ({
    ...parsed(cells).query,
    operators: [{ manifest, bodyDigest: "ab".repeat(32) }],
  });
  const cells = pipeline.replace("run: add", "run: twice");
  const codes = (query: Query) =>
    validate(query, fakeCatalogue, ownOperatorsOf(query, hasher)).map((fault) => fault.code);

  test("are planned with their manifest, and their digest covers manifest and body", () => {
    const planned = plan(withOwn(twice, cells), contextWith(venue));
    expect(planned.ok && planned.plan.vertices[1]).toMatchObject({
      operator: { name: "twice", body: "ab".repeat(32), manifest: { name: "twice" } },
      consumes: ["value"],
      output: [{ name: "doubled" }],
    });
    const digest = (query: Query) => ownOperatorsOf(query, hasher).get("twice")!.digest;
    const base = withOwn(twice, cells);
    expect(digest({ ...base, operators: [{ manifest: twice, bodyDigest: "cd".repeat(32) }] })).not.toBe(digest(base));
    expect(digest(withOwn({ ...twice, stateless: false }, cells))).not.toBe(digest(base));
    expect(planned.ok && checkPlan(planned.plan, fakeCatalogue, hasher).ok).toBe(true);
  });

  test("are refused for what does not fit", () => {
    expect(codes(withOwn(twice, cells))).toEqual([]);
    expect(codes(withOwn({ ...twice, name: "add" }, pipeline))).toEqual(["name-clash"]);
    expect(codes(withOwn({ name: 1 }, pipeline))).toEqual(["manifest-invalid"]);
    expect(codes(withOwn({ ...twice, consumes: [{ name: "other", type: "int64" }] }, cells))).toEqual([
      "attribute-not-produced",
    ]);
    expect(codes(withOwn({ ...twice, consumes: [{ name: "value", type: "text" }] }, cells))).toEqual([
      "edge-type-mismatch",
    ]);
    const withParams = (params: string) => withOwn(twice, cells.replace("from: a,", `from: a, with: ${params},`));
    expect(codes(withParams("{ by: 3 }"))).toEqual([]);
    expect(codes(withParams("{ by: many }"))).toEqual(["operator-params"]);
    expect(codes(withParams("{ bye: 3 }"))).toEqual(["operator-params"]);
  });
});

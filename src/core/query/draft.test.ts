// A file with faults of its form is judged on as far as it could be read: one run tells a person everything.
import { describe, expect, test } from "vitest";
import { fakeCatalogue, filesFrom, hasher } from "../../../test/support/query-fakes.ts";
import { type Fault, faultsOf, parseQuery } from "./index.ts";

function told(body: string, head = "hedgerow: 1\nname: n\npurpose: care\n"): Fault[] {
  return faultsOf(parseQuery(`${head}${body}`, "q.yaml", filesFrom({})), fakeCatalogue, hasher);
}
const line = (fault: Fault) => [fault.code, fault.line, fault.path];

test("faults of form, names, circles and inputs are told together, each with line and remedy", () => {
  const faults = told(
    `cells:
  a: { run: emit, at: producr, colour: blue }
  b: { run: ad, from: [a, nobody], at: transform }
  d: { run: add, from: e, at: transform }
  e: { run: add, from: d, at: localizr }
  c: { run: print, from: b, at: producer }
`,
    "hedgerow: 1\npurpose: care\n",
  );
  expect(faults.map(line)).toEqual([
    ["missing-key", 1, "name"],
    ["wrong-value", 4, "cells.a.at"],
    ["unknown-key", 4, "cells.a.colour"],
    ["unknown-operator", 5, "cells.b.run"],
    ["unknown-input", 5, "cells.b.from"],
    ["query-cycle", 7, "cells.e.from"],
    ["wrong-value", 7, "cells.e.at"],
    ["placement-unfit", 8, "cells.c.at"],
  ]);
  for (const { file, remedy } of faults) {
    expect(file).toBe("q.yaml");
    expect(remedy).not.toBe("");
  }
});

describe("what a fault hides is not guessed at", () => {
  const sink = "  c: { run: print, from: b, at: exit }\n";
  test.each<[string, string, string[]]>([
    [
      "an input that cannot be read may be any cell",
      `cells:\n  a: { run: emit, at: producer }\n  c: { run: print, from: [7], at: exit }\n`,
      ["wrong-value"],
    ],
    [
      "a cell that cannot be read may take any input, and gives what nobody knows",
      `cells:\n  a: { run: emit, at: producer }\n  b: 7\n${sink}`,
      ["wrong-value"],
    ],
    [
      "params that cannot be read are not missing",
      `cells:\n  b: { run: emit, at: producer, with: [1] }\n${sink}`,
      ["wrong-value"],
    ],
    ["an operator that is not named", `cells:\n  b: { at: producer }\n${sink}`, ["missing-key"]],
    [
      "an own operator whose file is not there is not unknown",
      `operators: { double: ./double }\ncells:\n  a: { run: emit, at: producer }\n  b: { run: double, from: a, at: transform }\n${sink}`,
      ["operator-file"],
    ],
    [
      "own operators whose names cannot be read",
      `operators: [double]\ncells:\n  a: { run: emit, at: producer }\n  b: { run: double, from: a, at: transform }\n${sink}`,
      ["wrong-value"],
    ],
    [
      "equipment that cannot be read is not unnamed, and none that an operator does not need",
      `cells:\n  b: { run: emit, at: producer, use: [x] }\n${sink}`,
      ["wrong-value"],
    ],
  ])("%s", (_, body, codes) => {
    expect(told(body).map(({ code }) => code)).toEqual(codes);
  });

  test("a param that the schema refuses is told once, beside what is wrong elsewhere", () => {
    const long = "x".repeat(65);
    const faults = told(
      `cells:\n  b: { run: emit, at: producer, with: { ${long}: 1 } }\n  c: { run: prnt, from: b, at: exit }\n`,
    );
    expect(faults.map(({ code, line: at }) => [code, at])).toEqual([
      ["wrong-value", 5],
      ["unknown-operator", 6],
    ]);
  });
});

test("a file that is no document has the faults of its YAML alone", () => {
  expect(new Set(told("cells: { a: [\n").map(({ code }) => code))).toEqual(new Set(["yaml-invalid"]));
});

test("`matching` is refused before anything is planned, with what can be written instead", () => {
  const [fault, ...more] = told(
    "cells:\n  a: { run: emit, at: { matching: age > 3 } }\n  c: { run: print, from: a, at: exit }\n",
  );
  expect(more).toEqual([]);
  expect(fault).toMatchObject({ code: "placement-not-offered", line: 5, path: "cells.a.at" });
  expect(fault!.remedy).toMatch(/localizer, producer, transform, exit.*\{ node: NAME \}.*SQL/);
});

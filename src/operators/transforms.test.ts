import { describe, expect, it } from "vitest";
import { batchOf, columns, faultOf, infer, rowsOf, run, start } from "./harness.ts";
import { catalogue, OperatorFault } from "./index.ts";

const values = columns("value: int64");
const people = columns("name: text, age: int64?, weight: float64");
const ada = { name: "Ada", age: 36n, weight: 55.5 };
const bob = { name: "Bob", age: null, weight: 80 };
const cleo = { name: "Cleo", age: 12n, weight: 41.25 };

describe("the catalogue", () => {
  it("gives each operator its own digest, and the same each time", () => {
    const digests = [...catalogue().values()].map((operator) => operator.digest);
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("names the param at fault, or the inputs", () => {
    expect(faultOf("increment", { by: "one" }, [values])).toMatch(/^params\.by: /);
    expect(faultOf("increment", { add: 1 }, [values])).toMatch(/^params\.add: /);
    expect(faultOf("increment", {}, [])).toBe("inputs: increment takes 1 input, not 0");
    expect(faultOf("source-generator", {}, [values])).toBe("inputs: source-generator takes no inputs, not 1");
    expect(faultOf("aggregate", { compute: [{ function: "median" }] }, [values])).toMatch(
      /^params\.compute\.0\.function: /,
    );
  });

  it("says that it consumes all that its inputs carry", () => {
    const signature = infer("filter", { where: "age > 3" }, [people]);
    expect(signature).toMatchObject({
      ok: true,
      value: { consumes: ["name", "age", "weight"], output: people, stateless: true },
    });
  });
});

describe("increment", () => {
  it("adds to integers and to floats, and leaves the rest alone", () => {
    expect(run("increment", {}, values, [[{ value: 10n }, { value: -1n }]])).toEqual([[{ value: 11n }, { value: 0n }]]);
    expect(run("increment", { attribute: "weight", by: 0.5 }, people, [[ada]])).toEqual([[{ ...ada, weight: 56 }]]);
    expect(run("increment", { by: -(2 ** 40) }, values, [[{ value: 5n }]])).toEqual([[{ value: 5n - 2n ** 40n }]]);
  });

  it("does not write into its input", () => {
    const { running } = start("increment", {}, [values]);
    const input = batchOf(values, [{ value: 1n }]);
    if (running.kind === "transform") running.transform.process(0, input);
    expect(rowsOf(values, input)).toEqual([{ value: 1n }]);
  });

  it("stops where int64 would wrap, in both directions", () => {
    expect(() => run("increment", {}, values, [[{ value: 2n ** 63n - 1n }]])).toThrow(OperatorFault);
    expect(() => run("increment", { by: -1 }, values, [[{ value: -(2n ** 63n) }]])).toThrow(OperatorFault);
    expect(faultOf("increment", { by: 0.5 }, [values])).toBe("params.by: value is int64; by must be a whole number");
  });
});

describe("filter", () => {
  it("keeps what the condition holds for; absent does not hold", () => {
    expect(run("filter", { where: "age >= 12" }, people, [[ada, bob, cleo]])).toEqual([[ada, cleo]]);
    expect(run("filter", { where: "not (age >= 12)" }, people, [[ada, bob]])).toEqual([]);
    expect(run("filter", { where: "age is null or name = 'Cleo'" }, people, [[ada, bob, cleo]])).toEqual([[bob, cleo]]);
  });

  it("passes a batch on untouched when all is kept", () => {
    const { running } = start("filter", { where: "true" }, [people]);
    const batch = batchOf(people, [ada]);
    expect(running.kind === "transform" && running.transform.process(0, batch)).toBe(batch);
  });

  it("says where a condition is wrong", () => {
    expect(faultOf("filter", { where: "age >" }, [people])).toBe(
      "params.where: at character 6: expected a value, not the end",
    );
    expect(faultOf("filter", { where: "agee > 1" }, [people])).toBe(
      "params.where: at character 1: the input does not carry agee; it carries name, age, weight",
    );
    expect(faultOf("filter", { where: "age + 1" }, [people])).toBe(
      "params.where: a condition is true or false; this is int64",
    );
  });
});

describe("map", () => {
  it("computes, replaces in place, and keeps or drops the rest", () => {
    const set = [
      { attribute: "weight", to: "weight * 2" },
      { attribute: "label", to: "upper(name) || '!'" },
    ];
    expect(run("map", { set }, people, [[ada]])).toEqual([[{ name: "Ada", age: 36n, weight: 111, label: "ADA!" }]]);
    expect(run("map", { set, keep: false }, people, [[ada]])).toEqual([[{ weight: 111, label: "ADA!" }]]);
  });

  it("infers types and whether values may be absent", () => {
    const set = [
      { attribute: "next", to: "age + 1" },
      { attribute: "known", to: "coalesce(age, 0)" },
    ];
    expect(infer("map", { set, keep: false }, [people])).toMatchObject({
      value: { output: columns("next: int64?, known: int64") },
    });
    expect(run("map", { set, keep: false }, people, [[bob]])).toEqual([[{ next: null, known: 0n }]]);
  });

  it("names the expression at fault, and faults on impossible data", () => {
    expect(
      faultOf(
        "map",
        {
          set: [
            { attribute: "a", to: "1" },
            { attribute: "b", to: "1 +" },
          ],
        },
        [people],
      ),
    ).toMatch(/^params\.set\.1\.to: at character 4: /);
    expect(() => run("map", { set: [{ attribute: "a", to: "1 % (age - age)" }] }, people, [[ada]])).toThrow(
      "divided by zero",
    );
  });
});

describe("project", () => {
  it("keeps in the order given, and renames", () => {
    const params = { keep: ["age", "name"], rename: [{ from: "name", to: "person.name" }] };
    expect(infer("project", params, [people])).toMatchObject({
      value: { output: columns("age: int64?, person.name: text") },
    });
    expect(run("project", params, people, [[ada, bob]])).toEqual([
      [
        { age: 36n, "person.name": "Ada" },
        { age: null, "person.name": "Bob" },
      ],
    ]);
  });

  it("refuses what is not there and what would collide", () => {
    expect(faultOf("project", { keep: ["height"] }, [people])).toMatch(
      /^params\.keep\.0: the input does not carry height/,
    );
    expect(faultOf("project", { rename: [{ from: "age", to: "name" }] }, [people])).toBe(
      "params.rename: two columns would be named name",
    );
    expect(faultOf("project", { keep: ["age"], rename: [{ from: "name", to: "x" }] }, [people])).toMatch(
      /^params\.rename\.0\.from: /,
    );
  });
});

describe("merge", () => {
  it("passes batches of every input through, and wants one shape", () => {
    const { running } = start("merge", {}, [values, values]);
    const batch = batchOf(values, [{ value: 1n }]);
    expect(running.kind === "transform" && running.transform.process(1, batch)).toBe(batch);
    expect(faultOf("merge", {}, [values, people])).toMatch(/^inputs\.1: input 1 carries name: text/);
    expect(faultOf("merge", {}, [values])).toBe("inputs: merge takes 2 to 16 inputs, not 1");
  });
});

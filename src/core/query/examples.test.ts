// The examples that people start from, against the real operators and the nodes of the local network (`hedgerow up`).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextWith, factsOf, hasher, nodeNamed, rules } from "../../../test/support/query-fakes.ts";
import { catalogue } from "../../operators/index.ts";
import { accept, type NodeId, refusals, refuse } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { checkPlan, type Fault, type OperatorFiles, ownOperatorsOf, parseQuery, plan, validate } from "./index.ts";

const folder = join(import.meta.dirname, "../../../examples");
const examples = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const textOf = (name: string) => readFileSync(join(folder, name), "utf8");

const known = new Map<string, Uint8Array>();
const files: OperatorFiles = {
  hasher,
  bytes(path) {
    if (!path.startsWith("./operators/")) return refuse("operator-file", { detail: "there is no such file" });
    try {
      if (!known.has(path)) known.set(path, new Uint8Array(readFileSync(join(folder, path))));
      return accept(known.get(path)!);
    } catch {
      return refuse("operator-file", { detail: "there is no such file" });
    }
  },
  text(path) {
    const bytes = files.bytes(path);
    return bytes.ok ? accept(new TextDecoder().decode(bytes.value)) : bytes;
  },
};

const network = [
  nodeNamed("meter", ["producer"]),
  nodeNamed("workshop", ["transform"]),
  nodeNamed("gateway", ["exit"]),
  nodeNamed("hallway", ["producer"], {
    policy: { rules: rules(["forbid", "location.precise", "it stays in the hallway"]) },
  }),
  nodeNamed("annexe", ["transform"]),
  nodeNamed("desk", []),
];
/** What a lot might have given. */
const roster = { bytes: Uint8Array.of(1), actors: [network[4]!.node, network[1]!.node] };
const context = contextWith(network, { catalogue: catalogue() });

function planText(text: string) {
  const parsed = parseQuery(text, "q.yaml", files);
  return parsed.ok
    ? plan(parsed.query, { ...context, positions: parsed.positions, roster })
    : { ...parsed, skipped: [] };
}

/** As a participant checks it; one that verifies rosters when the plan draws. */
function agreed(made: Plan) {
  const facts = factsOf(network);
  const members = {
    network: context.network,
    facts: (node: NodeId) => facts.get(node),
    record: (node: NodeId) => network.find((record) => record.node === node),
    roster: () => accept(roster.actors),
  };
  return checkPlan(made, catalogue(), hasher, made.roster === undefined ? undefined : members);
}

describe("the examples", () => {
  test.each(examples)("%s has no fault", (name) => {
    const parsed = parseQuery(textOf(name), name, files);
    expect(parsed.ok ? [] : parsed.faults).toEqual([]);
    if (parsed.ok) {
      expect(validate(parsed.query, catalogue(), ownOperatorsOf(parsed.query, hasher), parsed.positions)).toEqual([]);
    }
  });

  test.each(examples.filter((name) => name !== "refused-by-policy.yaml"))(
    "%s is planned, and participants agree",
    (name) => {
      const planned = planText(textOf(name));
      expect(planned.ok ? [] : planned.faults).toEqual([]);
      expect(planned.ok && agreed(planned.plan)).toMatchObject({ ok: true });
      if (planned.ok && planned.plan.roster !== undefined)
        expect(checkPlan(planned.plan, catalogue(), hasher)).toMatchObject({ code: "plan-roster" });
    },
  );

  test("refused-by-policy.yaml is refused, with cell, attribute, rule and reason", () => {
    const planned = planText(textOf("refused-by-policy.yaml"));
    expect(planned.ok ? [] : planned.faults).toMatchObject([
      { code: "attribute-forbidden", path: "cells.positions", line: 7 },
    ]);
    expect(planned.ok ? "" : planned.faults[0]!.message).toMatch(
      /hallway.*positions.*"forbid location\.precise".*stays in the hallway/,
    );
  });

  test("precise-or-coarse.yaml runs its second plan, and says why", () => {
    const planned = planText(textOf("precise-or-coarse.yaml"));
    expect(planned).toMatchObject({ ok: true, alternative: "coarse", skipped: [{ alternative: "precise" }] });
    expect(planned.skipped[0]!.faults.map((fault) => fault.code)).toEqual(["attribute-forbidden"]);
  });
});

describe("real operators: a fault names the key", () => {
  const base = textOf("windows-and-averages.yaml");
  const faultsOf = (text: string) => {
    const planned = planText(text);
    return planned.ok ? [] : planned.faults.map((fault) => [fault.code, fault.path]);
  };
  test.each([
    [
      "attribute: temperature.tenths, as: temperature.mean",
      "attribute: pressure, as: p",
      "attribute-not-produced",
      "cells.summary.with.compute[1].attribute",
    ],
    ["function: count", "function: cout", "operator-params", "cells.summary.with.compute[0].function"],
    ["{ count: 20, as", "{ cuont: 20, as", "operator-params", "cells.twenties.with.cuont"],
    ["by: [window]", "by: [wnidow]", "attribute-not-produced", "cells.summary.with.by[0]"],
    [
      "from: -40, step: 2, count: 200, every_ms: 50, attribute: temperature.tenths",
      "attribute: humidity",
      "edge-type-mismatch",
      "cells.both.from[1]",
    ],
  ])("%s → %s", (before, after, code, path) => {
    expect(base).toContain(before);
    expect(faultsOf(base.replace(before, after))).toContainEqual([code, path]);
  });

  test("an expression over an attribute that is not there", () => {
    const text = textOf("ten-becomes-eleven.yaml")
      .replace("run: increment", "run: filter")
      .replace(
        "with: { attribute: reading.value }\n    at: transform",
        "with: { where: reading.other > 3 }\n    at: transform",
      );
    expect(faultsOf(text)).toEqual([["attribute-not-produced", "cells.plus-one.with.where"]]);
  });
});

describe("fuzz: mutated query files", () => {
  const texts = examples.map(textOf);
  const fragments = [
    ..."[]{}:,-?&*!|>'\"%@`#\n\t \\",
    "\n  ",
    ": ",
    "- ",
    "---\n",
    "<<: ",
    "&a ",
    "*a",
    "!!set ",
    "null",
    "~",
    "1e999",
    "-0",
    "0x10",
    "true",
    "[[[[",
    "{{{{",
    "\u0000",
    "\ufeff",
    "\u2028",
    "producer",
    "asker",
    "from",
    "plans",
    "__proto__",
    "constructor",
    "location.precise",
    "9999999999999999999",
  ];
  const editArbitrary = fc.record({
    at: fc.nat(4_000),
    remove: fc.oneof(fc.constant(0), fc.nat(40)),
    insert: fc.oneof(fc.constant(""), fc.constantFrom(...fragments), fc.string({ maxLength: 6 })),
    copyFrom: fc.option(fc.tuple(fc.nat(4_000), fc.nat(60)), { freq: 4 }),
  });

  function edit(
    text: string,
    { at, remove, insert, copyFrom }: { at: number; remove: number; insert: string; copyFrom: [number, number] | null },
  ): string {
    const place = at % (text.length + 1);
    const copied =
      copyFrom === null ? "" : text.slice(copyFrom[0] % text.length, (copyFrom[0] % text.length) + copyFrom[1]);
    return text.slice(0, place) + insert + copied + text.slice(place + remove);
  }

  function checkFault(fault: Fault, text: string): void {
    expect(Object.hasOwn(refusals, fault.code)).toBe(true);
    expect(fault.message).not.toBe("");
    expect(fault.remedy).not.toBe("");
    expect(Number.isInteger(fault.column) && fault.column >= 1).toBe(true);
    expect(fault.line).toBeGreaterThanOrEqual(1);
    if (fault.file === "q.yaml") expect(fault.line).toBeLessThanOrEqual(text.split("\n").length + 1);
  }

  test("never crash: they are planned, or have faults with positions", () => {
    const seen = { planned: 0, faulty: 0, codes: new Set<string>() };
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(editArbitrary, { minLength: 1, maxLength: 4 }),
        (original, edits) => {
          const text = edits.reduce(edit, original);
          const planned = planText(text);
          if (planned.ok) {
            seen.planned++;
            expect(agreed(planned.plan).ok).toBe(true);
            return;
          }
          seen.faulty++;
          expect(planned.faults.length).toBeGreaterThan(0);
          for (const fault of planned.faults) {
            seen.codes.add(fault.code);
            checkFault(fault, text);
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(seen.planned).toBeGreaterThan(100);
    expect(seen.faulty).toBeGreaterThan(100);
    expect(seen.codes.size).toBeGreaterThan(7); // how many depends on the seed
  });

  test("nor does any text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 4 })), { maxLength: 40 }),
        (parts) => {
          const text = parts.join("");
          const planned = planText(text);
          expect(planned.ok).toBe(false);
          if (!planned.ok) for (const fault of planned.faults) checkFault(fault, text);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

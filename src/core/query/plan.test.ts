import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  analyst,
  contextWith,
  factsOf,
  fakeCatalogue,
  hasher,
  nodeIdOf,
  nodeNamed,
  rules,
} from "../../../test/support/query-fakes.ts";
import type { NodeId } from "../base/index.ts";
import type { Attribute, NodeRecord, Policy } from "../model/index.ts";
import { checkNeighbours, checkPlanAt, checkVertices } from "../policy/index.ts";
import { checkPlan, describePlan, type Fault, parseQuery, plan, planDigest } from "./index.ts";

function parsed(cells: string) {
  const result = parseQuery(`hedgerow: 1\nname: n\npurpose: care\n${cells}`, "q.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result;
}

const line = (fault: Fault) => [fault.code, fault.line, fault.path];

const pipeline = `cells:
  a: { run: emit, at: producer }
  b: { run: add, from: a, at: transform }
  c: { run: print, from: b, at: exit }
`;
const venue = [nodeNamed("meter", ["producer"]), nodeNamed("shop", ["transform"]), nodeNamed("gate", ["exit"])];

function planned(cells: string, records: readonly NodeRecord[], more = {}) {
  const { query, positions } = parsed(cells);
  return plan(query, contextWith(records, { positions, ...more }));
}

function nodesOf(result: ReturnType<typeof planned>): Record<string, NodeId> {
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return Object.fromEntries(result.plan.vertices.map((vertex) => [vertex.id, vertex.node]));
}

describe("plan", () => {
  test("puts each cell on a node with its function", () => {
    const result = planned(pipeline, venue);
    expect(nodesOf(result)).toEqual({ a: nodeIdOf("meter"), b: nodeIdOf("shop"), c: nodeIdOf("gate") });
    expect(result.ok && planDigest(result.plan, hasher) === result.digest).toBe(true);
  });

  test("is the same whatever the order of the records, and takes the newest of each node", () => {
    const many = [...venue, nodeNamed("shop-2", ["transform"]), nodeNamed("shop-3", ["transform", "exit"])];
    const digest = (records: readonly NodeRecord[]) => {
      const result = planned(pipeline, records);
      return result.ok ? result.digest : "refused";
    };
    fc.assert(
      fc.property(fc.shuffledSubarray(many, { minLength: many.length }), (shuffled) => {
        expect(digest(shuffled)).toBe(digest(many));
      }),
      { numRuns: 30 },
    );
    const stale = nodeNamed("meter", ["exit"], { sequence: 0 });
    expect(digest([stale, ...venue])).toBe(digest([...venue, stale]));
    expect(digest([stale, ...venue])).not.toBe("refused");
  });

  test("spreads cells over nodes of the same function, and names the others as spares", () => {
    const cells = `cells:
  a: { run: emit, at: producer }
  b: { run: add, from: a, at: transform }
  b2: { run: add, from: b, at: transform }
  c: { run: print, from: b2, at: exit }
`;
    const result = planned(cells, [...venue, nodeNamed("shop-2", ["transform"])]);
    const nodes = nodesOf(result);
    expect(new Set([nodes.b, nodes.b2])).toEqual(new Set([nodeIdOf("shop"), nodeIdOf("shop-2")]));
    expect(result.ok && result.plan.vertices.map((vertex) => vertex.spares)).toEqual([[], [nodes.b2], [nodes.b], []]);
  });

  test("takes a named node by name or id, without spares", () => {
    const records = [...venue, nodeNamed("shop-2", ["transform"])];
    for (const name of ["shop-2", nodeIdOf("shop-2")]) {
      const result = planned(pipeline.replace("at: transform", `at: { node: ${name} }`), records);
      expect(nodesOf(result).b).toBe(nodeIdOf("shop-2"));
      expect(result.ok && result.plan.vertices[1]!.spares).toEqual([]);
    }
  });

  test("gives the asker her result, and no analyst anything else", () => {
    const desk = nodeNamed("desk", ["producer", "transform", "exit"]);
    expect(nodesOf(planned(pipeline.replace("at: exit", "at: asker"), [...venue, desk])).c).toBe(analyst.node);
    const without = planned(pipeline, [desk]);
    expect(without.ok ? [] : without.faults.map((fault) => fault.code)).toEqual(Array(3).fill("no-eligible-node"));
    expect(without.ok ? "" : without.faults[0]!.message).toContain("desk is an analyst");
  });

  test.each([
    ["no node with it", [], /shop is no producer; gate is no producer/],
    ["another function", [nodeNamed("meter", ["exit"])], /meter is no producer/],
    ["another network", [nodeNamed("meter", ["producer"], { network: "forest" })], /meter is of the network forest/],
  ])("says which nodes were considered and why not: %s", (_, records, pattern) => {
    const result = planned(pipeline, [...records, ...venue.slice(1)]);
    expect(result.ok ? [] : result.faults.map(line)).toEqual([["no-eligible-node", 5, "cells.a.at"]]);
    expect(result.ok ? "" : result.faults[0]!.message).toMatch(pattern);
  });

  test("prints what nodes call themselves without their control characters", () => {
    const loud = nodeNamed("loud", ["exit"], { name: "loud\u001b[2J" });
    const result = planned(pipeline, [loud]);
    const text = result.ok ? "" : result.faults.map((fault) => fault.message + fault.remedy).join();
    expect(text).toContain("loud [2J is no producer");
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  test("believes certificates, not records", () => {
    const facts = factsOf(venue);
    expect(planned(pipeline, venue, { facts }).ok).toBe(true);
    facts.set(nodeIdOf("shop"), { ...facts.get(nodeIdOf("shop"))!, roles: ["exit"] });
    facts.delete(nodeIdOf("gate"));
    const result = planned(pipeline, venue, { facts });
    const messages = result.ok ? [] : result.faults.map((fault) => fault.message);
    expect(messages).toEqual([
      expect.stringContaining("shop is not certified as transform"),
      expect.stringContaining("gate is no admitted member"),
    ]);
  });

  test("says of a node that is certified for a function and does not list it what to mend", () => {
    const facts = factsOf(venue);
    const records = venue.map((record) => (record.name === "shop" ? { ...record, functions: [] } : record));
    const result = planned(pipeline, records, { facts });
    const [fault] = result.ok ? [] : result.faults;
    expect(fault?.message).toContain(
      "shop is certified as transform, but its node.yaml does not list that under `functions`",
    );
  });

  test("refuses a name that two nodes use, and placements that are not offered yet", () => {
    const impostor = nodeNamed("impostor", ["transform"], { name: "shop" });
    const twice = planned(pipeline.replace("at: transform", "at: { node: shop }"), [...venue, impostor]);
    expect(twice.ok ? [] : twice.faults.map(line)).toEqual([["ambiguous-node", 6, "cells.b.at"]]);
    const matching = planned(pipeline.replace("at: producer", "at: { matching: age > 3 }"), venue);
    expect(matching.ok ? [] : matching.faults.map(line)).toEqual([["placement-not-offered", 5, "cells.a.at"]]);
    const drawn = planned(pipeline.replace("at: transform", "at: { drawn: 3 }"), venue); // and no roster was given
    expect(drawn.ok ? [] : drawn.faults.map(line)).toEqual([["placement-not-offered", 6, "cells.b.at"]]);
    const near = planned(pipeline.replace("at: transform", "at: { node: shpo }"), venue);
    expect(near.ok ? "" : near.faults[0]!.remedy).toContain('Did you mean "shop"?');
  });
});

describe("sensors", () => {
  const camera = (exclusive: boolean, attribute = "value") => ({
    name: "camera",
    kind: "sensor" as const,
    exclusive,
    shape: [{ name: attribute as Attribute, type: "int64" as const, nullable: false }],
  });
  const one = `cells:
  a: { run: read, at: producer, use: camera }
  c: { run: print, from: a, at: exit }
`;
  const two = `${one}  a2: { run: read, at: producer, use: camera }\n  c2: { run: print, from: a2, at: exit }\n`;
  const meter = (exclusive: boolean, name = "meter") =>
    nodeNamed(name, ["producer"], { equipment: [camera(exclusive)] });
  const gate = venue[2]!;

  test("are found by name and kind on a node that has them", () => {
    expect(nodesOf(planned(one, [venue[0]!, meter(true, "yard"), gate])).a).toBe(nodeIdOf("yard"));
    const none = planned(one, [venue[0]!, gate]);
    expect(none.ok ? "" : none.faults[0]!.message).toContain('meter has no sensor "camera"');
    const outlet = nodeNamed("meter", ["producer"], { equipment: [{ ...camera(true), kind: "outlet" }] });
    const wrong = planned(one, [outlet, gate]);
    expect(wrong.ok ? "" : wrong.faults[0]!.message).toContain('has "camera" as outlet');
  });

  test("that are exclusive serve one cell, the other goes to another node or is refused", () => {
    const nodes = nodesOf(planned(two, [meter(true), meter(true, "yard"), gate]));
    expect(new Set([nodes.a, nodes.a2]).size).toBe(2);
    expect(planned(two, [meter(false), gate]).ok).toBe(true);
    const result = planned(two, [meter(true), gate]);
    expect(result.ok ? [] : result.faults.map(line)).toEqual([["exclusive-sensor-twice", 7, "cells.a2.use"]]);
  });

  test("must give what is read from them", () => {
    const other = nodeNamed("meter", ["producer"], { equipment: [camera(true, "video")] });
    const result = planned(one, [other, gate]);
    expect(result.ok ? [] : result.faults.map(line)).toEqual([["attribute-not-produced", 5, "cells.a.use"]]);
    expect(result.ok ? "" : result.faults[0]!.message).toContain("it gives video");
  });
});

describe("policies in force", () => {
  const alternatives = `plans:
  precise:
    cells:
      a: { run: emit, at: { node: hall }, with: { attribute: location.precise } }
      c: { run: print, from: a, at: exit }
  coarse:
    cells:
      a: { run: emit, at: { node: hall }, with: { attribute: location.coarse } }
      c: { run: print, from: a, at: exit }
`;
  const hall = nodeNamed("hall", ["producer"], {
    policy: { rules: rules(["forbid", "location.precise", "home is home"]) },
  });

  test("skip an alternative, with vertex, attribute, rule and reason, and the next one runs", () => {
    const result = planned(alternatives, [hall, venue[2]!]);
    expect(result).toMatchObject({ ok: true, alternative: "coarse", skipped: [{ alternative: "precise" }] });
    const [fault] = result.skipped[0]!.faults;
    expect(line(fault!)).toEqual(["attribute-forbidden", 7, "plans.precise.cells.a"]);
    expect(fault!.message).toMatch(
      /policy of hall refuses: cell a .*location\.precise may not leave.*"forbid location\.precise".*home is home/,
    );
  });

  test("are not asked about an alternative that was tried already", () => {
    const willing = nodeNamed("hall", ["producer"]);
    expect(planned(alternatives, [willing, venue[2]!])).toMatchObject({ alternative: "precise" });
    expect(planned(alternatives, [willing, venue[2]!], { after: "precise" })).toMatchObject({
      alternative: "coarse",
      skipped: [],
    });
  });

  test("refuse the query when no alternative is left, with all faults", () => {
    const strict = nodeNamed("hall", ["producer"], { policy: { rules: rules(["forbid", "location"]) } });
    const result = planned(alternatives, [strict, venue[2]!]);
    expect(result.ok ? [] : result.faults.map(line)).toEqual([
      ["attribute-forbidden", 7, "plans.precise.cells.a"],
      ["attribute-forbidden", 11, "plans.coarse.cells.a"],
    ]);
  });

  test("send a cell to a node that allows it, and make no spare of one that does not", () => {
    const strict = ["x", "y", "z"].map((name) =>
      nodeNamed(name, ["producer"], { policy: { rules: rules(["forbid", "value"]) } }),
    );
    const result = planned(pipeline, [...strict, ...venue]);
    expect(nodesOf(result).a).toBe(nodeIdOf("meter"));
    expect(result.ok && result.plan.vertices[0]!.spares).toEqual([]);
  });

  test("of neighbours must not conflict", () => {
    const gate = nodeNamed("gate", ["exit"], { policy: { rules: rules(["require", "video"]) } });
    const meter = nodeNamed("meter", ["producer"], { policy: { rules: rules(["forbid", "video"]) } });
    const result = planned(
      "cells:\n  a: { run: emit, at: producer, with: { attribute: video.blurred } }\n  c: { run: print, from: a, at: exit }\n",
      [meter, gate],
    );
    expect(result.ok ? [] : result.faults.map((fault) => fault.code)).toContain("policy-conflict");
  });
});

describe("whatever is planned", () => {
  const attributes = ["a", "a.b", "c", "value"];
  const policyArbitrary: fc.Arbitrary<Policy> = fc
    .array(
      fc.tuple(
        fc.constantFrom("forbid" as const, "require" as const, "dont-care" as const),
        fc.constantFrom(...attributes),
      ),
      { maxLength: 2 },
    )
    .map((list) => ({ rules: rules(...list) }));
  const recordsArbitrary = fc
    .array(fc.tuple(fc.subarray(["producer", "transform", "exit"] as const, { minLength: 1 }), policyArbitrary), {
      minLength: 2,
      maxLength: 8,
    })
    .map((list) => list.map(([functions, policy], i) => nodeNamed(`n${i}`, [...functions], { policy })));
  const cellsArbitrary = fc
    .record({
      sources: fc.array(fc.uniqueArray(fc.constantFrom(...attributes), { minLength: 1 }), {
        minLength: 1,
        maxLength: 3,
      }),
      steps: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
    })
    .map(({ sources, steps }) => {
      const lines = sources.map(
        (columns, i) => `  s${i}: { run: emit, at: producer, with: { columns: [${columns.join(", ")}] } }`,
      );
      const ids = sources.map((_, i) => `s${i}`);
      for (const [i, [left, right]] of steps.entries()) {
        lines.push(
          `  t${i}: { run: join, at: transform, from: [${ids[left % ids.length]}, ${ids[right % ids.length]}] }`,
        );
        ids.push(`t${i}`);
      }
      return `cells:\n${lines.join("\n")}\n${ids.map((id) => `  p-${id}: { run: print, at: exit, from: ${id} }`).join("\n")}\n`;
    });

  test("passes every participant's own check, spares included; what is refused has a reason", () => {
    let allowed = 0;
    fc.assert(
      fc.property(cellsArbitrary, recordsArbitrary, (cells, records) => {
        const result = planned(cells, records);
        if (!result.ok) {
          expect(result.faults.length).toBeGreaterThan(0);
          return;
        }
        allowed++;
        expect(checkPlan(result.plan, fakeCatalogue, hasher).ok).toBe(true);
        const policyOf = (node: NodeId) => records.find((record) => record.node === node)?.policy;
        for (const vertex of result.plan.vertices) {
          expect(checkPlanAt(result.plan, vertex.node, policyOf(vertex.node)!).ok).toBe(true);
          expect(checkNeighbours(result.plan, vertex.node, policyOf).ok).toBe(true);
          for (const spare of vertex.spares) {
            expect(checkVertices(result.plan, [vertex.id], policyOf(spare)!).ok).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(allowed).toBeGreaterThan(20);
  });

  test("is found when there is one, as trying every placement shows", () => {
    const cells =
      "cells:\n  s: { run: emit, at: producer, with: { columns: [a.b] } }\n  t: { run: add, at: transform, from: s, with: { attribute: a.b } }\n  p: { run: print, at: exit, from: t }\n";
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(recordsArbitrary, (records) => {
        const at = (name: "producer" | "transform" | "exit") =>
          records.filter((record) => record.functions.includes(name));
        const pinned = (s: NodeRecord, t: NodeRecord, p: NodeRecord) =>
          cells
            .replace("producer", `{ node: ${s.node} }`)
            .replace("transform", `{ node: ${t.node} }`)
            .replace("exit", `{ node: ${p.node} }`);
        const some = at("producer").some((s) =>
          at("transform").some((t) => at("exit").some((p) => planned(pinned(s, t, p), records).ok)),
        );
        outcomes.add(some);
        expect(planned(cells, records).ok).toBe(some);
      }),
      { numRuns: 60 },
    );
    expect(outcomes.size).toBe(2);
  });
});

describe("describePlan", () => {
  test("says what runs where, what each node sees and what it hands out", () => {
    const result = planned(pipeline, venue);
    if (!result.ok) throw new Error("refused");
    expect(describePlan(result.plan, venue)).toEqual({
      layers: [["a"], ["b"], ["c"]],
      edges: [
        { id: "a>b:0", from: "a", to: "b", attributes: ["value"], crossesNodes: true },
        { id: "b>c:0", from: "b", to: "c", attributes: ["value"], crossesNodes: true },
      ],
      nodes: [
        { node: nodeIdOf("meter"), name: "meter", cells: ["a"], sees: ["value"], handsOut: [] },
        { node: nodeIdOf("shop"), name: "shop", cells: ["b"], sees: ["value"], handsOut: [] },
        { node: nodeIdOf("gate"), name: "gate", cells: ["c"], sees: ["value"], handsOut: ["value"] },
      ],
      cost: { cells: 3, nodes: 3, edgesBetweenNodes: 2, longestPath: 3, memoryBytes: 3 * 64 * 1024 * 1024 },
    });
  });
});

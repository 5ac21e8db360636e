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
} from "../../../test/support/query-fakes.ts";
import { fromCanonical, type RefusalCode, refusals, toCanonical } from "../base/index.ts";
import type { NodeRecord, Plan, PlanVertex } from "../model/index.ts";
import { layersOf } from "../model/index.ts";
import { checkPlan, describePlan, type PlanMembers, parseQuery, plan } from "./index.ts";

const camera = {
  name: "camera",
  kind: "sensor" as const,
  exclusive: true,
  shape: [{ name: "value" as never, type: "int64" as const, nullable: false }],
};
const records = [
  nodeNamed("meter", ["producer"], { equipment: [camera] }),
  nodeNamed("shop", ["transform"]),
  nodeNamed("shop-2", ["transform"]),
  nodeNamed("gate", ["exit"]),
];
const text = `hedgerow: 1
name: n
purpose: care
operators: { twice: t/operator.yaml }
cells:
  a: { run: read, at: producer, use: camera }
  b: { run: add, from: a, at: transform }
  own: { run: twice, from: b, at: transform }
  c: { run: print, from: own, at: exit }
`;
const manifest =
  "name: twice\nbody: { format: wasm, file: t.wasm }\nconsumes: [{ name: value, type: int64 }]\nproduces: [{ name: doubled, type: int64 }]\n";
const files = {
  text: () => ({ ok: true as const, value: manifest }),
  bytes: () => ({ ok: true as const, value: new Uint8Array([1]) }),
  hasher,
};
const parsed = parseQuery(text, "q.yaml", files);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
const planned = plan(parsed.query, contextWith(records));
if (!planned.ok) throw new Error(JSON.stringify(planned.faults));
const honest = planned.plan;

function membersWith(list: readonly NodeRecord[], more: Partial<PlanMembers> = {}): PlanMembers {
  const facts = factsOf(list);
  return {
    network: "garden",
    facts: (node) => facts.get(node),
    record: (node) => list.find((record) => record.node === node),
    ...more,
  };
}
const members = membersWith(records);

/** The honest plan with one cell changed: a, b, own or c. */
function withVertex(id: string, change: Partial<PlanVertex> | ((vertex: PlanVertex) => Partial<PlanVertex>)): Plan {
  const vertices = honest.vertices.map((vertex) =>
    vertex.id === id ? { ...vertex, ...(typeof change === "function" ? change(vertex) : change) } : vertex,
  );
  return { ...honest, vertices };
}

function codeOf(liar: unknown, from = members): RefusalCode | "fine" {
  const result = checkPlan(liar, fakeCatalogue, hasher, from);
  return result.ok ? "fine" : result.code;
}

test("an honest plan passes, also after its journey, and comes back unchanged", () => {
  const journey = fromCanonical(toCanonical(honest));
  expect(journey.ok && checkPlan(journey.value, fakeCatalogue, hasher, members)).toEqual({ ok: true, value: honest });
});

describe("a liar's plan is refused:", () => {
  const other = "ab".repeat(32) as PlanVertex["operator"]["digest"];
  const value = { name: "value" as never, type: "int64" as const, nullable: false };
  const lies: [string, unknown, RefusalCode][] = [
    ["no plan at all", { vertices: "none" }, "plan-malformed"],
    ["no vertices", { ...honest, vertices: [] }, "plan-malformed"],
    ["a key too many", { ...honest, extra: 1 }, "plan-malformed"],
    ["another network", { ...honest, network: "forest" }, "wrong-network"],
    [
      "two vertices with one id",
      { ...honest, vertices: [...honest.vertices, honest.vertices[1]] },
      "plan-duplicate-vertex",
    ],
    ["an input that is not there", withVertex("b", { inputs: ["x" as never] }), "plan-unknown-input"],
    ["a circle", withVertex("b", { inputs: ["own" as never] }), "plan-cycle"],
    ["a vertex that reads itself", withVertex("b", { inputs: ["b" as never] }), "plan-cycle"],
    ["a source with an input", withVertex("a", { inputs: ["a" as never] }), "plan-cycle"],
    ["too many inputs", withVertex("b", { inputs: ["a", "a"] as never }), "plan-input-count"],
    ["a sink with two inputs", withVertex("c", { inputs: ["a", "own"] as never }), "plan-input-count"],
    ["an output that nobody reads", { ...honest, vertices: honest.vertices.slice(0, 3) }, "plan-not-delivered"],
    ["a sink that is read", withVertex("own", { inputs: ["c" as never] }), "plan-cycle"],
    [
      "an operator that is not here",
      withVertex("b", ({ operator }) => ({ operator: { ...operator, name: "unheard" } })),
      "plan-unknown-operator",
    ],
    [
      "another operator under a known name",
      withVertex("b", ({ operator }) => ({ operator: { ...operator, digest: other } })),
      "plan-operator-digest",
    ],
    [
      "another body under the same digest",
      withVertex("own", ({ operator }) => ({ operator: { ...operator, body: other } })),
      "plan-operator-digest",
    ],
    [
      "a changed manifest",
      withVertex("own", ({ operator }) => ({
        operator: { ...operator, manifest: { ...(operator.manifest as object), stateless: false } },
      })),
      "plan-operator-digest",
    ],
    [
      "a body without a manifest",
      withVertex("own", ({ operator: { manifest: _, ...operator } }) => ({ operator })),
      "plan-operator-manifest",
    ],
    [
      "a manifest that is none",
      withVertex("own", ({ operator }) => ({ operator: { ...operator, manifest: 7 } })),
      "plan-operator-manifest",
    ],
    [
      "a body posing as a standard operator",
      withVertex("b", ({ operator }) => ({
        operator: { ...operator, body: other, manifest: honest.vertices[2]!.operator.manifest },
      })),
      "plan-operator-manifest",
    ],
    [
      "another kind",
      withVertex("b", ({ operator }) => ({ operator: { ...operator, kind: "sink" } })),
      "plan-operator-kind",
    ],
    [
      "higher limits",
      withVertex("b", ({ limits }) => ({ limits: { ...limits, batchMs: 60_000 } })),
      "plan-operator-limits",
    ],
    ["wrong params", withVertex("a", { params: { columns: [3] } }), "plan-params"],
    [
      "an attribute that the edge does not carry",
      withVertex("b", { params: { attribute: "other" } }),
      "plan-edge-type",
    ],
    ["consumes less than it does", withVertex("b", { consumes: [] }), "plan-consumes"],
    ["consumes one thing twice", withVertex("b", { consumes: ["value", "value"] as never }), "plan-consumes"],
    ["another output", withVertex("b", { output: [{ ...value, type: "text" }] }), "plan-output"],
    ["an output more", withVertex("b", { output: [value, { ...value, name: "more" as never }] }), "plan-output"],
    ["a sink with an output", withVertex("c", { output: [value] }), "plan-output"],
    ["a stateful cell posing as stateless", withVertex("a", { stateless: true }), "plan-stateless"],
    ["a node that is no member", withVertex("b", { node: nodeIdOf("stranger"), spares: [] }), "plan-unknown-node"],
    ["a node not certified for it", withVertex("c", { node: nodeIdOf("shop") }), "plan-node-unfit"],
    ["a transform at the analyst", withVertex("b", { node: analyst.node }), "analyst-takes-no-part"],
    ["a spare that is the node itself", withVertex("b", ({ node }) => ({ spares: [node] })), "plan-spares"],
    ["one spare twice", withVertex("b", { spares: [nodeIdOf("x"), nodeIdOf("x")] }), "plan-spares"],
    ["a spare not certified for it", withVertex("a", { spares: [nodeIdOf("gate")] }), "plan-node-unfit"],
    ["a producer as spare of an exit", withVertex("c", { spares: [nodeIdOf("meter")] }), "plan-node-unfit"],
    ["a spare that is no member", withVertex("b", { spares: [nodeIdOf("stranger")] }), "plan-unknown-node"],
    ["the analyst as spare", withVertex("b", { spares: [analyst.node] }), "plan-spares"],
    [
      "no equipment where it needs some",
      withVertex("a", ({ equipment: _, ...vertex }) => ({ ...vertex, equipment: undefined as never })),
      "plan-equipment",
    ],
    ["equipment where it needs none", withVertex("b", { equipment: "camera" }), "plan-equipment"],
    ["equipment that the node does not have", withVertex("a", { equipment: "microphone" }), "plan-equipment"],
  ];
  test.each(lies)("%s", (_, liar, code) => expect(codeOf(liar)).toBe(code));

  test("an exclusive sensor used by two cells, and a sensor that does not give what is said", () => {
    const twin = { ...honest.vertices[0]!, id: "a2" as never };
    const sink = { ...honest.vertices[3]!, id: "c2" as never, inputs: ["a2" as never], consumes: ["value" as never] };
    expect(codeOf({ ...honest, vertices: [...honest.vertices, twin, sink] })).toBe("plan-equipment");
    const blind = nodeNamed("meter", ["producer"], {
      equipment: [{ ...camera, shape: [{ ...camera.shape[0]!, name: "video" as never }] }],
    });
    expect(codeOf(honest, membersWith([blind, ...records.slice(1)]))).toBe("plan-equipment");
  });

  test("a node that is an analyst too takes no part", () => {
    const facts = factsOf(records);
    facts.set(nodeIdOf("gate"), { ...facts.get(nodeIdOf("gate"))!, roles: ["exit", "analyst"] });
    expect(codeOf(honest, membersWith(records, { facts: (node) => facts.get(node) }))).toBe("analyst-takes-no-part");
  });

  test("a sink at the analyst is her own result, and allowed", () => {
    expect(codeOf(withVertex("c", { node: analyst.node, spares: [] }))).toBe("fine");
  });
});

describe("fuzz", () => {
  const kept = 3_000;
  const leaf = fc.oneof(
    fc.constant(null),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom("a", "b", "own", "c", "value"),
  );
  const anything = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), leaf, { maxKeys: 3 }),
  );

  /** The value at a random place of the plan replaced, removed, or swapped with another. */
  function mutate(value: unknown, picks: readonly number[], replacement: unknown, depth = 0): unknown {
    if (value === null || typeof value !== "object" || depth === picks.length) return replacement;
    const keys = Object.keys(value);
    if (keys.length === 0) return replacement;
    const key = keys[picks[depth]! % keys.length]!;
    const inner = mutate((value as Record<string, unknown>)[key], picks, replacement, depth + 1);
    if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? inner : item));
    return { ...value, [key]: inner };
  }

  test("mutated plans get a code of the table, or are what the catalogue says they are", () => {
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.nat(64), { minLength: 1, maxLength: 6 }), anything, (picks, replacement) => {
        const liar = mutate(honest, picks, replacement);
        const result = checkPlan(liar, fakeCatalogue, hasher, members);
        if (result.ok) {
          // Whatever still passes has the honest plan's operators, shapes and nodes.
          const essence = (made: Plan) =>
            made.vertices.map(({ operator, output, node, limits }) => ({
              operator: operator.digest,
              output,
              node,
              limits,
            }));
          expect(essence(result.value)).toEqual(essence(honest));
          expect(describePlan(result.value).cost.cells).toBe(4);
        } else {
          expect(Object.hasOwn(refusals, result.code)).toBe(true);
          codes.add(result.code);
        }
      }),
      { numRuns: kept },
    );
    expect(codes.size).toBeGreaterThan(2);
  });

  test("random wirings of honest vertices never pass with a circle, a gap or a wrong shape", () => {
    const ids = honest.vertices.map((vertex) => vertex.id);
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(...ids), { maxLength: 3 }), { minLength: 4, maxLength: 4 }),
        (wiring) => {
          const vertices = honest.vertices.map((vertex, i) => ({ ...vertex, inputs: wiring[i]! }));
          const result = checkPlan({ ...honest, vertices }, fakeCatalogue, hasher, members);
          const same = vertices.every((vertex, i) => String(vertex.inputs) === String(honest.vertices[i]!.inputs));
          if (same) expect(result.ok).toBe(true);
          if (!result.ok) return;
          // What passes is sound by another way of looking: no circle, nothing unread, each input of the shape it had.
          expect(layersOf(vertices)).not.toBeNull();
          const shapeOf = (id: string | undefined) => vertices.find((vertex) => vertex.id === id)?.output;
          for (const [i, { id, output, inputs }] of vertices.entries()) {
            expect(vertices.some((other) => other.inputs.includes(id))).toBe(output !== null);
            const before = honest.vertices[i]!.inputs;
            expect(inputs.length > 0).toBe(before.length > 0);
            for (const from of inputs) expect(shapeOf(from)).toEqual(shapeOf(before[0]));
          }
        },
      ),
      { numRuns: kept },
    );
  });

  test("anything at all is answered", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (junk) => {
        expect(checkPlan(junk, fakeCatalogue, hasher).ok).toBe(false);
      }),
      { numRuns: kept },
    );
  });
});

import { expect, it } from "vitest";
import { contextWith, analyst as desk, hasher, nodeNamed } from "../../test/support/query-fakes.ts";
import { accept, type NodeId, type VertexId } from "../core/base/index.ts";
import type { Asked, AskSettings, Question } from "../core/model/index.ts";
import { querySchema } from "../core/model/index.ts";
import { checkPlan, drawnIn, plan } from "../core/query/index.ts";
import { compileAsked, gathererIndex, processorsFor, settingsFor } from "../core/terms/index.ts";
import { catalogue } from "./catalogue.ts";
import { batchOf, columns, faultOf, rowsOf, start } from "./harness.ts";
import { peopleShapes } from "./people.ts";

const question = { name: "how many", purpose: "statistics" };
const settings: AskSettings = {
  ...settingsFor(9, { groups: { keys: [], selection: { at: "single" } }, aggregates: [] }),
};
const asked: Asked = { text: "SELECT 1", name: "q", parameters: [], question: "0".repeat(64) as never, settings };

it("compiles to a query that planning takes: sources at a processor, the answer at the asker, what is asked in the plan", () => {
  expect(settings).toMatchObject({ gatherers: 3, standby: 1, noise: "split" });
  const query = compileAsked(asked, question);
  expect(querySchema.parse(query)).toEqual(query);
  expect(drawnIn(query)).toBe(processorsFor(settings));
  const analyst = nodeNamed("desk", []);
  const processors = Array.from({ length: 9 }, (_, i) => nodeNamed(`p${i}`, ["transform"]));
  const actors = processors.map(({ node }) => node);
  const made = plan(query, {
    ...contextWith([analyst, ...processors]),
    catalogue: catalogue(),
    roster: { bytes: Uint8Array.of(1), actors },
  });
  expect(analyst.node).toBe(desk.node);
  if (!made.ok) throw new Error(JSON.stringify(made.faults));
  expect(made.plan.asked).toEqual(asked);
  expect(made.plan.vertices.map(({ id, node, spares }) => [id, node, spares.length])).toEqual([
    ["find", actors[0], 0],
    ["gather-1", actors[1], 1],
    ["gather-2", actors[3], 1],
    ["gather-3", actors[5], 1],
    ["total", actors[7], 1],
    ["answer", analyst.node, 0],
  ]);
  expect(made.plan.vertices.filter(({ stateless }) => stateless).map(({ id }) => id)).toEqual(["answer"]);
  const facts = (node: NodeId) => ({
    network: made.plan.network,
    roles: node === analyst.node ? (["analyst"] as const) : (["transform"] as const),
  });
  const members = {
    network: made.plan.network,
    facts: facts as never,
    record: () => undefined,
    roster: () => accept(actors),
  };
  expect(checkPlan(made.plan, catalogue(), hasher, members)).toMatchObject({ ok: true });
  const producers = { ...members, facts: ((node: NodeId) => ({ ...facts(node), roles: ["producer"] })) as never };
  expect(checkPlan(made.plan, catalogue(), hasher, producers)).toMatchObject({
    code: "plan-node-unfit",
    blame: "find",
  });
});

it("knows its gatherers by name", () => {
  expect(["gather-1", "gather-16", "gather-0", "total"].map((id) => gathererIndex(id as VertexId))).toEqual([
    0,
    15,
    null,
    null,
  ]);
});

it("takes fewer gatherers and no stand-ins where processors are few, and one noise cell for groups that nobody listed", () => {
  const listed = { groups: { keys: [], selection: { at: "single" } }, aggregates: [] } as Pick<
    Question,
    "groups" | "aggregates"
  >;
  const found = { ...listed, groups: { keys: [], selection: { at: "threshold" } } } as typeof listed;
  for (const [processors, of, expected] of [
    [3, listed, { gatherers: 1, standby: 0, noise: "one" }],
    [4, listed, { gatherers: 2, standby: 0, noise: "one" }],
    [5, listed, { gatherers: 3, standby: 0, noise: "split" }],
    [40, found, { gatherers: 3, standby: 1, noise: "one" }],
  ] as const) {
    const chosen = settingsFor(processors, of);
    expect(chosen).toMatchObject(expected);
    expect(processorsFor(chosen)).toBeLessThanOrEqual(processors);
  }
});

const shapes = { find: [], gather: [peopleShapes.tag], total: [peopleShapes.part, peopleShapes.part] };

it("takes the shapes of its neighbours and no others", () => {
  for (const [name, inputs] of Object.entries(shapes)) expect(faultOf(`people-${name}`, {}, inputs)).toBe("accepted");
  expect(faultOf("people-gather", {}, [columns("people.tag: text")])).toContain("inputs.0");
  expect(faultOf("people-total", {}, [peopleShapes.part, peopleShapes.tag])).toContain("inputs.1");
  expect(faultOf("people-find", { often: 1 }, [])).toContain("params");
});

it("does what the node lends, and refuses where it lends nothing", () => {
  for (const [name, inputs] of Object.entries(shapes)) {
    expect(() => start(`people-${name}`, {}, inputs), name).toThrow("operator-people");
  }
  const tag = batchOf(peopleShapes.tag, [{ "people.tag": Uint8Array.of(1) }]);
  const part = batchOf(peopleShapes.part, [{ "people.part": Uint8Array.of(2) }]);
  const seen: Uint8Array[] = [];
  const people = {
    finder: () => ({ next: async () => tag, close: async () => {} }),
    gatherer: () => ({
      process: (_: number, batch: Uint8Array) => {
        seen.push(batch);
        return null;
      },
      end: () => [part],
    }),
    totaller: () => ({ process: () => null, end: () => [batchOf(peopleShapes.answer, [{ "people.answer": "{}" }])] }),
  };
  const gather = start("people-gather", {}, shapes.gather, { ports: { people } }).running;
  if (gather.kind !== "transform") throw new Error("a transform");
  gather.transform.process(0, tag);
  expect(seen).toEqual([tag]);
  expect(rowsOf(peopleShapes.part, gather.transform.end()[0]!)).toEqual([{ "people.part": Uint8Array.of(2) }]);
  const find = start("people-find", {}, [], { ports: { people } }).running;
  if (find.kind !== "source") throw new Error("a source");
  return expect(find.source.next()).resolves.toBe(tag);
});

import { expect, it } from "vitest";
import { accept, type NodeId, refuse, type VertexId } from "../base/index.ts";
import type { Plan, PlanVertex, Query } from "../model/index.ts";
import { checkDrawn, drawnIn, shareOut } from "./index.ts";

const nodes = ["n0", "n1", "n2", "n3"] as NodeId[];
const cell = (id: string, node: NodeId, spares: NodeId[], drawn?: number) =>
  ({ id: id as VertexId, node, spares, ...(drawn === undefined ? {} : { drawn }) }) as PlanVertex;
const roster = Uint8Array.of(1);
const planOf = (vertices: PlanVertex[], bytes: Uint8Array | undefined = roster) =>
  ({ vertices, ...(bytes === undefined ? {} : { roster: bytes }) }) as Plan;
const good = [cell("a", "elsewhere" as NodeId, []), cell("b", nodes[0]!, [nodes[1]!], 2), cell("c", nodes[2]!, [], 1)];
const check = (vertices: PlanVertex[]) => checkDrawn(planOf(vertices), () => accept(nodes));

it("takes a plan whose drawn cells are where the roster puts them, in the order of the plan", () => {
  expect(check(good).ok).toBe(true);
});

it("refuses any other node, order, or number of processors", () => {
  const [a, b, c] = good as [PlanVertex, PlanVertex, PlanVertex];
  const others = [
    [a, cell("b", nodes[1]!, [nodes[0]!], 2), c], // the second in place of the first
    [a, cell("b", nodes[0]!, [], 2), c], // nobody stands by
    [a, cell("b", nodes[0]!, [nodes[3]!], 2), c], // somebody else stands by
    [a, cell("b", nodes[0]!, [nodes[1]!, nodes[3]!], 2), c], // one more stands by
    [a, c, b], // shares in another order
    [a, b, cell("c", nodes[2]!, [nodes[3]!, nodes[0]!], 3)], // more than the roster has
  ];
  for (const vertices of others) expect(check(vertices)).toMatchObject({ ok: false, code: "plan-roster" });
});

it("refuses a plan without its roster, with one for nothing, and with one that does not verify", () => {
  const never = () => accept(nodes);
  expect(checkDrawn({ vertices: good } as unknown as Plan, never)).toMatchObject({ code: "plan-roster", blame: "b" });
  expect(checkDrawn(planOf([good[0]!]), never)).toMatchObject({ code: "plan-roster" });
  expect(checkDrawn({ vertices: [good[0]!] } as unknown as Plan, never).ok).toBe(true);
  expect(checkDrawn(planOf(good), () => refuse("draw-stale"))).toMatchObject({ code: "draw-stale" });
});

it("counts the processors of the alternative that needs most", () => {
  const vertex = (placement: unknown) => ({ placement });
  const query = {
    alternatives: [
      { vertices: [vertex("asker"), vertex({ drawn: 2 })] },
      { vertices: [vertex({ drawn: 1 }), vertex({ drawn: 3 })] },
    ],
  };
  expect(drawnIn(query as unknown as Query)).toBe(4);
  expect([
    ...shareOut([{ id: "a" as VertexId, drawn: 1 }, { id: "b" as VertexId }, { id: "c" as VertexId, drawn: 3 }], nodes),
  ]).toEqual([
    ["a", ["n0"]],
    ["c", ["n1", "n2", "n3"]],
  ]);
});

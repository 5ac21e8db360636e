import { expect, it } from "vitest";
import type { NodeId, QueryId, VertexId } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { GoDesk } from "./go-desk.ts";
import { limits } from "./limits.ts";

const query = "a".repeat(32) as QueryId;
const finder = "finder" as NodeId;
const plan = { id: query, vertices: [{ id: "find" as VertexId, node: finder }] } as unknown as Plan;
const message = { salt: new Uint8Array(32), text: "Come on Saturday." };

function desk(going: () => { plan: Plan; message: typeof message | null } | undefined) {
  const called: QueryId[] = [];
  return { called, desk: new GoDesk({ going, called: (id) => void called.push(id) }) };
}

it("gives leave to the node of `find` when it is written down, with the message if there is one", () => {
  const without = desk(() => ({ plan, message: null }));
  expect(without.desk.tell(finder, { type: "go-ask", query, number: 7 }, 0)).toEqual({
    ok: true,
    value: { type: "go", number: 7 },
  });
  expect(without.called).toEqual([query]);
  const bringing = desk(() => ({ plan, message })).desk;
  expect(bringing.tell(finder, { type: "go-ask", query, number: 8 }, 0)).toEqual({
    ok: true,
    value: { type: "go", number: 8, message },
  });
});

it("gives none where the disk did not take it", () => {
  const failing = new GoDesk({
    going: () => ({ plan, message }),
    called: () => {
      throw new Error("the disk is full");
    },
  });
  expect(() => failing.tell(finder, { type: "go-ask", query, number: 1 }, 0)).toThrow("the disk is full");
});

it("gives none to another node, for a query that has ended, or to one that asks too often, and writes down nothing", () => {
  const open = desk(() => ({ plan, message }));
  const other = "other" as NodeId;
  expect(open.desk.tell(other, { type: "go-ask", query, number: 1 }, 0)).toMatchObject({ code: "ask-not-finder" });
  for (let asks = 1; asks < limits.goAsksPerWindow; asks++)
    open.desk.tell(other, { type: "go-ask", query, number: 1 }, 0);
  expect(open.desk.tell(other, { type: "go-ask", query, number: 1 }, 0)).toMatchObject({ code: "ask-flood" });
  expect(open.called).toEqual([]);
  const over = desk(() => undefined);
  expect(over.desk.tell(finder, { type: "go-ask", query, number: 1 }, 0)).toMatchObject({ code: "ask-no-go" });
  expect(over.called).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { askingWorld, pilots, settings } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { type Digest, type NodeId, toCanonical, type VertexId } from "../base/index.ts";
import { decodeRoster, drawLimits, encodeRoster } from "../draw/index.ts";
import type { Plan } from "../model/index.ts";
import { overAtMs } from "./commission.ts";

const world = askingWorld({ owners: 0, sealing: countedSealing });
const query = world.query();
const roster = world.draw(query);
const honest = world.plan(query, roster);
const reader = "reader" as NodeId;
const atMs = roster.header.atMs + 2_000;

function read(plan: Plan, nowMs = atMs, young = true, commissions = world.commissions(reader)) {
  return commissions.read(toCanonical(plan), nowMs, { young });
}
const soonAfterDraw = (plan: Plan) => {
  const drawn = decodeRoster(plan.roster!);
  if (!drawn.ok) throw new Error(drawn.code);
  return drawn.value.header.atMs + 2_000;
};
const changed = (id: string, change: Partial<Plan["vertices"][number]>): Plan => ({
  ...honest,
  vertices: honest.vertices.map((vertex) => (vertex.id === id ? { ...vertex, ...change } : vertex)),
});

describe("a commission", () => {
  it("is read with exactly 2k asymmetric operations, and a second time with none", () => {
    const before = world.operations.get(reader) ?? 0;
    const commissions = world.commissions(reader);
    const taken = read(honest, atMs, true, commissions);
    expect(taken).toMatchObject({ ok: true });
    expect((world.operations.get(reader) ?? 0) - before).toBe(2 * roster.witnesses.length);
    read(honest, atMs, true, commissions);
    expect((world.operations.get(reader) ?? 0) - before).toBe(2 * roster.witnesses.length);
  });

  it("says who finds and who gathers, as the lot put them", () => {
    const taken = read(honest);
    if (!taken.ok) throw new Error(taken.code);
    const { find, gatherers, round, question } = taken.value;
    expect([find, ...gatherers.flatMap(({ nodes }) => nodes)]).toEqual(roster.actors.slice(0, 4));
    expect(question.purpose).toBe(honest.purpose);
    expect(round).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is another for another plan of the same roster, though the round is the same", () => {
    const [a, b] = [read(honest), read(world.plan(query, roster))];
    if (!a.ok || !b.ok) throw new Error("refused");
    expect(b.value.round).toBe(a.value.round);
    expect(b.value.digest).not.toBe(a.value.digest);
  });

  const otherText = pilots.replace("BETWEEN 40 AND 49", "BETWEEN 40 AND 90");
  const refusals: readonly [string, Plan, string][] = [
    ["a changed statement", { ...honest, asked: { ...honest.asked!, text: otherText } }, "ask-other-question"],
    ["a statement that is none", { ...honest, asked: { ...honest.asked!, text: "DROP TABLE" } }, "ask-statement"],
    [
      "a question that is not the statement's",
      { ...honest, asked: { ...honest.asked!, question: "00".repeat(32) as Digest } },
      "ask-other-question",
    ],
    [
      "changed settings",
      { ...honest, asked: { ...honest.asked!, settings: { ...settings, minimumPeople: 1 } } },
      "ask-other-question",
    ],
    ["another query's roster", { ...honest, query: "11".repeat(32) as Digest }, "draw-other-purpose"],
    ["no roster", (({ roster: _, ...rest }) => rest)(honest), "ask-no-roster"],
    ["no question", (({ asked: _, ...rest }) => rest)(honest), "ask-other-question"],
    ["another network", { ...honest, network: "elsewhere" }, "wrong-network"],
    ["another purpose", { ...honest, purpose: "advertising" }, "ask-other-roles"],
    ["another analyst", { ...honest, analyst: { ...honest.analyst, node: roster.actors[0]! } }, "ask-other-analyst"],
    [
      "a roster with another processor",
      {
        ...honest,
        roster: encodeRoster({
          ...roster,
          actors: [world.draws.nodes.at(-1)!.member.node, ...roster.actors.slice(1)],
        }),
      },
      "draw-roster-forged",
    ],
    ["a finder of the analyst's choice", changed("find", { node: roster.actors[1]! }), "ask-other-roles"],
    ["a gatherer of the analyst's choice", changed("gather-1", { node: roster.actors[3]! }), "ask-other-roles"],
    ["a spare that the lot did not name", changed("gather-1", { spares: [roster.actors[3]!] }), "ask-other-roles"],
    [
      "another operator",
      changed("gather-1", { operator: { ...honest.vertices[1]!.operator, digest: "22".repeat(32) as Digest } }),
      "ask-other-roles",
    ],
    ["other params", changed("total", { params: { noise: "none" } }), "ask-other-roles"],
    ["other edges", changed("answer", { inputs: ["gather-1" as VertexId] }), "ask-other-roles"],
    ["a cell less", { ...honest, vertices: honest.vertices.slice(1) }, "ask-other-roles"],
  ];
  it.each(refusals)("is refused with %s", (_, plan, code) => {
    expect(read(plan)).toMatchObject({ ok: false, code });
  });

  it("is refused when the statement is another question than it says, though its roster was drawn for just that", () => {
    const lying = { ...query, asked: { ...query.asked!, question: "00".repeat(32) as Digest } };
    const plan = world.plan(lying, world.draw(lying));
    expect(plan.asked?.question).toBe(lying.asked.question);
    expect(read(plan, soonAfterDraw(plan))).toMatchObject({ ok: false, code: "ask-other-question" });
  });

  it("needs a young roster of who hands out the index; people may be asked while time lasts", () => {
    const old = roster.header.atMs + drawLimits.maxAgeMs + 1_000;
    expect(read(honest, old, true)).toMatchObject({ code: "draw-stale" });
    const late = read(honest, old, false);
    expect(late).toMatchObject({ ok: true });
    if (!late.ok) throw new Error(late.code);
    const over = overAtMs(late.value) + 1;
    expect(read(honest, over, false)).toMatchObject({ code: "ask-over" });
    // Nor is it taken longer because it was read before.
    const commissions = world.commissions(reader);
    read(honest, atMs, true, commissions);
    expect(read(honest, old, true, commissions)).toMatchObject({ code: "draw-stale" });
    expect(read(honest, over, false, commissions)).toMatchObject({ code: "ask-over" });
  });

  it("is refused when it is no plan at all", () => {
    const commissions = world.commissions(reader);
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), toCanonical({ a: 1 }), new Uint8Array(400 * 1024)])
      expect(commissions.read(bytes, atMs, { young: true }).ok).toBe(false);
  });
});

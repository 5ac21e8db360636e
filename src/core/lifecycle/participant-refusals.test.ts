// Message × liar: what each gets of a participant, by code. Nothing of a refused message may take effect.
import { describe, expect, it } from "vitest";
import {
  anna,
  annaAtWork,
  annasFacts,
  digest,
  exit,
  facts,
  hasher,
  lines,
  middle,
  participantConfig,
  plan,
  producer,
  query,
  wiringFor,
} from "../../../test/support/lifecycle.ts";
import { add, base, by, instantiate, Machine, ready, run, running, told } from "../../../test/support/participant.ts";
import type { QueryId, VertexId } from "../base/index.ts";
import { refuse } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";
import { type Command, type Message, planDigestOf } from "./messages.ts";

describe("a participant refuses", () => {
  const other = { ...annasFacts, principal: "otto" };
  const outsider = facts(annaAtWork, ["transform"]);
  const foreign = { ...annasFacts, network: "elsewhere" };
  const altered = { ...plan, purpose: "another" };
  const elsewhere = { ...plan, network: "elsewhere" };
  const cyclic = { ...plan, vertices: plan.vertices.map((one) => ({ ...one, inputs: ["print" as VertexId] })) };
  const at = (vertex: string, incarnation = 0): Command => ({
    ...instantiate,
    cells: [{ vertex: vertex as VertexId, incarnation }],
  });
  const twoKeys = running;
  const rewire: Command = { type: "rewire", ...base, command: 9, ...add, wiring: wiringFor("add", 2) };
  const broken = (): Machine => twoKeys().play({ type: "edge-lost", ...add, edge: "add>print:0" });
  const noEdges: Command = { ...run, wiring: { inputs: [], outputs: [] } } as Command;
  const wrongNode = wiringFor("add");
  wrongNode.outputs[0]!.node = producer;
  const forged = wiringFor("add");
  forged.outputs[0]!.evidence = Uint8Array.of(1);
  const withdrawn: Message = { type: "withdrawn", query, digest, cells: [], reason: { code: "lease-expired" } };
  const fresh = (): Machine => new Machine();
  const policy = (): Machine =>
    new Machine(participantConfig(middle, { checkPolicy: () => refuse("operator-equipment") }));
  const offers = (): Machine => new Machine(participantConfig(middle, { checkVertex: () => refuse("unknown-vertex") }));
  const full = (): Machine => new Machine(participantConfig(middle, { hasRoom: () => false }));
  const analyst = (): Machine => new Machine(participantConfig(middle, {}, ["analyst", "transform"]));
  const camera = { ...plan, vertices: plan.vertices.map((one) => ({ ...one, equipment: "camera" })) };
  const inUse = (): Machine =>
    new Machine(participantConfig(middle, { equipment: () => ({ exclusive: true, user: "f".repeat(32) as QueryId }) }));
  const withPlan = (changed: typeof plan): Command =>
    ({ ...instantiate, plan: changed, digest: planDigestOf(changed, hasher) }) as Command;
  const second = { ...base, term: 2 };
  const cases: [string, () => Machine, MemberFacts, Message, string][] = [
    ["instantiate from another network", fresh, foreign, instantiate, "wrong-network"],
    ["instantiate of a plan for another network", fresh, annasFacts, withPlan(elsewhere), "wrong-network"],
    [
      "instantiate from a node that is no analyst",
      fresh,
      facts(anna, ["transform"], "anna"),
      instantiate,
      "not-an-analyst",
    ],
    ["instantiate from an analyst that is not the plan's", fresh, other, instantiate, "not-the-plans-analyst"],
    ["run from an analyst that is not the plan's", ready, other, run, "not-the-plans-analyst"],
    [
      "abort from a participant",
      ready,
      outsider,
      { type: "abort", ...base, command: 9, reason: { code: "orphaned" } },
      "not-an-analyst",
    ],
    [
      "a plan that its digest does not name",
      fresh,
      annasFacts,
      { ...instantiate, plan: altered } as Command,
      "wrong-plan",
    ],
    ["another plan than was agreed to", ready, annasFacts, withPlan(altered), "wrong-plan"],
    ["a plan with a cycle", fresh, annasFacts, withPlan(cyclic), "plan-cycle"],
    ["a vertex that the plan does not have", fresh, annasFacts, at("nothing"), "unknown-vertex"],
    ["a vertex that is placed elsewhere", fresh, annasFacts, at("print"), "not-my-vertex"],
    ["a replacement that it is no spare for", fresh, annasFacts, at("print", 1), "not-my-vertex"],
    ["a vertex that its node does not offer", offers, annasFacts, instantiate, "unknown-vertex"],
    ["a vertex that its policy forbids", policy, annasFacts, instantiate, "operator-equipment"],
    ["one query too many", full, annasFacts, instantiate, "too-many-queries"],
    ["to take part as an analyst", analyst, annasFacts, instantiate, "analyst-takes-no-part"],
    ["exclusive equipment that is in use", inUse, annasFacts, withPlan(camera), "equipment-in-use"],
    ["equipment that it does not have", fresh, annasFacts, withPlan(camera), "operator-equipment"],
    [
      "a body with another digest",
      fresh,
      annasFacts,
      { ...instantiate, bodies: [{ digest: "ab".repeat(32), bytes: Uint8Array.of(1) }] } as Command,
      "wrong-body",
    ],
    ["run for a query that it does not know", fresh, annasFacts, run, "unknown-query"],
    ["a wiring that is not the plan's", ready, annasFacts, noEdges, "wiring-mismatch"],
    [
      "a peer on a node where the plan has it not",
      ready,
      annasFacts,
      { ...run, wiring: wrongNode } as Command,
      "wiring-mismatch",
    ],
    ["a peer with forged evidence", ready, annasFacts, { ...run, wiring: forged } as Command, "bad-signature"],
    ["a peer's second key", broken, annasFacts, rewire, "keys-changed"],
    [
      "a term that is over",
      () => ready().play(told({ type: "watch", ...second, command: 5, full: false })),
      annasFacts,
      run,
      "stale-term",
    ],
    [
      "the same term from a lesser node",
      () => ready().play(by({ ...annasFacts, node: annaAtWork }, { type: "watch", ...base, command: 5, full: false })),
      annasFacts,
      run,
      annaAtWork > anna ? "stale-term" : "none",
    ],
    [
      "to come back after it was closed",
      () =>
        ready().play(told({ type: "abort", ...base, command: 5, reason: { code: "orphaned" } }), {
          type: "cell-drained",
          ...add,
          undelivered: 0,
        }),
      annasFacts,
      instantiate,
      "query-ended",
    ],
    ["a neighbour that the plan does not name", ready, outsider, withdrawn, "not-a-participant"],
    [
      "a neighbour of another plan",
      ready,
      facts(exit),
      { ...withdrawn, digest: "00".repeat(32) } as Message,
      "wrong-plan",
    ],
    ["a neighbour from another network", ready, { ...facts(exit), network: "elsewhere" }, withdrawn, "wrong-network"],
  ];
  it.each(cases)("%s", (_, make, from, message, code) => {
    const machine = make();
    const before = machine.state;
    const step = machine.feed(by(from, message));
    expect(step.refusal?.code).toBe(code);
    expect(step.state).toBe(before);
    const performed = step.effects.filter((effect) => effect.type !== "send");
    expect(performed).toEqual([]);
    for (const effect of step.effects) if (effect.type === "send") expect(effect.message.type).toBe("refusal");
  });

  it("answers a stranger nothing, and the analyst why", () => {
    expect(new Machine().feed(by(facts(anna, ["transform"], "anna"), instantiate)).effects).toEqual([]);
    expect(lines(new Machine().feed(told(run)).effects)).toEqual(["-> anna: refusal unknown-query"]);
  });

  it("says that it does not hold a query it is asked about, and blames nobody", () => {
    const step = new Machine().feed(told({ type: "watch", ...second, command: 1, full: false }));
    expect(lines(step.effects)).toEqual(["-> anna: refusal unknown-query"]);
    expect(step.refusal).toBeUndefined();
  });

  it("an analyst's node may receive its own result", () => {
    const own = { ...plan, vertices: plan.vertices.map((one) => (one.id === "print" ? { ...one, node: anna } : one)) };
    const machine = new Machine(participantConfig(anna, {}, ["analyst"]));
    const command = {
      ...withPlan(own as typeof plan),
      cells: [{ vertex: "print" as VertexId, incarnation: 0 }],
    } as Command;
    expect(lines(machine.feed(told(command)).effects)).toContain("prepare-cell print/0");
  });
});

// Attacks on a coordinator by participants that lie and by spares that nobody asked. Each of them once worked.
import { describe, expect, it } from "vitest";
import { CoordinatorUnderTest, cell, homes, report } from "../../../test/support/coordinator.ts";
import {
  cardOf,
  coordinatorConfig,
  exit,
  middle,
  plan,
  producer,
  query,
  spare,
} from "../../../test/support/lifecycle.ts";
import type { Digest, NodeId } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { type CoordinatorState, plannedCoordinator, searchingCoordinator } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { type CellReport, type Message, planDigestOf } from "./messages.ts";

/** With its card always, as a node may repeat it. */
const shown = (vertex: string, node: NodeId, at: CellReport["at"], changes: Partial<CellReport> = {}): CellReport =>
  cell(vertex, at, { confirmed: at === "started", card: cardOf(node, vertex), ...changes });

class Machine extends CoordinatorUnderTest {
  constructor(state: CoordinatorState = plannedCoordinator(plan)) {
    super(state);
    if (state.at !== "searching" || state.contacts.length > 0) this.feed({ type: "begin" });
  }
  /** Nothing that the message says has any effect. */
  isDeafTo(act: () => { refusal?: { code: string } | undefined; effects: readonly unknown[] }, code: string): void {
    const before = this.state;
    const step = act();
    expect(step.refusal?.code).toBe(code);
    expect(step.effects).toEqual([]);
    expect(this.state).toEqual(before);
  }
}
function flowing(): Machine {
  const machine = new Machine();
  for (const at of ["prepared", "started"] as const)
    for (const [vertex, node] of homes) machine.from(node, report([shown(vertex, node, at)], { flowing: true }));
  expect(machine.state.at).toBe("flowing");
  return machine;
}

describe("a spare that nobody asked", () => {
  const unknown = "99".repeat(32) as Digest;
  const lies: [string, Message][] = [
    ["refuses", { type: "refusal", query, term: 0, answers: 0, reason: { code: "attribute-forbidden" } }],
    ["guesses a number", { type: "refusal", query, term: 0, answers: 1_000_002, reason: { code: "equipment-in-use" } }],
    ["misses a body", report([], { missing: [unknown] })],
    ["tells of another plan", report([], { digest: unknown })],
  ];
  it.each(lies)("%s: the set-up goes on, and so does what flows", (_, message) => {
    for (const machine of [new Machine(), flowing()])
      machine.isDeafTo(() => machine.from(spare, message), "unasked-answer");
  });
});

describe("a participant", () => {
  it("refuses only what it was told itself", () => {
    const machine = new Machine();
    for (const answers of [0, machine.last(producer), machine.last(producer) + 1_000])
      machine.isDeafTo(() => machine.refuses(middle, "attribute-forbidden", { answers }), "unasked-answer");
    machine.refuses(middle, "attribute-forbidden");
    expect(machine.state.at).toBe("rolling-back");
  });

  it("misses only the bodies of its own cells, and only when it was asked to prepare them", () => {
    const body = "77".repeat(32) as Digest;
    const withBody = (one: Plan["vertices"][number]) =>
      one.id === "add" ? { ...one, operator: { ...one.operator, body } } : one;
    const changed: Plan = { ...plan, vertices: plan.vertices.map(withBody) };
    const of = { digest: planDigestOf(changed, coordinatorConfig.hasher), missing: [body] };
    const machine = new Machine(plannedCoordinator(changed));
    const add = [shown("add", middle, "preparing")];
    machine.from(exit, report([], { ...of, answers: machine.last(exit) }));
    machine.from(middle, report(add, of));
    machine.from(middle, report(add, { ...of, answers: machine.last(exit) }));
    expect(machine.state.at).toBe("instantiating");
    machine.from(middle, report(add, { ...of, answers: machine.last(middle) }));
    expect(machine.state).toMatchObject({ at: "rolling-back", reasons: [{ code: "body-missing", node: middle }] });
  });

  it("sends a query on to its next plan by refusing the plan, not by refusing to roll back", () => {
    for (const [answered, goesOn] of [
      ["instantiate", true],
      ["abort", false],
    ] as const) {
      const machine = new Machine(plannedCoordinator(plan, [{ ...plan, id: "c".repeat(32) as Plan["id"] }]));
      machine.refuses(producer, "equipment-in-use");
      machine.refuses(middle, "attribute-forbidden", { answers: machine.last(middle, answered) });
      for (const [, node] of homes) machine.refuses(node, "unknown-query");
      expect(machine.settled).toMatchObject({ outcome: "rolled-back" });
      expect(machine.settled?.goesOnWith !== undefined).toBe(goesOn);
    }
  });
});

describe("a word on terms", () => {
  const stale = "stale-term";
  /** Everybody in order: what a process that takes over hears from those who hold the query. */
  function tellAll(machine: Machine, term: number): void {
    const about = { flowing: true, plan, term };
    for (const [vertex, node] of homes)
      machine.from(node, report([shown(vertex, node, "started")], { ...about, answers: machine.last(node) }));
  }
  const contacts = homes.map(([, node]) => node);
  const attaching = (): Machine => {
    const machine = new Machine(searchingCoordinator(query, contacts));
    const full = report([shown("source", producer, "started")], { flowing: true, plan, term: 2 });
    machine.from(producer, { ...full, answers: machine.last(producer) });
    expect(machine.state.at).toBe("attaching");
    return machine;
  };

  it("of a spare that nobody asked is not heard", () => {
    const machine = flowing();
    for (const answers of [0, machine.last(middle)])
      machine.isDeafTo(() => machine.refuses(spare, stale, { term: 2, answers }), "unasked-answer");
    machine.isDeafTo(() => machine.from(spare, report([], { term: 1_000_000 })), "unasked-answer");
  });

  it("in a report is none: who obeys another process does not report to us", () => {
    const machine = flowing();
    const told = report([shown("add", middle, "started")], { term: 2, answers: machine.last(middle) });
    machine.isDeafTo(() => machine.from(middle, told), stale);
  });

  it("of a participant is heard in answer to a command, when it can be true", () => {
    const machine = flowing();
    machine.isDeafTo(() => machine.refuses(middle, stale, { term: 2, answers: 0 }), "unasked-answer");
    for (const term of [2 + limits.maxTermJump, limits.maxTerm])
      machine.isDeafTo(() => machine.refuses(middle, stale, { term }), stale);
    machine.refuses(middle, stale, { term: 1 + limits.maxTermJump });
    expect(machine.state).toMatchObject({ at: "detached", reason: { code: "taken-over" } });
    expect(machine.isForgotten).toBe(true);
  });

  it("of a spare without a cell takes nothing from a process that goes on after a restart", () => {
    const machine = new Machine(searchingCoordinator(query, []));
    machine.feed({ type: "recover", value: flowing().record });
    machine.refuses(spare, stale, { term: 2 });
    tellAll(machine, 1);
    expect(machine.state).toMatchObject({ at: "flowing", term: 1 });
    machine.refuses(spare, stale, { term: 2, answers: machine.last(spare) });
    expect(machine.state.at).toBe("flowing");
  });

  it("that is impossible is one contact's denial, and the search goes on", () => {
    const machine = new Machine(searchingCoordinator(query, contacts));
    machine.isDeafTo(() => machine.refuses(spare, "unknown-query", { answers: 0 }), "unasked-answer");
    machine.refuses(middle, stale, { term: limits.maxTerm });
    expect(machine.state).toMatchObject({ at: "searching", term: 2, denied: [middle] });
    machine.isDeafTo(() => machine.from(middle, report([], { plan, term: limits.maxTerm })), stale);
    tellAll(machine, 2);
    expect(machine.state.at).toBe("attaching");
  });

  it("raises the term of a process that takes over so often and so far, and no more", () => {
    for (const machine of [new Machine(searchingCoordinator(query, contacts)), attaching()]) {
      for (let i = 0; i < limits.maxTermRaises + 3; i++) machine.refuses(middle, stale, { term: limits.maxTerm - 1 });
      const term = 2 + limits.maxTermRaises * limits.maxTermJump;
      expect(machine.state).toMatchObject({ term });
      tellAll(machine, term); // Whoever searched attaches now, and asks them all once more.
      machine.refuses(spare, "unknown-query");
      tellAll(machine, term);
      expect(machine.state).toMatchObject({ at: "flowing", term });
    }
  });

  it("of all contacts ends a search: there is somebody else", () => {
    const machine = new Machine(searchingCoordinator(query, contacts));
    for (const node of contacts) machine.refuses(node, stale, { term: limits.maxTerm });
    expect(machine.settled).toMatchObject({ outcome: "failed", reasons: [{ code: "taken-over" }] });
  });
});

describe("a neighbour's word on a cell", () => {
  const wired = (node: NodeId, incarnation: number, edge = "add>print:0") => [{ edge, node, incarnation }];
  /** A process that takes over, has the plan from the producer, and asks everybody. */
  const attaching = (): Machine => {
    const machine = new Machine(searchingCoordinator(query, [producer]));
    tells(machine, "source", producer);
    return machine;
  };
  const tells = (machine: Machine, vertex: string, node: NodeId, changes: Partial<CellReport> = {}) => {
    const term = "term" in machine.state ? machine.state.term : 0;
    const about = { flowing: true, plan, term, answers: machine.last(node) };
    return machine.from(node, report([shown(vertex, node, "started", changes)], about));
  };
  const viewOf = ({ state }: Machine, vertex: string) =>
    "cells" in state ? state.cells.find((one) => one.vertex === vertex) : undefined;

  it.each<[string, Partial<CellReport>]>([
    ["a cell far beyond all replacements", { wired: wired(middle, 900_000) }],
    ["one replacement too many", { wired: wired(spare, limits.maxReplacements + 1) }],
    ["a node that may not run it", { wired: wired(producer, 1) }],
    ["a spare in the first cell's place", { wired: wired(spare, 0) }],
    ["an edge that is not the cell's", { wired: wired(middle, 0, "source>add:0") }],
    ["an edge that the plan does not have", { wired: wired(middle, 0, "add>nobody:0") }],
    ["what such a cell acknowledged", { acknowledged: [{ ...wired(producer, 1)[0]!, batches: 9 }] }],
  ])("is refused when it names %s", (_, lie) => {
    for (const machine of [flowing(), attaching()])
      machine.isDeafTo(() => tells(machine, "print", exit, lie), "wiring-mismatch");
  });

  it("is refused of its own cell too, far beyond all replacements", () => {
    const machine = attaching();
    const lie = { incarnation: 900_000, card: cardOf(exit, "print", 900_000) };
    machine.isDeafTo(() => tells(machine, "print", exit, lie), "not-my-vertex");
  });

  it.each(["first", "last"])("does not outrank the cell itself, whoever speaks %s", (order) => {
    const machine = attaching();
    const lie = () => tells(machine, "print", exit, { wired: wired(spare, 7) });
    if (order === "first") lie();
    tells(machine, "source", producer);
    machine.refuses(spare, "unknown-query");
    tells(machine, "add", middle);
    if (order === "last") lie();
    expect(machine.state.at).toBe("flowing");
    expect(viewOf(machine, "add")).toMatchObject({ node: middle, incarnation: 0, at: "started" });
    lie();
    expect(viewOf(machine, "add")).toMatchObject({ node: middle, incarnation: 0, at: "started" });
    expect(machine.sent.filter(({ command }) => command.type === "discard")).toEqual([]);
  });

  it("counts when neither that cell nor a living node says otherwise", () => {
    const machine = attaching();
    tells(machine, "source", producer, { wired: wired(spare, 1, "source>add:0") });
    tells(machine, "print", exit, { wired: wired(spare, 1) });
    machine.feed({ type: "peer-down", node: spare });
    tells(machine, "add", middle);
    expect(machine.state.at).toBe("flowing");
    expect(viewOf(machine, "add")).toMatchObject({ node: middle, incarnation: 2, at: "wanted" });
  });
});

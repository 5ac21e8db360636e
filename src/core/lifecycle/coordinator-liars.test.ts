// Attacks on a coordinator by participants that lie and by spares that nobody asked. Each of them once worked.
import { describe, expect, it } from "vitest";
import {
  cardOf,
  coordinatorConfig,
  digest,
  exit,
  facts,
  middle,
  plan,
  producer,
  query,
  spare,
} from "../../../test/support/lifecycle.ts";
import type { Digest, NodeId, RefusalCode, VertexId } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { stepCoordinator } from "./coordinator.ts";
import { type CoordinatorEvent, type CoordinatorState, plannedCoordinator } from "./coordinator-state.ts";
import { type CellReport, type Command, type Message, planDigestOf, type Report } from "./messages.ts";

type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;
const wires: Record<string, CellReport["wired"]> = {
  source: [{ edge: "source>add:0", node: middle, incarnation: 0 }],
  add: [
    { edge: "source>add:0", node: producer, incarnation: 0 },
    { edge: "add>print:0", node: exit, incarnation: 0 },
  ],
  print: [{ edge: "add>print:0", node: middle, incarnation: 0 }],
};
const homes: readonly [string, NodeId][] = [
  ["print", exit],
  ["add", middle],
  ["source", producer],
];

function cell(vertex: string, node: NodeId, at: CellReport["at"], changes: Partial<CellReport> = {}): CellReport {
  return {
    vertex: vertex as VertexId,
    incarnation: 0,
    at,
    confirmed: at === "started",
    card: cardOf(node, vertex),
    wired: at === "started" ? wires[vertex]! : [],
    acknowledged: [],
    undelivered: 0,
    superseded: false,
    broken: [],
    ...changes,
  };
}
function report(cells: CellReport[], changes: Partial<Report> = {}): Report {
  const about = { term: 1, flowing: false, ended: false, closed: false, missing: [] };
  return { type: "report", query, digest, cells, ...about, ...changes };
}

class Machine {
  state: CoordinatorState;
  nowMs = 1_000_000;
  readonly sent: { to: NodeId; command: Command }[] = [];
  readonly settled: unknown[] = [];
  readonly persisted: (Uint8Array | null)[] = [];
  constructor(state: CoordinatorState = plannedCoordinator(plan)) {
    this.state = state;
    if (state.at !== "searching" || state.contacts.length > 0) this.feed({ type: "begin" });
  }
  feed(event: Bare<CoordinatorEvent>) {
    const step = stepCoordinator(coordinatorConfig, this.state, { ...event, nowMs: this.nowMs } as CoordinatorEvent);
    this.state = step.state;
    for (const effect of step.effects) {
      if (effect.type === "send") this.sent.push({ to: effect.to, command: effect.message as Command });
      if (effect.type === "settled") this.settled.push(effect);
      if (effect.type === "persist") this.persisted.push(effect.value);
    }
    return step;
  }
  says(from: NodeId, message: Message) {
    return this.feed({ type: "message", from: facts(from), message });
  }
  /** The number of the last command to that node. */
  last(node: NodeId, type?: Command["type"]): number {
    const sent = this.sent.filter(({ to, command }) => to === node && (type === undefined || command.type === type));
    return sent.at(-1)!.command.command;
  }
  refuses(node: NodeId, code: RefusalCode, about: { term?: number; answers?: number } = {}) {
    const { term = 0, answers = this.last(node) } = about;
    return this.says(node, { type: "refusal", query, term, answers, reason: { code } });
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
    for (const [vertex, node] of homes) machine.says(node, report([cell(vertex, node, at)], { flowing: true }));
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
      machine.isDeafTo(() => machine.says(spare, message), "unasked-answer");
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
    const add = [cell("add", middle, "preparing")];
    machine.says(exit, report([], { ...of, answers: machine.last(exit) }));
    machine.says(middle, report(add, of));
    machine.says(middle, report(add, { ...of, answers: machine.last(exit) }));
    expect(machine.state.at).toBe("instantiating");
    machine.says(middle, report(add, { ...of, answers: machine.last(middle) }));
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
      expect(machine.settled).toMatchObject([{ outcome: "rolled-back" }]);
      expect((machine.settled[0] as { goesOnWith?: unknown }).goesOnWith !== undefined).toBe(goesOn);
    }
  });
});

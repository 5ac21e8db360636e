import { describe, expect, it } from "vitest";
import { type BareEvent, CoordinatorUnderTest, cell, home, report } from "../../../test/support/coordinator.ts";
import {
  anna,
  annasFacts,
  cardOf,
  coordinatorConfig,
  digest,
  exit,
  facts,
  lineOf,
  lines,
  middle,
  nodeNamed,
  plan,
  producer,
  query,
  spare,
} from "../../../test/support/lifecycle.ts";
import type { NodeId, VertexId } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";
import { plannedCoordinator, searchingCoordinator } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { type CellReport, type Message, planDigestOf, type Report } from "./messages.ts";

class Machine extends CoordinatorUnderTest {
  lines(event: BareEvent): string[] {
    return lines(this.feed(event).effects).filter((line) => !line.startsWith("wake") && !line.startsWith("cancel"));
  }
  says(vertex: string, at: CellReport["at"], changes: Partial<CellReport> = {}, about: Partial<Report> = {}): string[] {
    const node = (changes.incarnation ?? 0) === 0 ? home[vertex]! : spare;
    const event = { type: "message" as const, from: facts(node), message: report([cell(vertex, at, changes)], about) };
    return this.lines(event);
  }
  /** Lets time pass and its wakes come, one retry at a time. */
  wait(totalMs: number, tags = ["retry", "watch"]): string[] {
    const all: string[] = [];
    for (let passedMs = 0; passedMs < totalMs; passedMs += 500) {
      this.nowMs += 500;
      for (const tag of tags) all.push(...this.lines({ type: "wake", tag }));
    }
    return all;
  }
}
function instantiated(): Machine {
  const machine = new Machine();
  machine.feed({ type: "begin" });
  for (const vertex of ["source", "add", "print"]) machine.says(vertex, "prepared");
  return machine;
}
function committing(): Machine {
  const machine = instantiated();
  for (const vertex of ["print", "add", "source"]) machine.says(vertex, "started");
  return machine;
}
function flowing(): Machine {
  const machine = committing();
  for (const vertex of ["print", "add", "source"])
    machine.says(vertex, "started", { confirmed: true }, { flowing: true });
  return machine;
}

describe("a coordinator", () => {
  it("starts, runs and stops a query", () => {
    const machine = new Machine();
    const say = machine.says.bind(machine);
    expect(machine.lines({ type: "begin" })).toEqual([
      "persist",
      "progress instantiating",
      "-> producer: instantiate source/0",
      "-> middle: instantiate add/0",
      "-> exit: instantiate print/0",
    ]);
    expect([say("source", "prepared"), say("print", "prepared")]).toEqual([[], []]);
    expect(say("add", "prepared")).toEqual(["progress starting", "-> exit: run print/0"]);
    expect(say("print", "started")).toEqual(["-> middle: run add/0"]);
    expect(say("add", "started")).toEqual(["-> producer: run source/0"]);
    expect(say("source", "started")).toEqual([
      "persist",
      "progress committing",
      "-> producer: flowing",
      "-> middle: flowing",
      "-> exit: flowing",
    ]);
    expect([say("add", "started", { confirmed: true }), say("print", "started", { confirmed: true })]).toEqual([
      [],
      [],
    ]);
    expect(say("source", "started", { confirmed: true })).toEqual(["progress flowing"]);
    expect(machine.lines({ type: "stop" })).toEqual(["persist", "progress stopping", "-> producer: drain source/0"]);
    expect(say("source", "drained")).toEqual(["persist", "-> middle: drain add/0"]);
    expect(say("add", "drained", { undelivered: 2 })).toEqual(["persist", "-> exit: drain print/0"]);
    expect(say("print", "drained")).toEqual([
      "persist",
      "progress closing",
      "-> exit: close",
      "-> middle: close",
      "-> producer: close",
    ]);
    const answers = { ended: true, answers: 2_000_000 };
    say("add", "drained", {}, answers);
    say("print", "drained", {}, answers);
    expect(say("source", "drained", {}, answers)).toEqual([
      "persist nothing",
      "settled stopped [stopped-by-analyst] undelivered 2",
    ]);
  });

  it("takes answers twice and in any order", () => {
    const machine = instantiated();
    machine.says("print", "started");
    machine.says("add", "started");
    expect(machine.says("add", "prepared")).toEqual([]); // late: it runs already
    expect(machine.says("print", "started")).toEqual([]);
    expect(machine.says("source", "started")).toContain("-> exit: flowing");
    machine.says("source", "started", { confirmed: true });
    machine.says("add", "started", { confirmed: true });
    expect(machine.says("add", "started")).toEqual([]);
    expect(machine.says("print", "started", { confirmed: true })).toEqual(["progress flowing"]);
  });

  it.each(["add", "print"])("rolls everybody back when the node of %s refuses", (vertex) => {
    const machine = new Machine();
    machine.feed({ type: "begin" });
    machine.says("source", "prepared");
    const said = lines(machine.refuses(home[vertex]!, "equipment-in-use").effects);
    expect(said.filter((line) => line.endsWith(": abort"))).toHaveLength(3);
    expect(machine.state).toMatchObject({
      at: "rolling-back",
      reasons: [{ code: "equipment-in-use", node: home[vertex] }],
    });
  });

  it("repeats what is not answered, with backoff, and then rolls back", () => {
    const machine = new Machine();
    machine.feed({ type: "begin" });
    machine.says("source", "prepared");
    machine.says("print", "prepared");
    const said = machine.wait(29_000);
    expect(said.filter((line) => line === "-> middle: instantiate add/0")).toHaveLength(limits.maxAttempts - 1);
    expect(said).toContain("progress rolling-back");
    const settled = machine.wait(60_000);
    expect(settled.at(-1)).toBe(
      "settled rolled-back [node-unreachable,node-unreachable,node-unreachable] undelivered 0",
    );
  });

  it("rolls back when a node answers, but is not ready in time", () => {
    const machine = new Machine();
    machine.feed({ type: "begin" });
    machine.nowMs += limits.setUpTimeoutMs;
    expect(machine.lines({ type: "wake", tag: "deadline" })).toContain("progress rolling-back");
    expect(machine.state).toMatchObject({ reasons: [{ code: "set-up-timeout", vertex: "source" }] });
  });

  it("places a dead node's cell anew: successors first, then the cell, then its predecessors", () => {
    const machine = flowing();
    expect(machine.lines({ type: "peer-down", node: middle })).toEqual([
      "persist",
      "progress mending",
      "-> spare: instantiate add/1",
    ]);
    expect(machine.says("add", "prepared", { incarnation: 1 })).toEqual(["-> exit: rewire print/0"]);
    const toSpare = [{ edge: "add>print:0", node: spare, incarnation: 1 }];
    expect(machine.says("print", "started", { wired: toSpare })).toEqual(["-> spare: run add/1"]);
    expect(machine.says("add", "started", { incarnation: 1 })).toEqual([
      "-> producer: rewire source/0",
      "-> spare: flowing",
    ]);
    const fromSource = [{ edge: "source>add:0", node: spare, incarnation: 1 }];
    expect(machine.says("source", "started", { wired: fromSource })).toEqual([]);
    // The one that was believed dead comes back with its old cell: it must go.
    expect(machine.says("add", "started")).toEqual(["-> middle: discard add/0"]);
    expect(machine.state).toMatchObject({ at: "flowing", losses: [] });
  });

  it("is degraded, with the reason, when no node can run a cell, and whole again when one can", () => {
    const machine = flowing();
    expect(machine.lines({ type: "peer-down", node: exit })).toEqual(["persist", "progress degraded"]);
    expect(machine.state).toMatchObject({ reasons: [{ code: "no-spare", vertex: "print" }] });
    expect(machine.says("print", "started", { confirmed: true })).toEqual(["progress flowing"]);
  });

  describe("of a question to people", () => {
    const asking = (asked: boolean) => {
      const of = asked ? { ...plan, asked: {} as never } : plan;
      const machine = new Machine(plannedCoordinator(of));
      machine.feed({ type: "begin" });
      const about = { digest: planDigestOf(of, coordinatorConfig.hasher) };
      for (const vertex of ["source", "add", "print"]) machine.says(vertex, "prepared", {}, about);
      for (const vertex of ["print", "add", "source"])
        machine.says(vertex, "started", { confirmed: true }, { ...about, flowing: true });
      expect(machine.state.at).toBe("flowing");
      return { machine, about };
    };
    const tooFew = { code: "ask-too-few" as const, node: producer };

    it("ends when nobody was asked, with the finder's reason; another query waits for its source", () => {
      const { machine, about } = asking(true);
      machine.says("source", "failed", { reason: tooFew }, about);
      expect(machine.state).toMatchObject({
        at: "stopping",
        outcome: "failed",
        reasons: [{ code: "ask-too-few", vertex: "source" }],
      });
      const other = asking(false);
      other.machine.says("source", "failed", { reason: tooFew }, other.about);
      expect(other.machine.state.at).toBe("degraded");
    });

    it("ends when the finder's node is gone", () => {
      const { machine } = asking(true);
      machine.feed({ type: "peer-down", node: producer });
      expect(machine.state).toMatchObject({ at: "stopping", outcome: "failed" });
    });

    it.each(["draining", "drained"] as const)(
      "waits for a lost cell as long as people are asked, and no longer (%s)",
      (at) => {
        const { machine, about } = asking(true);
        machine.feed({ type: "peer-down", node: exit });
        expect(machine.state.at).toBe("degraded");
        expect(machine.wait(10_000).filter((line) => line.startsWith("progress"))).toEqual([]);
        machine.says("source", at, {}, about);
        expect(machine.state).toMatchObject({ at: "stopping", outcome: "failed" });
        expect(machine.state).toMatchObject({ reasons: [{ code: "no-spare", vertex: "print" }] });
      },
    );

    it("goes on when the lost cell's node is heard again in time", () => {
      const { machine, about } = asking(true);
      machine.feed({ type: "peer-down", node: exit });
      machine.says("print", "started", { confirmed: true }, about);
      expect(machine.state.at).toBe("flowing");
    });
  });

  it("ends a query that cannot be whole before everybody knew that it flows", () => {
    const machine = committing();
    machine.says("source", "started", { confirmed: true });
    machine.says("add", "started", { confirmed: true });
    expect(machine.lines({ type: "peer-down", node: exit })).toContain("progress stopping");
    expect(machine.state).toMatchObject({ at: "stopping", outcome: "failed" });
  });

  it("reports what a cell with a state may have held", () => {
    const withState = {
      ...plan,
      vertices: plan.vertices.map((one) => ({ ...one, stateless: false, spares: one.id === "add" ? [spare] : [] })),
    };
    const machine = new Machine(plannedCoordinator(withState));
    machine.feed({ type: "begin" });
    const held = machine.state;
    const about = { digest: "digest" in held ? held.digest : digest };
    for (const vertex of ["source", "add", "print"]) machine.says(vertex, "prepared", {}, about);
    for (const vertex of ["print", "add", "source"]) machine.says(vertex, "started", { confirmed: true }, about);
    machine.feed({ type: "peer-down", node: middle });
    const acknowledged = [{ edge: "source>add:0", node: middle, incarnation: 0, batches: 17 }];
    machine.says("source", "started", { acknowledged }, about);
    expect(machine.state).toMatchObject({
      losses: [{ vertex: "add", incarnation: 0, batches: { "source>add:0": 17 } }],
    });
  });

  it("may leave once the query flows, not before", () => {
    expect(instantiated().feed({ type: "detach" }).refusal?.code).toBe("not-flowing");
    const machine = flowing();
    expect(machine.lines({ type: "detach" })).toEqual(["detached"]);
  });

  it("after a restart carries on what was decided, and rolls back what was not", () => {
    const persisted = (machine: Machine, event: BareEvent): Uint8Array =>
      machine
        .feed(event)
        .effects.flatMap((one) => (one.type === "persist" && one.value !== null ? [one.value] : []))
        .at(-1)!;
    const undecided = new Machine(searchingCoordinator(query, []));
    undecided.feed({ type: "recover", value: persisted(new Machine(), { type: "begin" }) });
    expect(undecided.state.at).toBe("rolling-back");
    const starting = instantiated();
    starting.says("print", "started");
    starting.says("add", "started");
    const last = { type: "message" as const, from: facts(producer), message: report([cell("source", "started")]) };
    const decided = new Machine(searchingCoordinator(query, []));
    decided.nowMs += 60_000;
    expect(decided.lines({ type: "recover", value: persisted(starting, last) })).toEqual([
      "-> exit: watch",
      "-> middle: watch",
      "-> producer: watch",
      "-> spare: watch",
    ]);
  });

  it("hands over to a process with a higher term", () => {
    const machine = flowing();
    const said = lines(machine.refuses(middle, "stale-term", { term: 2 }).effects);
    expect(said).toContain("detached");
    expect(machine.state.at).toBe("detached");
  });

  it("takes over: finds the query, goes above the term in force, and looks after it", () => {
    const machine = new Machine(searchingCoordinator(query, [middle]));
    machine.feed({ type: "begin" });
    machine.refuses(middle, "stale-term", { term: 4 });
    expect(machine.state).toMatchObject({ at: "searching", term: 5 });
    const full = { term: 5, flowing: true, plan, answers: 9_000_000 };
    expect(machine.says("add", "started", { confirmed: true, card: cardOf(middle, "add") }, full)).toContain(
      "-> spare: watch",
    );
    machine.says("add", "started", { confirmed: true, card: cardOf(middle, "add") }, full);
    machine.says("source", "started", { confirmed: true, card: cardOf(producer, "source") }, full);
    machine.says("print", "started", { confirmed: true, card: cardOf(exit, "print") }, full);
    machine.refuses(spare, "unknown-query");
    expect(machine.state).toMatchObject({ at: "flowing", term: 5 });
  });
});

// Message × liar. Before the decision a lie ends the attempt; after it, it is dropped whole.
describe("a coordinator refuses", () => {
  const otherKey = { card: cardOf(middle, "add", 0, 2) };
  const cases: [string, NodeId, MemberFacts | null, Message, string][] = [
    ["another query", middle, null, report([], { query: "f".repeat(32) as Report["query"] }), "unknown-query"],
    ["a command", middle, null, { type: "close", query, term: 1, command: 1 }, "unknown-query"],
    ["a node of another network", middle, { ...facts(middle), network: "elsewhere" }, report([]), "wrong-network"],
    ["a node that the plan does not name", nodeNamed("Stranger"), null, report([]), "not-a-participant"],
    ["the analyst herself", anna, annasFacts, report([]), "not-a-participant"],
    ["another plan's digest", middle, null, report([], { digest: "00".repeat(32) as Report["digest"] }), "wrong-plan"],
    [
      "a vertex that the plan does not have",
      middle,
      null,
      report([cell("add", "prepared", { vertex: "x" as VertexId })]),
      "unknown-vertex",
    ],
    ["a vertex that is not its own", middle, null, report([cell("print", "prepared")]), "not-my-vertex"],
    ["a spare that nobody asked", spare, null, report([cell("add", "prepared", { incarnation: 1 })]), "unasked-answer"],
    ["a spare in the first cell's place", spare, null, report([cell("add", "prepared")]), "unasked-answer"],
    ["other keys than before", middle, null, report([cell("add", "prepared", otherKey)]), "keys-changed"],
  ];
  it.each(cases)("%s", (_, node, who, message, code) => {
    const before = new Machine();
    before.feed({ type: "begin" });
    before.says("add", "prepared");
    const step = before.from(node, message, who ?? facts(node));
    expect(step.refusal?.code).toBe(code);
    const after = flowing();
    const state = after.state;
    const late = after.from(node, message, who ?? facts(node));
    expect(late.refusal?.code).toBe(code);
    expect(late.effects).toEqual([]);
    expect(after.state).toEqual(state);
  });

  it("forged evidence, and rolls back", () => {
    const machine = new Machine();
    machine.feed({ type: "begin" });
    const forged = { ...cardOf(middle, "add"), evidence: new Uint8Array(32) };
    const step = machine.from(middle, report([cell("add", "prepared", { card: forged })]));
    expect(step.refusal?.code).toBe("bad-signature");
    expect(machine.state).toMatchObject({ at: "rolling-back", reasons: [{ code: "bad-signature", node: middle }] });
  });

  it("a plan of another analyst when it takes over", () => {
    const machine = new Machine(searchingCoordinator(query, [middle]));
    machine.feed({ type: "begin" });
    const ottos = { ...plan, analyst: { node: anna, principal: "otto" } };
    const lied = machine.from(middle, report([], { plan: ottos }));
    expect(lied.refusal?.code).toBe("wrong-plan"); // the digest is not that plan's
    expect(machine.state.at).toBe("searching");
  });
});

it("searching, does not take the plan from a report that lies", () => {
  const machine = new Machine(searchingCoordinator(query, [middle]));
  machine.feed({ type: "begin" });
  const forged = { ...cardOf(middle, "add"), evidence: new Uint8Array(32) };
  const lied = machine.from(middle, report([cell("add", "prepared", { card: forged })], { plan, term: 2 }));
  expect(lied.refusal?.code).toBe("bad-signature");
  expect(lied.effects).toEqual([]);
  expect(machine.state.at).toBe("searching");
});

it("prints every kind of message in transcripts", () => {
  expect(lineOf(report([]))).toBe("report ");
});

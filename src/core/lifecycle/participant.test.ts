// The life of a participant: what is on disk before what is answered, and what it does when nobody speaks.
import { describe, expect, it } from "vitest";
import { anna, digest, exit, facts, lines, plan, producer, query, spare } from "../../../test/support/lifecycle.ts";
import {
  add,
  base,
  by,
  flowing,
  instantiate,
  Machine,
  prepared,
  ready,
  run,
  running,
  started,
  told,
} from "../../../test/support/participant.ts";
import type { NodeId, VertexId } from "../base/index.ts";
import { toCanonical } from "../base/index.ts";
import { limits } from "./limits.ts";
import type { Message } from "./messages.ts";

describe("a participant", () => {
  it("goes through a whole life, durable before every answer", () => {
    const machine = new Machine();
    const transcript = [
      told(instantiate),
      prepared,
      told(run),
      started,
      told(flowing),
      told({ type: "drain", ...base, command: 4, ...add, ended: [] }),
      { type: "cell-drained", ...add, undelivered: 0 } as const,
      told({ type: "close", ...base, command: 5 }),
    ].map((event) => lines(machine.feed(event).effects));
    expect(transcript).toEqual([
      ["persist", "wake lease/add/0 in 60000", "prepare-cell add/0"],
      ["progress prepared", "-> anna: report add/0 prepared"],
      ["start-cell add/0"],
      ["-> anna: report add/0 started"],
      ["persist", "progress flowing", "cancel lease/add/0", "-> anna: report add/0 started"],
      ["drain-cell add/0", "wake drain/add/0 in 60000", "-> anna: report add/0 draining"],
      [
        "persist",
        "cancel drain/add/0",
        "-> anna: report add/0 drained",
        "settled finished [] undelivered 0",
        "wake retain in 604800000",
      ],
      [
        "persist nothing",
        "-> anna: report add/0 drained",
        "settled stopped [query-ended] undelivered 0",
        "wake retain in 600000",
        "-> anna: report add/0 drained ended",
      ],
    ]);
  });

  it("cuts of its own edges what is gone, and neither drains nor ends for it", () => {
    const cut = (gone: string[]) => told({ type: "cut", ...base, command: 4, ...add, gone });
    const machine = running();
    expect(lines(machine.feed(cut(["add>print:0", "else>where:0"])).effects)).toEqual([
      "cut-cell add/0",
      "-> anna: report add/0 started",
    ]);
    for (const [one, gone] of [
      [running(), ["else>where:0"]],
      [ready(), ["add>print:0"]],
    ] as const)
      expect(lines(one.feed(cut([...gone])).effects).filter((line) => !line.startsWith("-> anna: report"))).toEqual([]);
  });

  it("answers every repeated command with a report and does nothing twice", () => {
    const machine = ready();
    expect(lines(machine.feed(told(instantiate)).effects)).toEqual(["-> anna: report add/0 prepared"]);
    machine.play(told(run));
    expect(lines(machine.feed(told(run)).effects)).toEqual(["-> anna: report add/0 starting"]);
    machine.play(started);
    expect(lines(machine.feed(told(run)).effects)).toEqual(["-> anna: report add/0 started"]);
    machine.play(told(flowing));
    expect(lines(machine.feed(told(flowing)).effects)).toEqual(["-> anna: report add/0 started"]);
  });

  it("rolls back by itself when the decision does not come, and tells its neighbours", () => {
    const machine = ready().play(told(run), started);
    machine.nowMs += limits.leaseMs;
    expect(lines(machine.feed({ type: "wake", tag: "lease/add/0" }).effects)).toEqual([
      "discard-cell add/0",
      "progress rolling-back",
      "-> exit: withdrawn",
      "-> producer: withdrawn",
    ]);
    expect(lines(machine.feed({ type: "cell-drained", ...add, undelivered: 0 }).effects)).toEqual([
      "persist nothing",
      "cancel drain/add/0",
      "-> anna: report add/0 lost",
      "settled rolled-back [lease-expired,lease-expired] undelivered 0",
      "wake retain in 600000",
      "-> anna: report add/0 lost ended",
    ]);
    expect(lines(machine.feed(told(flowing)).effects)).toEqual(["-> anna: report add/0 lost ended"]);
  });

  it("does not roll back after the decision, however long the analyst is away", () => {
    const machine = running();
    machine.nowMs += 100 * limits.leaseMs;
    expect(machine.feed({ type: "wake", tag: "lease/add/0" }).effects).toEqual([]);
    expect(machine.state.at).toBe("flowing");
  });

  it("goes back too when a neighbour withdraws before the decision, and reports it after", () => {
    const withdrawn: Message = {
      type: "withdrawn",
      query,
      digest,
      cells: [{ vertex: "print" as VertexId, incarnation: 0 }],
      reason: { code: "lease-expired" },
    };
    const early = ready().play(by(facts(exit), withdrawn));
    expect(early.state.at).toBe("closing");
    const late = running();
    expect(lines(late.feed(by(facts(exit), withdrawn)).effects)).toEqual([
      "-> anna: report add/0 started",
      "progress damaged",
      "wake orphan in 60000",
    ]);
  });

  it("stops from the sources on when it is damaged and nobody looks after it, but not before", () => {
    const machine = running().play({ type: "edge-lost", ...add, edge: "add>print:0" });
    machine.nowMs += 5_000;
    expect(lines(machine.feed({ type: "wake", tag: "orphan" }).effects)).toEqual(["wake orphan in 60000"]);
    machine.nowMs += limits.orphanGraceMs;
    const effects = lines(machine.feed({ type: "wake", tag: "orphan" }).effects);
    expect(effects).toContain("drain-cell add/0");
    expect(effects.filter((line) => line.startsWith("-> ") && line.endsWith("orphaned"))).toHaveLength(3);
  });

  it("lets nobody end a query in an attached analyst's name", () => {
    const orphaned: Message = { type: "orphaned", query, digest, reason: { code: "orphaned" } };
    const machine = running();
    expect(machine.feed(by(facts(exit), orphaned)).effects).toEqual([]);
    machine.nowMs += limits.attachedForMs;
    expect(lines(machine.feed(by(facts(exit), orphaned)).effects)).toContain("drain-cell add/0");
  });

  it("is stopped by a node that is no neighbour only when it misses something itself, or long after its analyst", () => {
    const orphaned: Message = { type: "orphaned", query, digest, reason: { code: "orphaned" } };
    const says = (machine: Machine, node: NodeId) => lines(machine.feed(by(facts(node), orphaned)).effects);
    const left = (afterMs: number): Machine => {
      const machine = running();
      machine.nowMs += afterMs;
      return machine;
    };
    expect(says(left(limits.attachedForMs), spare)).toEqual([]);
    expect(says(left(limits.orphanGraceMs - 1), spare)).toEqual([]);
    expect(says(left(limits.orphanGraceMs), spare)).toContain("drain-cell add/0");
    expect(says(left(limits.attachedForMs), producer)).toContain("drain-cell add/0");
    const damaged = left(limits.attachedForMs).play({ type: "edge-lost", ...add, edge: "add>print:0" });
    expect(says(damaged, spare)).toContain("drain-cell add/0");
  });

  it("knows after a restart that it held the query, and says that its cells are lost", () => {
    const machine = running();
    const record = new Machine();
    const persisted = record
      .feed(told(instantiate))
      .effects.flatMap((effect) => (effect.type === "persist" && effect.value !== null ? [effect.value] : []));
    const before = new Machine().play({ type: "recover", value: persisted[0]! });
    expect(before.state.at).toBe("ended"); // it was never told that the query flows
    const flowed = machine
      .play()
      .feed(told({ type: "watch", query, term: 2, command: 9, full: false }))
      .effects.flatMap((effect) => (effect.type === "persist" && effect.value !== null ? [effect.value] : []));
    const after = new Machine();
    expect(lines(after.feed({ type: "recover", value: flowed[0]! }).effects)).toEqual([
      "persist",
      "-> anna: report add/0 lost",
      "-> exit: withdrawn",
      "-> producer: withdrawn",
      "settled failed [cells-lost] undelivered 0",
      "wake retain in 604800000",
      "progress damaged",
      "wake orphan in 60000",
    ]);
    expect(after.state).toMatchObject({ at: "flowing", term: 2 });
  });

  it("forgets a damaged record instead of trusting it", () => {
    const step = new Machine().feed({ type: "recover", value: Uint8Array.of(1, 2, 3) });
    expect(step.refusal?.code).toBe("malformed");
    expect(lines(step.effects)).toEqual(["persist nothing", "forget"]);
  });

  it("a record of cells that its plan does not have is damaged too", () => {
    const cells = [{ vertex: "nowhere", incarnation: 0, policy: digest, superseded: false, undelivered: 0 }];
    const value = toCanonical({ plan, term: 1, commander: anna, flowing: true, cells });
    const step = new Machine().feed({ type: "recover", value });
    expect(step.refusal?.code).toBe("malformed");
    expect(step.state.at).toBe("absent");
  });
});

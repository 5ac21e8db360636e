import { describe, expect, it } from "vitest";
import {
  anna,
  annaAtWork,
  annasFacts,
  cardOf,
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
  spare,
  wiringFor,
} from "../../../test/support/lifecycle.ts";
import type { NodeId, QueryId, VertexId } from "../base/index.ts";
import { refuse, toCanonical } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";
import { limits } from "./limits.ts";
import { type Command, type Message, planDigestOf } from "./messages.ts";
import { stepParticipant } from "./participant.ts";
import {
  initialParticipant,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantState,
} from "./participant-state.ts";

type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;
const add = { vertex: "add" as VertexId, incarnation: 0 };
const base = { query, term: 1 };
const instantiate: Command = { type: "instantiate", ...base, command: 1, plan, digest, cells: [add], bodies: [] };
const run: Command = { type: "run", ...base, command: 2, ...add, wiring: wiringFor("add") };
const flowing: Command = { type: "flowing", ...base, command: 3 };
const prepared: Bare<ParticipantEvent> = { type: "cell-prepared", ...add, ...cardOf(middle, "add") };
const started: Bare<ParticipantEvent> = { type: "cell-started", ...add };

function by(from: MemberFacts, message: Message): Bare<ParticipantEvent> {
  return { type: "message", from, message };
}
const told = (message: Message): Bare<ParticipantEvent> => by(annasFacts, message);

class Machine {
  state: ParticipantState = initialParticipant(query);
  nowMs = 1_000;
  private readonly config: ParticipantConfig;
  constructor(config: ParticipantConfig = participantConfig(middle)) {
    this.config = config;
  }
  feed(event: Bare<ParticipantEvent>) {
    const step = stepParticipant(this.config, this.state, { ...event, nowMs: this.nowMs } as ParticipantEvent);
    this.state = step.state;
    return step;
  }
  play(...events: Bare<ParticipantEvent>[]): this {
    for (const event of events) this.feed(event);
    return this;
  }
}
const ready = (): Machine => new Machine().play(told(instantiate), prepared);
const running = (): Machine => ready().play(told(run), started, told(flowing));

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

// Message × liar: what each gets, by code. Nothing of a refused message may take effect.
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

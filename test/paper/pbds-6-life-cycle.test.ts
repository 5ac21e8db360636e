// Privacy Backplane §5.2, §5.3, §6.2, §6.4, §6.5: how a query is instantiated, run and stopped. One test per rule, each rule
// in our own words.
import { describe, expect, it } from "vitest";
import { refuse, type VertexId } from "../../src/core/base/index.ts";
import {
  initialParticipant,
  type Message,
  type ParticipantEvent,
  plannedCoordinator,
  stepCoordinator,
  stepParticipant,
} from "../../src/core/lifecycle/index.ts";
import { randomScenario, simulateOne } from "../../src/sim/lifecycle/index.ts";
import {
  anna,
  annasFacts,
  cardOf,
  coordinatorConfig,
  digest,
  exit,
  facts,
  lines,
  middle,
  participantConfig,
  plan,
  producer,
  query,
  wiringFor,
} from "../support/lifecycle.ts";

type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;
const placed = { source: producer, add: middle, print: exit } as const;
type Name = keyof typeof placed;

/** The three venue nodes and the analyst of §6.3, with a wire that keeps what was said. */
class Venue {
  readonly wire: { to: string; message: Message }[] = [];
  private coordinator = plannedCoordinator(plan) as ReturnType<typeof stepCoordinator>["state"];
  private readonly participants = new Map(Object.values(placed).map((node) => [node, initialParticipant(query)]));
  readonly started: string[] = [];
  readonly released: string[] = [];
  readonly drained: string[] = [];
  readonly progress: string[] = [];
  /** Cells that do not answer. */
  readonly mute = new Set<string>();

  begin(): void {
    this.lead({ type: "begin" });
  }
  stop(): void {
    this.lead({ type: "stop" });
  }
  private lead(
    event: { type: "begin" } | { type: "stop" } | { type: "message"; from: typeof annasFacts; message: Message },
  ): void {
    const step = stepCoordinator(coordinatorConfig, this.coordinator, { ...event, nowMs: 1_000 });
    this.coordinator = step.state;
    for (const effect of step.effects) {
      if (effect.type === "progress") this.progress.push(effect.phase);
      if (effect.type === "send") this.deliver(effect.to, effect.message);
    }
  }
  private deliver(to: (typeof placed)[Name], message: Message): void {
    this.wire.push({ to, message });
    this.tell(to, { type: "message", from: annasFacts, message });
  }
  tell(node: (typeof placed)[Name], event: Bare<ParticipantEvent>): void {
    const step = stepParticipant(participantConfig(node), this.participants.get(node)!, {
      ...event,
      nowMs: 1_000,
    } as ParticipantEvent);
    this.participants.set(node, step.state);
    for (const effect of step.effects) {
      switch (effect.type) {
        case "send":
          if (effect.to === anna) this.lead({ type: "message", from: facts(node), message: effect.message });
          break;
        case "prepare-cell":
          if (!this.mute.has(effect.vertex))
            this.tell(node, {
              type: "cell-prepared",
              vertex: effect.vertex,
              incarnation: 0,
              ...cardOf(node, effect.vertex),
            });
          break;
        case "start-cell":
          this.started.push(effect.vertex);
          if (!this.mute.has(effect.vertex))
            this.tell(node, { type: "cell-started", vertex: effect.vertex, incarnation: 0 });
          break;
        case "release-cell":
          this.released.push(effect.vertex);
          break;
        case "drain-cell":
          this.drained.push(effect.vertex);
          if (!this.mute.has(effect.vertex))
            this.tell(node, { type: "cell-drained", vertex: effect.vertex, incarnation: 0, undelivered: 0 });
          break;
      }
    }
  }
  speak(name: Name): void {
    this.mute.delete(name);
    this.tell(placed[name], {
      type: "cell-prepared",
      vertex: name as VertexId,
      incarnation: 0,
      ...cardOf(placed[name], name),
    });
    this.tell(placed[name], { type: "cell-started", vertex: name as VertexId, incarnation: 0 });
  }
  kinds(): string[] {
    return this.wire.map(({ message }) => ("vertex" in message ? `${message.type} ${message.vertex}` : message.type));
  }
}

describe("Privacy Backplane: the life cycle of a query", () => {
  it("§6.5 the analyst first sends the whole mapped query to every participating venue node", () => {
    const venue = new Venue();
    venue.mute.add("source").add("add").add("print");
    venue.begin();
    expect(venue.wire.map(({ to }) => to).sort()).toEqual([producer, middle, exit].sort());
    for (const { message } of venue.wire) expect(message).toMatchObject({ type: "instantiate", plan });
  });

  it("§5.3, §6.2 nothing runs before every venue node has acknowledged its instantiation", () => {
    const venue = new Venue();
    venue.mute.add("source");
    venue.begin();
    expect(venue.started).toEqual([]);
    venue.speak("source");
    expect(venue.started).toEqual(["print", "add", "source"]);
  });

  it("§6.5 run requests go from the exit nodes to the data producers", () => {
    const venue = new Venue();
    venue.begin();
    expect(venue.kinds().filter((kind) => kind.startsWith("run"))).toEqual(["run print", "run add", "run source"]);
  });

  it("§6.5 a node is asked to run only after those that it sends to have answered", () => {
    const venue = new Venue();
    const held = venue.mute.add("print");
    venue.begin();
    venue.tell(exit, { type: "cell-prepared", vertex: "print" as VertexId, incarnation: 0, ...cardOf(exit, "print") });
    expect(venue.started).toEqual(["print"]);
    held.clear();
    venue.tell(exit, { type: "cell-started", vertex: "print" as VertexId, incarnation: 0 });
    expect(venue.started).toEqual(["print", "add", "source"]);
  });

  it("§6.5 once every node has answered the run request, the query is instantiated and running", () => {
    const venue = new Venue();
    venue.begin();
    expect(venue.progress).toEqual(["instantiating", "starting", "committing", "flowing"]);
  });

  it("§5.2 no data is touched by a query that is only partly instantiated: sources wait for the decision", () => {
    const venue = new Venue();
    venue.mute.add("source");
    venue.begin();
    venue.tell(producer, {
      type: "cell-prepared",
      vertex: "source" as VertexId,
      incarnation: 0,
      ...cardOf(producer, "source"),
    });
    expect(venue.started).toContain("source");
    expect(venue.released).toEqual([]);
    venue.tell(producer, { type: "cell-started", vertex: "source" as VertexId, incarnation: 0 });
    expect(venue.released).toEqual(["source"]);
  });

  it("§6.5 a stop goes from the data producers to the exits, and then the mapped query is dropped", () => {
    const venue = new Venue();
    venue.begin();
    venue.stop();
    expect(venue.drained).toEqual(["source", "add", "print"]);
    expect(venue.kinds().slice(-3)).toEqual(["close", "close", "close"]);
  });

  const instantiate: Message = {
    type: "instantiate",
    query,
    term: 1,
    command: 1,
    plan,
    digest,
    cells: [{ vertex: "add" as VertexId, incarnation: 0 }],
    bodies: [],
  };
  const offer = (config: ReturnType<typeof participantConfig>, from = annasFacts) =>
    stepParticipant(config, initialParticipant(query), { type: "message", from, message: instantiate, nowMs: 1 });

  it("§5.2 only analysts may change queries", () => {
    expect(offer(participantConfig(middle), facts(anna, ["producer", "exit"], "anna")).refusal?.code).toBe(
      "not-an-analyst",
    );
    expect(offer(participantConfig(middle)).refusal).toBeUndefined();
  });

  it("§5.2 analysts take no part in queries", () => {
    expect(offer(participantConfig(middle, {}, ["analyst"])).refusal?.code).toBe("analyst-takes-no-part");
  });

  it("§4 a node takes no part unless its policy check has passed, and prepares nothing", () => {
    const step = offer(participantConfig(middle, { checkPolicy: () => refuse("operator-equipment") }));
    expect(lines(step.effects)).toEqual(["-> anna: refusal operator-equipment"]);
  });

  it("§6.4 an acknowledgement means ready: cells prepared, their keys and evidence enclosed", () => {
    const first = offer(participantConfig(middle));
    expect(lines(first.effects).filter((line) => line.startsWith("->"))).toEqual([]);
    const ready = stepParticipant(participantConfig(middle), first.state, {
      type: "cell-prepared",
      vertex: "add" as VertexId,
      incarnation: 0,
      ...cardOf(middle, "add"),
      nowMs: 2,
    });
    const sent = ready.effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
    expect(sent).toMatchObject([{ type: "report", cells: [{ at: "prepared", card: cardOf(middle, "add") }] }]);
  });

  it("§5.2 after its modification the analyst detaches, and the query goes on without it", () => {
    // Seeds whose only misfortune is that the analyst leaves.
    const quiet = Array.from({ length: 2_000 }, (_, seed) => seed).filter((seed) => {
      const { faults } = randomScenario(seed);
      return faults.length === 1 && faults[0]!.type === "detach" && faults[0]!.atMs > 5_000;
    });
    expect(quiet.length).toBeGreaterThan(3);
    for (const seed of quiet.slice(0, 6)) expect(simulateOne(seed).violation).toBeUndefined();
  });

  it("§6.3 each wiring that a node is given is the plan's own", () => {
    const venue = new Venue();
    venue.begin();
    const run = venue.wire.find(({ message }) => message.type === "run" && message.vertex === "add")!.message;
    expect(run).toMatchObject({ wiring: wiringFor("add") });
  });
});

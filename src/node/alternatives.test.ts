// A query with several plans at the node that asks it, with real participants: what a refusal, a stop and a crash at every
// write to its disk make of it. In the end each plan runs everywhere or is held nowhere, and the first id tells it all.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  anna,
  annasFacts,
  cardOf,
  coordinatorConfig,
  exit,
  facts,
  hasher,
  middle,
  participantConfig,
  plan,
  producer,
  spare,
} from "../../test/support/lifecycle.ts";
import { accept, type NodeId, type QueryId, refuse } from "../core/base/index.ts";
import {
  initialParticipant,
  type Message,
  type ParticipantEvent,
  type ParticipantOwnEffect,
  type ParticipantState,
  planDigestOf,
  stepParticipant,
} from "../core/lifecycle/index.ts";
import type { Plan } from "../core/model/index.ts";
import type { Journal } from "../io/storage/index.ts";
import { type AskedQueries, createAskedQueries, type Rest } from "./asked.ts";
import { type Coordinators, createCoordinators } from "./coordinators.ts";
import { drive, type MachineDriver } from "./driver.ts";

const precise: Plan = { ...plan, id: "a".repeat(32) as QueryId, alternative: "precise" };
const coarse: Plan = { ...plan, id: "c".repeat(32) as QueryId, alternative: "coarse" };
const crude: Plan = { ...plan, id: "d".repeat(32) as QueryId, alternative: "crude" };
const passedOver = [{ alternative: "round", reasons: [{ code: "no-eligible-node", sentence: "Nobody can." }] }];
const passedLast = [{ alternative: "square", reasons: [{ code: "no-eligible-node", sentence: "Nobody can." }] }];
const rest: Rest = {
  behind: [
    { id: coarse.id, digest: planDigestOf(coarse, hasher), skipped: passedOver },
    { id: crude.id, digest: planDigestOf(crude, hasher), skipped: [] },
  ],
  skippedLast: passedLast,
};

class PowerFailure extends Error {}
type Driver = MachineDriver<ParticipantState, ParticipantEvent>;

/** An analyst's node over a disk that survives it, among participants of whom the producer has a policy. */
class World {
  readonly disk = new Map<string, Uint8Array>();
  /** Writes until the power fails; the one that fails is not on the disk. */
  writesLeft = Number.POSITIVE_INFINITY;
  writes = 0;
  asked!: AskedQueries;
  private coordinators!: Coordinators;
  private generation = 0;
  private readonly participants = new Map<string, Driver>();
  private readonly forbidden: readonly string[];

  constructor(...forbidden: string[]) {
    this.forbidden = forbidden;
    this.boot();
  }

  boot(): void {
    const generation = ++this.generation;
    const write = (key: string, value: Uint8Array | null) => {
      if (generation !== this.generation) return;
      if (this.writesLeft-- <= 0) throw new PowerFailure();
      this.writes++;
      if (value === null) this.disk.delete(key);
      else this.disk.set(key, value);
    };
    const journal: Journal = {
      get: (key) => this.disk.get(key),
      set: write,
      note: write,
      entries: (prefix = "") => [...this.disk].filter(([key]) => key.startsWith(prefix)),
      settled: async () => {},
      isCurrent: () => true,
      close: () => {},
    };
    this.asked = createAskedQueries(
      journal,
      (node) => node,
      ({ id }) => void setTimeout(() => generation === this.generation && this.coordinators.drop(id), 0),
    );
    const { asked } = this;
    this.coordinators = createCoordinators({
      config: coordinatorConfig,
      send: (to, message) => generation === this.generation && this.carry(() => this.tell(to, message)),
      persist: journal.set,
      refused: () => {},
      changed: (query, state) => generation === this.generation && this.asUp(() => asked.changed(query, state)),
      perform: asked.effect,
      succeeds: asked.succeed,
    });
    for (const [key, value] of journal.entries("lifecycle/coordinator/"))
      this.coordinators.recover(key.slice("lifecycle/coordinator/".length) as QueryId, value);
  }

  /** What follows a failure of the power is a node that starts again. */
  private asUp(act: () => void): void {
    try {
      act();
    } catch (cause) {
      if (!(cause instanceof PowerFailure)) throw cause;
      this.writesLeft = Number.POSITIVE_INFINITY;
      this.coordinators.stop();
      this.boot();
    }
  }

  private carry(act: () => void): void {
    setTimeout(() => this.asUp(act), 1);
  }

  run(): void {
    this.asUp(() => {
      this.asked.save(this.asked.add(precise, planDigestOf(precise, hasher), [], performance.now(), rest));
      this.coordinators.begin(precise, [coarse, crude]);
    });
  }

  stop(): void {
    this.coordinators.stopQuery(this.asked.latest(precise.id));
  }

  private tell(node: NodeId, message: Message): void {
    this.participant(node, message.query).feed({
      type: "message",
      from: annasFacts,
      message,
      nowMs: Date.now(),
    });
  }

  private participant(node: NodeId, query: QueryId): Driver {
    const key = `${node} ${query}`;
    const known = this.participants.get(key);
    if (known !== undefined) return known;
    const checkPolicy = (of: Plan) =>
      node === producer && this.forbidden.includes(of.alternative)
        ? refuse("attribute-forbidden", { detail: of.alternative })
        : accept("ee".repeat(32) as never);
    const config = participantConfig(node, { checkPolicy });
    const made: Driver = drive(
      initialParticipant(query),
      (state: ParticipantState, event: ParticipantEvent) => stepParticipant(config, state, event),
      (tag): ParticipantEvent => ({ type: "wake", tag, nowMs: Date.now() }),
      {
        send: (to, message: Message) =>
          to === anna
            ? this.carry(() => this.coordinators.onMessage(facts(node), message))
            : setTimeout(() => {
                const event = { type: "message" as const, from: facts(node), message, nowMs: Date.now() };
                this.participant(to, message.query).feed(event);
              }, 1),
        persist: () => {},
        refused: () => {},
        perform: (effect: ParticipantOwnEffect) => perform(made, node, effect),
      },
    );
    this.participants.set(key, made);
    return made;
  }

  /** By plan: how many of its cells run, and how many there are at all. */
  cells(of: Plan): { running: number; held: number } {
    const all = [producer, middle, exit, spare].flatMap((node) => {
      const state = this.participants.get(`${node} ${of.id}`)?.state;
      return state === undefined || state.at === "absent" || state.at === "ended" ? [] : state.cells;
    });
    const running = all.filter((cell) => cell.at === "started" && cell.confirmed).length;
    return { running, held: all.length };
  }
}

/** A cell host with which nothing goes wrong. */
function perform(driver: Driver, node: NodeId, effect: ParticipantOwnEffect): void {
  if (!("vertex" in effect)) return;
  const { vertex, incarnation, type } = effect;
  const ref = { vertex, incarnation, nowMs: Date.now() };
  const later = (event: ParticipantEvent) => void setTimeout(() => driver.feed(event), 1);
  if (type === "prepare-cell") later({ type: "cell-prepared", ...ref, ...cardOf(node, vertex, incarnation) });
  if (type === "start-cell") later({ type: "cell-started", ...ref });
  if (type === "drain-cell" || type === "discard-cell") later({ type: "cell-drained", ...ref, undelivered: 0 });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const refusedBy = (alternative: string, tried: Plan) => ({
  alternative,
  tried: tried.id,
  reasons: [expect.objectContaining({ code: "attribute-forbidden", node: producer, detail: alternative })],
});

describe("a query with several plans", () => {
  it("goes on with the next one that nobody refuses, and keeps the reasons of all before it", async () => {
    const world = new World("precise", "coarse");
    world.run();
    await pass(10_000);
    expect(world.asked.latest(precise.id)).toBe(crude.id);
    const running = world.asked.get(crude.id)!;
    expect(running.state?.at).toBe("flowing");
    expect(running.skipped).toEqual([refusedBy("precise", precise), ...passedOver, refusedBy("coarse", coarse)]);
    expect([precise, coarse, crude].map((of) => world.cells(of).held)).toEqual([0, 0, 3]);
    expect(world.asked.get(precise.id)!.outcome).toMatchObject({ outcome: "refused" });
  });

  it("is refused with the reasons of all when the last one is refused too", async () => {
    const world = new World("precise", "coarse", "crude");
    world.run();
    await pass(10_000);
    const last = world.asked.get(world.asked.latest(precise.id))!;
    expect(last.outcome).toMatchObject({
      outcome: "refused",
      reasons: [{ code: "attribute-forbidden", detail: "crude" }],
    });
    const before = [refusedBy("precise", precise), ...passedOver, refusedBy("coarse", coarse)];
    expect(last.skipped).toEqual([...before, ...passedLast]);
  });

  it("that is stopped while a plan is rolled back tries no other", async () => {
    const world = new World("precise");
    world.run();
    while (world.asked.get(precise.id)!.state?.at !== "rolling-back") await pass(1);
    world.stop();
    await pass(10_000);
    expect(world.asked.latest(precise.id)).toBe(precise.id);
    expect(world.asked.get(precise.id)!.outcome).toMatchObject({ outcome: "refused" });
    expect(world.asked.get(coarse.id)).toBeUndefined();
  });

  it("comes to a stated end, or runs whole, wherever the power fails", async () => {
    const calm = new World("precise");
    calm.run();
    await pass(10_000);
    expect(calm.cells(coarse)).toEqual({ running: 3, held: 3 });
    const ends = new Set<string>();
    for (let writes = 1; writes <= calm.writes; writes++) {
      const world = new World("precise");
      world.writesLeft = writes;
      world.run();
      await pass(120_000); // longer than a lease
      const last = world.asked.get(world.asked.latest(precise.id));
      const end = last?.outcome?.outcome ?? last?.state?.at ?? "nothing";
      const told = `the power fails after ${writes} writes: ${last?.plan.alternative} ${end}`;
      ends.add(`${last?.plan.alternative} ${end}`);
      expect(world.cells(precise), told).toEqual({ running: 0, held: 0 });
      expect(last === undefined, told).toBe(writes === 1); // before anything was sent, and anybody was answered
      if (last === undefined) continue;
      if (end === "flowing") expect(world.cells(coarse), told).toEqual({ running: 3, held: 3 });
      else {
        expect(end, told).toBe("refused");
        expect(world.cells(coarse), told).toEqual({ running: 0, held: 0 });
        expect(last.outcome!.reasons.length, told).toBeGreaterThan(0);
      }
      if (last.id !== precise.id) expect(last.skipped, told).toContainEqual(refusedBy("precise", precise));
    }
    // Both kinds of end are met: crashes before the refusal, and on each side of the next plan's beginning.
    const met = ["coarse flowing", "coarse refused", "precise refused", "undefined nothing"];
    expect([...ends].sort()).toEqual(met);
  });
});

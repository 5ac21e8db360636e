// A query with several plans: what a refusal, a crash and a stop make of those behind the first.
import { describe, expect, it } from "vitest";
import { coordinatorConfig, facts, middle, plan, producer, query } from "../../../test/support/lifecycle.ts";
import { fromCanonical, type NodeId, type QueryId, type RefusalCode, toCanonical } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import { stepCoordinator } from "./coordinator.ts";
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorState,
  plannedCoordinator,
  searchingCoordinator,
} from "./coordinator-state.ts";
import type { Command } from "./messages.ts";

type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;

const coarse: Plan = { ...plan, id: "c".repeat(32) as QueryId, alternative: "coarse" };
const none: Plan = { ...plan, id: "e".repeat(32) as QueryId, alternative: "none" };

class Machine {
  state: CoordinatorState;
  nowMs = 1_000_000;
  readonly effects: CoordinatorEffect[] = [];
  constructor(state: CoordinatorState = plannedCoordinator(plan, [coarse, none])) {
    this.state = state;
    if (state.at === "planned") this.feed({ type: "begin" });
  }
  feed(event: Bare<CoordinatorEvent>): readonly CoordinatorEffect[] {
    const step = stepCoordinator(coordinatorConfig, this.state, { ...event, nowMs: this.nowMs } as CoordinatorEvent);
    this.state = step.state;
    this.effects.push(...step.effects);
    return step.effects;
  }
  /** The node refuses what it was last told, or the last command of that type. */
  refuses(node: NodeId, code: RefusalCode, detail?: string, to?: Command["type"]): readonly CoordinatorEffect[] {
    const reason = { code, ...(detail === undefined ? {} : { detail }) };
    const message = { type: "refusal" as const, query, term: 0, answers: this.last(node, to), reason };
    return this.feed({ type: "message", from: facts(node), message });
  }
  private last(node: NodeId, type?: Command["type"]): number {
    const sent = this.effects.flatMap((one) =>
      one.type === "send" && one.to === node ? [one.message as Command] : [],
    );
    return sent.filter((command) => type === undefined || command.type === type).at(-1)!.command;
  }
  /** All say that they hold nothing of it. */
  rolledBack(): readonly CoordinatorEffect[] {
    const asked = new Set(this.effects.flatMap((effect) => (effect.type === "send" ? [effect.to] : [])));
    return [...asked].flatMap((node) => this.refuses(node, "unknown-query"));
  }
  get settled() {
    return this.effects.find((effect) => effect.type === "settled");
  }
  get record(): Uint8Array {
    return this.effects.flatMap((one) => (one.type === "persist" && one.value !== null ? [one.value] : [])).at(-1)!;
  }
}
const recovered = (record: Uint8Array) => {
  const machine = new Machine(searchingCoordinator(query, []));
  machine.feed({ type: "recover", value: record });
  return machine;
};

describe("a coordinator with alternatives", () => {
  it("goes on with the next when a policy refused, once every node has rolled back, and not before", () => {
    const machine = new Machine();
    machine.refuses(producer, "attribute-forbidden", "reading.value");
    machine.refuses(middle, "attribute-required-missing", undefined, "instantiate");
    expect(machine.settled).toBeUndefined();
    const last = machine.rolledBack();
    expect(machine.settled).toMatchObject({ outcome: "rolled-back", goesOnWith: [coarse, none] });
    expect(machine.settled?.reasons).toEqual([
      { code: "attribute-forbidden", detail: "reading.value", node: producer },
      { code: "attribute-required-missing", node: middle },
    ]);
    const order = last.map(({ type }) => type).filter((type) => type === "settled" || type === "persist");
    expect(order).toEqual(["settled", "persist"]); // INVARIANT 15
  });

  it.each<RefusalCode>(["equipment-in-use", "wrong-plan"])("%s is no policy's word: it ends the query", (code) => {
    const machine = new Machine();
    machine.refuses(producer, code);
    machine.rolledBack();
    expect(machine.settled?.goesOnWith).toBeUndefined();
    expect(machine.settled).toMatchObject({ outcome: "rolled-back", reasons: [{ code }] });
  });

  it("has nothing to go on with after the last", () => {
    const machine = new Machine(plannedCoordinator(plan));
    machine.refuses(producer, "attribute-forbidden");
    machine.rolledBack();
    expect(machine.settled).toMatchObject({ outcome: "rolled-back" });
    expect(machine.settled?.goesOnWith).toBeUndefined();
  });

  it("that crashed after the refusal still goes on", () => {
    const machine = new Machine();
    machine.refuses(producer, "attribute-forbidden");
    const later = recovered(machine.record);
    later.rolledBack();
    expect(later.settled).toMatchObject({ reasons: [{ code: "attribute-forbidden" }], goesOnWith: [coarse, none] });
  });

  it("that crashed before anybody refused rolls back, says why, and goes on with nothing", () => {
    const later = recovered(new Machine().record);
    later.rolledBack();
    expect(later.settled).toMatchObject({ outcome: "rolled-back", reasons: [{ code: "set-up-timeout" }] });
    expect(later.settled?.goesOnWith).toBeUndefined();
  });

  it("that is stopped while it rolls back tries no other plan, nor after a crash", () => {
    const machine = new Machine();
    machine.refuses(producer, "attribute-forbidden");
    machine.feed({ type: "stop" });
    const { record } = machine;
    for (const one of [machine, recovered(record)]) {
      one.rolledBack();
      expect(one.settled).toMatchObject({ outcome: "rolled-back", reasons: [{ code: "attribute-forbidden" }] });
      expect(one.settled?.goesOnWith).toBeUndefined();
    }
  });

  it("reads a record of an earlier version, which knows no alternatives", () => {
    const written = fromCanonical(new Machine().record);
    if (!written.ok) throw new Error("not canonical");
    const { alternatives, ...earlier } = written.value as Record<string, unknown>;
    expect(alternatives).toHaveLength(2);
    expect(recovered(toCanonical(earlier)).state).toMatchObject({ at: "rolling-back", alternatives: [] });
  });
});

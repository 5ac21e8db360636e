// A query with several plans: what a refusal, a crash and a stop make of those behind the first.
import { describe, expect, it } from "vitest";
import { CoordinatorUnderTest } from "../../../test/support/coordinator.ts";
import { middle, plan, producer, query } from "../../../test/support/lifecycle.ts";
import { fromCanonical, type QueryId, type RefusalCode, toCanonical } from "../base/index.ts";
import type { Plan } from "../model/index.ts";
import {
  type CoordinatorEffect,
  type CoordinatorState,
  plannedCoordinator,
  searchingCoordinator,
} from "./coordinator-state.ts";

const coarse: Plan = { ...plan, id: "c".repeat(32) as QueryId, alternative: "coarse" };
const none: Plan = { ...plan, id: "e".repeat(32) as QueryId, alternative: "none" };

class Machine extends CoordinatorUnderTest {
  constructor(state: CoordinatorState = plannedCoordinator(plan, [coarse, none])) {
    super(state);
    if (state.at === "planned") this.feed({ type: "begin" });
  }
  /** All say that they hold nothing of it. */
  rolledBack(): readonly CoordinatorEffect[] {
    const asked = new Set(this.sent.map(({ to }) => to));
    return [...asked].flatMap((node) => this.refuses(node, "unknown-query").effects);
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
    machine.refuses(producer, "attribute-forbidden", { detail: "reading.value" });
    machine.refuses(middle, "attribute-required-missing", { to: "instantiate" });
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

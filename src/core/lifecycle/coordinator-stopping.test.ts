// A query is stopped in which a node is gone: find → left, right → total, `right` on the dead node. The end of a stream is
// acknowledged by who has ended, so `find` waits for `left`, `left` for `total`, and `total` for `right`, of which nothing comes.
import { beforeEach, describe, expect, it } from "vitest";
import { type BareEvent, CoordinatorUnderTest, report } from "../../../test/support/coordinator.ts";
import { cardOf, coordinatorConfig, facts, lines, nodeNamed, plan } from "../../../test/support/lifecycle.ts";
import type { NodeId, VertexId } from "../base/index.ts";
import { edgesOf, type Plan } from "../model/index.ts";
import { plannedCoordinator } from "./coordinator-state.ts";
import { limits } from "./limits.ts";
import { type CellReport, type Command, planDigestOf } from "./messages.ts";

const names = ["find", "left", "right", "total"] as const;
type Name = (typeof names)[number];
const homeOf = (name: string): NodeId => nodeNamed(name.toUpperCase());
const [source, add, print] = plan.vertices;
const forked: Plan = {
  ...plan,
  vertices: [
    { ...source!, id: "find" as VertexId, node: homeOf("find") },
    ...["left", "right"].map((id) => ({
      ...{ ...add!, id: id as VertexId, node: homeOf(id), spares: [] },
      inputs: ["find" as VertexId],
    })),
    { ...print!, id: "total" as VertexId, node: homeOf("total"), inputs: ["left", "right"] as VertexId[] },
  ],
};
const digest = planDigestOf(forked, coordinatorConfig.hasher);

let machine: CoordinatorUnderTest;

/** What is said, without wakes: `total: cut left>total`. */
function feed(event: BareEvent): string[] {
  return machine.feed(event).effects.flatMap((effect) => {
    if (effect.type !== "send") return lines([effect]).filter((line) => line.startsWith("settled"));
    const message = effect.message as Command;
    const to = names.find((name) => homeOf(name) === effect.to);
    return [`${to}: ${message.type}${message.type === "cut" ? ` ${message.gone.join(" ")}` : ""}`];
  });
}

function says(name: Name, at: CellReport["at"], changes: Partial<CellReport> = {}): string[] {
  const runs = at === "started" || at === "draining";
  const ends = edgesOf(forked).flatMap(({ id: edge, from, to }) =>
    from === name || to === name ? [{ edge, node: homeOf(from === name ? to : from), incarnation: 0 }] : [],
  );
  const cell: CellReport = {
    ...{ vertex: name as VertexId, incarnation: 0, at, confirmed: true, wired: runs ? ends : [], acknowledged: [] },
    ...(at === "prepared" ? { card: cardOf(homeOf(name), name) } : {}),
    ...{ undelivered: 0, superseded: false, broken: [], ...changes },
  };
  const answers = Math.max(0, ...machine.sent.map(({ command }) => command.command));
  const message = report([cell], { digest, flowing: true, answers });
  return feed({ type: "message", from: facts(homeOf(name)), message });
}

/** Half a second after the other, until something else than a repetition is said. */
function wait(totalMs: number): string[] {
  const all: string[] = [];
  for (let passedMs = 0; passedMs < totalMs; passedMs += 500) {
    machine.nowMs += 500;
    all.push(...feed({ type: "wake", tag: "retry" }));
  }
  return all;
}

beforeEach(() => {
  machine = new CoordinatorUnderTest(plannedCoordinator(forked));
  feed({ type: "begin" });
  for (const name of names) says(name, "prepared", { confirmed: false });
  for (const name of ["total", "left", "right", "find"] as const) says(name, "started", { confirmed: false });
  for (const name of names) says(name, "started");
  expect(machine.state.at).toBe("flowing");
});

describe("a stopped query with a dead node", () => {
  it("tells its neighbours at once what will not come and what nobody takes, and drains in turn", () => {
    feed({ type: "peer-down", node: homeOf("right") });
    expect(machine.state.at).toBe("degraded");
    expect(feed({ type: "stop" })).toEqual(["find: drain", "right: watch"]);
    const asked = wait(1_500);
    expect(asked.filter((line) => line.startsWith("right"))).toEqual(["right: watch"]);
    // `find` has not ended: `left` and `total` are not drained, and `total` waits for nobody who is gone.
    expect(asked).toEqual(expect.arrayContaining(["find: cut find>right:0", "total: cut right>total:1"]));
    expect(asked.filter((line) => /(left|total): drain/.test(line))).toEqual([]);
    says("total", "drained");
    says("left", "drained");
    expect(says("find", "drained", { undelivered: 3 })).toContain("find: close");
    expect(machine.state).toMatchObject({ at: "closing", reasons: [{}, {}, { code: "node-unreachable" }] });
  });

  it("goes back to the one that answers the last call: nothing of it is cut, and it is drained in its turn", () => {
    feed({ type: "peer-down", node: homeOf("right") });
    feed({ type: "stop" });
    expect(says("right", "started")).toEqual([]);
    expect(wait(4_000).filter((line) => /cut|right/.test(line))).toEqual([]);
    expect(says("find", "drained")).toEqual(["left: drain", "right: drain"]);
  });

  it("cuts off who dies while it is stopped", () => {
    feed({ type: "stop" });
    expect(feed({ type: "peer-down", node: homeOf("right") })).toEqual([
      "find: cut find>right:0",
      "total: cut right>total:1",
    ]);
  });

  it("repeats it to who is there, and writes off who is silent", () => {
    feed({ type: "stop" });
    feed({ type: "peer-down", node: homeOf("right") });
    for (let i = 0; i < 5; i++) {
      expect(wait(4_000)).toContain("total: cut right>total:1");
      for (const name of ["find", "total", "left"] as const) says(name, name === "find" ? "draining" : "started");
    }
    wait(names.length * 4_000 * limits.maxAttempts);
    expect(machine.state).toMatchObject({ at: "settled" });
  });
});

import { afterEach, expect, test, vi } from "vitest";
import {
  type NodeId,
  type Persist,
  refuse,
  refused,
  type Send,
  type Step,
  stay,
  to,
  type Wake,
} from "../core/base/index.ts";
import { drive } from "./driver.ts";

type Event = { type: "go" } | { type: "wake"; tag: string } | { type: "echo"; n: number } | { type: "bad" };
type Own = { type: "own"; n: number };
type Effect = Send<string> | Wake | Persist | Own;
const peer = "12D3KooWpeer" as NodeId;

afterEach(() => {
  vi.useRealTimers();
});

function setUp(step: (state: number, event: Event) => Step<number, Effect>) {
  const done: string[] = [];
  const driver = drive<number, Event, string, Own>(0, step, (tag) => ({ type: "wake", tag }), {
    send: (_, message) => done.push(`send ${message}`),
    persist: (key) => done.push(`persist ${key}`),
    perform: (effect) => {
      done.push(`own ${effect.n}`);
      if (effect.n < 3) driver.feed({ type: "echo", n: effect.n });
    },
    refused: (refusal) => done.push(`refused ${refusal.code}`),
  });
  return { driver, done };
}

test("effects are performed in the order of the step, and events that they cause wait their turn", () => {
  const { driver, done } = setUp((state, event) => {
    if (event.type === "go") {
      return to(
        state + 1,
        { type: "persist", key: "a", value: null },
        { type: "own", n: 1 },
        { type: "send", to: peer, message: "after" },
      );
    }
    if (event.type === "echo") return to(state + 10, { type: "own", n: event.n + 1 });
    return stay(state);
  });
  driver.feed({ type: "go" });
  expect(done).toEqual(["persist a", "own 1", "send after", "own 2", "own 3"]);
  expect(driver.state).toBe(21);
});

test("a wake of the same tag replaces the earlier one, and none comes after stop", () => {
  vi.useFakeTimers();
  const { driver, done } = setUp((state, event) => {
    if (event.type === "go") return to(state, { type: "wake", tag: "t", afterMs: 100 });
    if (event.type === "wake") return to(state + 1, { type: "send", to: peer, message: event.tag });
    return stay(state);
  });
  driver.feed({ type: "go" });
  vi.advanceTimersByTime(60);
  driver.feed({ type: "go" });
  vi.advanceTimersByTime(60);
  expect(done).toEqual([]);
  vi.advanceTimersByTime(40);
  expect(done).toEqual(["send t"]);
  driver.feed({ type: "go" });
  driver.stop();
  vi.advanceTimersByTime(1000);
  expect(done).toEqual(["send t"]);
});

test("a refusal is reported and leaves the state alone", () => {
  const { driver, done } = setUp((state, event) =>
    event.type === "bad" ? refused(state, refuse("malformed")) : stay(state),
  );
  driver.feed({ type: "bad" });
  expect(done).toEqual(["refused malformed"]);
  expect(driver.state).toBe(0);
});

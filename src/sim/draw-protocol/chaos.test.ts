// Draws among faults and colluders, and proof that the checks can fail: what is broken must be caught.
import { describe, expect, it } from "vitest";
import { rosterCommitment, sealStatement, stepDraw } from "../../core/draw/index.ts";
import { type ChaosOptions, simulateDraws } from "./index.ts";

const seeds = Array.from({ length: 80 }, (_, i) => i + 1);
const minutes = { timeout: 300_000 };

describe("draws under faults", () => {
  it("80 seeds: no roster that colluders influenced, and one for every honest trigger in the end", minutes, () => {
    const runs = seeds.map((seed) => simulateDraws(seed));
    const violations = runs.flatMap(({ seed, violation }) =>
      violation === undefined ? [] : [`${seed}: ${violation}`],
    );
    expect(violations).toEqual([]);
    const sum = (of: (run: (typeof runs)[number]) => number) => runs.reduce((all, run) => all + of(run), 0);
    expect(sum(({ lies }) => lies)).toBeGreaterThan(10 * seeds.length); // the colluders do something
    expect(sum(({ rosters }) => rosters)).toBeGreaterThanOrEqual(3 * seeds.length);
    expect(new Set(runs.map(({ outcome }) => outcome)).size).toBe(3);
    const kinds = new Set(runs.flatMap(({ convicted }) => convicted));
    expect([...kinds].sort()).toEqual(["broken-commitment", "conflict", "false-candidates"]);
  });

  it("the same seed is the same run, event for event", () => {
    expect(simulateDraws(7)).toEqual(simulateDraws(7));
    expect(simulateDraws(7).traceHash).not.toBe(simulateDraws(8).traceHash);
  });

  /** The first violation among a few seeds of a machine that is broken. */
  const caught = (step: typeof stepDraw, options: ChaosOptions = {}) => {
    for (const seed of seeds) {
      const { violation } = simulateDraws(seed, { ...options, step });
      if (violation !== undefined) return violation;
    }
    return "nothing";
  };

  it("notices machines that take any disclosure, whatever was committed to", minutes, () => {
    const careless: typeof stepDraw = (state, event) => {
      const message = event.type === "message" ? event.message : null;
      const { crypto } = state.config.ports;
      if (message?.type === "roster-disclose") {
        const { draw, attempt, disclosure } = message;
        const commitments = state.settings.get(`${draw}/${attempt}`)?.commitments;
        commitments?.set(disclosure.witness, rosterCommitment(crypto, draw, attempt, disclosure));
      }
      if (message?.type === "roster-list") {
        const { draw, attempt, disclosures } = message;
        const open = state.rosters.get(`${draw}/${attempt}`);
        if (open?.list != null) {
          const bound = open.list;
          open.list = disclosures.map((one) => rosterCommitment(crypto, draw, attempt, one));
          const done = stepDraw(state, event);
          open.list = bound;
          return done;
        }
      }
      return stepDraw(state, event);
    };
    expect(caught(careless)).toMatch(/what all had committed to|other processors than the honest run has/);
  });

  it("notices witnesses that show their value for any list", minutes, () => {
    const careless: typeof stepDraw = (state, event) => {
      const message = event.type === "message" ? event.message : null;
      const open = message?.type === "beacon-list" ? state.beacons.get(message.draw) : undefined;
      if (open !== undefined) open.list = null;
      return stepDraw(state, event);
    };
    expect(caught(careless)).toMatch(/showed its value for two lists/);
  });

  it("notices witnesses that do not write down what they committed to, and crash", minutes, () => {
    const forgetful: typeof stepDraw = (state, event) => {
      const done = stepDraw(state, event);
      const kept = done.effects.filter((effect) => effect.type !== "persist" || !effect.key.startsWith("draw/roster/"));
      return { ...done, effects: kept };
    };
    expect(caught(forgetful)).toMatch(/showed its value for two lists/);
  });

  it("notices witnesses that write down what they committed to when they have said it, and crash", minutes, () => {
    const late: typeof stepDraw = (state, event) => {
      const done = stepDraw(state, event);
      const last = ({ type }: (typeof done.effects)[number]) => (type === "persist" ? 1 : 0);
      return { ...done, effects: [...done.effects].sort((a, b) => last(a) - last(b)) };
    };
    expect(caught(late, { crashOnPromise: 1 / 5 })).toMatch(/showed its value for two lists/);
  });

  it("notices witnesses that seal whatever they are asked to", minutes, () => {
    const careless: typeof stepDraw = (state, event) => {
      const message = event.type === "message" ? event.message : null;
      if (event.type !== "message" || message?.type !== "roster-seal") return stepDraw(state, event);
      const { draw, drawn } = message;
      const { self, signer } = state.config;
      const statement = sealStatement(draw, drawn.random, drawn.attempt, drawn.actors, event.nowMs);
      const sealed = { certificate: self.certificate, atMs: event.nowMs, signature: signer.sign(statement) };
      return { state, effects: [{ type: "send", to: event.from, message: { type: "roster-sealed", draw, sealed } }] };
    };
    expect(caught(careless)).toMatch(
      /other processors than the honest run has|are sealed|committed to when|sealed what it was not shown/,
    );
  });

  it("notices setters that do nothing", minutes, () => {
    const idle: typeof stepDraw = (state, event) =>
      event.type === "message" && event.message.type === "roster-start"
        ? { state, effects: [] }
        : stepDraw(state, event);
    expect(caught(idle)).toMatch(/no roster for 3 of the triggers after everything was healed: draw-silent/);
  });
});

// The simulation of the life cycle, and proof that its checks can fail: each broken variant must be caught.
import { describe, expect, it } from "vitest";
import type { NodeId } from "../../core/base/index.ts";
import {
  type CellView,
  type CoordinatorEffect,
  type CoordinatorState,
  type ParticipantEffect,
  stepCoordinator,
  stepParticipant,
  type Wiring,
} from "../../core/lifecycle/index.ts";
import { edgesOf, vertexOf } from "../../core/model/index.ts";
import { type Machines, randomScenario, realMachines, simulateLifecycle, simulateOne } from "./index.ts";

/** Runs seeds until one is caught; the violation, or what would have been a pass. */
function firstViolation(machines: Partial<Machines>, seeds: number): string {
  for (let seed = 1; seed <= seeds; seed++) {
    const run = simulateOne(seed, { machines: { ...realMachines, ...machines } });
    if (run.violation !== undefined) return run.violation;
  }
  return "nothing was noticed";
}

/** Says that nothing was lost. */
const silent: Machines["stepCoordinator"] = (config, state, event) => {
  const step = stepCoordinator(config, state, event);
  const effects = step.effects.map((effect) =>
    effect.type === "settled" ? { ...effect, undelivered: 0, losses: [] } : effect,
  );
  return { ...step, effects };
};

/** Changes what a participant's step does. */
function participantThat(change: (effects: readonly ParticipantEffect[]) => ParticipantEffect[]): Partial<Machines> {
  return {
    stepParticipant: (config, state, event) => {
      const step = stepParticipant(config, state, event);
      return { ...step, effects: change(step.effects) };
    },
  };
}

/** The seed's scenario, but each crash takes the disk's last write with it. */
function forgetful(seed: number) {
  const scenario = randomScenario(seed);
  return { ...scenario, faults: scenario.faults.map((fault) => ("loses" in fault ? { ...fault, loses: 1 } : fault)) };
}

/** The first violation in a run in which a disk lost a write that its node had relied on. */
function firstDespiteLostWrites(machines: Partial<Machines>, from: number, to: number): string {
  for (let seed = from; seed <= to; seed++) {
    const run = simulateOne(seed, { machines: { ...realMachines, ...machines }, scenario: forgetful(seed) });
    if (run.lostWrites > 0 && run.violation !== undefined) return run.violation;
  }
  return "nothing was noticed";
}

describe("the simulated life cycle", () => {
  it("holds for 120 seeds, and does all there is to do in them", () => {
    const report = simulateLifecycle({ seeds: 120 });
    expect(report.failures).toEqual([]);
    expect(Object.keys(report.outcomes)).toEqual(
      expect.arrayContaining(["finished", "stopped", "rolled-back", "stopped, loss reported"]),
    );
    expect(report.delivered).toBeGreaterThan(1_000);
  });

  it("holds when every crash takes a write with it, but for what the write told of", () => {
    // 876, 2317, 2332, 2941: forgot the decision, at the coordinator or at a participant while nobody was attached.
    for (const seed of [...Array.from({ length: 60 }, (_, i) => i + 1), 876, 2317, 2318, 2332, 2941])
      expect(simulateOne(seed, { scenario: forgetful(seed) }).violation, `seed ${seed}`).toBeUndefined();
  });

  it("gives the same trace for the same seed, and another for another", () => {
    const hash = (firstSeed: number): string => simulateLifecycle({ seeds: 5, firstSeed }).traceHash;
    expect(hash(7)).toBe(hash(7));
    expect(hash(7)).not.toBe(hash(8));
  });
});

describe("the simulation notices when", () => {
  it("producers run before exits", () => {
    const eager: Machines["stepCoordinator"] = (config, state, event) => {
      const step = stepCoordinator(config, state, event);
      if (state.at !== "instantiating" || step.state.at !== "starting") return step;
      const { cells, plan, query, term, command } = step.state;
      const early = cells.flatMap((cell): CoordinatorEffect[] => {
        if (vertexOf(plan, cell.vertex)!.operator.kind !== "source") return [];
        const { vertex, incarnation } = cell;
        const wiring = wiringOf(step.state as Extract<CoordinatorState, { at: "starting" }>, cell);
        return [
          { type: "send", to: cell.node, message: { type: "run", query, term, command, vertex, incarnation, wiring } },
        ];
      });
      return { ...step, effects: [...early, ...step.effects] };
    };
    expect(firstViolation({ stepCoordinator: eager }, 20)).toMatch(/starts before .* awaits it/);
  });

  it("the decision falls before everybody runs", () => {
    const hasty: Machines["stepCoordinator"] = (config, state, event) => {
      const step = stepCoordinator(config, state, event);
      if (step.state.at !== "starting") return step;
      const cells = step.state.cells.map((cell): CellView => ({ ...cell, at: "started" }));
      return { ...step, state: { ...step.state, at: "committing", cells } };
    };
    expect(firstViolation({ stepCoordinator: hasty }, 40)).not.toBe("nothing was noticed");
  });

  it("sources produce before the decision", () => {
    const leaky = participantThat((effects) =>
      effects.flatMap((effect): ParticipantEffect[] => {
        if (effect.type !== "start-cell") return [effect];
        const { query, vertex, incarnation } = effect;
        return [effect, { type: "release-cell", query, vertex, incarnation }];
      }),
    );
    expect(firstViolation(leaky, 300)).toMatch(/rolled back|before every cell has run|settled rolled-back/);
  });

  it("repeats of a replaced cell are taken for new batches", () => {
    expect(firstViolation({ acceptRepeats: true }, 1_500)).toMatch(/twice at/);
  });

  it("the same where disks lose other writes: those excuse only what they told of", () => {
    expect(firstDespiteLostWrites({ acceptRepeats: true }, 260, 300)).toMatch(/twice at/);
    expect(firstDespiteLostWrites({ stepCoordinator: silent }, 1, 100)).toMatch(/missing|nobody says so/);
  });

  it("nodes do not ask their policy", () => {
    expect(firstViolation({ ignorePolicy: true }, 60)).toMatch(/policy forbids|forbids it/);
  });

  it("a query goes on with its next plan though no policy refused this one", () => {
    const fickle: Machines["stepCoordinator"] = (config, state, event) =>
      state.at === "rolling-back"
        ? stepCoordinator(config, { ...state, reasons: [...state.reasons, { code: "attribute-forbidden" }] }, event)
        : stepCoordinator(config, state, event);
    expect(firstViolation({ stepCoordinator: fickle }, 60)).toMatch(
      /though no policy refuses this one|though data moved/,
    );
  });

  it("a refused plan is forgotten before the next one is known", () => {
    const rash: Machines["stepCoordinator"] = (config, state, event) => {
      const step = stepCoordinator(config, state, event);
      const isForget = (effect: CoordinatorEffect) => effect.type === "persist" && effect.value === null;
      const others = step.effects.filter((effect) => !isForget(effect));
      return { ...step, effects: [...step.effects.filter(isForget), ...others] };
    };
    expect(firstViolation({ stepCoordinator: rash }, 300)).toMatch(/forgotten before the next one/);
  });

  it("participants obey a term that is over", () => {
    const careless: Machines["stepParticipant"] = (config, state, event) => {
      if (event.type !== "message" || state.at === "absent" || !("command" in event.message))
        return stepParticipant(config, state, event);
      const forgetful = { ...state, term: 1, commander: "" as NodeId };
      return stepParticipant(config, forgetful, event);
    };
    expect(firstViolation({ stepParticipant: careless }, 200)).toMatch(
      /went back from term|not settled|still running|no progress/,
    );
  });

  it("nobody rolls back when the lease is over, and nobody stops an orphan", () => {
    const patient = participantThat((effects) =>
      effects.filter(
        (effect) => effect.type !== "wake" || !(effect.tag.startsWith("lease/") || effect.tag === "orphan"),
      ),
    );
    expect(firstViolation(patient, 1_500)).toMatch(/still running in the end|is prepared/);
  });

  it("undelivered batches go unreported", () => {
    expect(firstViolation({ stepCoordinator: silent }, 100)).toMatch(/missing|nobody says so/);
  });

  it("the query settles while its cells still run", () => {
    const rash: Machines["stepCoordinator"] = (config, state, event) => {
      if (state.at !== "stopping") return stepCoordinator(config, state, event);
      const cells = state.cells.map((cell): CellView => ({ ...cell, at: "drained" }));
      const nodes = state.nodes.map((node) => ({ ...node, ended: "yes" as const }));
      return stepCoordinator(config, { ...state, at: "closing", cells, nodes }, event);
    };
    expect(firstViolation({ stepCoordinator: rash }, 60)).toMatch(/runs on after the query settled/);
  });
});

function wiringOf(state: Extract<CoordinatorState, { at: "starting" }>, cell: CellView): Wiring {
  const outputs = edgesOf(state.plan)
    .filter((edge) => edge.from === cell.vertex)
    .map((edge) => {
      const peer = state.cells.find((other) => other.vertex === edge.to)!;
      return { edge: edge.id, node: peer.node, incarnation: peer.incarnation, ...peer.card! };
    });
  return { inputs: [], outputs };
}

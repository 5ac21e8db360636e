// Runs random queries over random networks under random faults; checks safety at every step, then heals everything and
// demands progress. Same seed, same trace.
import { assert, type NodeId } from "../../core/base/index.ts";
import { pathsOf } from "../../core/cell/index.ts";
import { type CoordinatorState, stepCoordinator, stepParticipant } from "../../core/lifecycle/index.ts";
import { calmLink, Simulation } from "../kernel/index.ts";
import { type Machines, type SimEvent, type SimMessage, SimNode, type SimState } from "./node.ts";
import { Oracle } from "./oracle.ts";
import { type Fault, randomScenario, type Scenario } from "./scenario.ts";

export const realMachines: Machines = { stepParticipant, stepCoordinator, acceptRepeats: false, ignorePolicy: false };

export interface LifecycleRun {
  readonly seed: number;
  /** What became of the query: the outcome that its coordinator settled with, or `orphaned`. */
  readonly outcome: string;
  readonly violation?: string;
  readonly events: number;
  readonly traceHash: string;
  readonly trace: readonly string[];
  readonly produced: number;
  readonly delivered: number;
  /** Writes that a disk lost after its node had relied on them. */
  readonly lostWrites: number;
}

export interface LifecycleFailure {
  readonly seed: number;
  readonly violation: string;
  readonly trace: readonly string[];
}

export interface LifecycleReport {
  readonly runs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: readonly LifecycleFailure[];
  readonly events: number;
  readonly produced: number;
  readonly delivered: number;
  readonly traceHash: string;
}

const faultWindowMs = 75_000;
const healMs = 240_000;
const stopMs = 320_000;
const sliceMs = 40_000;
const maxEvents = 400_000;
/** Failing runs kept with their traces; more are only counted. */
const maxFailures = 20;

export function simulateLifecycle(options: {
  readonly seeds: number;
  readonly firstSeed?: number;
  readonly onProgress?: (done: number, failures: number) => void;
  readonly machines?: Machines;
}): LifecycleReport {
  const { seeds, firstSeed = 1, onProgress, machines = realMachines } = options;
  const outcomes: Record<string, number> = {};
  const failures: LifecycleFailure[] = [];
  let [events, produced, delivered, hash] = [0, 0, 0, 0n];
  for (let i = 0; i < seeds; i++) {
    const run = simulateOne(firstSeed + i, { machines });
    events += run.events;
    produced += run.produced;
    delivered += run.delivered;
    hash = BigInt.asUintN(64, hash * 0x100000001b3n + BigInt(`0x${run.traceHash}`));
    const label = run.violation === undefined ? run.outcome : "VIOLATION";
    outcomes[label] = (outcomes[label] ?? 0) + 1;
    if (run.violation !== undefined && failures.length < maxFailures) {
      const { trace } = simulateOne(run.seed, { machines, traceLines: 400 });
      failures.push({ seed: run.seed, violation: run.violation, trace });
    }
    onProgress?.(i + 1, failures.length);
  }
  return {
    runs: seeds,
    outcomes,
    failures,
    events,
    produced,
    delivered,
    traceHash: hash.toString(16).padStart(16, "0"),
  };
}

export interface RunOptions {
  readonly machines?: Machines;
  readonly traceLines?: number;
  /** Instead of the seed's own: for named scenarios. */
  readonly scenario?: Scenario;
}

export function simulateOne(seed: number, options: RunOptions = {}): LifecycleRun {
  const run = new Run(options.scenario ?? randomScenario(seed), seed, options);
  const violation = run.play();
  const { events } = run.simulation.counts;
  const { produced, delivered } = run.oracle;
  const trace = run.simulation.trace;
  const base = {
    seed,
    outcome: run.outcome(),
    events,
    produced,
    delivered,
    lostWrites: run.oracle.excuses.lostWrites,
    traceHash: trace.hash(),
    trace: trace.lines(),
  };
  return violation === undefined ? base : { ...base, violation };
}

class Run {
  readonly simulation: Simulation<SimMessage>;
  readonly oracle: Oracle;
  private readonly scenario: Scenario;
  private readonly nodes = new Map<NodeId, SimNode>();

  constructor(scenario: Scenario, seed: number, { machines = realMachines, traceLines = 0 }: RunOptions) {
    this.scenario = scenario;
    this.oracle = new Oracle(scenario);
    this.simulation = new Simulation<SimMessage>({ seed, link: scenario.link, traceLines, describe });
    const paths = pathsOf(scenario.plan);
    assert(paths.ok, "the plan is too entangled");
    for (const member of [...scenario.venue, ...scenario.analysts]) {
      const node = new SimNode(member, scenario, paths.value, this.simulation, this.oracle, machines);
      this.nodes.set(member.facts.node, node);
      this.simulation.addNode(member.facts.node, node.behaviour());
    }
    this.simulation.onLostWrite = (_, write) => this.oracle.excuses.onLostWrite(write);
    this.simulation.invariant("lifecycle", () => this.oracle.violation);
  }

  private tell(node: NodeId, event: SimEvent): void {
    this.simulation.inject(node, event);
  }

  private get analysts(): NodeId[] {
    return this.scenario.analysts.map((one) => one.facts.node);
  }

  play(): string | undefined {
    const [first, second] = this.analysts as [NodeId, NodeId];
    this.simulation.after(10, () => this.tell(first, { target: "ask" }));
    for (const fault of this.scenario.faults) this.simulation.after(fault.atMs, () => this.happen(fault));
    const during = this.forMs(faultWindowMs);
    if (during !== undefined) return during;
    const healed = this.settleDown();
    if (healed !== undefined) return healed;
    // Whatever still runs is looked after and stopped by somebody.
    for (let tries = 0; tries < 3 && this.inCharge() === undefined && this.oracle.liveCells().length > 0; tries++) {
      this.tell(second, { target: "take-over" });
      const attached = this.settleDown();
      if (attached !== undefined) return attached;
    }
    for (let waitedMs = 0; waitedMs < stopMs; waitedMs += sliceMs) {
      // Asked again each time: whoever restarts meanwhile goes on with what was decided before.
      for (const node of this.analysts) this.tell(node, { target: "coordinator", event: { type: "stop" } });
      this.heal();
      const stopped = this.forMs(sliceMs);
      if (stopped !== undefined) return stopped;
    }
    if (this.inCharge() !== undefined) return `not settled after a stop: ${this.describeCoordinators()}`;
    const live = this.oracle.liveCells();
    if (live.length > 0) return `still running in the end: ${live.join(", ")}; ${this.describeCoordinators()}`;
    return this.oracle.account();
  }

  /** Undefined as soon as things are stable; else what is still wrong after the time allowed. */
  private settleDown(): string | undefined {
    let wrong: string | undefined;
    for (let waitedMs = 0; waitedMs < healMs; waitedMs += sliceMs) {
      this.heal(); // again: a crash planned inside a step may come only now
      const violation = this.forMs(sliceMs);
      if (violation !== undefined) return violation;
      wrong = this.stable();
      if (wrong === undefined) return undefined;
    }
    return wrong;
  }

  private forMs(forMs: number): string | undefined {
    const outcome = this.simulation.run({ forMs, maxEvents });
    if (outcome.at === "violated") return outcome.detail;
    if (outcome.at === "threw") return `threw ${outcome.error instanceof Error ? outcome.error.stack : outcome.error}`;
    return outcome.at === "event-limit" ? "livelock: too many events" : undefined;
  }

  private happen(fault: Fault): void {
    switch (fault.type) {
      case "crash":
      case "crash-in-step": {
        const { node, loses } = fault;
        if (fault.type === "crash") this.simulation.crash(node, { loseLastWrites: loses });
        else this.simulation.crashDuringNextStep(node, fault.effects, { loseLastWrites: loses });
        const verdict = this.simulation.random.chance(0.7);
        for (const other of this.nodes.values()) if (other.node !== node) other.peerCrashed(node, verdict);
        this.simulation.after(fault.downMs, () => this.simulation.restart(node));
        return;
      }
      case "partition":
        this.simulation.partition(fault.sets);
        this.simulation.after(fault.forMs, () => this.simulation.heal());
        return;
      case "cell-fails":
        if (this.simulation.isUp(fault.node)) this.nodes.get(fault.node)!.failCell(this.simulation.random.below(8));
        return;
      case "stop":
        for (const node of this.analysts) this.tell(node, { target: "coordinator", event: { type: "stop" } });
        return;
      case "detach":
        for (const node of this.analysts) this.tell(node, { target: "coordinator", event: { type: "detach" } });
        return;
      case "take-over":
        this.tell(this.analysts[1]!, { target: "take-over" });
    }
  }

  private heal(): void {
    this.simulation.heal();
    this.simulation.network.setQuality(calmLink);
    for (const node of this.nodes.keys()) this.simulation.restart(node);
  }

  private coordinatorOf(node: NodeId): CoordinatorState | null {
    return this.simulation.state<SimState>(node)?.coordinator ?? null;
  }

  private inCharge(): NodeId | undefined {
    return this.analysts.find((node) => {
      const at = this.coordinatorOf(node)?.at;
      return at !== undefined && at !== "settled" && at !== "detached";
    });
  }

  /** After everything is healed: settled, running whole, or degraded and saying why. */
  private stable(): string | undefined {
    const node = this.inCharge();
    if (node === undefined) return undefined;
    const state = this.coordinatorOf(node)!;
    if (state.at === "degraded") return state.reasons.length > 0 ? undefined : "degraded without a reason";
    if (state.at !== "flowing") return `no progress: ${this.describeCoordinators()}`;
    for (const cell of state.cells) {
      const model = this.oracle.cells.get(cell.node)?.get(`${cell.vertex}/${cell.incarnation}`);
      if (cell.at === "drained" || (model?.stage === "running" && cell.confirmed)) continue;
      return `flowing, but ${cell.vertex}/${cell.incarnation} is ${cell.at} (${model?.stage ?? "gone"})`;
    }
    return undefined;
  }

  private describeCoordinators(): string {
    return this.analysts
      .map((node) => {
        const state = this.coordinatorOf(node);
        if (state === null || !("cells" in state)) return state?.at ?? "none";
        const cells = state.cells.map((cell) => `${cell.vertex}/${cell.incarnation} ${cell.at}`).join(", ");
        return `${state.at} (${cells}) waits for ${Object.keys(state.outstanding).join(" ")}`;
      })
      .join("; ");
  }

  outcome(): string {
    const real = this.oracle.settledBy.filter(
      (one) => !one.reasons.some((reason) => reason.code === "nobody-knows-query"),
    );
    const last = real.at(-1);
    if (last === undefined) return this.oracle.participantsSettled.length > 0 ? "ended-without-analyst" : "never-began";
    if (last.goesOnWith !== undefined) return `${last.outcome}, goes on`;
    return last.losses.length > 0 || last.undelivered > 0 ? `${last.outcome}, loss reported` : last.outcome;
  }
}

function describe(message: SimMessage): string {
  if (message.kind === "control") return message.type;
  return message.kind === "frame"
    ? `${message.edge} ${message.type} ${message.sequence}`
    : `${message.edge} acknowledges ${message.acknowledged}`;
}

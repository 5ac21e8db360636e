// One simulated node: its participant, its coordinator if it is an analyst's, and its model cells. Crashing it forgets all
// but the disk.
import {
  accept,
  type CancelWake,
  type NodeId,
  type Persist,
  type Send,
  type Step,
  to,
  type Wake,
} from "../../core/base/index.ts";
import {
  addresseeOf,
  type CellRef,
  type CoordinatorConfig,
  type CoordinatorEvent,
  type CoordinatorOwnEffect,
  type CoordinatorState,
  coordinatorKey,
  decodeMessage,
  encodeMessage,
  initialParticipant,
  type Message,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantOwnEffect,
  type ParticipantState,
  participantKey,
  plannedCoordinator,
  searchingCoordinator,
  type stepCoordinator,
  type stepParticipant,
} from "../../core/lifecycle/index.ts";
import { checkVertices } from "../../core/policy/index.ts";
import type { Behaviour, NodeContext, Simulation } from "../kernel/index.ts";
import { type DataMessage, ModelCell } from "./cells.ts";
import { evidenceFor, hasher, verifyEvidence } from "./evidence.ts";
import type { Oracle } from "./oracle.ts";
import { planNodesOf } from "./plan-nodes.ts";
import { policyOf, type Scenario, type SimulatedMember } from "./scenario.ts";

export type SimMessage = { readonly kind: "control"; readonly bytes: Uint8Array; readonly type: string } | DataMessage;
type Bare<Event> = Event extends unknown ? Omit<Event, "nowMs"> : never;
export type SimEvent =
  | { readonly target: "participant"; readonly event: Bare<ParticipantEvent> }
  | { readonly target: "coordinator"; readonly event: Bare<CoordinatorEvent> }
  | { readonly target: "ask" }
  | { readonly target: "take-over" }
  | { readonly target: "data"; readonly from: NodeId; readonly message: DataMessage };
export type SimEffect =
  | Send<SimMessage>
  | Wake
  | CancelWake
  | Persist
  | {
      readonly type: "own";
      readonly effect: ParticipantOwnEffect | CoordinatorOwnEffect;
      readonly by: "participant" | "coordinator";
    };
export interface SimState {
  readonly participant: ParticipantState;
  readonly coordinator: CoordinatorState | null;
}

/** The machines under test: replaced by broken ones to show that the checks can fail. */
export interface Machines {
  readonly stepParticipant: typeof stepParticipant;
  readonly stepCoordinator: typeof stepCoordinator;
  /** Cells take repeated batches for new ones. */
  readonly acceptRepeats: boolean;
  /** Nodes do not ask their policy. */
  readonly ignorePolicy: boolean;
}

/** How often cells work: while things go wrong, and later, when only the end is awaited. */
const tickMs = 600;
const lateTickMs = 2_500;
const lateFromMs = 90_000;
const drainSilenceMs = 10_000;
const edgeGivenUpMs = 8_000;
/** Of the rewirings where cells fail at all. */
const rewireFails = 0.3;

export class SimNode {
  readonly node: NodeId;
  private readonly member: SimulatedMember;
  private readonly scenario: Scenario;
  private readonly paths: ReadonlyMap<string, number>;
  private readonly simulation: Simulation<SimMessage>;
  private readonly oracle: Oracle;
  private readonly machines: Machines;
  private readonly participantConfig: ParticipantConfig;
  private readonly coordinatorConfig: CoordinatorConfig;
  private readonly factsOf: ReadonlyMap<NodeId, SimulatedMember>;

  constructor(
    member: SimulatedMember,
    scenario: Scenario,
    paths: ReadonlyMap<string, number>,
    simulation: Simulation<SimMessage>,
    oracle: Oracle,
    machines: Machines,
  ) {
    this.node = member.facts.node;
    this.member = member;
    this.scenario = scenario;
    this.paths = paths;
    this.simulation = simulation;
    this.oracle = oracle;
    this.machines = machines;
    this.factsOf = new Map([...scenario.venue, ...scenario.analysts].map((one) => [one.facts.node, one]));
    const policy = policyOf(member);
    this.participantConfig = {
      self: member.facts,
      hasher,
      ports: {
        checkVertex: () => accept(undefined),
        checkPolicy: (plan, vertex) => {
          const allowed = checkVertices(plan, [vertex.id], policy);
          return allowed.ok || machines.ignorePolicy ? accept(vertex.operator.digest) : allowed;
        },
        equipment: () => undefined,
        hasRoom: () => true,
        bodyOf: () => undefined,
        verifyEvidence,
      },
    };
    this.coordinatorConfig = { self: member.facts, hasher, ports: { bodyOf: () => undefined, verifyEvidence } };
  }

  private get cells(): Map<string, ModelCell> {
    return this.oracle.cells.get(this.node)!;
  }

  behaviour(): Behaviour<SimState, SimEvent, SimEffect, SimMessage> {
    return {
      boot: (context) => this.boot(context),
      step: (state, event, context) => this.step(state, event, context),
      received: (from, message) => this.received(from, message),
      woken: (tag) => {
        const event = { type: "wake" as const, tag: tag.slice(2) };
        return tag.startsWith("p:") ? { target: "participant", event } : { target: "coordinator", event };
      },
      perform: (effect, context) => {
        if (effect.by === "coordinator") this.performCoordinator(effect.effect as CoordinatorOwnEffect);
        else this.performParticipant(effect.effect as ParticipantOwnEffect, context);
      },
    };
  }

  private boot(context: NodeContext): Step<SimState, SimEffect> {
    for (const cell of this.cells.values()) if (cell.isLive) this.oracle.onDeath(cell);
    this.cells.clear();
    const query = this.scenario.plan.id;
    let state: SimState = { participant: initialParticipant(query), coordinator: null };
    const effects: SimEffect[] = [];
    const held = context.disk.read(participantKey(query));
    if (held !== undefined) {
      const step = this.step(state, { target: "participant", event: { type: "recover", value: held } }, context);
      state = step.state;
      effects.push(...step.effects);
    }
    const led = context.disk.read(coordinatorKey(query));
    if (led !== undefined) {
      state = { ...state, coordinator: searchingCoordinator(query, []) };
      const step = this.step(state, { target: "coordinator", event: { type: "recover", value: led } }, context);
      state = step.state;
      effects.push(...step.effects);
    }
    return to(state, ...effects);
  }

  private step(state: SimState, event: SimEvent, { nowMs }: NodeContext): Step<SimState, SimEffect> {
    const { plan } = this.scenario;
    switch (event.target) {
      case "participant": {
        const before = state.participant;
        const step = this.machines.stepParticipant(this.participantConfig, before, {
          ...event.event,
          nowMs,
        } as ParticipantEvent);
        if (before.at !== "absent" && step.state.at !== "absent")
          this.oracle.onTerm([before.term, before.commander], [step.state.term, step.state.commander]);
        return {
          ...step,
          state: { ...state, participant: step.state },
          effects: step.effects.map((one) => wrap(one, "participant")),
        };
      }
      case "coordinator": {
        if (state.coordinator === null) return { state, effects: [] };
        const step = this.machines.stepCoordinator(this.coordinatorConfig, state.coordinator, {
          ...event.event,
          nowMs,
        } as CoordinatorEvent);
        this.oracle.onCoordinatorStep(step.effects);
        return {
          ...step,
          state: { ...state, coordinator: step.state },
          effects: step.effects.map((one) => wrap(one, "coordinator")),
        };
      }
      case "ask":
      case "take-over": {
        const { coordinator } = state;
        const busy = coordinator !== null && coordinator.at !== "settled" && coordinator.at !== "detached";
        if (busy) return { state, effects: [] };
        if (event.target === "take-over") this.oracle.tookOver = true;
        const fresh =
          event.target === "ask"
            ? plannedCoordinator(plan, this.scenario.alternatives)
            : searchingCoordinator(plan.id, planNodesOf(plan));
        return this.step({ ...state, coordinator: fresh }, { target: "coordinator", event: { type: "begin" } }, {
          nowMs,
        } as NodeContext);
      }
      case "data":
        this.onData(event.from, event.message);
        return { state, effects: [] };
    }
  }

  private received(from: NodeId, message: SimMessage): SimEvent {
    if (message.kind !== "control") return { target: "data", from, message };
    const decoded = decodeMessage(message.bytes);
    if (!decoded.ok) throw new Error(`a node sent what its own decoder refuses: ${decoded.detail}`);
    const event = { type: "message" as const, from: this.factsOf.get(from)!.facts, message: decoded.value };
    return { target: addresseeOf(decoded.value), event };
  }

  private onData(from: NodeId, message: DataMessage): void {
    const at = message.kind === "frame" ? message.toIncarnation : message.fromIncarnation;
    const name = message.kind === "frame" ? message.edge.slice(message.edge.indexOf(">") + 1) : message.edge;
    const vertex = message.kind === "frame" ? name.slice(0, name.indexOf(":")) : name.slice(0, name.indexOf(">"));
    const cell = this.cells.get(`${vertex}/${at}`);
    if (cell === undefined) return;
    if (message.kind === "frame") cell.onFrame(from, message, this.simulation.nowMs);
    else cell.onAck(from, message, this.simulation.nowMs);
  }

  private performCoordinator(effect: CoordinatorOwnEffect): void {
    if (effect.type === "settled") this.oracle.onSettled(effect);
  }

  private tell(event: Bare<ParticipantEvent>, delayMs: number): void {
    this.simulation.inject<SimEvent>(this.node, { target: "participant", event }, delayMs);
  }

  private performParticipant(effect: ParticipantOwnEffect, context: NodeContext): void {
    if (effect.type === "progress" || effect.type === "forget") return;
    if (effect.type === "settled") {
      this.oracle.participantsSettled.push(effect);
      return;
    }
    const { vertex, incarnation } = effect;
    const ref: CellRef = { vertex, incarnation };
    const { random } = context;
    if (effect.type === "prepare-cell") {
      this.prepare(ref, context);
      return;
    }
    const cell = this.cells.get(`${vertex}/${incarnation}`);
    if (cell === undefined || !cell.isLive) {
      if (effect.type === "discard-cell") this.tell({ type: "cell-drained", ...ref, undelivered: 0 }, 1);
      return;
    }
    switch (effect.type) {
      case "start-cell":
        cell.start(effect.wiring);
        this.oracle.onStart(this.node, cell);
        this.tell({ type: "cell-started", ...ref }, random.between(1, 60));
        return;
      case "rewire-cell":
        // Drawn only where it can be, so that the other seeds keep their traces.
        if (this.scenario.prepareFails > 0 && random.chance(rewireFails)) {
          this.tell({ type: "cell-unwired", ...ref }, random.between(1, 6_000));
          return;
        }
        this.tell({ type: "cell-rewired", ...ref, acknowledged: cell.rewire(effect.wiring) }, random.between(1, 60));
        this.oracle.onWired(cell);
        return;
      case "release-cell":
        cell.release();
        return;
      case "drain-cell":
        cell.drain(effect.ended, this.simulation.nowMs);
        return;
      case "cut-cell":
        cell.cut(effect.gone);
        return;
      case "discard-cell": {
        this.oracle.onDeath(cell);
        const undelivered = cell.discard();
        this.tell({ type: "cell-drained", ...ref, undelivered }, random.between(1, 20));
      }
    }
  }

  private prepare(ref: CellRef, { random, boots }: NodeContext): void {
    this.oracle.onPrepare(this.node, ref);
    const delayMs = random.between(1, this.member.slownessMs);
    if (random.chance(this.scenario.prepareFails)) {
      this.tell({ type: "cell-failed", ...ref, code: "cell-failed", detail: "no room" }, delayMs);
      return;
    }
    const cell: ModelCell = new ModelCell(
      this.scenario.plan,
      this.paths,
      ref,
      this.scenario.batches[ref.vertex] ?? null,
      {
        acceptRepeats: this.machines.acceptRepeats,
        send: (node, message) => {
          if (message.kind === "frame") this.oracle.onWire(this.node, message.edge);
          if (node === this.node) this.simulation.inject<SimEvent>(node, { target: "data", from: node, message }, 1);
          else this.simulation.send(this.node, node, message);
        },
        drained: (undelivered) => this.tell({ type: "cell-drained", ...ref, undelivered }, 1),
        finished: () => this.tell({ type: "source-finished", ...ref }, 1),
        made: (payload) => this.oracle.onMade(cell, payload),
        arrived: (payload) => this.oracle.onArrived(cell, payload),
        dropped: () => {},
      },
    );
    this.cells.set(`${ref.vertex}/${ref.incarnation}`, cell);
    const publicKey = random.bytes(8);
    const evidence = evidenceFor(this.node, ref, publicKey);
    this.tell({ type: "cell-prepared", ...ref, publicKey, edgeAddresses: [], evidence }, delayMs);
    this.tick(cell, boots);
  }

  private tick(cell: ModelCell, boots: number): void {
    this.simulation.after(this.simulation.nowMs < lateFromMs ? tickMs : lateTickMs, () => {
      if (!this.simulation.isUp(this.node) || this.simulation.context(this.node).boots !== boots || !cell.isLive)
        return;
      cell.produce();
      if (cell.hasUnacknowledged) cell.resend();
      if (cell.isInVain || (cell.draining && this.simulation.nowMs - cell.lastProgressMs > drainSilenceMs)) {
        this.oracle.onDeath(cell);
        this.tell({ type: "cell-drained", ...cell.ref, undelivered: cell.discard() }, 1);
        return;
      }
      this.tick(cell, boots);
    });
  }

  /** Another node went down: its edges are given up after a while. */
  peerCrashed(node: NodeId, verdict: boolean): void {
    this.simulation.after(edgeGivenUpMs, () => {
      if (this.simulation.isUp(node) || !this.simulation.isUp(this.node)) return;
      if (verdict) {
        this.tell({ type: "peer-down", node }, 1);
        this.simulation.inject<SimEvent>(this.node, { target: "coordinator", event: { type: "peer-down", node } }, 1);
      }
      for (const cell of this.cells.values())
        for (const end of cell.wiredNodes())
          if (cell.isLive && end.node === node) this.tell({ type: "edge-lost", ...cell.ref, edge: end.edge }, 1);
    });
  }

  failCell(choice: number): void {
    const live = [...this.cells.values()].filter((cell) => cell.stage === "running");
    const cell = live[choice % Math.max(1, live.length)];
    if (cell === undefined) return;
    this.oracle.onDeath(cell);
    this.tell({ type: "cell-failed", ...cell.ref, code: "operator-trap", undelivered: cell.discard() }, 1);
  }
}

function wrap<Own extends ParticipantOwnEffect | CoordinatorOwnEffect>(
  effect: Send<Message> | Wake | CancelWake | Persist | Own,
  by: "participant" | "coordinator",
): SimEffect {
  const prefix = by === "participant" ? "p:" : "c:";
  switch (effect.type) {
    case "send": {
      const { to, message } = effect as Send<Message>;
      return { type: "send", to, message: { kind: "control", bytes: encodeMessage(message), type: message.type } };
    }
    case "wake":
    case "cancel-wake":
      return { ...effect, tag: prefix + (effect as Wake).tag } as Wake | CancelWake;
    case "persist":
      return effect as Persist;
    default: {
      const own = effect as Own;
      const what =
        own.type === "progress"
          ? `${own.phase}: ${own.detail}`
          : "vertex" in own
            ? `${own.type} ${own.vertex}`
            : own.type;
      return { type: `${by} ${what}`, effect: own, by } as unknown as SimEffect;
    }
  }
}

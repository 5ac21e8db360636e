// Knows everything that happens in a simulated query, and says at once what must never happen. What it checks:
//   - exactly once, or reported: no batch reaches the same end of the same trail twice; what is missing was accounted
//   - no cell starts before all its successors run and await it; no source produces before every cell has run
//   - no cell is prepared where the policy forbids it; no forbidden attribute on any wire
//   - a query goes on with its next plan only when a policy could refuse this one, no data moved, and it is not forgotten before
//   - terms never go back at a participant; nothing of a query runs after it is settled
import type { NodeId, VertexId } from "../../core/base/index.ts";
import type {
  CellRef,
  CoordinatorEffect,
  CoordinatorOwnEffect,
  Loss,
  ParticipantOwnEffect,
} from "../../core/lifecycle/index.ts";
import { edgesOf, type Plan, vertexOf } from "../../core/model/index.ts";
import { checkVertices } from "../../core/policy/index.ts";
import { isFiltered, type ModelCell, type Payload, trailsOf } from "./cells.ts";
import { Excuses } from "./excuses.ts";
import { policyOf, type Scenario, type SimulatedMember } from "./scenario.ts";

type CoordinatorSettled = Extract<CoordinatorOwnEffect, { type: "settled" }>;
type ParticipantSettled = Extract<ParticipantOwnEffect, { type: "settled" }>;

export class Oracle {
  violation: string | undefined;
  readonly settledBy: CoordinatorSettled[] = [];
  readonly participantsSettled: ParticipantSettled[] = [];
  /** All cells there are, by node. */
  readonly cells = new Map<NodeId, Map<string, ModelCell>>();
  readonly excuses: Excuses;
  produced = 0;
  delivered = 0;
  private readonly plan: Plan;
  private readonly members: ReadonlyMap<NodeId, SimulatedMember>;
  private readonly made = new Map<VertexId, Set<number>>();
  private readonly arrivals = new Map<string, Map<number, number>>();
  private readonly everStarted = new Set<VertexId>();
  private readonly awaited = new Set<string>();
  /** Sinks and cells with state that got a batch in two incarnations: only right if the first is reported as lost. */
  private readonly doubled = new Set<VertexId>();
  /** Taken by states that died, less those given again to their successors, which are not lost after all. */
  private readonly heldByDead = new Map<VertexId, number>();

  constructor(scenario: Scenario) {
    this.plan = scenario.plan;
    this.excuses = new Excuses(scenario.plan.id);
    this.members = new Map([...scenario.venue, ...scenario.analysts].map((one) => [one.facts.node, one]));
    for (const { facts } of this.members.values()) this.cells.set(facts.node, new Map());
  }

  fail(text: string): void {
    this.violation ??= text;
  }

  onPrepare(node: NodeId, ref: CellRef): void {
    const forbidden = this.forbiddenIn(node, ref.vertex);
    if (forbidden !== undefined) this.fail(`${ref.vertex} prepared where the policy forbids ${forbidden}`);
  }

  onStart(node: NodeId, cell: ModelCell): void {
    const { vertex, incarnation } = cell.ref;
    for (const edge of edgesOf(this.plan))
      if (edge.from === vertex && !this.awaited.has(`${edge.id} ${node} ${incarnation}`))
        this.fail(`${vertex}/${incarnation} starts before ${edge.to} awaits it`);
    this.everStarted.add(vertex);
    this.onWired(cell);
  }

  /** The cell runs, and awaits these predecessors from now on. */
  onWired(cell: ModelCell): void {
    for (const { edge, node, incarnation } of cell.wiredInputs()) this.awaited.add(`${edge} ${node} ${incarnation}`);
  }

  onMade(cell: ModelCell, payload: Payload): void {
    const { vertex, incarnation } = cell.ref;
    if (this.everStarted.size < this.plan.vertices.length) this.fail(`${vertex} produces before every cell has run`);
    const origins = this.made.get(vertex) ?? new Set();
    // Nobody may be left who knows of a cell that a disk forgot (docs/protocols/life-cycle.md, known holes).
    if (origins.has(payload.origin) && !this.excuses.isForgotten(vertex, incarnation))
      this.fail(`${vertex} makes batch ${payload.origin} twice`);
    this.made.set(vertex, origins.add(payload.origin));
    this.produced++;
  }

  onWire(node: NodeId, edge: string): void {
    const from = edge.slice(0, edge.indexOf(">")) as VertexId;
    const forbidden = this.forbiddenIn(node, from);
    if (forbidden !== undefined) this.fail(`${forbidden} on the wire from a node that forbids it`);
  }

  onArrived(cell: ModelCell, payload: Payload): void {
    const { trail, origin } = payload;
    const { vertex, incarnation } = cell.ref;
    const seen = this.arrivals.get(trail) ?? new Map<number, number>();
    const before = seen.get(origin);
    if (before === incarnation && !this.excuses.isForgotten(vertex, incarnation))
      this.fail(`batch ${origin} twice at ${trail}`);
    // Confirmed by a sink, or taken by a state, whose confirmation died with its node.
    if (before !== undefined) {
      this.doubled.add(vertex);
      if (cell.vertex.operator.kind !== "sink") this.holdsLess(vertex, 1);
    } else this.delivered++;
    this.arrivals.set(trail, seen.set(origin, incarnation));
  }

  /** A cell is gone with what it held. */
  onDeath(cell: ModelCell): void {
    if (cell.stage === "prepared") return;
    this.holdsLess(cell.ref.vertex, -cell.absorbed);
  }

  private holdsLess(vertex: VertexId, batches: number): void {
    this.heldByDead.set(vertex, (this.heldByDead.get(vertex) ?? 0) - batches);
  }

  onTerm(before: readonly [number, string], after: readonly [number, string]): void {
    if (after[0] < before[0] || (after[0] === before[0] && after[1] < before[1]))
      this.fail(`a participant went back from term ${before[0]} to ${after[0]}`);
  }

  /** What one step of a coordinator is about to do, in this order. */
  onCoordinatorStep(effects: readonly CoordinatorEffect[]): void {
    const goesOn = effects.findIndex((effect) => effect.type === "settled" && effect.goesOnWith !== undefined);
    const forgets = effects.findIndex((effect) => effect.type === "persist" && effect.value === null);
    if (forgets >= 0 && forgets < goesOn) this.fail("a refused plan is forgotten before the next one is known");
  }

  private onGoingOn(): void {
    const refuses = (vertex: Plan["vertices"][number]) =>
      !checkVertices(this.plan, [vertex.id], policyOf(this.members.get(vertex.node)!)).ok;
    if (!this.plan.vertices.some(refuses)) this.fail("goes on with the next plan, though no policy refuses this one");
    if (this.produced > 0) this.fail("goes on with the next plan, though data moved");
  }

  onSettled(effect: CoordinatorSettled): void {
    if (effect.goesOnWith !== undefined) this.onGoingOn();
    // A process that was stopped before it found anybody who holds the query says nothing about it.
    if (effect.reasons.some((reason) => reason.detail === "before anybody was found who holds it")) return;
    this.settledBy.push(effect);
    if (effect.reasons.some((reason) => reason.code === "nobody-knows-query" || reason.code === "taken-over")) return;
    const excused = new Set(effect.reasons.flatMap((reason) => (reason.node === undefined ? [] : [reason.node])));
    for (const [node, host] of this.cells)
      for (const cell of host.values())
        if (cell.stage === "running" && !excused.has(node))
          this.fail(`${cell.ref.vertex}/${cell.ref.incarnation} runs on after the query settled ${effect.outcome}`);
    if (
      effect.outcome === "rolled-back" &&
      this.produced > 0 &&
      !this.excuses.decisionForgotten &&
      this.settledBy.length === 1 &&
      !this.tookOver
    )
      this.fail("data moved in a query that was rolled back");
  }
  tookOver = false;

  /** In the end: is everything that was made either delivered, or said to be missing? */
  account(): string | undefined {
    let missing = 0;
    for (const [anchor, origins] of this.made) {
      const trails = trailsOf(this.plan, anchor);
      for (const origin of origins) if (trails.some((trail) => !this.isAccounted(trail, origin))) missing++;
    }
    const real = this.settledBy.filter((one) => !one.reasons.some((reason) => reason.code === "nobody-knows-query"));
    let taken = 0;
    for (const [vertex, batches] of this.heldByDead) if (!this.excuses.mayGoSilent(vertex)) taken += batches;
    const held = missing + Math.max(0, taken);
    if (held === 0 && this.doubled.size === 0) return undefined;
    if (real.length === 0) {
      const told = this.participantsSettled.some((one) => one.undelivered > 0 || one.reasons.length > 0);
      return told ? undefined : `${held} batches missing, and nobody says so`;
    }
    // What flowed between a decision that its disk forgot and the rolling back is with no cell that anybody can ask.
    if (this.excuses.decisionForgotten && real.every(({ outcome }) => outcome === "rolled-back")) return undefined;
    const undelivered = real.reduce((sum, one) => sum + one.undelivered, 0);
    const losses = real.flatMap((one) => one.losses);
    const silent = [...this.doubled].find((vertex) => !losses.some((loss) => loss.vertex === vertex));
    if (silent !== undefined) return `${silent} got batches in two incarnations, and nobody says so`;
    if (losses.some((loss) => Object.keys(loss.batches).length === 0)) return undefined; // "unknown" is an account too
    const lost = losses.reduce((sum, loss) => sum + batchesOf(loss), 0);
    return undelivered + lost >= held ? undefined : `${held} batches missing, only ${undelivered} + ${lost} reported`;
  }

  private isAccounted(trail: string, origin: number): boolean {
    if (this.arrivals.get(trail)?.has(origin) === true) return true;
    const parts = trail.split(">");
    if (parts.some((vertex) => this.excuses.mayGoSilent(vertex))) return true;
    // Dropped by a filter on the way, as it always would be.
    for (let length = 2; length < parts.length; length++)
      if (isFiltered({ trail: parts.slice(0, length).join(">"), origin })) return true;
    return false;
  }

  private forbiddenIn(node: NodeId, vertex: VertexId): string | undefined {
    const forbids = this.members.get(node)?.forbids ?? [];
    return (vertexOf(this.plan, vertex)?.output ?? []).find((column) => forbids.includes(column.name))?.name;
  }

  liveCells(): string[] {
    return [...this.cells.values()].flatMap((host) =>
      [...host.values()].filter((cell) => cell.isLive).map((cell) => `${cell.ref.vertex}/${cell.ref.incarnation}`),
    );
  }
}

function batchesOf(loss: Loss): number {
  return Object.values(loss.batches).reduce((sum, batches) => sum + batches, 0);
}

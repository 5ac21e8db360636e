// A coordinator under test: fed by hand, with what it said so far, and the reports that its participants would make.
import type { NodeId, RefusalCode, VertexId } from "../../src/core/base/index.ts";
import { stepCoordinator } from "../../src/core/lifecycle/coordinator.ts";
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorState,
  plannedCoordinator,
} from "../../src/core/lifecycle/coordinator-state.ts";
import type { CellReport, Command, Message, Report } from "../../src/core/lifecycle/messages.ts";
import type { MemberFacts } from "../../src/core/model/index.ts";
import { cardOf, coordinatorConfig, digest, exit, facts, middle, plan, producer, query, spare } from "./lifecycle.ts";

type Bare<E> = E extends unknown ? Omit<E, "nowMs"> : never;
export type BareEvent = Bare<CoordinatorEvent>;

/** Exits first. */
export const homes: readonly [string, NodeId][] = [
  ["print", exit],
  ["add", middle],
  ["source", producer],
];
export const home: Readonly<Record<string, NodeId>> = Object.fromEntries(homes);
const wires: Readonly<Record<string, CellReport["wired"]>> = {
  source: [{ edge: "source>add:0", node: middle, incarnation: 0 }],
  add: [
    { edge: "source>add:0", node: producer, incarnation: 0 },
    { edge: "add>print:0", node: exit, incarnation: 0 },
  ],
  print: [{ edge: "add>print:0", node: middle, incarnation: 0 }],
};

/** The first incarnation on the node that the plan names, later ones on the spare. */
export function cell(vertex: string, at: CellReport["at"], changes: Partial<CellReport> = {}): CellReport {
  const incarnation = changes.incarnation ?? 0;
  const node = incarnation === 0 ? home[vertex]! : spare;
  return {
    vertex: vertex as VertexId,
    incarnation,
    at,
    confirmed: false,
    ...(at === "prepared" ? { card: cardOf(node, vertex, incarnation) } : {}),
    wired: at === "started" || at === "draining" ? wires[vertex]! : [],
    acknowledged: [],
    undelivered: 0,
    superseded: false,
    broken: [],
    ...changes,
  };
}

export function report(cells: CellReport[], changes: Partial<Report> = {}): Report {
  const about = { term: 1, flowing: false, ended: false, closed: false, missing: [] };
  return { type: "report", query, digest, cells, ...about, ...changes };
}

export class CoordinatorUnderTest {
  state: CoordinatorState;
  nowMs = 1_000_000;
  readonly effects: CoordinatorEffect[] = [];

  constructor(state: CoordinatorState = plannedCoordinator(plan)) {
    this.state = state;
  }

  feed(event: BareEvent) {
    const step = stepCoordinator(coordinatorConfig, this.state, { ...event, nowMs: this.nowMs } as CoordinatorEvent);
    this.state = step.state;
    this.effects.push(...step.effects);
    return step;
  }

  from(node: NodeId, message: Message, who: MemberFacts = facts(node)) {
    return this.feed({ type: "message", from: who, message });
  }

  /** What it was last told, or the last command of that type. */
  refuses(
    node: NodeId,
    code: RefusalCode,
    about: { term?: number; answers?: number; to?: Command["type"]; detail?: string } = {},
  ) {
    const { term = 0, answers = this.last(node, about.to), detail } = about;
    const reason = { code, ...(detail === undefined ? {} : { detail }) };
    return this.from(node, { type: "refusal", query, term, answers, reason });
  }

  get sent(): readonly { readonly to: NodeId; readonly command: Command }[] {
    return this.effects.flatMap((one) =>
      one.type === "send" ? [{ to: one.to, command: one.message as Command }] : [],
    );
  }

  /** The number of the last command to that node. */
  last(node: NodeId, type?: Command["type"]): number {
    const told = this.sent.filter(({ to, command }) => to === node && (type === undefined || command.type === type));
    return told.at(-1)!.command.command;
  }

  /** What it last wrote down. */
  get record(): Uint8Array {
    return this.effects.flatMap((one) => (one.type === "persist" && one.value !== null ? [one.value] : [])).at(-1)!;
  }

  /** Its disk has nothing of the query any more. */
  get isForgotten(): boolean {
    return this.effects.flatMap((one) => (one.type === "persist" ? [one.value] : [])).at(-1) === null;
  }

  get settled(): Extract<CoordinatorEffect, { type: "settled" }> | undefined {
    return this.effects.find((one) => one.type === "settled");
  }
}

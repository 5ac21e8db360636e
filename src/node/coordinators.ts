// Drives the coordinators of the queries that this node's analyst asked, one machine per query (core/lifecycle).
import type { NodeId, QueryId, Refusal } from "../core/base/index.ts";
import {
  type Active,
  type CoordinatorConfig,
  type CoordinatorEvent,
  type CoordinatorOwnEffect,
  type CoordinatorState,
  type Message,
  plannedCoordinator,
  searchingCoordinator,
  stepCoordinator,
} from "../core/lifecycle/index.ts";
import type { MemberFacts, Plan } from "../core/model/index.ts";
import { senderOf } from "./consequences.ts";
import { drive, type MachineDriver } from "./driver.ts";

export interface CoordinatorsOptions {
  readonly config: CoordinatorConfig;
  readonly send: (to: NodeId, message: Message) => void;
  readonly persist: (key: string, value: Uint8Array | null) => void;
  readonly refused: (query: QueryId, refusal: Refusal, sender: NodeId | null) => void;
  readonly changed: (query: QueryId, state: CoordinatorState) => void;
  readonly perform: (effect: CoordinatorOwnEffect) => void;
  /** The query goes on with the next plan, which is about to begin. False: it has begun and ended before a restart. */
  readonly succeeds: (effect: Settled, next: Plan) => boolean;
}
type Settled = Extract<CoordinatorOwnEffect, { type: "settled" }>;

export interface Coordinators {
  state(query: QueryId): CoordinatorState | undefined;
  /** With what to try if a policy refuses it. */
  begin(plan: Plan, alternatives: readonly Plan[]): void;
  /** Looks after a query that another process of this analyst started. */
  attach(query: QueryId, contacts: readonly NodeId[], signal: AbortSignal): Promise<Active | null>;
  /** After a restart of this node. */
  recover(query: QueryId, value: Uint8Array): void;
  stopQuery(query: QueryId): void;
  detach(query: QueryId): void;
  onMessage(from: MemberFacts, message: Message): void;
  peerDown(node: NodeId): void;
  drop(query: QueryId): void;
  stop(): void;
}

const attachPollMs = 20;

type WithoutNow<Event> = Event extends unknown ? Omit<Event, "nowMs"> : never;

export function createCoordinators(options: CoordinatorsOptions): Coordinators {
  const drivers = new Map<QueryId, MachineDriver<CoordinatorState, CoordinatorEvent>>();

  function feed(query: QueryId, event: WithoutNow<CoordinatorEvent>): void {
    drivers.get(query)?.feed({ ...event, nowMs: Date.now() } as CoordinatorEvent);
  }

  function add(query: QueryId, initial: CoordinatorState): void {
    drivers.get(query)?.stop();
    drivers.set(
      query,
      drive(
        initial,
        (state: CoordinatorState, event: CoordinatorEvent) => {
          const result = stepCoordinator(options.config, state, event);
          if (result.state !== state) queueMicrotask(() => options.changed(query, result.state));
          return result;
        },
        (tag): CoordinatorEvent => ({ type: "wake", tag, nowMs: Date.now() }),
        {
          send: options.send,
          persist: options.persist,
          refused: (refusal, event) => options.refused(query, refusal, senderOf(event)),
          perform: performOwn,
        },
      ),
    );
  }

  function begin(plan: Plan, alternatives: readonly Plan[]): void {
    add(plan.id, plannedCoordinator(plan, alternatives));
    feed(plan.id, { type: "begin" });
  }

  /**
   * INVARIANT 1: the next plan is on disk before the refused one counts as settled. After a crash in between both are
   * recovered: the next plan rolls back as any that was not decided, and the refused one finds that it has begun.
   */
  function performOwn(effect: CoordinatorOwnEffect): void {
    const [next, ...others] = (effect.type === "settled" && effect.goesOnWith) || [];
    if (effect.type === "settled" && next !== undefined && !drivers.has(next.id) && options.succeeds(effect, next))
      begin(next, others);
    options.perform(effect);
  }

  return {
    state: (query) => drivers.get(query)?.state,
    begin,
    async attach(query, contacts, signal) {
      add(query, searchingCoordinator(query, contacts));
      feed(query, { type: "begin" });
      while (!signal.aborted) {
        const state = drivers.get(query)?.state;
        if (state === undefined || state.at === "settled" || state.at === "detached") return null;
        if ("plan" in state && state.at !== "planned" && state.at !== "attaching") return state;
        await new Promise((resolve) => setTimeout(resolve, attachPollMs));
      }
      return null;
    },
    recover(query, value) {
      add(query, searchingCoordinator(query, []));
      feed(query, { type: "recover", value });
    },
    stopQuery: (query) => feed(query, { type: "stop" }),
    detach: (query) => feed(query, { type: "detach" }),
    onMessage: (from, message) => feed(message.query, { type: "message", from, message }),
    peerDown(node) {
      for (const query of drivers.keys()) feed(query, { type: "peer-down", node });
    },
    drop(query) {
      drivers.get(query)?.stop();
      drivers.delete(query);
    },
    stop() {
      for (const driver of drivers.values()) driver.stop();
      drivers.clear();
    },
  };
}

// Drives the participants of this node, one machine per query (core/lifecycle), over the cell host. It decides nothing:
// effects become calls of the cell host, what the host answers becomes events.
import type { NodeId, QueryId, Refusal, Result, VertexId } from "../core/base/index.ts";
import {
  type CellRef,
  initialParticipant,
  isOver,
  type Message,
  type ParticipantConfig,
  type ParticipantEvent,
  type ParticipantOwnEffect,
  type ParticipantState,
  stepParticipant,
  type Wiring,
} from "../core/lifecycle/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import type { CellEvent, CellHost } from "../io/cells/index.ts";
import { senderOf } from "./consequences.ts";
import { drive, type MachineDriver } from "./driver.ts";

export interface ParticipantsOptions {
  readonly config: ParticipantConfig;
  readonly host: CellHost;
  /** Evidence that binds the cell's key, encoded. */
  readonly evidenceFor: (
    effect: Extract<ParticipantOwnEffect, { type: "prepare-cell" }>,
    publicKey: Uint8Array,
  ) => Promise<Uint8Array>;
  /** A cell is about to be wired, or wired anew; its peers' evidence was verified. */
  readonly wired: (query: QueryId, vertex: VertexId, wiring: Wiring) => void;
  readonly send: (to: NodeId, message: Message) => void;
  readonly persist: (key: string, value: Uint8Array | null) => void;
  readonly refused: (query: QueryId, refusal: Refusal, sender: NodeId | null) => void;
  readonly progress: (query: QueryId, phase: string, detail: string) => void;
  readonly settled: (settled: Extract<ParticipantOwnEffect, { type: "settled" }>) => void;
  readonly maxQueries: number;
}

export interface Participants {
  state(query: QueryId): ParticipantState | undefined;
  queries(): readonly QueryId[];
  onMessage(from: MemberFacts, message: Message): void;
  onCellEvent(event: CellEvent): void;
  peerDown(node: NodeId): void;
  recover(query: QueryId, value: Uint8Array): void;
  /** This node is being stopped: its cells of the query end here, so that they can go on elsewhere. */
  leave(query: QueryId): void;
  firstSeenMs(query: QueryId): number;
  stop(): void;
}

type Driver = MachineDriver<ParticipantState, ParticipantEvent>;

export function createParticipants(options: ParticipantsOptions): Participants {
  const { host } = options;
  const drivers = new Map<QueryId, Driver>();
  const firstSeen = new Map<QueryId, number>();

  function feed(query: QueryId, event: WithoutNow<ParticipantEvent>): void {
    drivers.get(query)?.feed({ ...event, nowMs: Date.now() } as ParticipantEvent);
  }

  function driverOf(query: QueryId): Driver {
    const known = drivers.get(query);
    if (known !== undefined) return known;
    const made: Driver = drive(
      initialParticipant(query),
      (state: ParticipantState, event: ParticipantEvent) => stepParticipant(options.config, state, event),
      (tag): ParticipantEvent => ({ type: "wake", tag, nowMs: Date.now() }),
      {
        send: options.send,
        persist: options.persist,
        refused: (refusal, event) => options.refused(query, refusal, senderOf(event)),
        perform: (effect: ParticipantOwnEffect) => perform(query, effect),
      },
    );
    drivers.set(query, made);
    firstSeen.set(query, Date.now());
    return made;
  }

  /** What the cell host refuses, or throws, is the cell's failure: never silence. */
  function report(query: QueryId, cell: CellRef, work: Promise<Result<WithoutNow<ParticipantEvent>>>): void {
    work
      .catch(
        (cause): Refusal => ({ ok: false, code: "cell-failed", detail: cause instanceof Error ? cause.message : "" }),
      )
      .then((result) => {
        if (result.ok) return feed(query, result.value);
        feed(query, {
          type: "cell-failed",
          vertex: cell.vertex,
          incarnation: cell.incarnation,
          code: result.code,
          ...(result.detail === undefined ? {} : { detail: result.detail }),
        });
      });
  }

  function perform(query: QueryId, effect: ParticipantOwnEffect): void {
    switch (effect.type) {
      case "prepare-cell":
        return report(query, effect, prepare(effect));
      case "start-cell":
        return report(query, effect, start(query, effect));
      case "rewire-cell":
        return report(query, effect, rewire(query, effect));
      case "release-cell":
        return host.release(query, effect.vertex);
      case "drain-cell":
        return host.drain(query, effect.vertex, effect.ended);
      case "cut-cell":
        return host.cut(query, effect.vertex, effect.gone);
      case "discard-cell":
        return report(query, effect, discard(query, effect));
      case "progress":
        return options.progress(query, effect.phase, effect.detail);
      case "settled":
        return options.settled(effect);
      case "forget":
        drivers.get(query)?.stop();
        drivers.delete(query);
        firstSeen.delete(query);
        void host.forget(query);
    }
  }

  async function prepare(
    effect: Extract<ParticipantOwnEffect, { type: "prepare-cell" }>,
  ): Promise<Result<WithoutNow<ParticipantEvent>>> {
    const { plan, planDigest, vertex, incarnation, policyDigest, body } = effect;
    const prepared = await host.prepare({
      plan,
      planDigest,
      vertex,
      incarnation,
      policyDigest,
      ...(body === undefined ? {} : { body }),
    });
    if (!prepared.ok) return prepared;
    const evidence = await options.evidenceFor(effect, prepared.value.publicKey);
    return { ok: true, value: { type: "cell-prepared", vertex, incarnation, ...prepared.value, evidence } };
  }

  async function start(query: QueryId, effect: Extract<ParticipantOwnEffect, { type: "start-cell" }>) {
    const { vertex, incarnation } = effect;
    options.wired(query, vertex, effect.wiring);
    const started = await host.start(query, vertex, effect.wiring);
    return started.ok ? { ok: true as const, value: { type: "cell-started" as const, vertex, incarnation } } : started;
  }

  async function rewire(query: QueryId, effect: Extract<ParticipantOwnEffect, { type: "rewire-cell" }>) {
    const { vertex, incarnation } = effect;
    options.wired(query, vertex, effect.wiring);
    const rewired = await host.rewire(query, vertex, effect.wiring);
    if (!rewired.ok && rewired.code === "unknown-cell") return rewired;
    if (!rewired.ok) return { ok: true as const, value: { type: "cell-unwired" as const, vertex, incarnation } };
    const { acknowledged } = rewired.value;
    return { ok: true as const, value: { type: "cell-rewired" as const, vertex, incarnation, acknowledged } };
  }

  async function discard(query: QueryId, effect: Extract<ParticipantOwnEffect, { type: "discard-cell" }>) {
    const { vertex, incarnation } = effect;
    const { undelivered } = await host.discard(query, vertex, incarnation);
    return { ok: true as const, value: { type: "cell-drained" as const, vertex, incarnation, undelivered } };
  }

  return {
    state: (query) => drivers.get(query)?.state,
    queries: () => [...drivers.keys()],
    onMessage(from, message) {
      const { query } = message;
      if (!drivers.has(query)) {
        // Only an instantiation may bring a query into being here; everything else is answered by an absent participant.
        if (drivers.size >= options.maxQueries)
          return options.refused(query, { ok: false, code: "too-busy", blame: from.node }, from.node);
        driverOf(query);
      }
      feed(query, { type: "message", from, message });
      const driver = drivers.get(query);
      if (driver?.state.at === "absent") {
        driver.stop();
        drivers.delete(query);
        firstSeen.delete(query);
      }
    },
    onCellEvent(event) {
      const { query, vertex, incarnation } = event;
      switch (event.type) {
        case "failed":
          return feed(query, {
            type: "cell-failed",
            vertex,
            incarnation,
            code: event.code,
            undelivered: event.undelivered,
            ...(event.detail === undefined ? {} : { detail: event.detail }),
          });
        case "finished":
          return feed(query, { type: "source-finished", vertex, incarnation });
        case "drained":
          return feed(query, { type: "cell-drained", vertex, incarnation, undelivered: event.undelivered });
        case "edge-lost":
          return feed(query, { type: "edge-lost", vertex, incarnation, edge: event.edge });
      }
    },
    peerDown(node) {
      for (const query of drivers.keys()) feed(query, { type: "peer-down", node });
    },
    recover(query, value) {
      driverOf(query);
      feed(query, { type: "recover", value });
    },
    leave(query) {
      const state = drivers.get(query)?.state;
      if (state === undefined || state.at === "absent") return;
      for (const { vertex, incarnation, at } of state.cells) {
        if (!isOver(at)) feed(query, { type: "cell-failed", vertex, incarnation, code: "node-stopping" });
      }
    },
    firstSeenMs: (query) => firstSeen.get(query) ?? Date.now(),
    stop() {
      for (const driver of drivers.values()) driver.stop();
      drivers.clear();
    },
  };
}

type WithoutNow<Event> = Event extends unknown ? Omit<Event, "nowMs"> : never;

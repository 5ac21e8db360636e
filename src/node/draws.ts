// Drives the draw (core/draw) over the overlay: this node as trigger, witness and setter.
import { accept, type Digest, type NodeId, type Refusal, type Result, refuse } from "../core/base/index.ts";
import {
  type Beacon,
  type Culprit,
  createDraw,
  type DrawEffect,
  type DrawEvent,
  type DrawFacts,
  type DrawMessage,
  type DrawnList,
  type DrawPorts,
  type DrawRules,
  decodeDrawMessage,
  encodeDrawMessage,
  isBusy,
  type Neighbourhood,
  type Roster,
  stepDraw,
} from "../core/draw/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import type { Journal } from "../io/storage/index.ts";
import type { Caches } from "./caches.ts";
import { drive } from "./driver.ts";
import type { Identity } from "./identity.ts";

export interface DrawsOptions {
  readonly identity: Identity;
  readonly overlay: Pick<Overlay, "send">;
  readonly caches: Caches;
  readonly journal: Journal;
  readonly sent: (type: DrawMessage["type"]) => void;
  readonly refused: (refusal: Refusal, sender: NodeId | null) => void;
  /** Hears who failed or lied in a draw of ours. */
  readonly culprit: (culprit: Culprit) => void;
}

export interface Drawn {
  readonly roster: Roster;
  readonly beacon: Beacon;
  /** As the witnesses round the lot signed it. */
  readonly list: DrawnList;
  readonly restarts: number;
  readonly tookMs: number;
}

export interface Draws {
  readonly rules: DrawRules;
  /** Certificates count as verified when membership has verified them. */
  readonly ports: DrawPorts;
  /** Ports that verify every certificate anew, for who wants to see it. */
  readonly freshPorts: DrawPorts;
  draw(purpose: Digest, actors: number, signal?: AbortSignal): Promise<Result<Drawn>>;
  near(): Result<Neighbourhood>;
  onMessage(from: MemberFacts, body: Uint8Array): void;
  /** A node that leaves finishes first what a draw waits for (SEP2P §3.6); then it takes no part any more. */
  finish(): Promise<void>;
}

/** A stopping node waits so long for a draw to end: a few round trips. */
const graceMs = 2_000;
/** Nobody waits longer than all restarts take. */
const patienceMs = 120_000;

export function createDraws(options: DrawsOptions): Draws {
  const { identity, overlay, caches, journal } = options;
  const { self: own, rules, ports, freshPorts, near } = caches;
  const self = own.node;
  const waiting = new Map<string, { started: number; done: (result: Result<Drawn>) => void }>();
  let tickets = 0;

  const state = createDraw({ self: own, signer: identity.key, rules, ports }, journal.entries("draw/"));
  const driver = drive<
    typeof state,
    DrawEvent,
    DrawMessage,
    Exclude<DrawEffect, { type: "send" | "wake" | "cancel-wake" | "persist" }>
  >(
    state,
    // The facts are taken when the event's turn has come.
    (before, event) => stepDraw(before, event),
    (tag) => ({ type: "wake", tag, ...facts() }),
    {
      send(to, message) {
        options.sent(message.type);
        if (to === self) return queueMicrotask(() => receive(self, message));
        void overlay.send(to, "draw", encodeDrawMessage(message));
      },
      persist: (key, value) => journal.set(key, value),
      refused(refusal, event) {
        const of = event as DrawEvent;
        options.refused(refusal, of.type === "message" ? of.from : null);
      },
      perform(effect) {
        if (effect.type === "culprit") return options.culprit(effect);
        const waiter = waiting.get(effect.ticket);
        waiting.delete(effect.ticket);
        if (effect.type === "not-drawn") return waiter?.done(effect.refusal);
        const { roster, beacon, list, restarts } = effect;
        const tookMs = performance.now() - (waiter?.started ?? 0);
        waiter?.done(accept({ roster, beacon, list, restarts, tookMs }));
      },
    },
  );

  function facts(): DrawFacts {
    const around = near();
    // A table that cannot be made says so when a draw is asked for; a witness then knows nobody, and declines.
    const empty = {
      geometry: rules.geometry,
      table: { nodes: 2, colluding: rules.colluding, alpha: rules.alpha, rows: [] },
      nodes: 1,
      members: new Map([[self, own]]),
    };
    const random = globalThis.crypto.getRandomValues(new Uint8Array(32));
    return { nowMs: Date.now(), random, near: around.ok ? around.value : empty };
  }

  function receive(from: NodeId, message: DrawMessage): void {
    driver.feed({ type: "message", from, message, ...facts() });
  }

  return {
    rules,
    ports,
    freshPorts,
    near,
    draw(purpose, actors, signal) {
      const around = near();
      if (!around.ok) return Promise.resolve(around);
      const { members, nodes } = around.value;
      const processors = [...members.values()].filter((member) => member.processes && member.node !== self).length;
      // Only where the cache holds everybody; elsewhere the draw itself finds out.
      if (members.size >= nodes && processors < actors) {
        const detail = `${actors} asked for, ${processors} there`;
        return Promise.resolve(refuse("draw-too-few-processors", { detail }));
      }
      return new Promise((resolve) => {
        const ticket = `${++tickets}`;
        const give = (result: Result<Drawn>) => {
          clearTimeout(timer);
          waiting.delete(ticket);
          resolve(result);
        };
        const timer = setTimeout(() => give(refuse("draw-gave-up", { detail: "no end in time" })), patienceMs);
        timer.unref();
        signal?.addEventListener("abort", () => give(refuse("draw-gave-up", { detail: "nobody waits" })), {
          once: true,
        });
        waiting.set(ticket, { started: performance.now(), done: give });
        driver.feed({ type: "draw", ticket, purpose, actors, ...facts() });
      });
    },
    onMessage(from, body) {
      const message = decodeDrawMessage(body);
      if (!message.ok) return options.refused(message, from.node);
      receive(from.node, message.value);
    },
    async finish() {
      const until = performance.now() + graceMs;
      while (isBusy(driver.state) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      driver.stop();
      for (const { done } of [...waiting.values()]) done(refuse("draw-gave-up", { detail: "the node stops" }));
    },
  };
}

// The people whose pods this node keeps: who they are, what they publish of themselves, and what they are asked.
import { join } from "node:path";
import {
  type AskMessage,
  type AskMessageOf,
  askingLimits,
  CallDesk,
  createPublisher,
  type Findable,
  fewestProcessors,
  type PublisherState,
  sendTogether,
  stepPublisher,
} from "../../core/asking/index.ts";
import { accept, type Crypto, fromHex, type NodeId, type Refusal, type Result, toHex } from "../../core/base/index.ts";
import { createHouseRecords, type PodThread, podExists, podFoldersIn } from "../../io/pod/index.ts";
import { openJournal } from "../../io/storage/index.ts";
import { valueOrThrow } from "../../sdk/index.ts";
import type { CellEvidence } from "../cell-evidence.ts";
import type { NodeConfig } from "../config.ts";
import type { Identity } from "../identity.ts";
import type { Log } from "../log.ts";
import type { Members } from "../members.ts";
import type { Ground } from "./ground.ts";
import { createPerson, type Person } from "./person.ts";

export interface PeopleOptions {
  readonly folder: string;
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly members: Pick<Members, "facts">;
  readonly evidence: Pick<CellEvidence, "verify">;
  readonly ground: Ground;
  readonly pods: PodThread;
  readonly log: Log;
  readonly send: (to: NodeId, message: AskMessage) => void;
  readonly refused: (refusal: Refusal, sender: NodeId | null) => void;
}

interface Publishing {
  readonly state: PublisherState;
  findable: Findable | null;
  readAgainMs: number;
  /** Everything she publishes has left. */
  isOut: boolean;
  timer: NodeJS.Timeout | undefined;
}

export interface People {
  readonly count: number;
  /** Shares that have not left yet. */
  readonly unpublished: number;
  onCall(from: NodeId, call: AskMessageOf<"call">): Result<AskMessage>;
  /** What came out of a round: kept for each person here who was asked in it. */
  onAnswer(from: NodeId, told: AskMessageOf<"answer">): Result<void>;
  start(): void;
  stop(): void;
}

/** New pods are looked for so often. Never for a call: nobody can know of a pod that this node has not met. */
const lookEveryMs = 30_000;
const podIdKey = "pod/";
const asking = "asking/";
const podIdBytes = 16;

export function createPeople(options: PeopleOptions): People {
  const { folder, config, identity, crypto, ground, log, send } = options;
  const self = identity.facts.node;
  const journal = valueOrThrow(openJournal(join(folder, "asking.journal")));
  /** What is on disk of each pod: a search of its own for each of thousands would hold the node up. */
  const restored = byPod(journal.entries(asking));
  const records = createHouseRecords();
  const people = new Map<string, Person>();
  const publishers = new Map<string, Publishing>();
  const desk = new CallDesk({
    hasher: crypto,
    commission: (plan, nowMs) => ground.commissions.read(plan, nowMs, { young: false }),
    certified: (node) => options.members.facts(node) ?? null,
    verifyEvidence: (claim) => options.evidence.verify(claim),
  });
  let stopped = false;
  /** Whether it is known who holds what: before, nothing is published. */
  let gathered = false;
  let gathering: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let sending: NodeJS.Timeout | undefined;

  function look(): void {
    const known = new Set([...people.values()].map((person) => person.folder));
    for (const { folder: place } of podFoldersIn(folder, config.people)) if (!known.has(place)) meet(place);
    for (const [pod, person] of people) {
      if (podExists(person.folder)) continue;
      person.stop();
      options.pods.release(person.folder);
      clearTimeout(publishers.get(pod)?.timer);
      people.delete(pod);
      publishers.delete(pod);
      for (const [of, entries] of byPod(journal.entries(asking))) if (of.endsWith(`/${pod}`)) restored.set(of, entries);
    }
  }

  function meet(place: string): void {
    const pod = podIdOf(place);
    const stored = (kind: "round" | "published") => () => {
      const of = `${asking}${kind}/${pod}`;
      const entries = restored.get(of) ?? [];
      restored.delete(of);
      return entries;
    };
    people.set(
      pod,
      createPerson({
        ...{ folder: place, pod, self, network: identity.facts.network, signer: identity.key, crypto, send },
        ...{ sealer: ground.sealer, random: ground.random, known: ground.known },
        principalOf: (node) => options.members.facts(node)?.principal ?? null,
        records: records.of(place),
        pods: options.pods,
        persist: (key, value) => journal.note(key, value),
        settled: () => journal.settled(),
        stored: stored("round"),
        refused: (refusal) => log.debug("person-refused", { pod, code: refusal.code }),
      }),
    );
    const ports = { hasher: crypto, sealer: ground.sealer, random: ground.random, forwarders: 1 };
    const state = createPublisher(ports, stored("published")());
    publishers.set(pod, { state, findable: null, readAgainMs: 0, isOut: false, timer: undefined });
    if (gathered) publish(pod);
  }

  /** What is published where places are still being taken lies where nobody will look. */
  function gather(turn = 1, before = -1): void {
    const there = ground.processors();
    const rests = there === before || turn >= askingLimits.maxGatherTurns;
    gathered = rests && there >= fewestProcessors;
    if (gathered) for (const pod of people.keys()) publish(pod);
    else {
      gathering = setTimeout(() => gather(turn + 1, there), askingLimits.publishTurnMs);
      gathering.unref();
    }
  }

  /** Random, so that it says nothing; kept, so that entries of before a restart lead to her still. */
  function podIdOf(place: string): string {
    const kept = journal.get(podIdKey + place);
    if (kept !== undefined) return toHex(kept);
    const fresh = ground.random(podIdBytes);
    journal.set(podIdKey + place, fresh);
    return toHex(fresh);
  }

  function publish(pod: string): void {
    publishNow(pod).catch((cause) => log.warn("person-not-published", { pod, cause: String(cause) }));
  }

  async function publishNow(pod: string): Promise<void> {
    const publisher = publishers.get(pod);
    const person = people.get(pod);
    if (publisher === undefined || person === undefined) return;
    // Her pod is opened for it, and what she publishes seldom changes.
    if (Date.now() >= publisher.readAgainMs) {
      publisher.readAgainMs = Date.now() + askingLimits.minRenewMs;
      publisher.findable = await person.findable();
      if (publisher.findable === null) publisher.readAgainMs = 0;
    }
    if (stopped || publishers.get(pod) !== publisher) return;
    const { effects } = stepPublisher(publisher.state, {
      type: "turn",
      ...{ nowMs: Date.now(), network: identity.facts.network, self, pod: fromHex(pod) },
      ...{ findable: publisher.findable, places: ground.places(), members: ground.known() },
      together: true,
    });
    for (const effect of effects) {
      // What was published is published again if this is forgotten.
      if (effect.type === "persist") journal.note(effect.key, effect.value);
      if (effect.type !== "wake") continue;
      publisher.isOut = effect.afterMs >= askingLimits.minRenewMs;
      clearTimeout(publisher.timer);
      publisher.timer = setTimeout(() => publish(pod), effect.afterMs);
      publisher.timer.unref();
    }
    if (publisher.state.waiting.length > 0) sendSoon();
  }

  /** What all people of this node publish leaves together, a little in each turn. */
  function sendSoon(): void {
    sending ??= setTimeout(() => {
      sending = undefined;
      const waiting = [...publishers]
        .filter(([, { state }]) => state.waiting.length > 0)
        .map(([pod, { state }]) => ({ state, pod: fromHex(pod) }));
      for (const effect of sendTogether(waiting, { members: ground.known(), self })) {
        if (effect.type === "send") send(effect.to, effect.message);
        else journal.note(effect.key, effect.value);
      }
      if (waiting.some(({ state }) => state.waiting.length > 0)) sendSoon();
    }, askingLimits.publishTurnMs);
    sending.unref();
  }

  return {
    get count() {
      return people.size;
    },
    get unpublished() {
      let left = 0;
      // Of a profile that is not split yet, nobody knows how much it will be.
      for (const { state, isOut } of publishers.values()) left += Math.max(isOut ? 0 : 1, state.waiting.length);
      return left;
    },
    onCall(from, call) {
      const taken = desk.take(from, call, Date.now());
      if (!taken.ok) return taken;
      const { commission, untilMs } = taken.value;
      for (const called of taken.value.people)
        people
          .get(called.pod)
          ?.asked(commission, called, untilMs)
          .catch((cause) => log.warn("person-not-asked", { pod: called.pod, cause: String(cause) }));
      return accept({ type: "called", number: call.number });
    },
    onAnswer(from, told) {
      let failed: Result<void> = accept(undefined);
      for (const person of people.values()) {
        const kept = person.told(from, told);
        if (!kept.ok) failed = kept; // of one: the others get theirs all the same
      }
      return failed;
    },
    start() {
      look();
      gather();
      looking = setInterval(look, lookEveryMs);
      looking.unref();
      if (people.size > 0) log.info("people", { count: people.size });
    },
    stop() {
      stopped = true;
      clearInterval(looking);
      clearTimeout(gathering);
      clearTimeout(sending);
      for (const { timer } of publishers.values()) clearTimeout(timer);
      for (const person of people.values()) person.stop();
      records.close();
      journal.close();
    },
  };
}

/** By kind and pod: `asking/round/<pod>`. */
function byPod(entries: readonly (readonly [string, Uint8Array])[]): Map<string, (readonly [string, Uint8Array])[]> {
  const by = new Map<string, (readonly [string, Uint8Array])[]>();
  for (const entry of entries) {
    const of = entry[0].split("/", 3).join("/");
    const known = by.get(of);
    if (known === undefined) by.set(of, [entry]);
    else known.push(entry);
  }
  return by;
}

// One person's pod at this node, asked (docs/protocols/asking.md): her machine, with her rules, grants and budget behind it
// (core/asking), read anew at each use.
//
// INVARIANT 1: what she decided, what was charged and what she signed are durable before anything of it leaves. They are written in that
//   order while the round goes on, and the disk is waited for once, with all others who are asked in the same moment.
import {
  type AskMessage,
  type AskMessageOf,
  answerTold,
  type CalledPerson,
  type Commission,
  type Concept,
  createOwner,
  type Findable,
  type KnownNode,
  keysOf,
  OwnerConsent,
  type OwnerEffect,
  type OwnerEvent,
  type OwnerState,
  type Sealer,
  stepOwner,
  type WithoutRows,
} from "../../core/asking/index.ts";
import {
  accept,
  type Crypto,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  type Signer,
} from "../../core/base/index.ts";
import { terms } from "../../core/terms/index.ts";
import { keep, ownerRulesReader, ownerStamp, type PodRecords, type PodThread } from "../../io/pod/index.ts";
import { standardCatalogue } from "../../sdk/catalogue.ts";
import { drive, type MachineDriver } from "../driver.ts";

export interface PersonOptions {
  /** The pod's folder. */
  readonly folder: string;
  /** In hexadecimal. */
  readonly pod: string;
  readonly self: NodeId;
  readonly network: string;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly sealer: Sealer;
  random(bytes: number): Uint8Array;
  known(): readonly KnownNode[];
  principalOf(node: NodeId): string | null;
  readonly send: (to: NodeId, message: AskMessage) => void;
  readonly records: PodRecords;
  readonly pods: Pick<PodThread, "answer" | "concepts">;
  /** Survives the end of the process when it returns, and power loss when `settled` has resolved. */
  readonly persist: (key: string, value: Uint8Array | null) => void;
  readonly settled: () => Promise<void>;
  readonly stored: () => Iterable<readonly [string, Uint8Array]>;
  readonly refused: (refusal: Refusal) => void;
}

export interface Person {
  readonly pod: string;
  readonly folder: string;
  asked(commission: Commission, called: CalledPerson, untilMs: number): Promise<void>;
  /** The answer of a round, told by `from`. Of a round that she was not asked in it is nothing to her. */
  told(from: NodeId, message: AskMessageOf<"answer">): Result<void>;
  /** What she lets herself be found by now; null: her rules cannot be read, and nothing is said of her. */
  findable(): Promise<Findable | null>;
  stop(): void;
}

/** An owner who wants to be asked answers with `hedgerow grant`, in another process: her node looks so often. */
const consultEveryMs = 1_000;
const nobody: ReadonlySet<string> = new Set();

export function createPerson(options: PersonOptions): Person {
  const { folder, pod, self, network, crypto } = options;
  /** null: it was not looked yet, as after a restart. */
  let keys: { has(key: string): boolean } | null = null;
  let driver: MachineDriver<OwnerState, OwnerEvent> | undefined;
  let stopped = false;
  const consulting = new Map<string, NodeJS.Timeout>();
  /** Why a pod gave no rows: for its owner's history alone, and until it is there. */
  const withoutRows = new Map<string, WithoutRows>();
  const rulesNow = ownerRulesReader(folder, () => standardCatalogue().concepts.map(({ name }) => name));

  const consent = new OwnerConsent({
    self,
    hasher: crypto,
    signer: options.signer,
    nowMs: () => Date.now(),
    principalOf: options.principalOf,
    rules: () => guarded(rulesNow),
    records: (act) => guarded(() => options.records.now(act)),
    round: (round) => machine().state.rounds.get(round),
  });

  function machine(): MachineDriver<OwnerState, OwnerEvent> {
    driver ??= drive<OwnerState, OwnerEvent, AskMessage, Exclude<OwnerEffect, { type: "send" | "wake" | "persist" }>>(
      createOwner(
        {
          self,
          pod,
          ports: {
            hasher: crypto,
            sealer: options.sealer,
            terms,
            random: options.random,
            members: options.known,
            ownKeys: () => keys ?? nobody,
            decide: (commission) => consent.decide(commission),
            budget: (ask) => consent.budget(ask),
          },
        },
        options.stored(),
      ),
      stepOwner,
      (tag) => ({ type: "wake", tag, nowMs: Date.now() }),
      {
        send: (to, message) => void leave(to, message),
        persist: options.persist,
        refused: options.refused,
        perform(effect) {
          switch (effect.type) {
            case "consult":
              return consult(effect.commission, effect.untilMs);
            case "compute":
              return void compute(effect.commission, effect.message);
            case "told":
              return told(effect);
          }
        },
      },
    );
    return driver;
  }

  function durable(): Promise<unknown> {
    return Promise.all([options.records.settled(), options.settled()]);
  }

  async function leave(to: NodeId, message: AskMessage): Promise<void> {
    try {
      await durable();
    } catch (cause) {
      return options.refused(refuse("owner-records-disk", { blame: folder, detail: String(cause) }));
    }
    if (!stopped) options.send(to, message);
  }

  function consult(commission: Commission, untilMs: number): void {
    const { round } = commission;
    clearInterval(consulting.get(round));
    let seen = ownerStamp(folder);
    const timer = setInterval(() => {
      // What she says when it is too late would be paid for nothing.
      const isOpen = machine().state.rounds.get(round)?.at === "deciding" && Date.now() < untilMs;
      if (!isOpen) return end();
      if (ownerStamp(folder) === seen) return;
      const decision = consent.decide(commission);
      seen = ownerStamp(folder);
      if (decision.at === "ask") return;
      end();
      machine().feed({ type: "decided", round, decision, nowMs: Date.now() });
    }, consultEveryMs);
    timer.unref();
    consulting.set(round, timer);
    function end(): void {
      clearInterval(timer);
      if (consulting.get(round) === timer) consulting.delete(round);
    }
  }

  /** Kept before she is counted as reached; a message that comes again is there already. */
  function takeMessage(commission: Commission, text: string | null): Result<void> {
    if (text === null) return accept(undefined);
    try {
      keep(folder, "inbox", { ...aboutOf(commission), text });
      return accept(undefined);
    } catch (cause) {
      return refuse("pod-answer", { detail: `the message cannot be kept: ${(cause as Error).message}` });
    }
  }

  async function compute(commission: Commission, message: string | null): Promise<void> {
    const { round, question } = commission;
    const taken = takeMessage(commission, message);
    const answered = taken.ok ? await options.pods.answer(folder, question.local) : taken;
    withoutRows.set(round, answered.ok ? { lacks: answered.value.lacks } : { trouble: answered });
    const rows = answered.ok ? answered.value.rows : null;
    if (!stopped) machine().feed({ type: "computed", round, rows, nowMs: Date.now() });
    withoutRows.delete(round);
  }

  /** What she took part in is in her history before it leaves. Refusals are there already. */
  function told(about: Extract<OwnerEffect, { type: "told" }>): void {
    const recorded = consent.record(about, withoutRows.get(about.round));
    if (!recorded.ok) options.refused(recorded);
    // It leaves after a while of chance, and shall not wait for the disk then. That the disk refuses is found out again there.
    void durable().catch(() => {});
  }

  /** Of what is kept for her to read. */
  function aboutOf({ round, plan, question }: Commission) {
    const { name, purpose } = question;
    const principal = options.principalOf(plan.analyst.node) ?? plan.analyst.principal;
    return { hedgerow: 1 as const, round, atMs: Date.now(), name, purpose, principal };
  }

  return {
    pod,
    folder,
    async asked(commission, { tag, gatherer, message }, untilMs) {
      if (keys === null) await findable();
      if (stopped) return;
      machine().feed({ type: "asked", commission, tag, gatherer, message, untilMs, nowMs: Date.now() });
    },
    findable,
    told(from, message) {
      const commission = driver?.state.rounds.get(message.round)?.asked?.commission;
      if (commission === undefined) return accept(undefined);
      const answer = answerTold(commission, from, message);
      if (!answer.ok) return answer;
      const { parameters } = commission.plan.asked!;
      return guarded(() => {
        keep(folder, "results", { ...aboutOf(commission), parameters, answer: answer.value });
        return accept(undefined);
      });
    },
    stop() {
      stopped = true;
      for (const timer of consulting.values()) clearInterval(timer);
      stopped = true;
      driver?.stop();
    },
  };

  async function findable(): Promise<Findable | null> {
    const rules = guarded(() => rulesNow());
    if (!rules.ok) return null;
    const found = await options.pods.concepts(folder, rules.value.publish);
    if (!found.ok) return null;
    const concepts = found.value.map(
      ({ concept, value }): Concept => ({
        name: concept,
        value: value.value ?? "",
        isWhole: value.type === "int64" || value.type === "date" || value.type === "timestamp",
      }),
    );
    const findable = { concepts, everybody: rules.value.everybody };
    keys = keysOf(crypto, network, findable);
    return findable;
  }
}

/** What one person's folder does must not end the node that keeps a thousand. */
function guarded<T>(act: () => Result<T>): Result<T> {
  try {
    return act();
  } catch (cause) {
    return refuse("owner-folder", { detail: (cause as NodeJS.ErrnoException).code ?? String(cause) });
  }
}

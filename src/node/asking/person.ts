// One person's pod at this node, asked (docs/protocols/asking.md): her machine (core/asking), with her rules, grants and budget
// (core/consent) behind it, read anew at each use.
//
// INVARIANT 1: what she decided, what was charged and what she signed are durable before anything of it leaves. They are written in that
//   order while the round goes on, and the disk is waited for once, with all others who are asked in the same moment.
import {
  type AskMessage,
  type CalledPerson,
  type Commission,
  type Concept,
  createOwner,
  type Decision,
  type Findable,
  type KnownNode,
  keysOf,
  type OwnerEffect,
  type OwnerEvent,
  type OwnerState,
  type Sealer,
  stepOwner,
} from "../../core/asking/index.ts";
import {
  accept,
  type Digest,
  type InstantMs,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  type Signer,
} from "../../core/base/index.ts";
import {
  type Call,
  consentRequestOf,
  type Permission,
  permit,
  recordUse,
  signContribution,
} from "../../core/consent/index.ts";
import { type Ask, amountSpent, type BudgetStep, emptyBudget } from "../../core/privacy/index.ts";
import { terms } from "../../core/terms/index.ts";
import type { NodeCrypto } from "../../io/identity/index.ts";
import { openPod, ownerRulesReader, type PodRecords } from "../../io/pod/index.ts";
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
  readonly crypto: NodeCrypto;
  readonly sealer: Sealer;
  random(bytes: number): Uint8Array;
  known(): readonly KnownNode[];
  principalOf(node: NodeId): string | null;
  readonly send: (to: NodeId, message: AskMessage) => void;
  readonly records: PodRecords;
  /** Survives the end of the process when it returns, and power loss when `settled` has resolved. */
  readonly persist: (key: string, value: Uint8Array | null) => void;
  readonly settled: () => Promise<void>;
  readonly stored: () => Iterable<readonly [string, Uint8Array]>;
  readonly refused: (refusal: Refusal) => void;
}

export interface Person {
  readonly pod: string;
  readonly folder: string;
  asked(commission: Commission, called: CalledPerson, untilMs: number): void;
  /** What she lets herself be found by now; null: her rules cannot be read, and nothing is said of her. */
  findable(): Promise<Findable | null>;
  stop(): void;
}

/** An owner who wants to be asked answers with `hedgerow grant`, in another process: her node looks so often. */
const consultEveryMs = 1_000;

export function createPerson(options: PersonOptions): Person {
  const { folder, pod, self, network, crypto } = options;
  let keys: { has(key: string): boolean } = new Set<string>();
  let driver: MachineDriver<OwnerState, OwnerEvent> | undefined;
  let stopped = false;
  const consulting = new Map<string, NodeJS.Timeout>();
  /** What was permitted of a round, until its budget is asked for. */
  const permitted = new Map<string, Permission>();
  const rulesNow = ownerRulesReader(folder, () => standardCatalogue().concepts.map(({ name }) => name));

  function callOf(commission: Commission): Result<Call> {
    const { plan, question, terms: agreed, round, digest } = commission;
    const cost = amountSpent(agreed.cost);
    if (!cost.ok) return cost;
    const steps = plan.vertices.map(({ id, node }) => ({ cell: id, node, principal: options.principalOf(node) }));
    const request = consentRequestOf(question, agreed.settings, {
      query: plan.query,
      analyst: plan.analyst,
      cost: cost.value,
      steps,
      untilMs: Date.now() + agreed.settings.answerMs,
    });
    return accept({ request, round, plan: digest, nowMs: Date.now() as InstantMs });
  }

  /** Her rules and grants decide, and what is allowed is charged: before her pod is asked. */
  function permissionFor(commission: Commission): Result<Permission> {
    const rules = rulesNow();
    if (!rules.ok) return rules;
    const call = callOf(commission);
    if (!call.ok) return call;
    return options.records.now((state) => {
      const { permission, effects } = permit(state, rules.value, call.value);
      return accept({ value: permission, effects });
    });
  }

  function decide(commission: Commission): Decision {
    const permission = permissionFor(commission);
    if (!permission.ok) return { at: "deny", outcome: "policy", refusal: permission };
    return decisionOf(commission.round, permission.value);
  }

  function decisionOf(round: Digest, permission: Permission): Decision {
    if (permission.at === "released" || permission.outcome === "budget") {
      permitted.set(round, permission);
      return { at: "allow" };
    }
    const { outcome, code, reason } = permission;
    if (code === "consent-waiting") return { at: "ask" };
    return { at: "deny", outcome, refusal: refuse(code, { detail: reason }) };
  }

  function permissionAgain(round: string): Permission {
    const asked = machine().state.rounds.get(round as Digest)?.asked;
    const again = asked == null ? refuse("budget-none") : permissionFor(asked.commission);
    if (again.ok) return again.value;
    return { at: "declined", outcome: "budget", code: again.code, reason: again.detail ?? "" };
  }

  /** It was charged with the decision. */
  function budget(ask: Ask): BudgetStep {
    const { round, plan } = ask;
    // After a restart it is decided again: what was charged before is found so, and not charged twice.
    const permission = permitted.get(round) ?? permissionAgain(round);
    permitted.delete(round);
    if (permission.at === "released") return { state: emptyBudget, effects: [{ type: "release", round, plan }] };
    const refusal = refuse(permission.code, { detail: permission.reason });
    return { state: emptyBudget, effects: [{ type: "decline", round, refusal }] };
  }

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
            ownKeys: () => keys,
            decide,
            fewestPeople: () => 1,
            budget,
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
              return void compute(effect.commission);
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
    const timer = setInterval(() => {
      const decision = decide(commission);
      if (decision.at === "ask" && Date.now() < untilMs) return;
      clearInterval(timer);
      consulting.delete(round);
      if (decision.at !== "ask") machine().feed({ type: "decided", round, decision, nowMs: Date.now() });
    }, consultEveryMs);
    timer.unref();
    consulting.set(round, timer);
  }

  async function compute(commission: Commission): Promise<void> {
    const { round, question } = commission;
    const opened = await openPod(folder);
    let rows: Extract<OwnerEvent, { type: "computed" }>["rows"] = null;
    if (opened.ok) {
      try {
        const { rows: found, trouble } = opened.value.answer(question.local, standardCatalogue(), Date.now);
        if (trouble === null) rows = found;
        else troubles.set(round, trouble);
      } finally {
        opened.value.close();
      }
    } else troubles.set(round, opened);
    machine().feed({ type: "computed", round, rows, nowMs: Date.now() });
  }

  /** Why a pod gave no rows: for its owner's history alone. */
  const troubles = new Map<string, Refusal>();

  /** What she took part in is in her history before it leaves. Refusals are there already. */
  function told(about: Extract<OwnerEffect, { type: "told" }>): void {
    record(about);
    // It leaves after a while of chance, and shall not wait for the disk then. That the disk refuses is found out again there.
    void durable().catch(() => {});
  }

  function record({ round, outcome }: Extract<OwnerEffect, { type: "told" }>): void {
    const known = machine().state.rounds.get(round);
    const trouble = troubles.get(round);
    troubles.delete(round);
    if ((outcome !== "contributed" && outcome !== "failed") || known?.asked == null || known.plain === null) return;
    const { commission } = known.asked;
    const call = callOf(commission);
    if (!call.ok) return options.refused(call);
    const decision = { reason: "allowed, and paid", grants: [] };
    const { plan, digest } = commission;
    const receipt =
      outcome === "failed"
        ? null
        : signContribution(
            {
              ...{ node: self, round, plan: digest, question: plan.asked!.question, decision },
              ...{ contribution: known.plain, atMs: Date.now() },
            },
            crypto,
            options.signer,
          );
    const why =
      trouble === undefined ? null : `${trouble.code}${trouble.detail === undefined ? "" : `: ${trouble.detail}`}`;
    const kept = options.records.now((state) => {
      const { effects } = recordUse(state, call.value, { outcome, ...decision, trouble: why, receipt });
      return accept({ value: undefined, effects });
    });
    if (!kept.ok) options.refused(kept);
  }

  return {
    pod,
    folder,
    asked(commission, { tag, gatherer }, untilMs) {
      machine().feed({ type: "asked", commission, tag, gatherer, untilMs, nowMs: Date.now() });
    },
    async findable() {
      const rules = rulesNow();
      if (!rules.ok) return null;
      const opened = await openPod(folder);
      if (!opened.ok) return null;
      try {
        const found = opened.value.concepts(rules.value.publish, standardCatalogue()).map(
          ({ concept, value }): Concept => ({
            name: concept,
            value: value.value ?? "",
            isWhole: value.type === "int64" || value.type === "date" || value.type === "timestamp",
          }),
        );
        const findable = { concepts: found, everybody: true };
        keys = keysOf(crypto, network, findable);
        return findable;
      } finally {
        opened.value.close();
      }
    },
    stop() {
      stopped = true;
      for (const timer of consulting.values()) clearInterval(timer);
      driver?.stop();
    },
  };
}

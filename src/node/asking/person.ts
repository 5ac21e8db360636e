// One person's pod at this node, asked (docs/protocols/asking.md): her machine (core/asking), with her rules, grants and budget
// (core/consent) behind it, read anew at each use.
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
import { type LocalRow, terms } from "../../core/terms/index.ts";
import type { NodeCrypto } from "../../io/identity/index.ts";
import { openPod, ownerRecordsNow, ownerStamp, readOwnerRules } from "../../io/pod/index.ts";
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
  readonly persist: (key: string, value: Uint8Array | null) => void;
  readonly stored: () => Iterable<readonly [string, Uint8Array]>;
  readonly refused: (refusal: Refusal) => void;
}

export interface Person {
  readonly pod: string;
  readonly folder: string;
  asked(commission: Commission, called: CalledPerson, untilMs: number): Promise<void>;
  /** What she lets herself be found by now; null: her rules cannot be read, and nothing is said of her. */
  findable(): Promise<Findable | null>;
  stop(): void;
}

/** An owner who wants to be asked answers with `hedgerow grant`, in another process: her node looks so often. */
const consultEveryMs = 1_000;
const nobody: ReadonlySet<string> = new Set();
type Released = Extract<Permission, { at: "released" }>;

export function createPerson(options: PersonOptions): Person {
  const { folder, pod, self, network, crypto } = options;
  /** null: it was not looked yet, as after a restart. */
  let keys: { has(key: string): boolean } | null = null;
  let driver: MachineDriver<OwnerState, OwnerEvent> | undefined;
  let stopped = false;
  const consulting = new Map<string, NodeJS.Timeout>();
  /** What was permitted of a round, until its budget is asked for: in the same step. */
  const permitted = new Map<string, Permission>();
  /** Why she takes part in a round, until it is in her history. */
  const reasons = new Map<string, Pick<Released, "reason" | "grants">>();
  /** Why a pod gave no rows: for its owner's history alone, and until it is there. */
  const troubles = new Map<string, Refusal>();
  const concepts = () => standardCatalogue().concepts.map(({ name }) => name);

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

  /** Her rules and grants decide, and what is allowed is charged: on disk when this returns. */
  function permissionFor(commission: Commission): Result<Permission> {
    const rules = readOwnerRules(folder, concepts());
    if (!rules.ok) return rules;
    const call = callOf(commission);
    if (!call.ok) return call;
    return ownerRecordsNow(folder, (state) => {
      const { permission, effects } = permit(state, rules.value, call.value);
      return accept({ value: permission, effects });
    });
  }

  function decide(commission: Commission): Decision {
    const permission = guarded(() => permissionFor(commission));
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
    const again = asked == null ? refuse("budget-none") : guarded(() => permissionFor(asked.commission));
    if (again.ok) return again.value;
    return { at: "declined", outcome: "budget", code: again.code, reason: again.detail ?? "" };
  }

  /** It was charged with the decision. */
  function budget(ask: Ask): BudgetStep {
    const { round, plan } = ask;
    // After a restart it is decided again: what was charged before is found so, and not charged twice.
    const permission = permitted.get(round) ?? permissionAgain(round);
    permitted.delete(round);
    if (permission.at === "released") reasons.set(round, permission);
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
            ownKeys: () => keys ?? nobody,
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
        send: options.send,
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

  function consult(commission: Commission, untilMs: number): void {
    const { round } = commission;
    clearInterval(consulting.get(round));
    let seen = ownerStamp(folder);
    const timer = setInterval(() => {
      // What she says when it is too late would be paid for nothing.
      const isOpen = machine().state.rounds.get(round)?.at === "deciding" && Date.now() < untilMs;
      if (!isOpen) return end();
      if (ownerStamp(folder) === seen) return;
      const decision = decide(commission);
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

  async function compute({ round, question }: Commission): Promise<void> {
    const answered = await answer(question).catch((cause) => refuse("pod-answer", { detail: String(cause) }));
    if (!answered.ok) troubles.set(round, answered);
    if (!stopped)
      machine().feed({ type: "computed", round, rows: answered.ok ? answered.value : null, nowMs: Date.now() });
    troubles.delete(round);
  }

  async function answer({ local }: Commission["question"]): Promise<Result<readonly LocalRow[]>> {
    const opened = await openPod(folder);
    if (!opened.ok) return opened;
    try {
      const { rows, trouble } = opened.value.answer(local, standardCatalogue(), Date.now);
      return trouble ?? accept(rows);
    } finally {
      opened.value.close();
    }
  }

  /** What she took part in is in her history before it leaves. Refusals are there already. */
  function told({ round, outcome }: Extract<OwnerEffect, { type: "told" }>): void {
    const known = machine().state.rounds.get(round);
    const trouble = troubles.get(round);
    const decision = reasons.get(round);
    reasons.delete(round);
    if (decision === undefined) return;
    if ((outcome !== "contributed" && outcome !== "failed") || known?.asked == null || known.plain === null) return;
    const { commission } = known.asked;
    const call = callOf(commission);
    if (!call.ok) return options.refused(call);
    const { reason, grants } = decision;
    const { plan, digest } = commission;
    const receipt =
      outcome === "failed"
        ? null
        : signContribution(
            {
              ...{ node: self, round, plan: digest, question: plan.asked!.question, decision: { reason, grants } },
              ...{ contribution: known.plain, atMs: Date.now() },
            },
            crypto,
            options.signer,
          );
    const why =
      trouble === undefined ? null : `${trouble.code}${trouble.detail === undefined ? "" : `: ${trouble.detail}`}`;
    const kept = guarded(() =>
      ownerRecordsNow(folder, (state) => {
        const { effects } = recordUse(state, call.value, { outcome, reason, grants, trouble: why, receipt });
        return accept({ value: undefined, effects });
      }),
    );
    if (!kept.ok) options.refused(kept);
  }

  return {
    pod,
    folder,
    async asked(commission, { tag, gatherer }, untilMs) {
      if (keys === null) await findable();
      if (stopped) return;
      machine().feed({ type: "asked", commission, tag, gatherer, untilMs, nowMs: Date.now() });
    },
    findable,
    stop() {
      for (const timer of consulting.values()) clearInterval(timer);
      stopped = true;
      driver?.stop();
    },
  };

  async function findable(): Promise<Findable | null> {
    const rules = guarded(() => readOwnerRules(folder, concepts()));
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

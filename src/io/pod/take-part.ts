// A person's node takes part in a question: rules and grants, the charge, the pod, the receipt, in the order in which they protect
// her (docs/protocols/asking.md). What comes back may be sealed and sent; nothing before it may.
import {
  accept,
  type Digest,
  type Hasher,
  type RefusalCode,
  type Result,
  type Signer,
  sentenceOf,
} from "../../core/base/index.ts";
import { type Call, permit, recordUse, signContribution } from "../../core/consent/index.ts";
import type { Question } from "../../core/model/index.ts";
import type { Catalogue } from "../../core/pods/index.ts";
import type { LocalRow, Outcome } from "../../core/terms/index.ts";
import type { PodAnswer } from "./answer.ts";
import { readOwnerRules, withOwnerRecords } from "./owner-records.ts";
import { openPod } from "./pod.ts";

export interface TakingPart {
  readonly podFolder: string;
  /** The one that the question was compiled with. */
  readonly catalogue: Catalogue;
  readonly question: Question;
  readonly questionDigest: Digest;
  readonly call: Call;
  /** Her rows, bounded and encoded (core/terms): what leaves, before it is sealed. */
  encode(rows: readonly LocalRow[]): Uint8Array;
  readonly nowMs: () => number;
}

export type TookPart =
  | { readonly outcome: "contributed"; readonly contribution: Uint8Array }
  /** `code` is for the owner and her node's log; what is sent says the outcome alone. */
  | { readonly outcome: Exclude<Outcome, "contributed">; readonly code: RefusalCode };

export async function takePart(
  part: TakingPart,
  hasher: Hasher,
  signer: Signer & { readonly node: Call["request"]["analyst"]["node"] },
): Promise<TookPart> {
  const { podFolder, catalogue, call } = part;
  const rules = readOwnerRules(
    podFolder,
    catalogue.concepts.map(({ name }) => name),
  );
  if (!rules.ok) return { outcome: "policy", code: rules.code };
  const permitted = await withOwnerRecords(podFolder, (state) => {
    const { permission, effects } = permit(state, rules.value, call);
    return accept({ value: permission, effects });
  });
  if (!permitted.ok) return { outcome: "failed", code: permitted.code };
  if (permitted.value.at === "declined") return { outcome: permitted.value.outcome, code: permitted.value.code };
  const { grants, reason } = permitted.value;
  const { rows, trouble } = await answerOf(part);
  const contribution = part.encode(rows);
  const { round, plan, nowMs } = call;
  const decision = { reason, grants };
  const said = { node: signer.node, round, plan, question: part.questionDigest, decision, contribution, atMs: nowMs };
  const receipt = signContribution(said, hasher, signer);
  const told = trouble === null ? null : `${sentenceOf(trouble.code)} ${trouble.detail ?? ""}`.trim();
  const recorded: Result<true> = await withOwnerRecords(podFolder, (state) => {
    const came = { outcome: "contributed" as const, reason, grants, trouble: told, receipt };
    return accept({ value: true as const, effects: recordUse(state, call, came).effects });
  });
  // Paid, and kept back: what is not on disk does not leave.
  return recorded.ok ? { outcome: "contributed", contribution } : { outcome: "failed", code: recorded.code };
}

/** A pod that cannot be opened has no rows: that it could not would tell something of its owner. */
async function answerOf({ podFolder, question, catalogue, nowMs }: TakingPart): Promise<PodAnswer> {
  const pod = await openPod(podFolder);
  if (!pod.ok) return { rows: [], trouble: pod };
  try {
    return pod.value.answer(question.local, catalogue, nowMs);
  } finally {
    pod.value.close();
  }
}

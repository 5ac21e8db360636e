// What an owner's node signs about a contribution that leaves: which plan, which question, what decided, and a digest of what left.
// It stays with her. Whoever shows it later shows that this node contributed these bytes, and never what they say.
import { z } from "zod";
import {
  accept,
  type Digest,
  fromCanonical,
  type Hasher,
  type NodeId,
  publicKeyOfNodeId,
  type Result,
  refuse,
  type Signer,
  toCanonical,
  toHex,
  type Verifier,
} from "../base/index.ts";
import { digestSchema, nodeIdSchema } from "../model/index.ts";
import type { Use } from "./records.ts";

const contributionStatementSchema = z.strictObject({
  /** What this is a statement of: the same key signs others. */
  kind: z.literal("hedgerow contribution 1"),
  node: nodeIdSchema,
  round: z.string().min(1).max(96),
  plan: digestSchema,
  question: digestSchema,
  /** Digest of what decided: the reason and the grants. */
  decision: digestSchema,
  contribution: digestSchema,
  atMs: z.number().int().nonnegative(),
});
export type ContributionStatement = z.output<typeof contributionStatementSchema>;

export interface Contributed {
  readonly node: NodeId;
  readonly round: string;
  readonly plan: Digest;
  readonly question: Digest;
  readonly decision: { readonly reason: string; readonly grants: readonly string[] };
  /** As it leaves, before it is sealed. */
  readonly contribution: Uint8Array;
  readonly atMs: number;
}

export function signContribution(
  { decision, contribution, ...about }: Contributed,
  hasher: Hasher,
  signer: Signer,
): { readonly statement: Uint8Array; readonly signature: Uint8Array } {
  const said: ContributionStatement = {
    kind: "hedgerow contribution 1",
    ...about,
    decision: digestOfDecision(decision, hasher),
    contribution: toHex(hasher.sha256(contribution)) as Digest,
  };
  const statement = toCanonical(said);
  return { statement, signature: signer.sign(statement) };
}

function digestOfDecision({ reason, grants }: Contributed["decision"], hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical({ reason, grants: [...grants] }))) as Digest;
}

export function openContribution(
  receipt: { readonly statement: Uint8Array; readonly signature: Uint8Array },
  publicKey: Uint8Array,
  verifier: Verifier,
): Result<ContributionStatement> {
  if (!verifier.verify(publicKey, receipt.statement, receipt.signature)) return refuse("bad-signature");
  const read = fromCanonical(receipt.statement);
  if (!read.ok) return read;
  const parsed = contributionStatementSchema.safeParse(read.value);
  return parsed.success ? accept(parsed.data) : refuse("malformed");
}

/**
 * Whether the receipt of a use is what `keeper`, her node, signed about it: of this round, and of what decided. The rest of a use (who
 * asked, what was read, what it cost) is in no receipt. `keeper` null: it is not known, and the node that the receipt names counts.
 */
export function checkContribution(
  use: Pick<Use, "round" | "reason" | "grants" | "receipt">,
  keeper: NodeId | null,
  { hasher, verifier }: { readonly hasher: Hasher; readonly verifier: Verifier },
): Result<ContributionStatement> {
  if (use.receipt === null) return refuse("contribution-unsigned", { blame: use.round });
  const read = fromCanonical(use.receipt.statement);
  const named = read.ok ? contributionStatementSchema.safeParse(read.value) : null;
  if (named?.success !== true) return refuse("contribution-altered", { blame: use.round });
  const { node } = named.data;
  const publicKey = publicKeyOfNodeId(node);
  const opened = publicKey === null ? null : openContribution(use.receipt, publicKey, verifier);
  if (opened?.ok !== true) return refuse("contribution-altered", { blame: use.round });
  if (keeper !== null && node !== keeper) return refuse("contribution-other-node", { blame: use.round });
  const isOfUse = opened.value.round === use.round && opened.value.decision === digestOfDecision(use, hasher);
  return isOfUse ? opened : refuse("contribution-other-use", { blame: use.round });
}

// What an owner's node signs about a contribution that leaves: which plan, which question, what decided, and a digest of what left.
// It stays with her. Whoever shows it later shows that this node contributed these bytes, and never what they say.
import { z } from "zod";
import {
  accept,
  type Digest,
  fromCanonical,
  type Hasher,
  type NodeId,
  type Result,
  refuse,
  type Signer,
  toCanonical,
  toHex,
  type Verifier,
} from "../base/index.ts";
import { digestSchema, nodeIdSchema } from "../model/index.ts";

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
  const digestOf = (bytes: Uint8Array) => toHex(hasher.sha256(bytes)) as Digest;
  const said: ContributionStatement = {
    kind: "hedgerow contribution 1",
    ...about,
    decision: digestOf(toCanonical({ reason: decision.reason, grants: [...decision.grants] })),
    contribution: digestOf(contribution),
  };
  const statement = toCanonical(said);
  return { statement, signature: signer.sign(statement) };
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

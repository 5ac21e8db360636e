// Evidence of a lie (SEP2P §3.6 wants cheaters excluded): signed by the liar itself, so that anybody can check it offline,
// with nothing but the bytes. It cannot be made about somebody honest without that node's key: each kind is something that
// an honest node never signs, whatever it is sent, however its clock jumps, and however often it crashes.
//
//   conflict           two statements of which it may sign one: two values, lists or outcomes in one draw; two caches
//                      under one version. What binds it is on disk before it is told (draw/roster-memory.ts, owner.ts).
//   broken-commitment  a value signed over a list of commitments that does not hold the commitment to that value.
//   false-candidates   candidates signed for a region in which one of them does not live, or in no order.
//   forged-list        a cache handed out as attested, with a signature that does not verify. The owner checks each.
//   hidden-member      "you are in my cache until version u", and a cache before u that leaves that member out.
import { z } from "zod";
import {
  accept,
  type Crypto,
  type Digest,
  fromCanonical,
  type NodeId,
  nodeIdPattern,
  publicKeyBytes,
  publicKeyOfNodeId,
  type Result,
  refuse,
  sameBytes,
  toCanonical,
} from "../base/index.ts";
import {
  beaconCommitment,
  type CandidatesRegion,
  candidatesDigest,
  candidatesFault,
  commitmentTo,
  type DrawRules,
  drawLimits,
  locationBytes,
  locationOfHash,
} from "../draw/index.ts";
import { limits } from "./limits.ts";
import {
  attestationBody,
  bundleBody,
  digestOfList,
  entriesOf,
  hasKey,
  isSignedBy,
  readAcknowledgement,
  readList,
  type Signed,
} from "./statements.ts";

const bytesUpTo = (most: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= most, `at most ${most} bytes`);
const signature = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 64, "64 bytes");
const node = z.custom<NodeId>((value) => typeof value === "string" && nodeIdPattern.test(value), "a node id");
const instantMs = z.number().int().nonnegative();

export const signedSchema = z.strictObject({ body: bytesUpTo(limits.maxEvidenceBytes / 2), signature });
export const attestationSchema = z.strictObject({ by: node, atMs: instantMs, signature });

export const evidenceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("conflict"), node, first: signedSchema, second: signedSchema }),
  z.strictObject({ kind: z.literal("broken-commitment"), node, statement: signedSchema }),
  z.strictObject({
    kind: z.literal("false-candidates"),
    node,
    statement: signedSchema,
    /** Those that the statement has the digest of. */
    candidates: bytesUpTo(publicKeyBytes * drawLimits.maxCandidates),
  }),
  z.strictObject({
    kind: z.literal("forged-list"),
    node,
    list: bytesUpTo(limits.maxEvidenceBytes / 2),
    attestations: z.array(attestationSchema).min(1).max(limits.maxWitnesses),
    signature,
  }),
  z.strictObject({ kind: z.literal("hidden-member"), node, acknowledgement: signedSchema, list: signedSchema }),
]);
export type Evidence = z.output<typeof evidenceSchema>;
export type EvidenceKind = Evidence["kind"];

/** As a sentence goes on: "this node …". */
export const evidenceSays: Record<EvidenceKind, string> = {
  conflict: "signed two statements that contradict each other",
  "broken-commitment": "signed a value that it had not committed to",
  "false-candidates": "named candidates for processors that do not live where it said they do",
  "forged-list": "handed out a cache under a signature that is false",
  "hidden-member": "left a node out of its cache that it had promised to list",
};

const context = "evidence/1";

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return toCanonical({ hedgerow: context, evidence });
}

/** Reads, and believes nothing yet. */
export function decodeEvidence(bytes: Uint8Array): Result<Evidence> {
  const plain = fromCanonical(bytes, limits.maxEvidenceBytes);
  if (!plain.ok) return refuse("lie-unreadable", { detail: plain.detail ?? plain.code });
  const parsed = z.strictObject({ hedgerow: z.literal(context), evidence: evidenceSchema }).safeParse(plain.value);
  return parsed.success ? accept(parsed.data.evidence) : refuse("lie-unreadable");
}

/** What is needed beside the bytes. Live nodes are placed by XOR distance. */
export type EvidenceRules = Pick<DrawRules, "network" | "geometry">;

/** Whether it convicts the node that it names. */
export function verifyEvidence(evidence: Evidence, rules: EvidenceRules, crypto: Crypto): Result<void> {
  const fault = faultOf(evidence, rules, crypto);
  return fault === null ? accept(undefined) : refuse("lie-unproven", { detail: fault });
}

function faultOf(evidence: Evidence, { network, geometry }: EvidenceRules, crypto: Crypto): string | null {
  const { node } = evidence;
  const signs = ({ body, signature }: Signed) => isSignedBy(crypto, node, body, signature);
  switch (evidence.kind) {
    case "conflict": {
      const { first, second } = evidence;
      if (!signs(first) || !signs(second)) return "a statement is not signed by the node";
      const [a, b] = [bindingOf(first.body, node, network), bindingOf(second.body, node, network)];
      if (a === null || b === null) return "a statement that binds nobody";
      if (!sameBytes(a.about, b.about)) return "the statements are about different things";
      return sameBytes(a.says, b.says) ? "the statements say the same" : null;
    }
    case "broken-commitment": {
      if (!signs(evidence.statement)) return "the statement is not signed by the node";
      const holds = holdsOwnCommitment(evidence.statement.body, node, crypto);
      return holds === null ? "no statement over commitments" : holds ? "the commitment is there" : null;
    }
    case "false-candidates": {
      if (!signs(evidence.statement)) return "the statement is not signed by the node";
      const said = readDisclosure(evidence.statement.body);
      if (said === null) return "no statement that names candidates";
      const { candidates } = evidence;
      if (!sameBytes(candidatesDigest(crypto, candidates), said.named)) return "it did not name these candidates";
      const fault = candidatesFault(crypto, geometry, said, { witness: node, candidates });
      return fault === null ? "the candidates live there" : null;
    }
    case "forged-list": {
      const { list, attestations, signature } = evidence;
      const digest = digestOfList(crypto, list);
      if (!signs({ body: bundleBody(digest, attestations), signature })) return "not handed out by the node";
      const isFalse = ({ by, atMs, signature: theirs }: (typeof attestations)[number]) =>
        !isSignedBy(crypto, by, attestationBody(digest, by, atMs), theirs);
      return attestations.some(isFalse) ? null : "every signature verifies";
    }
    case "hidden-member": {
      if (!signs(evidence.acknowledgement) || !signs(evidence.list)) return "a statement is not signed by the node";
      const said = readAcknowledgement(evidence.acknowledgement.body);
      const list = readList(evidence.list.body);
      if (said === null || list === null || said.holder !== node || list.owner !== node)
        return "no acknowledgement and list of the node's own";
      if (said.network !== network || list.network !== network) return "of another network";
      if (list.version < said.since || list.version >= said.until) return "the promise does not cover this list";
      const key = publicKeyOfNodeId(said.member);
      return key === null || hasKey(list, key) ? "the member is on the list" : null;
    }
  }
}

/** What a statement is about, and what it says of it: an honest node says one thing only. Times of signing are no matter. */
function bindingOf(body: Uint8Array, node: NodeId, network: string): { about: Uint8Array; says: Uint8Array } | null {
  const said = entriesOf(body);
  if (said === null) return null;
  const binding = (about: unknown[], says: unknown[]) => ({ about: toCanonical(about), says: toCanonical(says) });
  switch (said[0]) {
    case "hedgerow beacon 1": {
      const [, draw, commitments, random] = said;
      return said.length === 5 ? binding(["beacon", draw], [commitments, random]) : null;
    }
    case "hedgerow roster disclosure 1": {
      const [, draw, attempt, ...says] = said;
      return said.length === 8 ? binding(["disclosure", draw, attempt], says) : null;
    }
    case "hedgerow roster 1": {
      const [, draw, random, attempt, actors] = said;
      return said.length === 6 ? binding(["outcome", draw, attempt], [random, actors]) : null;
    }
    case "hedgerow sparse region 1": {
      const [, draw, random, attempt] = said;
      return said.length === 5 ? binding(["outcome", draw, attempt], [random, "sparse"]) : null;
    }
    default: {
      const list = readList(body);
      if (list === null || list.owner !== node || list.network !== network) return null;
      return binding(["cache", list.version], [body]);
    }
  }
}

/** null: not a statement of this sort. */
function holdsOwnCommitment(body: Uint8Array, node: NodeId, crypto: Crypto): boolean | null {
  const said = entriesOf(body);
  if (said !== null && isBeacon(said)) {
    const [, draw, commitments, random] = said as [string, Digest, Uint8Array[], Uint8Array];
    return commitments.some((one) => sameBytes(one, beaconCommitment(crypto, draw, node, random)));
  }
  const disclosed = readDisclosure(body);
  if (disclosed === null) return null;
  const { draw, attempt, commitments, random, named } = disclosed;
  const own = commitmentTo(crypto, draw, attempt, { witness: node, random, named });
  return commitments.some((one) => sameBytes(one, own));
}

function isBeacon(said: readonly unknown[]): boolean {
  return said[0] === "hedgerow beacon 1" && said.length === 5 && areBytes(said[2]) && isBytes(said[3]);
}

interface ReadDisclosure extends CandidatesRegion {
  readonly draw: Digest;
  readonly attempt: number;
  readonly commitments: readonly Uint8Array[];
  readonly random: Uint8Array;
  /** The digest of the candidates. */
  readonly named: Uint8Array;
}

/** null: anything but what a witness of a roster signs when it discloses. */
function readDisclosure(body: Uint8Array): ReadDisclosure | null {
  const said = entriesOf(body);
  if (said?.[0] !== "hedgerow roster disclosure 1" || said.length !== 8) return null;
  const [, draw, attempt, lot, spread, commitments, random, named] = said;
  if (typeof draw !== "string" || typeof attempt !== "number" || !isBytes(lot) || lot.length !== locationBytes)
    return null;
  if (!isSpread(spread) || !areBytes(commitments) || !isBytes(random) || !isBytes(named)) return null;
  return { draw: draw as Digest, attempt, lot: locationOfHash(lot), spread, commitments, random, named };
}

function isSpread(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= drawLimits.maxSpread;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const areBytes = (value: unknown): value is Uint8Array[] => Array.isArray(value) && value.every(isBytes);

// The identities of a query, of a question and of a plan: SHA-256 over their canonical encoding. What was agreed to is named by these.
import { type Digest, type Hasher, toCanonical, toHex } from "../base/index.ts";
import type { Plan } from "./plan.ts";
import type { Query } from "./query.ts";
import type { Question } from "./question.ts";

/** Covers every alternative, the purpose, and each own operator's manifest and body digest. */
export function queryDigest(query: Query, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(query))) as Digest;
}

export function planDigest(plan: Plan, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(plan))) as Digest;
}

/** Covers whom it asks, what each pod works out, and how that is bounded; not the text it was written in. */
export function questionDigest(question: Question, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(question))) as Digest;
}

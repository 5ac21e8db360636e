// The identities of a query and of a plan: SHA-256 over their canonical encoding. What was agreed to is named by these.
import { type Digest, type Hasher, toCanonical, toHex } from "../base/index.ts";
import type { Plan } from "./plan.ts";
import type { Query } from "./query.ts";

/** Covers every alternative, the purpose, and each own operator's manifest and body digest. */
export function queryDigest(query: Query, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(query))) as Digest;
}

export function planDigest(plan: Plan, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(plan))) as Digest;
}

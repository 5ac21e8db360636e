// The identity of a policy: receipts name it, so that an audit can say under which rules a cell ran.
import { type Digest, type Hasher, toCanonical, toHex } from "../base/index.ts";
import type { Policy } from "../model/index.ts";

export function policyDigest(policy: Policy, hasher: Hasher): Digest {
  return toHex(hasher.sha256(toCanonical(["hedgerow policy", 1, policy]))) as Digest;
}

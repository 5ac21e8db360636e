// The node's sealing key: what others seal to it travels through strangers (core/asking). Kept, so that what was on its way when
// the node was restarted still opens. Like the node's own key, it is as safe as the node's folder.
import { randomBytes } from "node:crypto";
import { type SealingKey, sealingKeyBytes, sealingKeyOf } from "../io/sealing/index.ts";
import type { Journal } from "../io/storage/index.ts";

const name = "asking/sealing-key";

export function keptSealingKey(journal: Pick<Journal, "get" | "set">): SealingKey {
  const kept = journal.get(name);
  if (kept?.length === sealingKeyBytes) return sealingKeyOf(kept);
  const secret = new Uint8Array(randomBytes(sealingKeyBytes));
  journal.set(name, secret);
  return sealingKeyOf(secret);
}

// The node's sealing key: what others seal to it travels through strangers (core/asking). Kept, so that what was on its way when
// the node was restarted still opens. Like the node's own key, it is as safe as the node's folder.
import { randomBytes } from "node:crypto";
import { type AgreementKey, agreementKeyBytes, agreementKeyOf } from "../io/curve/index.ts";
import type { Journal } from "../io/storage/index.ts";

const name = "asking/sealing-key";

export function keptSealingKey(journal: Pick<Journal, "get" | "set">): AgreementKey {
  const kept = journal.get(name);
  if (kept?.length === agreementKeyBytes) return agreementKeyOf(kept);
  const secret = new Uint8Array(randomBytes(agreementKeyBytes));
  journal.set(name, secret);
  return agreementKeyOf(secret);
}

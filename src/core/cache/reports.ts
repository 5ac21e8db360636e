// Evidence of lies: checked, kept on disk, and passed on once, so that it reaches everybody and ends by itself. It excludes
// nobody: that is the authority's act, which reads the same bytes (hedgerow authority revoke --evidence).
//
// INVARIANT 1: nothing is kept or passed on that was not verified here. So whoever passes on what proves nothing lies.
// INVARIANT 2: one piece for each liar, and only of nodes of this network: nobody can fill the memory with strangers.
import { type NodeId, type Refusal, refuse } from "../base/index.ts";
import { decodeEvidence, type Evidence, encodeEvidence, verifyEvidence } from "./evidence.ts";
import { limits } from "./limits.ts";
import type { CacheState } from "./state.ts";
import { send, type Turn } from "./turn.ts";

const prefix = "cache/evidence/";

/** `from` null: found here. */
export function learnEvidence(turn: Turn, from: NodeId | null, evidence: Evidence): Refusal | null {
  const { state, contacts } = turn;
  const { self, rules, ports, isOfNetwork } = state.config;
  const { node } = evidence;
  if (state.evidence.has(node) || node === self.node || !isOfNetwork(node)) return null;
  const verified = verifyEvidence(evidence, rules, ports.crypto);
  if (!verified.ok)
    return from === null ? verified : refuse(verified.code, { blame: from, detail: verified.detail ?? "" });
  if (state.evidence.size >= limits.maxEvidence) return null;
  state.evidence.set(node, evidence);
  turn.effects.push({ type: "persist", key: prefix + node, value: encodeEvidence(evidence) });
  turn.effects.push({ type: "reported", evidence });
  for (const contact of contacts)
    if (contact !== from && contact !== node) send(turn, contact, { type: "evidence", evidence });
  return null;
}

export function restoreEvidence(state: CacheState, key: string, bytes: Uint8Array): void {
  if (!key.startsWith(prefix) || state.evidence.size >= limits.maxEvidence) return;
  const evidence = decodeEvidence(bytes);
  if (!evidence.ok || key !== prefix + evidence.value.node) return;
  const { rules, ports } = state.config;
  if (verifyEvidence(evidence.value, rules, ports.crypto).ok) state.evidence.set(evidence.value.node, evidence.value);
}

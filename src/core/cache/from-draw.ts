// What a draw brings to light, as evidence that anybody can verify: whoever is named in a draw, with what it signed.
import type { Hasher, NodeId } from "../base/index.ts";
import { type Culprit, signedLie } from "../draw/index.ts";
import type { Evidence } from "./evidence.ts";

/** null: one node's word, which proves nothing to others. */
export function evidenceFrom(
  hasher: Hasher,
  { draw, refusal, evidence, conflict }: Omit<Culprit, "type">,
): Evidence | null {
  if (refusal.blame === undefined) return null;
  const node = refusal.blame as NodeId;
  if (conflict !== undefined) return { kind: "conflict", node, first: conflict.first, second: conflict.second };
  const statement = signedLie(hasher, evidence, draw);
  if (statement === null) return null;
  if (refusal.code === "draw-value-changed") return { kind: "broken-commitment", node, statement };
  if (refusal.code !== "draw-candidate-false" || evidence?.what !== "disclosure") return null;
  return { kind: "false-candidates", node, statement, candidates: evidence.disclosure.candidates };
}

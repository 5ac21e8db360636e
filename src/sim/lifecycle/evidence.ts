// Stand-ins for keys and evidence: they bind a cell's key to its node and incarnation, and prove nothing else.
import { createHash } from "node:crypto";
import { accept, type NodeId, type Result, refuse } from "../../core/base/index.ts";
import type { CellRef, EvidenceClaim } from "../../core/lifecycle/index.ts";

export const hasher = {
  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

export function evidenceFor(node: NodeId, { vertex, incarnation }: CellRef, publicKey: Uint8Array): Uint8Array {
  return hasher.sha256(new TextEncoder().encode(`${node} ${vertex} ${incarnation}`), publicKey);
}

export function verifyEvidence({ node, vertex, incarnation, publicKey, evidence }: EvidenceClaim): Result<void> {
  const expected = evidenceFor(node, { vertex: vertex.id, incarnation }, publicKey);
  const same = expected.every((byte, i) => byte === evidence[i]);
  return same ? accept(undefined) : refuse("bad-signature");
}

// The revocations that this node knows. A revoked node stays revoked: its key has lost the network's trust, and another
// certificate for the same key does not bring it back.
import { maxRevocations, openRevocation, type RevocationTrust } from "../../core/attestation/index.ts";
import { accept, type NodeId, type Result, refuse, type Verifier } from "../../core/base/index.ts";
import type { Revocation, Signed } from "../../core/model/index.ts";

export interface RevocationList {
  /** `fresh`: it was not known before, so it is worth keeping and passing on. */
  add(signed: Signed): Result<{ revocation: Revocation; fresh: boolean }>;
  isRevoked(node: NodeId): boolean;
  reasonOf(node: NodeId): string | undefined;
  all(): readonly Signed[];
}

export function createRevocationList(trust: RevocationTrust, verifier: Verifier): RevocationList {
  const byNode = new Map<NodeId, { revocation: Revocation; signed: Signed }>();
  return {
    add(signed) {
      const opened = openRevocation(signed, trust, verifier);
      if (!opened.ok) return opened;
      const revocation = opened.value;
      if (byNode.has(revocation.node)) return accept({ revocation, fresh: false });
      if (byNode.size >= maxRevocations) return refuse("revocations-full");
      byNode.set(revocation.node, { revocation, signed });
      return accept({ revocation, fresh: true });
    },
    isRevoked: (node) => byNode.has(node),
    reasonOf: (node) => byNode.get(node)?.revocation.reason,
    all: () => [...byNode.values()].map(({ signed }) => signed),
  };
}

// Evidence of cells: what binds a cell's fresh key to its query, plan, vertex and operator, made here and verified of others.
import {
  cellBinding,
  decodeEvidence,
  type EvidenceProvider,
  type EvidenceVerifiers,
  encodeEvidence,
  verifyEvidence,
} from "../core/attestation/index.ts";
import {
  accept,
  type Crypto,
  type Digest,
  type NodeId,
  publicKeyOfNodeId,
  type Result,
  refuse,
} from "../core/base/index.ts";
import type { EvidenceClaim } from "../core/lifecycle/index.ts";
import { type Assurance, assurances, type Plan, type PlanVertex } from "../core/model/index.ts";

export interface CellEvidence {
  make(cell: {
    plan: Plan;
    planDigest: Digest;
    vertex: PlanVertex;
    incarnation: number;
    publicKey: Uint8Array;
  }): Promise<Uint8Array>;
  verify(claim: EvidenceClaim): Result<void>;
  /** The lowest assurance seen in verified evidence of a query's cells. */
  lowest(query: string): Assurance | null;
  forget(query: string): void;
}

export function createCellEvidence(
  self: NodeId,
  provider: EvidenceProvider,
  verifiers: EvidenceVerifiers,
  crypto: Crypto,
): CellEvidence {
  const seen = new Map<string, Assurance>();
  const bindingOf = (claim: Omit<EvidenceClaim, "evidence">) =>
    cellBinding(crypto, {
      network: claim.plan.network,
      node: claim.node,
      query: claim.plan.id,
      plan: claim.planDigest,
      vertex: claim.vertex.id,
      incarnation: claim.incarnation,
      operator: claim.vertex.operator.digest,
      publicKey: claim.publicKey,
    });
  return {
    async make(cell) {
      return encodeEvidence(await provider.produce(bindingOf({ ...cell, node: self })));
    },
    verify(claim) {
      const evidence = decodeEvidence(claim.evidence);
      if (!evidence.ok) return evidence;
      const publicKey = publicKeyOfNodeId(claim.node);
      if (publicKey === null) return refuse("evidence-malformed", { blame: claim.node });
      const subject = { node: claim.node, publicKey, binding: bindingOf(claim) };
      const verified = verifyEvidence(evidence.value, subject, verifiers, crypto);
      if (!verified.ok) return verified;
      const before = seen.get(claim.plan.id);
      const { assurance } = verified.value;
      if (before === undefined || assurances.indexOf(assurance) < assurances.indexOf(before))
        seen.set(claim.plan.id, assurance);
      return accept(undefined);
    },
    lowest: (query) => seen.get(query) ?? null,
    forget: (query) => void seen.delete(query),
  };
}

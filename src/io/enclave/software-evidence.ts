// The evidence provider `software`: the node's own key signs what it says of itself. Hardware providers come beside it.
import { createHash } from "node:crypto";
import { type EvidenceProvider, softwareProviderName, softwareStatement } from "../../core/attestation/index.ts";
import type { Digest, NodeId, Signer } from "../../core/base/index.ts";

/** What a software node can say of its code: its version's name. A hardware provider measures the code itself. */
export function softwareMeasurement(version: string): Digest {
  return createHash("sha256").update(`hedgerow/software/${version}`).digest("hex") as Digest;
}

export function createSoftwareEvidence(key: Signer & { readonly node: NodeId }, version: string): EvidenceProvider {
  const measurement = softwareMeasurement(version);
  return {
    name: softwareProviderName,
    assurance: "software",
    async produce(binding) {
      const said = { provider: softwareProviderName, assurance: "software", measurement, binding } as const;
      return { ...said, proof: key.sign(softwareStatement(key.node, said)) };
    },
  };
}

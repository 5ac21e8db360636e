// The provider `software`: the node's own key signs. It protects against the network and against other nodes, not
// against the owner of the machine, and is shown everywhere as what it is (DESIGN §5, Assurance is said).
import type { NodeId } from "../base/index.ts";
import { accept, refuse, toCanonical } from "../base/index.ts";
import type { Evidence, EvidenceVerifier } from "./evidence.ts";

export const softwareProviderName = "software";

/** The bytes that the node's key signs. The node is among them: evidence names whose it is. */
export function softwareStatement(node: NodeId, evidence: Omit<Evidence, "proof">): Uint8Array {
  const { provider, assurance, measurement, binding } = evidence;
  return toCanonical(["hedgerow/software-evidence/1", node, provider, assurance, measurement, binding]);
}

export const softwareVerifier: EvidenceVerifier = {
  provider: softwareProviderName,
  verifyProof(evidence, subject, crypto) {
    if (evidence.assurance !== "software") {
      return refuse("evidence-overclaimed", { blame: subject.node, detail: evidence.assurance });
    }
    if (!crypto.verify(subject.publicKey, softwareStatement(subject.node, evidence), evidence.proof)) {
      return refuse("evidence-bad-signature", { blame: subject.node });
    }
    return accept({ provider: evidence.provider, assurance: "software", measurement: evidence.measurement });
  },
};

// What evidence is bound to. A binding is the digest of everything that must not be swapped, so that evidence made for
// one connection, or one cell, is worth nothing for another (PBDS §5.1 mutual attestation; DESIGN §5, Edge keys).
import type { Digest, Hasher, NodeId, QueryId, VertexId } from "../base/index.ts";
import { toCanonical } from "../base/index.ts";

export interface AdmissionBinding {
  readonly network: string;
  /** The node that proves itself. */
  readonly prover: NodeId;
  readonly verifier: NodeId;
  readonly proverNonce: Uint8Array;
  /** Fresh from the verifier: evidence of an earlier connection cannot carry it. */
  readonly verifierNonce: Uint8Array;
}

export function admissionBinding(hasher: Hasher, about: AdmissionBinding): Uint8Array {
  const { network, prover, verifier, proverNonce, verifierNonce } = about;
  return digestOf(hasher, "hedgerow/admission-binding/1", [network, prover, verifier, proverNonce, verifierNonce]);
}

export interface CellBinding {
  readonly network: string;
  readonly node: NodeId;
  readonly query: QueryId;
  readonly plan: Digest;
  readonly vertex: VertexId;
  readonly incarnation: number;
  /** Digest of the operator that runs in the cell. */
  readonly operator: Digest;
  /** The cell's fresh X25519 key: who sends on an edge encrypts to this key only. */
  readonly publicKey: Uint8Array;
}

export function cellBinding(hasher: Hasher, about: CellBinding): Uint8Array {
  const { network, node, query, plan, vertex, incarnation, operator, publicKey } = about;
  const parts = [network, node, query, plan, vertex, incarnation, operator, publicKey];
  return digestOf(hasher, "hedgerow/cell-binding/1", parts);
}

/** The context keeps the two kinds apart: no admission evidence can pass for a cell's. */
function digestOf(hasher: Hasher, context: string, parts: readonly unknown[]): Uint8Array {
  return hasher.sha256(toCanonical([context, ...parts]));
}

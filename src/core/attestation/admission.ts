// Admission: mutual attestation before anything else (PBDS §5.1, DESIGN §5). It runs inside the encrypted channel, which
// has already proven both keys, and before any protocol exists on the connection. docs/protocols/admission.md.
//
//   dialler:   start ── hello → ── awaiting-hello ── awaiting-evidence ── attesting ── evidence → ── awaiting-welcome ── admitted
//   listener:  start ── awaiting-hello ── attesting ── hello, evidence → ── awaiting-evidence ── welcome → ── admitted
//   any state ── anything out of order, wrong, or `refused` ── refused
import type { Crypto, NodeId, Refusal, Step } from "../base/index.ts";
import { publicKeyOfNodeId, type Result, refuse, refused, stay, to, unreachable } from "../base/index.ts";
import type { MemberFacts } from "../model/index.ts";
import { admissionBinding } from "./binding.ts";
import { type Evidence, type EvidenceVerifiers, verifyEvidence } from "./evidence.ts";
import { type AdmissionMessage, admissionVersion, type Hello, refusalCodeOf } from "./messages.ts";

/** What one side of one connection knows before the first message, and the checks it may ask for. */
export interface AdmissionContext {
  readonly side: "dialler" | "listener";
  readonly self: NodeId;
  /** The peer whose key the channel proved. */
  readonly peer: NodeId;
  readonly network: string;
  readonly certificate: Uint8Array;
  /** Fresh for this connection. */
  readonly nonce: Uint8Array;
  readonly verifiers: EvidenceVerifiers;
  readonly crypto: Crypto;
  /** The authority's signature, dates, network, key; and the revocation list. Core never sees X.509. */
  checkCertificate(certificate: Uint8Array): Result<MemberFacts>;
}

interface PeerHello {
  readonly facts: MemberFacts;
  readonly nonce: Uint8Array;
}
export type AdmissionState =
  | { readonly at: "start" }
  | { readonly at: "awaiting-hello" }
  | ({ readonly at: "attesting" } & PeerHello & { readonly verified: MemberFacts | null })
  | ({ readonly at: "awaiting-evidence" } & PeerHello)
  | { readonly at: "awaiting-welcome"; readonly facts: MemberFacts }
  | { readonly at: "admitted"; readonly facts: MemberFacts }
  | { readonly at: "refused"; readonly refusal: Refusal; readonly by: NodeId };

export type AdmissionEvent =
  | { readonly type: "begin" }
  | { readonly type: "message"; readonly message: AdmissionMessage }
  /** Our own evidence over the binding that was asked for. */
  | { readonly type: "attested"; readonly evidence: Evidence }
  /** The bytes could not be decoded, were too many, or did not come in time. */
  | { readonly type: "failed"; readonly refusal: Refusal };

export type AdmissionEffect =
  | { readonly type: "say"; readonly message: AdmissionMessage }
  | { readonly type: "attest"; readonly binding: Uint8Array };

type AdmissionStep = Step<AdmissionState, AdmissionEffect>;

export const admissionStart: AdmissionState = { at: "start" };

export function stepAdmission(context: AdmissionContext, state: AdmissionState, event: AdmissionEvent): AdmissionStep {
  // INVARIANT 3: admitted and refused are final; nothing that arrives later changes the verdict.
  if (state.at === "admitted" || state.at === "refused") return stay(state);
  switch (event.type) {
    case "begin":
      return begin(context, state);
    case "message":
      return onMessage(context, state, event.message);
    case "attested":
      return onAttested(state, event.evidence);
    case "failed":
      return turnAway(context, event.refusal);
    default:
      return unreachable(event);
  }
}

function begin(context: AdmissionContext, state: AdmissionState): AdmissionStep {
  if (state.at !== "start") return stay(state);
  return context.side === "dialler" ? to({ at: "awaiting-hello" }, say(hello(context))) : to({ at: "awaiting-hello" });
}

function onMessage(context: AdmissionContext, state: AdmissionState, message: AdmissionMessage): AdmissionStep {
  if (message.type === "refused") {
    const refusal = refuse(refusalCodeOf(message.code), { blame: context.self, detail: `refused by ${context.peer}` });
    return refused({ at: "refused", refusal, by: context.peer }, refusal);
  }
  // INVARIANT 4: each state takes exactly one kind of message. Early, late and repeated ones end the admission.
  if (state.at === "awaiting-hello" && message.type === "hello") return onHello(context, message);
  if (state.at === "awaiting-evidence" && message.type === "evidence") {
    return onEvidence(context, state, message.evidence);
  }
  if (state.at === "awaiting-welcome" && message.type === "welcome") return to({ at: "admitted", facts: state.facts });
  return turnAway(context, refuse("admission-out-of-order", { blame: context.peer, detail: message.type }));
}

function onHello(context: AdmissionContext, message: Hello): AdmissionStep {
  const blame = context.peer;
  if (message.version !== admissionVersion) {
    return turnAway(context, refuse("admission-other-version", { blame, detail: `version ${message.version}` }));
  }
  if (message.network !== context.network) return turnAway(context, refuse("admission-wrong-network", { blame }));
  const checked = context.checkCertificate(message.certificate);
  if (!checked.ok) return turnAway(context, { ...checked, blame });
  // INVARIANT 5: the certificate is of the key that the channel proved; a copied one is worth nothing.
  if (checked.value.node !== context.peer) return turnAway(context, refuse("certificate-other-node", { blame }));
  const peerHello = { facts: checked.value, nonce: message.nonce };
  if (context.side === "dialler") return to({ at: "awaiting-evidence", ...peerHello });
  return to({ at: "attesting", ...peerHello, verified: null }, say(hello(context)), attest(context, peerHello));
}

function onEvidence(
  context: AdmissionContext,
  state: Extract<AdmissionState, { at: "awaiting-evidence" }>,
  evidence: Evidence,
): AdmissionStep {
  const binding = admissionBinding(context.crypto, {
    network: context.network,
    prover: context.peer,
    verifier: context.self,
    proverNonce: state.nonce,
    verifierNonce: context.nonce,
  });
  const publicKey = publicKeyOfNodeId(context.peer);
  if (publicKey === null) return turnAway(context, refuse("key-malformed", { blame: context.peer }));
  const subject = { node: context.peer, publicKey, binding };
  const verified = verifyEvidence(evidence, subject, context.verifiers, context.crypto);
  if (!verified.ok) return turnAway(context, verified);
  const facts: MemberFacts = { ...state.facts, assurance: verified.value.assurance };
  if (context.side === "listener") return to({ at: "admitted", facts }, say({ type: "welcome" }));
  // INVARIANT 6: the dialler attests only to a node that has proven itself.
  return to({ at: "attesting", facts, nonce: state.nonce, verified: facts }, attest(context, state));
}

function onAttested(state: AdmissionState, evidence: Evidence): AdmissionStep {
  if (state.at !== "attesting") return stay(state);
  const sent = say({ type: "evidence", evidence });
  if (state.verified !== null) return to({ at: "awaiting-welcome", facts: state.verified }, sent);
  return to({ at: "awaiting-evidence", facts: state.facts, nonce: state.nonce }, sent);
}

/** The refused side is told the code and nothing else: it is about its own papers, so it gives nothing away. */
function turnAway(context: AdmissionContext, refusal: Refusal): AdmissionStep {
  const told = say({ type: "refused", code: refusal.code });
  return refused({ at: "refused", refusal, by: context.self }, refusal, told);
}

function hello(context: AdmissionContext): AdmissionMessage {
  const { network, nonce, certificate } = context;
  return { type: "hello", version: admissionVersion, network, nonce, certificate };
}

function attest(context: AdmissionContext, peer: PeerHello): AdmissionEffect {
  const { network, self, nonce } = context;
  const about = { network, prover: self, verifier: context.peer, proverNonce: nonce, verifierNonce: peer.nonce };
  return { type: "attest", binding: admissionBinding(context.crypto, about) };
}

function say(message: AdmissionMessage): AdmissionEffect {
  return { type: "say", message };
}

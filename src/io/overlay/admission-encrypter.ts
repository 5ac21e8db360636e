// The connection encrypter: noise, then admission inside it (core/attestation, docs/protocols/admission.md). libp2p makes
// the multiplexer only from what this returns, so no protocol can exist on a connection that was not admitted.
import { randomBytes } from "node:crypto";
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from "@libp2p/interface";
import { serviceCapabilities } from "@libp2p/interface";
import { type NoiseComponents, noise } from "@libp2p/noise";
import {
  type AdmissionContext,
  attestationLimits,
  type EvidenceProvider,
  type EvidenceVerifiers,
} from "../../core/attestation/index.ts";
import type { Crypto, NodeId, Refusal, Result } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { performAdmission } from "./admission-exchange.ts";
import { AdmissionRefused } from "./admission-refused.ts";
import { coalesceWrites } from "./coalesce.ts";

/** Another name than plain noise: a libp2p node of no network is turned away before it says anything. */
export const admissionProtocol = "/hedgerow/admission/1.0.0";

export interface AdmissionPorts {
  readonly self: NodeId;
  readonly network: string;
  /** Our certificate, DER. */
  readonly certificate: Uint8Array;
  readonly evidence: EvidenceProvider;
  readonly verifiers: EvidenceVerifiers;
  readonly crypto: Crypto;
  readonly timeoutMs: number;
  checkCertificate(certificate: Uint8Array): Result<MemberFacts>;
  onAdmitted(facts: MemberFacts): void;
  onRefused(refusal: Refusal, side: AdmissionContext["side"]): void;
}

export function admission(ports: AdmissionPorts): (components: NoiseComponents) => ConnectionEncrypter {
  return (components) => new AdmissionEncrypter(ports, noise()(components));
}

class AdmissionEncrypter implements ConnectionEncrypter {
  readonly protocol = admissionProtocol;
  readonly [Symbol.toStringTag] = "hedgerow-admission";
  readonly [serviceCapabilities] = ["@libp2p/connection-encryption"];
  readonly #ports: AdmissionPorts;
  readonly #noise: ConnectionEncrypter;

  constructor(ports: AdmissionPorts, inner: ConnectionEncrypter) {
    this.#ports = ports;
    this.#noise = inner;
  }

  async secureOutbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    coalesceWrites(raw);
    return this.#admit("dialler", await this.#noise.secureOutbound(raw, options), options?.signal);
  }

  async secureInbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    coalesceWrites(raw);
    return this.#admit("listener", await this.#noise.secureInbound(raw, options), options?.signal);
  }

  async #admit(
    side: AdmissionContext["side"],
    secured: SecuredConnection,
    outer: AbortSignal | undefined,
  ): Promise<SecuredConnection> {
    const { self, network, certificate, verifiers, crypto, checkCertificate } = this.#ports;
    const peer = secured.remotePeer.toString() as NodeId;
    const nonce = new Uint8Array(randomBytes(attestationLimits.nonceBytes));
    const context = { side, self, peer, network, certificate, nonce, verifiers, crypto, checkCertificate };
    const { timeoutMs, evidence } = this.#ports;
    const admitted = await performAdmission(context, evidence, secured.connection, { timeoutMs, outer });
    if (!admitted.ok) {
      this.#ports.onRefused(admitted, side);
      throw new AdmissionRefused(admitted);
    }
    this.#ports.onAdmitted(admitted.value.facts);
    return { ...secured, connection: admitted.value.connection };
  }
}

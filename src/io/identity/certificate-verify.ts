// Verifies certificates with node:crypto alone (0.1 ms). Every failure has its own code, so that an operator sees
// "expired" and not "connection closed".
import { X509Certificate } from "node:crypto";
import { checkPublicKey } from "../../core/attestation/index.ts";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { fromPem } from "./der.ts";
import { nodeIdOf, rawPublicKey } from "./key-objects.ts";
import { limits } from "./limits.ts";
import { type DrawAssumptions, parseAuthorityNames, parseDeviceNames } from "./names.ts";

export interface AuthorityCertificate {
  readonly network: string;
  readonly draw: DrawAssumptions;
  readonly publicKey: Uint8Array;
  readonly notAfterMs: number;
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
}

export type CertifiedMember = MemberFacts & { readonly publicKey: Uint8Array };

/** DER, or PEM text or bytes. */
export type CertificateBytes = Uint8Array | string;

export function certificateDer(input: CertificateBytes): Uint8Array | null {
  if (typeof input === "string") return fromPem("CERTIFICATE", input);
  if (input[0] === 0x30) return input;
  return input.length > 4 * limits.maxCertificateBytes
    ? null
    : fromPem("CERTIFICATE", Buffer.from(input).toString("latin1"));
}

function parse(input: CertificateBytes): Result<X509Certificate> {
  if (input.length > 4 * limits.maxCertificateBytes) return refuse("certificate-malformed", { detail: "too long" });
  const der = certificateDer(input);
  if (der === null || der.length > limits.maxCertificateBytes) return refuse("certificate-malformed");
  try {
    const certificate = new X509Certificate(der);
    // Bytes after the certificate would be carried along unsigned.
    if (certificate.raw.length !== der.length) return refuse("certificate-malformed", { detail: "trailing bytes" });
    return accept(certificate);
  } catch {
    return refuse("certificate-malformed");
  }
}

/** The certificate that a network's nodes are configured with. Its own signature is checked; trust in it is given. */
export function openAuthorityCertificate(input: CertificateBytes): Result<AuthorityCertificate> {
  const parsed = parse(input);
  if (!parsed.ok) return parsed;
  const x509 = parsed.value;
  const publicKey = keyOf(x509);
  if (!publicKey.ok) return publicKey;
  const names = parseAuthorityNames(x509.subjectAltName);
  if (!names.ok) return names;
  if (!x509.ca || !x509.verify(x509.publicKey)) {
    return refuse("certificate-malformed", { detail: "not an authority's certificate" });
  }
  const notAfterMs = Date.parse(x509.validTo);
  return accept({
    ...names.value,
    publicKey: publicKey.value,
    notAfterMs,
    der: new Uint8Array(x509.raw),
    x509,
  });
}

export function verifyDeviceCertificate(
  input: CertificateBytes,
  authority: AuthorityCertificate,
  expected: { nowMs: number; network: string },
): Result<CertifiedMember> {
  const parsed = parse(input);
  if (!parsed.ok) return parsed;
  const x509 = parsed.value;
  // INVARIANT 2: nothing that a certificate says is believed, or reported, before the authority's signature on it holds.
  if (!signedBy(x509, authority)) return refuse("certificate-other-authority");
  if (x509.ca) return refuse("certificate-not-a-device");
  const publicKey = keyOf(x509);
  if (!publicKey.ok) return publicKey;
  const names = parseDeviceNames(x509.subjectAltName);
  if (!names.ok) return names;
  if (names.value.network !== expected.network || authority.network !== expected.network) {
    return refuse("certificate-wrong-network", { detail: names.value.network });
  }
  if (names.value.node !== nodeIdOf(publicKey.value)) return refuse("certificate-key-mismatch");
  const notBeforeMs = Date.parse(x509.validFrom);
  const notAfterMs = Math.min(Date.parse(x509.validTo), authority.notAfterMs);
  if (!(expected.nowMs >= notBeforeMs)) return refuse("certificate-not-yet-valid", { detail: x509.validFrom });
  if (!(expected.nowMs < notAfterMs)) return refuse("certificate-expired", { detail: x509.validTo });
  const { network, node, principal, roles } = names.value;
  const serial = x509.serialNumber.toLowerCase();
  return accept({ node, network, principal, roles: [...roles], serial, notAfterMs, publicKey: publicKey.value });
}

function signedBy(x509: X509Certificate, authority: AuthorityCertificate): boolean {
  try {
    return x509.checkIssued(authority.x509) && x509.verify(authority.x509.publicKey);
  } catch {
    return false;
  }
}

function keyOf(x509: X509Certificate): Result<Uint8Array> {
  let raw: Uint8Array | null;
  try {
    raw = rawPublicKey(x509.publicKey);
  } catch {
    return refuse("certificate-wrong-key-type");
  }
  return raw === null ? refuse("certificate-wrong-key-type") : checkPublicKey(raw);
}

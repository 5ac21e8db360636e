// Verifies certificates: read by our own strict reader, signature checked over their bytes. Every failure has its own code,
// so that an operator sees "expired" and not "connection closed".
import { X509Certificate } from "node:crypto";
import { checkPublicKey } from "../../core/attestation/index.ts";
import {
  accept,
  type NodeId,
  publicKeyOfNodeId,
  type Refusal,
  type Result,
  refuse,
  sameBytes,
} from "../../core/base/index.ts";
import type { MemberFacts } from "../../core/model/index.ts";
import { publicKeyObject, rawPublicKey, verifySignature } from "../curve/index.ts";
import { distinguishedName } from "./certificate-build.ts";
import { type ReadCertificate, readCertificate } from "./certificate-read.ts";
import { fromPem } from "./der.ts";
import { nodeIdOf } from "./keys.ts";
import { limits } from "./limits.ts";
import { type DrawAssumptions, parseAuthorityNames, parseDeviceNames } from "./names.ts";

export interface AuthorityCertificate {
  readonly network: string;
  readonly draw: DrawAssumptions;
  readonly publicKey: Uint8Array;
  readonly notAfterMs: number;
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
  readonly subject: Uint8Array;
  readonly keyIdentifier: Uint8Array;
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

function derOf(input: CertificateBytes): Result<Uint8Array> {
  if (input.length > 4 * limits.maxCertificateBytes) return refuse("certificate-malformed", { detail: "too long" });
  const der = certificateDer(input);
  if (der === null || der.length > limits.maxCertificateBytes) return refuse("certificate-malformed");
  return accept(der);
}

/** The certificate that a network's nodes are configured with. Its own signature is checked; trust in it is given. */
export function openAuthorityCertificate(input: CertificateBytes): Result<AuthorityCertificate> {
  const der = derOf(input);
  if (!der.ok) return der;
  const other = refuse("certificate-malformed", { detail: "not an authority's certificate" });
  const read = readCertificate(der.value);
  if (read === null) return other;
  if (read.publicKey === null) return refuse("certificate-wrong-key-type");
  const publicKey = checkPublicKey(read.publicKey);
  if (!publicKey.ok) return publicKey;
  const names = parseAuthorityNames(read.uris);
  if (!names.ok) return names;
  // Of its kind there is one form: that of a certificate which may sign others, and whose key usage says so.
  if (read.kind !== "authority") return other;
  const { subject, keyIdentifier, notAfterMs } = read;
  if (!isIssuedBy(read, { publicKey: publicKey.value, subject, keyIdentifier })) return other;
  const x509 = x509Of(der.value);
  if (x509 === null) return other;
  return accept({
    ...names.value,
    publicKey: publicKey.value,
    notAfterMs,
    der: Uint8Array.from(der.value),
    x509,
    subject: Uint8Array.from(subject),
    keyIdentifier: Uint8Array.from(keyIdentifier),
  });
}

export function verifyDeviceCertificate(
  input: CertificateBytes,
  authority: AuthorityCertificate,
  expected: { nowMs: number; network: string },
): Result<CertifiedMember> {
  const der = derOf(input);
  if (!der.ok) return der;
  const read = readCertificate(der.value);
  if (read === null) return faultOf(der.value, authority);
  // INVARIANT 2: nothing that a certificate says is believed, or reported, before the authority's signature on it holds.
  if (!isIssuedBy(read, authority)) return refuse("certificate-other-authority");
  if (read.kind !== "device") return refuse("certificate-not-a-device");
  if (read.publicKey === null) return refuse("certificate-wrong-key-type");
  const publicKey = checkPublicKey(read.publicKey);
  if (!publicKey.ok) return publicKey;
  const names = parseDeviceNames(read.uris);
  if (!names.ok) return names;
  const { network, node, principal, roles } = names.value;
  if (network !== expected.network || authority.network !== expected.network) {
    return refuse("certificate-wrong-network", { detail: network });
  }
  const named = publicKeyOfNodeId(node);
  if (named === null || !sameBytes(named, publicKey.value)) return refuse("certificate-key-mismatch");
  if (!isNamed(read.subject, node)) return refuse("certificate-malformed", { detail: "subject" });
  const notAfterMs = Math.min(read.notAfterMs, authority.notAfterMs);
  if (!(expected.nowMs >= read.notBeforeMs)) {
    return refuse("certificate-not-yet-valid", { detail: new Date(read.notBeforeMs).toISOString() });
  }
  if (!(expected.nowMs < notAfterMs)) {
    return refuse("certificate-expired", { detail: new Date(read.notAfterMs).toISOString() });
  }
  const { serial } = read;
  return accept({ node, network, principal, roles: [...roles], serial, notAfterMs, publicKey: publicKey.value });
}

/** The names agree, byte for byte, and the signature holds. */
function isIssuedBy(
  read: ReadCertificate,
  by: Pick<AuthorityCertificate, "publicKey" | "subject" | "keyIdentifier">,
): boolean {
  if (!sameBytes(read.issuer, by.subject) || !sameBytes(read.authorityKeyIdentifier, by.keyIdentifier)) return false;
  return verifySignature(by.publicKey, read.toBeSigned, read.signature);
}

/** All ids have one length, so all subjects have one beginning. */
const idLetters = 52;
const subjectHead = distinguishedName("1".repeat(idLetters)).subarray(0, -idLetters);

function isNamed(subject: Uint8Array, node: string): boolean {
  if (subject.length !== subjectHead.length + idLetters || node.length !== idLetters) return false;
  for (let i = 0; i < subjectHead.length; i++) if (subject[i] !== subjectHead[i]) return false;
  for (let i = 0; i < idLetters; i++) if (subject[subjectHead.length + i] !== node.charCodeAt(i)) return false;
  return true;
}

/** Why a certificate of another form is refused: whatever is found here, it is not accepted. */
function faultOf(der: Uint8Array, authority: AuthorityCertificate): Refusal {
  const x509 = x509Of(der);
  if (x509 === null) return refuse("certificate-malformed");
  // Bytes after the certificate would be carried along unsigned.
  if (x509.raw.length !== der.length) return refuse("certificate-malformed", { detail: "trailing bytes" });
  if (!isSignedBy(x509, authority)) return refuse("certificate-other-authority");
  if (x509.ca) return refuse("certificate-not-a-device");
  if (!hasOurKeyType(x509)) return refuse("certificate-wrong-key-type");
  return refuse("certificate-malformed", { detail: "not in the form that an authority of this network writes" });
}

function x509Of(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

function isSignedBy(x509: X509Certificate, authority: AuthorityCertificate): boolean {
  try {
    return x509.checkIssued(authority.x509) && x509.verify(publicKeyObject(authority.publicKey));
  } catch {
    return false;
  }
}

function hasOurKeyType(x509: X509Certificate): boolean {
  try {
    return rawPublicKey(x509.publicKey) !== null;
  } catch {
    return false;
  }
}

/** Whose certificate it is, unverified: for who looks into her own node's folder. null: it cannot be read. */
export function nodeNamedIn(input: CertificateBytes): NodeId | null {
  const der = derOf(input);
  const publicKey = der.ok ? (readCertificate(der.value)?.publicKey ?? null) : null;
  return publicKey === null ? null : nodeIdOf(publicKey);
}

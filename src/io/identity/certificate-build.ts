// Writes X.509 certificates with Ed25519 keys (RFC 5280, RFC 8410): an authority's own, and a device's.
import { createHash } from "node:crypto";
import type { Signer } from "../../core/base/index.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";

const ids = {
  ed25519: "1.3.101.112",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
} as const;

export const ed25519Algorithm = sequence(objectIdentifier(ids.ed25519));

export function publicKeyInfo(publicKey: Uint8Array): Buffer {
  return sequence(ed25519Algorithm, bitString(publicKey));
}

export function distinguishedName(commonName: string, organization?: string): Buffer {
  const part = (id: string, text: string) => set(sequence(objectIdentifier(id), utf8String(text)));
  const parts = [part(ids.commonName, commonName)];
  if (organization !== undefined) parts.unshift(part(ids.organization, organization));
  return sequence(...parts);
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  const wrapped = octetString(value);
  return critical ? sequence(objectIdentifier(id), boolean(true), wrapped) : sequence(objectIdentifier(id), wrapped);
}

export const keyIdentifierBytes = 20;

function keyIdentifier(publicKey: Uint8Array): Buffer {
  return createHash("sha256").update(publicKey).digest().subarray(0, keyIdentifierBytes);
}

const keyIdentifierHead = (value: Uint8Array, id: string) =>
  extension(id, false, value).subarray(0, -keyIdentifierBytes);
const noIdentifier = Buffer.alloc(keyIdentifierBytes);

/** What is the same in every certificate: the reader compares with these bytes. */
export const certificateForm = {
  version: explicit(0, integer(Buffer.of(2))), // version 3
  algorithm: ed25519Algorithm,
  /** Constraints and key usage, a bit string: bit 0 digitalSignature; bits 5 and 6 keyCertSign and cRLSign. */
  device: Buffer.concat([
    extension(ids.basicConstraints, true, sequence()),
    extension(ids.keyUsage, true, bitString(Buffer.of(0x80), 7)),
  ]),
  /** An authority signs devices only: no authority below it (path length 0). */
  authority: Buffer.concat([
    extension(ids.basicConstraints, true, sequence(boolean(true), integer(Buffer.of(0)))),
    extension(ids.keyUsage, true, bitString(Buffer.of(0x06), 1)),
  ]),
  subjectKeyIdentifierHead: keyIdentifierHead(octetString(noIdentifier), ids.subjectKeyIdentifier),
  authorityKeyIdentifierHead: keyIdentifierHead(sequence(implicit(0, noIdentifier)), ids.authorityKeyIdentifier),
  subjectAltName: objectIdentifier(ids.subjectAltName),
} as const;

export interface CertificateContent {
  readonly kind: "authority" | "device";
  /** 16 bytes, the first between 0x40 and 0x7f. */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly uris: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export function buildCertificate(content: CertificateContent, signer: Signer): Buffer {
  const form = certificateForm;
  const names = sequence(...content.uris.map((uri) => implicit(6, Buffer.from(uri, "latin1"))));
  const extensions = sequence(
    form[content.kind],
    form.subjectKeyIdentifierHead,
    keyIdentifier(content.publicKey),
    form.authorityKeyIdentifierHead,
    keyIdentifier(signer.publicKey),
    sequence(form.subjectAltName, octetString(names)),
  );
  const toBeSigned = sequence(
    form.version,
    integer(content.serial),
    ed25519Algorithm,
    content.issuer,
    sequence(time(content.notBeforeMs), time(content.notAfterMs)),
    content.subject,
    publicKeyInfo(content.publicKey),
    explicit(3, extensions),
  );
  return sequence(toBeSigned, ed25519Algorithm, bitString(signer.sign(toBeSigned)));
}

// Certificate requests (PKCS #10, RFC 2986) for Ed25519: the node makes one, the authority checks that whoever asks
// holds the key.
import { checkPublicKey } from "../../core/attestation/index.ts";
import { accept, type Result, refuse, sameBytes, type Verifier } from "../../core/base/index.ts";
import { distinguishedName, ed25519Algorithm, publicKeyInfo } from "./certificate-build.ts";
import { bitString, type DerValue, explicit, fromPem, integer, readDer, sequence, tags, toPem } from "./der.ts";
import { limits } from "./limits.ts";
import type { NodeKey } from "./node-key.ts";

const label = "CERTIFICATE REQUEST";

export function createRequest(key: NodeKey): string {
  const info = sequence(
    integer(Buffer.of(0)),
    distinguishedName(key.node),
    publicKeyInfo(key.publicKey),
    explicit(0), // no attributes: what the certificate says is the authority's to decide
  );
  return toPem(label, sequence(info, ed25519Algorithm, bitString(key.sign(info))));
}

/** The public key that the request proves. */
export function openRequest(pem: string, verifier: Verifier): Result<Uint8Array> {
  if (pem.length > limits.maxRequestBytes) return refuse("request-malformed", { detail: "too long" });
  const der = fromPem(label, pem);
  const outer = der === null ? null : only(readDer(der), tags.sequence);
  const parts = outer === null ? null : readDer(outer.content);
  if (parts === null || parts.length !== 3) return refuse("request-malformed");
  const [info, algorithm, signature] = parts as [DerValue, DerValue, DerValue];
  const signed = bitsOf(signature);
  if (!sameBytes(algorithm.whole, ed25519Algorithm) || signed === null) return refuse("request-malformed");
  const publicKey = publicKeyOf(info);
  if (publicKey === null) return refuse("request-malformed", { detail: "not an Ed25519 key" });
  const sound = checkPublicKey(publicKey);
  if (!sound.ok) return sound;
  if (!verifier.verify(publicKey, info.whole, signed)) return refuse("request-bad-proof");
  return accept(publicKey);
}

function publicKeyOf(info: DerValue): Uint8Array | null {
  const fields = info.tag === tags.sequence ? readDer(info.content) : null;
  const [version, name, keyInfo, attributes] = fields ?? [];
  if (fields?.length !== 4 || version?.tag !== tags.integer || name?.tag !== tags.sequence) return null;
  if (attributes?.tag !== 0xa0 || keyInfo?.tag !== tags.sequence) return null;
  const [algorithm, bits] = readDer(keyInfo.content) ?? [];
  if (algorithm === undefined || !sameBytes(algorithm.whole, ed25519Algorithm) || bits === undefined) return null;
  const publicKey = bitsOf(bits);
  return publicKey === null ? null : Uint8Array.from(publicKey);
}

function bitsOf(value: DerValue): Uint8Array | null {
  return value.tag === tags.bitString && value.content[0] === 0 ? value.content.subarray(1) : null;
}

function only(values: DerValue[] | null, tag: number): DerValue | null {
  const first = values?.length === 1 ? values[0]! : null;
  return first?.tag === tag ? first : null;
}

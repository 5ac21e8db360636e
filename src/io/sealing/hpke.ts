// Hybrid public key encryption in its base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. One
// message to one key, from nobody in particular: a contribution to its aggregator, a layer to its forwarder (SEP2P §5.3).
// Synchronous, on node:crypto.
//
// INVARIANT 1: `info` names what the message is for. Sealed for one use, it opens for no other.
// INVARIANT 2: opening tells nothing but that it failed: a wrong key, a wrong use and changed bytes look the same.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import { type AgreementKey, agreedSecret, agreementKeyBytes, freshAgreementKey } from "../curve/index.ts";

const tagBytes = 16;
const nonceBytes = 12;
/** What sealing adds: the sender's fresh public key and the tag. */
export const sealOverheadBytes = agreementKeyBytes + tagBytes;

const kem = Buffer.from("KEM\x00\x20", "latin1");
const suite = Buffer.from("HPKE\x00\x20\x00\x01\x00\x03", "latin1");
const version = Buffer.from("HPKE-v1", "latin1");
const nothing = Buffer.alloc(0);
const baseMode = Buffer.of(0);

/** Refuses a key that agrees on nothing. */
export function seal(
  recipient: Uint8Array,
  info: Uint8Array,
  additional: Uint8Array,
  plain: Uint8Array,
  ephemeral: AgreementKey = freshAgreementKey(),
): Result<Uint8Array> {
  const shared = agreedSecret(ephemeral, recipient);
  if (shared === null) return refuse("sealing-key", { detail: "it is a point of small order" });
  const { key, nonce } = schedule(shared, ephemeral.publicKey, recipient, info);
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additional, { plaintextLength: plain.length });
  const body = cipher.update(plain);
  cipher.final();
  return accept(new Uint8Array(Buffer.concat([ephemeral.publicKey, body, cipher.getAuthTag()])));
}

export function open(
  own: AgreementKey,
  info: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Result<Uint8Array> {
  if (sealed.length < sealOverheadBytes) return refuse("sealed-unreadable");
  const sender = sealed.subarray(0, agreementKeyBytes);
  const shared = agreedSecret(own, sender);
  if (shared === null) return refuse("sealed-unreadable");
  const { key, nonce } = schedule(shared, sender, own.publicKey, info);
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  const body = sealed.subarray(agreementKeyBytes, -tagBytes);
  decipher.setAAD(additional, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return accept(new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()])));
  } catch {
    return refuse("sealed-unreadable");
  }
}

/** RFC 9180 §4.1 (the KEM's secret) and §5.1 (the key schedule), of the first and only message. */
function schedule(
  dh: Uint8Array,
  sender: Uint8Array,
  recipient: Uint8Array,
  info: Uint8Array,
): { key: Buffer; nonce: Buffer } {
  const agreed = labeledExtract(kem, nothing, "eae_prk", dh);
  const shared = labeledExpand(kem, agreed, "shared_secret", Buffer.concat([sender, recipient]), 32);
  const context = Buffer.concat([
    baseMode,
    labeledExtract(suite, nothing, "psk_id_hash", nothing),
    labeledExtract(suite, nothing, "info_hash", info),
  ]);
  const secret = labeledExtract(suite, shared, "secret", nothing);
  return {
    key: labeledExpand(suite, secret, "key", context, 32),
    nonce: labeledExpand(suite, secret, "base_nonce", context, nonceBytes),
  };
}

function labeledExtract(id: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Buffer {
  return createHmac("sha256", salt).update(version).update(id).update(label, "latin1").update(material).digest();
}

/** At most 32 bytes: one block of HKDF-Expand. */
function labeledExpand(id: Uint8Array, key: Uint8Array, label: string, info: Uint8Array, bytes: number): Buffer {
  const block = createHmac("sha256", key).update(Buffer.of(0, bytes)).update(version).update(id);
  return block.update(label, "latin1").update(info).update(Buffer.of(1)).digest().subarray(0, bytes);
}

// Receipts: signed accounts of a cell, chained (PIXIU §3.1, DESIGN §5; docs/protocols/receipts.md).
// A receipt travels as a DSSE envelope: the signature covers the pre-authentication encoding (PAE) of its type and its
// canonical bytes, so that no receipt can be read as anything else that the node signs.
//
// INVARIANT 1: receipt n+1 names the digest of receipt n: a cell cannot show one history to one and another to another.
// INVARIANT 2: a cell signs a sequence once.

import { z } from "zod";
import {
  accept,
  type Digest,
  fromCanonical,
  type Hasher,
  type Result,
  refuse,
  type Signer,
  toCanonical,
  toHex,
  type Verifier,
} from "../base/index.ts";
import { type Receipt, receiptSchema } from "../model/index.ts";
import { limits } from "./limits.ts";

/** Version 3: leaves are keyed per link (docs/decisions/0011), and a receipt can stand for those before it (0014). */
export const receiptPayloadType = "application/vnd.hedgerow.receipt.v3+cbor";

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be bytes");

export const envelopeSchema = z.strictObject({
  payloadType: z.literal(receiptPayloadType),
  payload: bytesSchema,
  signatures: z.array(z.strictObject({ keyid: z.string().max(80), sig: bytesSchema })).length(1),
});
export type ReceiptEnvelope = z.output<typeof envelopeSchema>;

/** DSSE v1: "DSSEv1" SP len(type) SP type SP len(payload) SP payload. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const bytes = new Uint8Array(head.length + payload.length);
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  bytes.set(payload, head.length);
  return bytes;
}

export function signReceipt(receipt: Receipt, signer: Signer): ReceiptEnvelope {
  const payload = toCanonical(receipt);
  const sig = signer.sign(preAuthenticationEncoding(receiptPayloadType, payload));
  return { payloadType: receiptPayloadType, payload, signatures: [{ keyid: receipt.node, sig }] };
}

export function receiptDigest(hasher: Hasher, envelope: ReceiptEnvelope): Digest {
  return toHex(hasher.sha256(envelope.payload)) as Digest;
}

export function encodeEnvelope(envelope: ReceiptEnvelope): Uint8Array {
  return toCanonical(envelope);
}

export function decodeEnvelope(bytes: Uint8Array): Result<ReceiptEnvelope> {
  const value = fromCanonical(bytes, limits.maxReceiptBytes);
  if (!value.ok) return refuse("receipt-malformed", { detail: value.detail ?? value.code });
  const parsed = envelopeSchema.safeParse(value.value);
  return parsed.success ? accept(parsed.data) : refuse("receipt-malformed", { detail: "not an envelope" });
}

/** The receipt inside, signature not looked at. */
export function openEnvelope(envelope: ReceiptEnvelope): Result<Receipt> {
  const value = fromCanonical(envelope.payload, limits.maxReceiptBytes);
  if (!value.ok) return refuse("receipt-malformed", { detail: value.detail ?? value.code });
  const parsed = receiptSchema.safeParse(value.value);
  return parsed.success ? accept(parsed.data) : refuse("receipt-malformed", { detail: "not a receipt" });
}

/** `publicKey` is that of the node that the receipt names. */
export function verifyReceipt(envelope: ReceiptEnvelope, publicKey: Uint8Array, verifier: Verifier): Result<Receipt> {
  const receipt = openEnvelope(envelope);
  if (!receipt.ok) return receipt;
  const signature = envelope.signatures[0]!;
  const signed = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
  if (signature.keyid !== receipt.value.node || !verifier.verify(publicKey, signed, signature.sig)) {
    return refuse("receipt-forged", { blame: receipt.value.node });
  }
  return receipt;
}

export type ReceiptSubject = Pick<
  Receipt,
  "query" | "plan" | "vertex" | "node" | "incarnation" | "operator" | "policy" | "assurance"
>;

/** Writes one cell's receipts, in order. */
export class ReceiptChain {
  readonly #subject: ReceiptSubject;
  readonly #hasher: Hasher;
  readonly #signer: Signer;
  #sequence = 0;
  #previous: Digest | undefined;

  /** `before`: the last receipt that was signed already. */
  constructor(
    subject: ReceiptSubject,
    hasher: Hasher,
    signer: Signer,
    before?: { readonly sequence: number; readonly digest: Digest },
  ) {
    this.#subject = subject;
    this.#hasher = hasher;
    this.#signer = signer;
    if (before === undefined) return;
    this.#sequence = before.sequence + 1;
    this.#previous = before.digest;
  }

  /** The number of the next receipt. */
  get sequence(): number {
    return this.#sequence;
  }

  next(
    account: Pick<Receipt, "inputs" | "outputs" | "undelivered" | "final" | "whole" | "closedLinks">,
  ): ReceiptEnvelope {
    const previous = this.#previous === undefined ? {} : { previous: this.#previous };
    const receipt: Receipt = { ...this.#subject, sequence: this.#sequence, ...previous, ...account };
    const envelope = signReceipt(receipt, this.#signer);
    this.#sequence++;
    this.#previous = receiptDigest(this.#hasher, envelope);
    return envelope;
  }
}

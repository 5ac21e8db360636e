// The asymmetric operations of one owner's part, bare: node:crypto and nothing else.
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { freshAgreementKey } from "../../src/io/curve/index.ts";
import { processorUs } from "../support/rows.ts";

/** Microseconds of processor time. */
export interface BareCosts {
  readonly sign: number;
  readonly verify: number;
  /** A fresh key pair, and what it agrees on with somebody's public key: what sealing one message takes. */
  readonly agree: number;
}

const times = 1_000;

export function bareCosts(): BareCosts {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519") as { publicKey: KeyObject; privateKey: KeyObject };
  const message = new Uint8Array(64).fill(7);
  const signature = sign(null, message, privateKey);
  const x = Buffer.from(freshAgreementKey().publicKey).toString("base64url");
  return {
    sign: processorUs(() => sign(null, message, privateKey), times),
    verify: processorUs(() => verify(null, message, publicKey, signature), times),
    agree: processorUs(() => {
      const fresh = generateKeyPairSync("x25519");
      const recipient = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
      diffieHellman({ privateKey: fresh.privateKey, publicKey: recipient });
    }, times),
  };
}

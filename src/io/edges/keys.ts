// Keys of cells and of the links between them (DESIGN §5, Edge keys). Each cell has a fresh X25519 pair; each link gets
// its own keys out of the pairs of its ends, the plan, the edge and both incarnations (HKDF-SHA256).
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { accept, type Digest, fromHex, type Result, refuse } from "../../core/base/index.ts";
import { type LinkKeyUse, type LinkName, leafSecretBytes, linkKeyInfo } from "../../core/cell/index.ts";
import { type AgreementKey, agreedSecret, freshAgreementKey } from "../curve/index.ts";
import { limits } from "./limits.ts";

/** Pairs made ahead, so that a cell starts without waiting for one. */
export class CellKeyPool {
  readonly #ready: AgreementKey[] = [];
  #refill: NodeJS.Immediate | undefined;

  constructor() {
    this.#schedule();
  }

  take(): AgreementKey {
    const key = this.#ready.pop() ?? freshAgreementKey();
    this.#schedule();
    return key;
  }

  close(): void {
    clearImmediate(this.#refill);
    this.#refill = undefined;
    this.#ready.length = 0;
  }

  #schedule(): void {
    if (this.#refill !== undefined || this.#ready.length >= limits.keyPoolPairs) return;
    this.#refill = setImmediate(() => {
      this.#refill = undefined;
      this.#ready.push(freshAgreementKey());
      this.#schedule();
    });
    this.#refill.unref();
  }
}

/** Of one link and direction. */
export interface FrameKeys {
  /** AES-256-CTR. */
  readonly large: KeyObject;
  /** ChaCha20-Poly1305. */
  readonly small: Uint8Array;
}

export interface LinkKeys {
  /** Seal what goes with the data, and what comes back. */
  readonly forward: FrameKeys;
  readonly backward: FrameKeys;
  readonly hello: KeyObject;
  /** Keys the leaves of both ends' accounts (core/cell/leaves.ts). Tells nothing of the other keys. */
  readonly leaves: Uint8Array;
}

export interface LinkEnds {
  readonly link: LinkName;
  readonly planDigest: Digest;
  readonly own: AgreementKey;
  readonly peer: Uint8Array;
  /** True at the sending cell. */
  readonly sending: boolean;
}

export function deriveLinkKeys({ link, planDigest, own, peer, sending }: LinkEnds): Result<LinkKeys> {
  const secret = agreedSecret(own, peer);
  if (secret === null) return refuse("bad-cell-key", { blame: link.edge });
  const salt = fromHex(planDigest);
  const [fromKey, toKey] = sending ? [own.publicKey, peer] : [peer, own.publicKey];
  const derive = (use: LinkKeyUse, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, salt, linkKeyInfo(link, fromKey, toKey, use), bytes));
  const frames = (use: LinkKeyUse): FrameKeys => {
    const both = derive(use, 64);
    return { large: createSecretKey(both.subarray(0, 32)), small: both.subarray(32) };
  };
  return accept({
    forward: frames("forward"),
    backward: frames("backward"),
    hello: createSecretKey(derive("hello", 32)),
    leaves: derive("leaves", leafSecretBytes),
  });
}

// Sealing as asking needs it (SEP2P §5.3): a message to one key, from nobody in particular. A port: core knows no keys. What a
// message is for is part of the sealing, so a layer never passes for a share, nor a share for a contribution.
import { type Digest, type NodeId, type Result, toCanonical, type VertexId } from "../base/index.ts";

export interface Sealer {
  /** Refuses a key that nobody can use alone (`sealing-key`). */
  seal(recipient: Uint8Array, use: Uint8Array, additional: Uint8Array, plain: Uint8Array): Result<Uint8Array>;
}

/** Holds one secret key. Refuses with `sealed-unreadable` whatever was not sealed for it and for this use. */
export interface Opener {
  open(use: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Result<Uint8Array>;
}

/** A member of the network that messages can be sealed for. */
export interface KnownNode {
  readonly node: NodeId;
  /** For layers and shares: 32 bytes. */
  readonly sealingKey: Uint8Array;
}

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export const uses = {
  layer: ascii("hedgerow asking 1 layer"),
  share: ascii("hedgerow asking 1 share"),
  contribution: ascii("hedgerow asking 1 contribution"),
} as const;

export const nothing = new Uint8Array(0);

/** A contribution opens for its round and its cell only. */
export function contributionContext(round: Digest, cell: VertexId): Uint8Array {
  return toCanonical([round, cell]);
}

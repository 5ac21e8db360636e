// For tests of receipts: nodes with real Ed25519 keys, and the crypto port that nodes use.
import { createNodeCrypto, generateNodeKey, type NodeKey } from "../../src/io/identity/index.ts";

export type TestSigner = NodeKey;
export const crypto = createNodeCrypto();
export const makeSigner = generateNodeKey;

// For tests of receipts: nodes with real Ed25519 keys, and the crypto port that nodes use.
import { generateNodeKey, type NodeKey, nodeCrypto } from "../../src/io/identity/index.ts";

export type TestSigner = NodeKey;
export const crypto = nodeCrypto;
export const makeSigner = generateNodeKey;

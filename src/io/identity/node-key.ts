// The node's own key: from a file, from the configuration, else generated and kept (DESIGN §5, Identity).
import { createPrivateKey, type KeyObject } from "node:crypto";
import { checkPublicKey } from "../../core/attestation/index.ts";
import { accept, type NodeId, type Result, refuse, type Signer } from "../../core/base/index.ts";
import { privateKeyObject, seedBytes, signerOf } from "../curve/index.ts";
import { freshSeed, nodeIdOf, seedOf } from "./keys.ts";
import { limits } from "./limits.ts";
import { createFile, isExposed, readIfThere } from "./private-file.ts";

export interface NodeKey extends Signer {
  readonly node: NodeId;
  readonly seed: Uint8Array;
}

export function nodeKeyFromSeed(seed: Uint8Array): NodeKey {
  const signer = signerOf(seed);
  return { node: nodeIdOf(signer.publicKey), seed, ...signer };
}

export function generateNodeKey(): NodeKey {
  return nodeKeyFromSeed(freshSeed());
}

/** The 32-byte seed in base64, as a configuration carries it. */
export function nodeKeyFromBase64(text: string): Result<NodeKey> {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text.trim())) return refuse("key-configuration-malformed");
  const seed = new Uint8Array(Buffer.from(text.trim(), "base64"));
  return seed.length === seedBytes ? accept(nodeKeyFromSeed(seed)) : refuse("key-configuration-malformed");
}

/** Reads the key file; makes one (mode 0600) when there is none. */
export async function loadOrCreateNodeKey(file: string): Promise<Result<NodeKey>> {
  const there = await readNodeKey(file);
  if (there !== null) return there;
  const key = generateNodeKey();
  if (await createFile(file, pemOf(key))) return accept(key);
  return (await readNodeKey(file)) ?? refuse("key-file-malformed", { blame: file });
}

/** null when there is no such file. */
export async function readNodeKey(file: string): Promise<Result<NodeKey> | null> {
  const content = await readIfThere(file);
  if (content === null) return null;
  // INVARIANT 1: a key that others could read is not used, however sound it is otherwise.
  if (await isExposed(file)) return refuse("key-file-exposed", { blame: file });
  if (content.length > limits.maxKeyFileBytes) return refuse("key-file-malformed", { blame: file });
  let key: KeyObject;
  try {
    key = createPrivateKey(content);
  } catch {
    return refuse("key-file-malformed", { blame: file });
  }
  const seed = seedOf(key);
  if (seed === null) return refuse("key-file-malformed", { blame: file, detail: "not an Ed25519 private key" });
  const made = nodeKeyFromSeed(seed);
  const fine = checkPublicKey(made.publicKey);
  return fine.ok ? accept(made) : { ...fine, blame: file };
}

export function pemOf(key: NodeKey): string {
  return privateKeyObject(key.seed).export({ format: "pem", type: "pkcs8" }) as string;
}

export {
  type Ed25519,
  nodeEd25519,
  privateKeyObject,
  publicKeyObject,
  rawPublicKey,
  seedBytes,
  signerOf,
  sodiumEd25519,
  verifySignature,
} from "./ed25519.ts";
export { loadSodium, type Sodium, sodium } from "./sodium.ts";
export {
  type AgreementKey,
  agreedSecret,
  agreementKeyBytes,
  agreementKeyOf,
  freshAgreementKey,
  nodeX25519,
  sodiumX25519,
} from "./x25519.ts";

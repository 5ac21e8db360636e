export {
  type Authority,
  createAuthority,
  type Issued,
  type IssuedCertificate,
  type IssueOrder,
  openAuthority,
  revocationsFileName,
} from "./authority.ts";
export { blake3, nativeBlake3, portableBlake3 } from "./blake3.ts";
export { createRequest, openRequest } from "./certificate-request.ts";
export {
  type AuthorityCertificate,
  type CertificateBytes,
  type CertifiedMember,
  certificateDer,
  nodeNamedIn,
  openAuthorityCertificate,
  verifyDeviceCertificate,
} from "./certificate-verify.ts";
export { locationOf, nodeIdOf } from "./keys.ts";
export { limits as identityLimits } from "./limits.ts";
export { checkNames, type DrawAssumptions, defaultDraw } from "./names.ts";
export { nodeCrypto } from "./node-crypto.ts";
export {
  generateNodeKey,
  loadOrCreateNodeKey,
  type NodeKey,
  nodeKeyFromBase64,
  nodeKeyFromSeed,
  pemOf,
  readNodeKey,
} from "./node-key.ts";
export { createFile as createPrivateFile, isExposed, readIfThere } from "./private-file.ts";
export { createRevocationList, type RevocationList } from "./revocation-list.ts";

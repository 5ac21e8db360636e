export {
  decodeEvidence,
  type Evidence,
  type EvidenceKind,
  type EvidenceRules,
  encodeEvidence,
  evidenceSays,
  verifyEvidence,
} from "./evidence.ts";
export { evidenceFrom } from "./from-draw.ts";
export { limits as cacheLimits } from "./limits.ts";
export { createCache, stepCache } from "./machine.ts";
export { type CacheMessage, decodeCacheMessage, encodeCacheMessage, isCacheMessage } from "./messages.ts";
export { sortedKeys } from "./sorted-keys.ts";
export type { CacheConfig, CacheEffect, CacheEvent, CacheFacts, CacheState, CacheStep } from "./state.ts";
export {
  type Acknowledgement,
  acknowledgementBody,
  attestationBody,
  bundleBody,
  type CacheList,
  digestOfList,
  hasKey,
  listBody,
  readList,
  type Signed,
} from "./statements.ts";

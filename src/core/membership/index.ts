export { limits as membershipLimits } from "./limits.ts";
export { createMembership, factsOf, type MembershipStep, step, view } from "./machine.ts";
export {
  type Announcement,
  decodeMessage,
  encodeMessage,
  type GoodbyeStatement,
  type MembershipMessage,
  membershipMessageSchema,
  type RevocationStatement,
  type SuspicionStatement,
  sizeOfMessage,
  type WireItem,
} from "./messages.ts";
export { neighboursOf } from "./neighbours.ts";
export { type Certifier, createReader, type Reader, type ReaderConfig } from "./reader.ts";
export * from "./state.ts";
export { shelfOf } from "./storage.ts";

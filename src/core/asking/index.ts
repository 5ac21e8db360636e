// Asking people (SEP2P §5.2, §5.3): the concept index, the finder, a person's node, gatherers, forwarders.

export * from "./answers.ts";
export * from "./call-desk.ts";
export * from "./commission.ts";
export * from "./concepts.ts";
export * from "./entries.ts";
export { type AskedOf, type AskingRole, askingRoles, expectedMessages } from "./expected-messages.ts";
export { createFinder, stepFinder } from "./finder.ts";
export type {
  FinderConfig,
  FinderEffect,
  FinderEvent,
  FinderPorts,
  FinderState,
  FinderStep,
} from "./finder-state.ts";
export * from "./forwarder.ts";
export * from "./gatherer.ts";
export * from "./go-desk.ts";
export * from "./indexer.ts";
export { limits as askingLimits } from "./limits.ts";
export * from "./message-commitment.ts";
export * from "./message-question.ts";
export * from "./messages.ts";
export { stepOwner } from "./owner.ts";
export { type KeptRecords, OwnerConsent, type OwnerConsentPorts, type WithoutRows } from "./owner-consent.ts";
export { decidesUntilMs } from "./owner-send.ts";
export {
  createOwner,
  type Decision,
  type OwnerConfig,
  type OwnerEffect,
  type OwnerEvent,
  type OwnerPorts,
  type OwnerState,
  type OwnerStep,
} from "./owner-state.ts";
export { entriesPerForwarder, entriesPerSender, type Peers } from "./passing-quota.ts";
export * from "./paths.ts";
export * from "./placement.ts";
export * from "./publisher.ts";
export * from "./sealing.ts";
export * from "./tags.ts";

export { stepCoordinator } from "./coordinator.ts";
export { isByPolicy } from "./coordinator-phases.ts";
export * from "./coordinator-state.ts";
export { limits as lifecycleLimits } from "./limits.ts";
export * from "./messages.ts";
export { stepParticipant } from "./participant.ts";
export * from "./participant-state.ts";

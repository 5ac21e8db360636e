export { stepCoordinator } from "./coordinator.ts";
export * from "./coordinator-state.ts";
export { limits as lifecycleLimits } from "./limits.ts";
export * from "./messages.ts";
export { stepParticipant } from "./participant.ts";
export * from "./participant-state.ts";

export * from "./admission.ts";
export * from "./binding.ts";
export * from "./evidence.ts";
export { limits as attestationLimits } from "./limits.ts";
export * from "./messages.ts";
export * from "./public-key.ts";
export * from "./revocation.ts";
export * from "./software.ts";

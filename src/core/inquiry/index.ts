export { limits as inquiryLimits } from "./limits.ts";
export * from "./messages.ts";
export * from "./readers.ts";

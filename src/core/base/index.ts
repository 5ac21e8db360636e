export * from "./canonical.ts";
export * from "./crypto.ts";
export * from "./ids.ts";
export * from "./machine.ts";
export * from "./nearest.ts";
export * from "./node-id.ts";
export * from "./refusals.ts";
export * from "./result.ts";

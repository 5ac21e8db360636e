export * from "./allocate.ts";
export * from "./builder.ts";
export * from "./check.ts";
export * from "./layout.ts";
export * from "./limits.ts";
export * from "./reader.ts";
export * from "./select.ts";
export * from "./utf8.ts";

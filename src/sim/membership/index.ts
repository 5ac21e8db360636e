export * from "./bench.ts";
export * from "./member.ts";
export * from "./network.ts";
export * from "./report.ts";

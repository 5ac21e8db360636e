export * from "./member.ts";
export * from "./network.ts";

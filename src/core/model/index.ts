export * from "./attribute.ts";
export * from "./member.ts";
export * from "./operator.ts";
export * from "./plan.ts";
export * from "./policy.ts";
export * from "./query.ts";
export * from "./receipt.ts";
export * from "./record.ts";

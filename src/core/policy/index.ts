// Policies (PBDS §4): decide, check a stream, check a plan, compare neighbours, explain.
export * from "./check-plan.ts";
export * from "./check-shape.ts";
export * from "./conflicts.ts";
export * from "./decide.ts";
export * from "./digest.ts";
export * from "./explain.ts";

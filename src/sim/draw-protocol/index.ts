export { type ChaosOptions, type DrawRun, simulateDraws } from "./chaos.ts";
export * from "./network.ts";

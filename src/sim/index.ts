// The simulator: the other root beside the daemon. Core under a virtual clock, network and disks.
export { type QuerySimulation, simulateQuery, simulatingQuery } from "./asking/index.ts";
export * from "./draw/index.ts";
export { type DrawRun, simulateDraws } from "./draw-protocol/index.ts";
export * from "./kernel/index.ts";
export * from "./lifecycle/index.ts";
export * from "./membership/index.ts";

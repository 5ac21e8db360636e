export type { Machines } from "./node.ts";
export * from "./scenario.ts";
export * from "./simulate.ts";

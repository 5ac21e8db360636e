export type { Machines } from "./node.ts";
export { type Fault, randomScenario, type Scenario, type SimulatedMember, simulatedNode } from "./scenario.ts";
export * from "./simulate.ts";

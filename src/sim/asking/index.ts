// Asking people, simulated whole (docs/protocols/asking.md).
export { AskingNode, keyOfEvidence } from "./node.ts";
export type { AskingOptions, OnWay, SimulatedOwner } from "./options.ts";
export { SimulatedPod } from "./pod.ts";
export { type RuleSet, ruleSets } from "./population.ts";
export { countedSealing, type SimulatedSealing } from "./sealing.ts";
export { type QuerySimulationOptions, simulateQuery, simulatingQuery } from "./simulate.ts";
export type { PartOfRound, QuerySimulation, RuleSetAsked } from "./simulation-report.ts";
export { AskingWorld, type Sent, startMs, type Traffic } from "./world.ts";

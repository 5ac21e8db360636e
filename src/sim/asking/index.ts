// Asking people, simulated whole (docs/protocols/asking.md).
export { AskingNode, keyOfEvidence, type SimulatedPod } from "./node.ts";
export type { AskingOptions, OnWay, SimulatedOwner } from "./options.ts";
export { countedSealing, type SimulatedSealing } from "./sealing.ts";
export { type PartOfRound, type QuerySimulation, type QuerySimulationOptions, simulateQuery } from "./simulate.ts";
export { AskingWorld, type Sent, type Traffic } from "./world.ts";

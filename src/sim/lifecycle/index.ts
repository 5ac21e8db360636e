export type { Machines } from "./node.ts";
export {
  type Fault,
  randomScenario,
  type Scenario,
  type SimulatedMember as LifecycleMember,
  simulatedNode,
} from "./scenario.ts";
export * from "./simulate.ts";

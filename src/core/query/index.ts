// Queries: YAML → query with positions, validation, placement over the network, a participant's re-check of a plan, and
// the description of a plan for people. Digests of queries and plans are in core/model.
export { planDigest, queryDigest } from "../model/index.ts";
export { type Network, newestRecords } from "./candidates.ts";
export * from "./check-plan.ts";
export * from "./describe.ts";
export { checkDrawn, drawnIn, type RosterCheck, shareOut } from "./drawn.ts";
export { type Fault, FaultList, type Position, type Positions, positionsWithoutFile } from "./fault.ts";
export { limits as queryLimits } from "./limits.ts";
export {
  descriptorOfManifest,
  ownOperatorDigest,
  type ParsedManifest,
  parseManifest,
  readManifest,
} from "./own-operator.ts";
export * from "./parse-query.ts";
export * from "./plan.ts";
export { plainOf, positionsIn, readYaml } from "./read-yaml.ts";
export { faultsOf, functionsFor, ownOperatorsOf, validate } from "./validate.ts";

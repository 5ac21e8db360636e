export { type Drawn, drawActors } from "./actors.ts";
export { exactly } from "./binomial.ts";
export { type Degrees, degreesOf } from "./degree.ts";
export { estimateNodes, type NodesEstimate, type Sighting } from "./estimate.ts";
export { candidatesFault, lieIn, signedLie } from "./evidence.ts";
export { type DrawParameters, type KTable, type KTableRow, kTable, largestRegion } from "./k-table.ts";
export { limits as drawLimits } from "./limits.ts";
export { type Location, locationBits, locationBytes, locationOf, locationOfHash, numberOf } from "./location.ts";
export { createDraw, isBusy, stepDraw } from "./machine.ts";
export {
  type Beacon,
  beaconSchema,
  type Disclosure,
  type DrawHeader,
  type DrawMessage,
  type DrawnList,
  decodeDrawMessage,
  decodeRoster,
  type Evidence,
  encodeDrawMessage,
  encodeRoster,
  type Roster,
  rosterSchema,
  type Sparse,
} from "./messages.ts";
export {
  candidatesRound,
  type DrawMember,
  type Neighbourhood,
  nearestTo,
  spreadOf,
  type Witnesses,
  witnessesRound,
} from "./neighbourhood.ts";
export { alphaForNetworkRisk, dailyRisk, drawRisk, networkRisk, tableForNetworkRisk } from "./network-risk.ts";
export {
  blockOf,
  cachedMembers,
  contacts,
  createNodeCache,
  type DensityEstimate,
  doubt,
  endVouches,
  estimateOf,
  forget,
  know,
  knownBy,
  type NodeCache,
  neighbourhoodOf,
  vouch,
} from "./node-cache.ts";
export { distance, type Geometry, geometries, isInside, pointsOf, type Region, regionOf } from "./region.ts";
export type {
  Conflict,
  Culprit,
  DrawConfig,
  DrawEffect,
  DrawEvent,
  DrawFacts,
  DrawState,
  DrawStep,
  Setting,
} from "./state.ts";
export {
  beaconCommitment,
  beaconStatement,
  type CandidatesRegion,
  candidatesDigest,
  commitmentTo,
  disclosureStatement,
  drawOf,
  lotOf,
  rosterCommitment,
  rosterStatement,
  sealStatement,
  sparseStatement,
  xorAll,
} from "./statement.ts";
export { atLeast, fewerThan } from "./tails.ts";
export {
  type DrawPorts,
  type DrawRules,
  drawRules,
  type VerifiedBeacon,
  type VerifiedRoster,
  verifyBeacon,
  verifyDrawn,
  verifyRoster,
} from "./verify.ts";

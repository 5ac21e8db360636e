export { exactly } from "./binomial.ts";
export { type Degrees, degreesOf } from "./degree.ts";
export { estimateNodes, type NodesEstimate, type Sighting } from "./estimate.ts";
export { type DrawParameters, type KTable, type KTableRow, kTable, largestRegion } from "./k-table.ts";
export { limits as drawLimits } from "./limits.ts";
export { type Location, locationBits, locationBytes, locationOf, locationOfHash, numberOf } from "./location.ts";
export { networkRisk, tableForNetworkRisk } from "./network-risk.ts";
export { distance, type Geometry, geometries, isInside, pointsOf, type Region, regionOf } from "./region.ts";
export { atLeast, fewerThan } from "./tails.ts";

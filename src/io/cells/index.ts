export * from "./contract.ts";
export { createCellHost } from "./host.ts";
export { limits as cellHostLimits } from "./limits.ts";
export * from "./rehearsal.ts";

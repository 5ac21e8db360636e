export { type AskedAttribute, askableOf, askedAttribute, checkAskable } from "./askable.ts";
export type { AskableColumn, AskableConcept, AskableTable } from "./askable-entries.ts";
export * from "./catalogue.ts";
export { type CellReader, cellReader, isNumber, isoOfMs, readTimestamp } from "./cell.ts";
export * from "./column.ts";
export { inferColumns, inferType, inferUnit, isAbsent } from "./infer.ts";
export * from "./ladder.ts";
export { limits as podLimits } from "./limits.ts";
export { RowKeys } from "./row-key.ts";

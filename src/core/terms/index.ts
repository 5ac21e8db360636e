// Terms: what a question costs, what each person sends, and how that becomes an answer (docs/protocols/asking.md).
export * from "./compile.ts";
export * from "./contract.ts";
export { limits as termsLimits } from "./limits.ts";
export { cutAnswer, cutPart, joinAnswer, PartPieces } from "./pieces.ts";

// Terms: what a question costs, what each person sends, and how that becomes an answer (docs/protocols/asking.md).
import { answerOf } from "./answer.ts";
import type { TermsPort } from "./contract.ts";
import { encodeContribution, encodeOutcome } from "./encode.ts";
import { createTally } from "./tally.ts";
import { termsOf } from "./terms-of.ts";

export * from "./compile.ts";
export * from "./contract.ts";
export { limits as termsLimits } from "./limits.ts";
export { foundNoise, foundVariance } from "./noise.ts";
export { cutAnswer, cutPart, joinAnswer, PartPieces, parseAnswer } from "./pieces.ts";
export { costOf, type ExpectedError, epsilonForError, expectedErrors, type SolvedEpsilon } from "./price.ts";
export { answerOf, createTally, encodeContribution, encodeOutcome, termsOf };

export const terms: TermsPort = { termsOf, encodeContribution, encodeOutcome, createTally, answerOf };

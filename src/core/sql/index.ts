// The SQL front end: a statement in GoogleSQL's dialect of differential privacy → a question about people, typed, bounded and
// split into whom is asked and what each pod works out. Compiling it into cells is not done here.
export { type Catalogue, type Column, type Concept, catalogueOf, peopleTable, type Table } from "./catalogue.ts";
export { limits as sqlLimits } from "./limits.ts";
export { privacyDefaults, privacyRanges } from "./options.ts";
export { parseStatement } from "./parse.ts";
export { type ParsedQuestion, parseQuestion, type QuestionContext } from "./parse-question.ts";
export { printStatement } from "./print.ts";

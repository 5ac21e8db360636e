export { type Compiled, compileExpression } from "./compile.ts";
export { type Node, parseExpression } from "./parser.ts";

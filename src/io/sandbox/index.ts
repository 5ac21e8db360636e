export { startsBodies } from "./own-body.ts";
export { createSandbox, type Sandbox, type SandboxOrder } from "./sandbox.ts";
export {
  checkOperator,
  type OperatorLanguage,
  type OperatorReport,
  type OperatorRun,
  operatorLanguages,
  runOperator,
  scaffoldOperator,
} from "./workbench.ts";

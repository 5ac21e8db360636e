export { createSandbox, type Sandbox, type SandboxOrder } from "./sandbox.ts";

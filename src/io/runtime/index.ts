export { within } from "./within.ts";
export { packageRoot, workerFile } from "./worker-file.ts";

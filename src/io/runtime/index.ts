export { packageRoot, workerFile } from "./worker-file.ts";

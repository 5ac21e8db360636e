export { createSoftwareEvidence, softwareMeasurement } from "./software-evidence.ts";

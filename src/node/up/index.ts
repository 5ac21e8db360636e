export { runUp } from "./run-up.ts";

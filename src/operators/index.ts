export * from "./catalogue.ts";
export * from "./contract.ts";
export { parseParams } from "./define.ts";
export * from "./expression/index.ts";
export * from "./formats/index.ts";
export { peopleShapes } from "./people.ts";

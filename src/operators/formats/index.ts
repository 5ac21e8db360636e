export * from "./csv.ts";
export * from "./records.ts";
export * from "./values.ts";

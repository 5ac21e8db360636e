export * from "./merkle.ts";

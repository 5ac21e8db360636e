export * from "./hpke.ts";

export * from "./agreement-key.ts";
export * from "./hpke.ts";

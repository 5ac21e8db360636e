// Secret sharing (SEP2P §5.3).
export * from "./shamir.ts";

// The version of this software: built in when bundled, read from package.json when run from the sources.
import { readFileSync } from "node:fs";
import { packageFile } from "./package-root.ts";

declare const __HEDGEROW_VERSION__: string | undefined;

export function version(): string {
  if (typeof __HEDGEROW_VERSION__ === "string") return __HEDGEROW_VERSION__;
  return (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string }).version;
}

// Finds files of the installed package, from the sources as well as from the bundle, whose files lie elsewhere.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let found: string | undefined;

export function packageRoot(): string {
  if (found !== undefined) return found;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "hedgerow") {
      found = folder;
      return folder;
    }
    if (dirname(folder) === folder)
      throw new Error("the files of the package hedgerow are not where they were installed");
  }
}

export function packageFile(path: string): string {
  return join(packageRoot(), path);
}

// Where the code of a worker thread lies. The package carries it built, in dist/. From the sources (tests, benchmarks) it
// is built on demand into .cache/, named by its content: never stale, and safe when several processes build at once.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const built = new Map<string, Promise<string>>();

/** `workerFile("io/sandbox/worker")`: the path to give to `new Worker`. */
export function workerFile(name: string): Promise<string> {
  const known = built.get(name) ?? locate(name);
  built.set(name, known);
  return known;
}

async function locate(name: string): Promise<string> {
  const root = packageRoot();
  return import.meta.url.endsWith(".ts") ? build(root, name) : join(root, "dist", `${name}.js`);
}

/** The folder of this package, whether it runs from src/ or from dist/. */
export function packageRoot(): string {
  const from = fileURLToPath(import.meta.url);
  let folder = dirname(from);
  while (!existsSync(join(folder, "package.json"))) {
    if (folder === dirname(folder)) throw new Error(`no package.json above ${from}`);
    folder = dirname(folder);
  }
  return folder;
}

async function build(root: string, name: string): Promise<string> {
  const esbuild = await import("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(root, "src", `${name}.ts`)],
    outdir: join(root, ".cache"),
    outExtension: { ".js": ".mjs" },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
  });
  const hash = createHash("sha256");
  for (const file of outputFiles) hash.update(file.contents);
  const folder = join(root, ".cache", "workers", hash.digest("hex").slice(0, 20));
  await mkdir(folder, { recursive: true });
  for (const file of outputFiles) await writeWhole(join(folder, basename(file.path)), file.contents);
  return join(folder, `${basename(name)}.mjs`);
}

/** Another process sees the whole file or none. */
async function writeWhole(path: string, contents: Uint8Array): Promise<void> {
  if (existsSync(path)) return;
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, contents);
  await rename(partial, path);
}

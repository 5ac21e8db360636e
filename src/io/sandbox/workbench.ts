// Writing and trying an operator without a network (`hedgerow operator new | check | run`). What runs here runs as it would
// in a cell, but explains its errors in full: the data is the author's own.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { accept, type Digest, type Hasher, type Result, refuse, toHex } from "../../core/base/index.ts";
import { BatchBuilder, BatchReader } from "../../core/batch/index.ts";
import { maxBodyBytes, type OperatorManifest, type Params, type Signature } from "../../core/model/index.ts";
import { descriptorOfManifest, type Fault, parseManifest } from "../../core/query/index.ts";
import {
  type AsyncTransform,
  type FileFormat,
  type PlainValue,
  plainRecords,
  recordParser,
} from "../../operators/index.ts";
import { packageRoot } from "../runtime/index.ts";
import { createSandbox } from "./sandbox.ts";

const manifestFile = "operator.yaml";
/** Records per batch of a trial run. */
const trialBatchRows = 1_024;

export const operatorLanguages = ["javascript", "assemblyscript", "c"] as const;
export type OperatorLanguage = (typeof operatorLanguages)[number];

export interface OperatorReport {
  readonly manifest: OperatorManifest;
  readonly bodyBytes: number;
  readonly bodyDigest: Digest;
  /** The operator's identity: manifest and body. */
  readonly digest: Digest;
  readonly signature: Signature;
}

export interface OperatorRun {
  readonly rows: Record<string, PlainValue>[];
  /** Over the bytes of all output batches. Another run over the same input gives the same. */
  readonly digest: Digest;
  /** In the operator, reading and parsing left out. */
  readonly ms: number;
}

const hasher: Hasher = {
  sha256(...parts) {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

/** A folder with a working operator to change: the example of that language under a name of its own. */
export async function scaffoldOperator(
  folder: string,
  { name, language }: { name: string; language: OperatorLanguage },
): Promise<Result<{ files: string[] }>> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    return refuse("operator-name", { blame: folder });
  }
  const made = await mkdir(folder, { recursive: true }).then(
    () => true,
    () => false, // a file has this name
  );
  if (!made || (await readdir(folder)).length > 0) return refuse("operator-exists", { blame: folder });
  const example = join(packageRoot(), "examples", "operators", language);
  const files = (await readdir(example)).sort();
  const place = relative(process.cwd(), folder) || ".";
  for (const file of files) {
    const bytes = await readFile(join(example, file));
    const { mode } = await stat(join(example, file));
    const renamed = () =>
      bytes
        .toString()
        .replace(/^name: .*$/m, `name: ${name}`)
        .replaceAll(`examples/operators/${language}`, place);
    await writeFile(join(folder, file), file === manifestFile ? renamed() : bytes, { mode });
  }
  return accept({ files });
}

/** Reads the manifest and the body, and starts it once. */
export async function checkOperator(folder: string): Promise<Result<OperatorReport>> {
  const loaded = await load(folder);
  if (!loaded.ok) return loaded;
  const { manifest, body, report } = loaded.value;
  const checked = await withOperator(manifest, body, {}, report.signature, async () => accept(report));
  return checked.ok ? checked : { ...checked, blame: checked.blame ?? join(folder, manifest.body.file) };
}

/** Runs the operator over the records of a CSV or NDJSON file. */
export async function runOperator(folder: string, inputFile: string, params: Params): Promise<Result<OperatorRun>> {
  const loaded = await load(folder);
  if (!loaded.ok) return loaded;
  const { manifest, body } = loaded.value;
  const signature = descriptorOf(manifest, loaded.value.report.bodyDigest).infer(params, [manifest.consumes]);
  if (!signature.ok) return signature;
  const batches = await readBatches(inputFile, manifest);
  if (!batches.ok) return batches;
  return withOperator(manifest, body, params, signature.value, (operator) =>
    runBatches(operator, manifest, batches.value),
  );
}

interface Loaded {
  readonly manifest: OperatorManifest;
  readonly body: Uint8Array;
  readonly report: OperatorReport;
}

async function load(folder: string): Promise<Result<Loaded>> {
  const file = join(folder, manifestFile);
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return refuse("operator-file", { blame: file, detail: "there is no such file" });
  const parsed = parseManifest(text, file);
  if (!parsed.ok)
    return refuse("manifest-invalid", { blame: file, detail: parsed.faults.map(describeFault).join("\n") });
  const { manifest } = parsed;
  const bodyFile = join(folder, manifest.body.file);
  const size = await stat(bodyFile).then(
    (found) => (found.isFile() ? found.size : -1),
    () => -1,
  );
  if (size < 0)
    return refuse("operator-file", { blame: bodyFile, detail: "body.file names it, and there is no such file" });
  if (size > maxBodyBytes)
    return refuse("operator-file", { blame: bodyFile, detail: `${size} bytes, at most ${maxBodyBytes}` });
  const body = new Uint8Array(await readFile(bodyFile));
  const bodyDigest = toHex(hasher.sha256(body)) as Digest;
  const descriptor = descriptorOf(manifest, bodyDigest);
  const signature = descriptor.infer({}, [manifest.consumes]);
  if (!signature.ok) return signature;
  const report = {
    manifest,
    bodyBytes: body.length,
    bodyDigest,
    digest: descriptor.digest,
    signature: signature.value,
  };
  return accept({ manifest, body, report });
}

function descriptorOf(manifest: OperatorManifest, bodyDigest: Digest) {
  return descriptorOfManifest(manifest, bodyDigest, hasher);
}

function describeFault({ file, line, path, message, remedy }: Fault): string {
  return `${file}:${line} ${path}: ${message}. ${remedy}`;
}

async function withOperator<T>(
  manifest: OperatorManifest,
  body: Uint8Array,
  params: Params,
  signature: Signature,
  use: (operator: AsyncTransform) => Promise<Result<T>>,
): Promise<Result<T>> {
  const sandbox = createSandbox({ warmWorkers: 0 });
  try {
    const { format } = manifest.body;
    const order = { format, body, manifest, params, inputs: [manifest.consumes], signature, explain: true };
    const started = await sandbox.start(order);
    return started.ok ? await use(started.value) : started;
  } finally {
    await sandbox.close();
  }
}

async function readBatches(file: string, manifest: OperatorManifest): Promise<Result<Uint8Array[]>> {
  const format: FileFormat | undefined = ({ ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson" } as const)[
    extname(file).toLowerCase()
  ];
  if (format === undefined)
    return refuse("input-file", { blame: file, detail: "the name must end in .csv, .ndjson or .jsonl" });
  const parser = recordParser(format, manifest.consumes);
  const builder = new BatchBuilder(manifest.consumes);
  const batches: Uint8Array[] = [];
  const add = (parsed: ReturnType<typeof parser.end>): Result<null> => {
    if (!parsed.ok) return { ...parsed, blame: file };
    for (const row of parsed.value) {
      const refusal = builder.append(row);
      if (refusal !== null) return refusal;
      if (builder.rows < trialBatchRows) continue;
      const batch = builder.finish();
      if (!batch.ok) return batch;
      batches.push(batch.value);
    }
    return accept(null);
  };
  try {
    for await (const chunk of createReadStream(file, "utf8")) {
      const added = add(parser.push(chunk as string));
      if (!added.ok) return added;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "it is a folder" };
    return refuse("input-file", { blame: file, detail: reasons[code ?? ""] ?? "you may not open it" });
  }
  const added = add(parser.end());
  if (!added.ok) return added;
  const last = builder.finish();
  if (!last.ok) return last;
  if (new BatchReader(last.value, manifest.consumes).rows > 0) batches.push(last.value);
  return accept(batches);
}

async function runBatches(
  operator: AsyncTransform,
  { produces }: OperatorManifest,
  batches: readonly Uint8Array[],
): Promise<Result<OperatorRun>> {
  const startedAtMs = performance.now();
  const outputs: Uint8Array[] = [];
  for (const batch of batches) {
    const output = await operator.process(0, batch);
    if (!output.ok) return output;
    if (output.value !== null) outputs.push(output.value);
  }
  const flushed = await operator.end();
  if (!flushed.ok) return flushed;
  outputs.push(...flushed.value);
  const ms = performance.now() - startedAtMs;
  const rows = outputs.flatMap((output) => plainRecords(output, produces));
  return accept({ rows, digest: toHex(hasher.sha256(...outputs)) as Digest, ms });
}

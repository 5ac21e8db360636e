// A query file and the files it names, on both sides of the API: the client gathers them, the daemon (or `hedgerow query
// validate`, which needs none) reads the query from what was gathered.
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { accept, type Result, refuse } from "../core/base/index.ts";
import { maxBodyBytes } from "../core/model/index.ts";
import { faultsOf, type OperatorFiles, parseQuery } from "../core/query/index.ts";
import { type ParsedQuestion, parseQuestion } from "../core/sql/index.ts";
import { createNodeCrypto } from "../io/identity/index.ts";
import { catalogue } from "../operators/index.ts";
import type { CallerAnswer, Submission } from "./api.ts";
import { peopleCatalogue } from "./people-catalogue.ts";

const maxQueryBytes = 1024 * 1024;
const hasher = createNodeCrypto();

/** Reads a query file (`-` for standard input) and every file it names. What is missing shows as a fault later. */
export function readSubmission(file: string): Submission {
  const fromInput = file === "-";
  const found = fromInput ? null : statSync(file);
  if (found?.isDirectory()) throw new Error(`${file} is a folder. Give the query's file, such as ${file}/query.yaml.`);
  if (found !== null && found.size > maxQueryBytes) throw new Error(`${file} is larger than a query may be (1 MiB).`);
  const text = readFileSync(fromInput ? 0 : file, "utf8");
  const folder = fromInput ? "." : dirname(file);
  const files = new Map<string, string>();
  const gather = (path: string): Result<Uint8Array> => {
    const read = readNamed(resolve(folder, path));
    if (read.ok) files.set(path, Buffer.from(read.value).toString("base64"));
    return read;
  };
  // A question in SQL names no files.
  if (!isQuestion(file)) parseQuery(text, basename(file), operatorFiles(gather));
  return {
    fileName: fromInput ? "(standard input)" : file,
    text,
    files: [...files].map(([path, base64]) => ({ path, base64 })),
  };
}

/** The files of a submission, as core/query asks for them. */
export function filesOf(submission: Submission): OperatorFiles {
  const files = new Map((submission.files ?? []).map(({ path, base64 }) => [path, base64]));
  return operatorFiles((path) => {
    const base64 = files.get(path);
    if (base64 === undefined) return refuse("operator-file", { blame: path, detail: "there is no such file" });
    return accept(new Uint8Array(Buffer.from(base64, "base64")));
  });
}

function operatorFiles(read: (path: string) => Result<Uint8Array>): OperatorFiles {
  return {
    hasher,
    bytes: read,
    text(path) {
      const bytes = read(path);
      return bytes.ok ? accept(Buffer.from(bytes.value).toString("utf8")) : bytes;
    },
  };
}

function readNamed(path: string): Result<Uint8Array> {
  try {
    const { size } = statSync(path);
    if (size > maxBodyBytes) {
      return refuse("operator-file", {
        blame: path,
        detail: `it has ${size} bytes, at most ${maxBodyBytes} are allowed`,
      });
    }
    return accept(new Uint8Array(readFileSync(path)));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const detail = code === "ENOENT" ? "there is no such file" : (code ?? "it cannot be opened");
    return refuse("operator-file", { blame: path, detail });
  }
}

/** SQL, by the file's name; everything else is YAML. */
export function isQuestion(fileName: string): boolean {
  return fileName.toLowerCase().endsWith(".sql");
}

export function questionOf({ text, fileName }: Submission): ParsedQuestion {
  const name = basename(fileName).slice(0, -".sql".length).slice(0, 80) || "question";
  return parseQuestion(text, fileName, { catalogue: peopleCatalogue, name });
}

/** What can be said of a query without knowing the network: its syntax, its operators, its types, its cycles. */
export function validateSubmission(submission: Submission): CallerAnswer<"queryValidate"> {
  if (isQuestion(submission.fileName)) {
    const asked = questionOf(submission);
    if (!asked.ok) return { at: "faulty", faults: [...asked.faults] };
    return { at: "valid", name: asked.question.name, notes: [...asked.notes] };
  }
  const parsed = parseQuery(submission.text, submission.fileName, filesOf(submission));
  const faults = faultsOf(parsed, catalogue(), hasher);
  return parsed.ok && faults.length === 0 ? { at: "valid", name: parsed.query.name } : { at: "faulty", faults };
}

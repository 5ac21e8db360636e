// A query file and the files it names, on both sides of the API: the client gathers them, the daemon (or `hedgerow query
// validate`, which needs none) reads the query from what was gathered.
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { checkMessageQuestion, commitmentTo, type MessageOpening, saltBytes } from "../core/asking/index.ts";
import { accept, type Result, refuse, sentenceOf } from "../core/base/index.ts";
import {
  type Asked,
  type AskSettings,
  decimalSchema,
  maxBodyBytes,
  type Question,
  type QuestionValue,
  questionDigest,
  type Words,
} from "../core/model/index.ts";
import { askableOf, withWords, wordsUsed } from "../core/pods/index.ts";
import {
  type Fault,
  faultsOf,
  type OperatorFiles,
  type ParsedQuery,
  parseQuery,
  type SkippedAlternative,
} from "../core/query/index.ts";
import { type Catalogue as AskableCatalogue, type ParsedQuestion, parseQuestion } from "../core/sql/index.ts";
import { settingsFor } from "../core/terms/index.ts";
import { nodeCrypto } from "../io/identity/index.ts";
import { dataflowCatalogue } from "../operators/index.ts";
import type { CallerAnswer, Submission } from "./api.ts";
import { askableCatalogue, askableFor, standardCatalogue } from "./catalogue.ts";
import { type NamedFile, readNamedText } from "./named-file.ts";
import { valueOrThrow } from "./refused.ts";
import type { PlanView } from "./views.ts";
import { readWords, travelling } from "./words.ts";

const queryFile: NamedFile = {
  what: "a query",
  whose: "the query's file",
  example: "query.yaml",
  maxBytes: 1024 * 1024,
};
const wordsFile: NamedFile = {
  what: "a file of words",
  whose: "the file with your words",
  example: "words.yaml",
  /** Four times what may travel: of what stands in it a question takes along what it names. */
  maxBytes: 64 * 1024,
};
const hasher = nodeCrypto;

/** Reads a query file (`-` for standard input) and every file it names. What is missing shows as a fault later. */
export function readSubmission(file: string): Submission {
  const fromInput = file === "-";
  const text = readNamedText(fromInput ? 0 : file, queryFile);
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

/** An analyst's own words, for `words` of a submission. */
export function readWordsFile(file: string): NonNullable<Submission["words"]> {
  return { fileName: file, text: readNamedText(file, wordsFile) };
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
    const found = statSync(path);
    if (!found.isFile()) return refuse("operator-file", { blame: path, detail: "it is no file" });
    const { size } = found;
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

export function questionOf(submission: Submission): ParsedQuestion {
  const { words } = submission;
  if (words === undefined) return readWith(submission, askableCatalogue());
  const own = readWords(words.text, words.fileName);
  if (!own.ok) return own;
  // With all of them first: what it reads says which of them it takes along.
  const whole = readWith(submission, askableOf(withWords(standardCatalogue(), own.words)));
  if (!whole.ok) return whole;
  const used = wordsUsed(own.words, whole.question.local.reads);
  if (used === null) return { ...whole, notes: [...whole.notes, idleWords(words.fileName)] };
  const taken = travelling(used, words.fileName);
  if (!taken.ok) return taken;
  const read = readWith(submission, valueOrThrow(askableFor(taken.words)));
  return read.ok ? { ...read, notes: [...read.notes, ...wordsNotes(taken.words)] } : read;
}

function readWith({ text, fileName, parameters }: Submission, catalogue: AskableCatalogue): ParsedQuestion {
  const given = new Map((parameters ?? []).map(({ name, value }) => [name, parameterValue(value)]));
  const read = parseQuestion(text, fileName, { catalogue, name: questionName(fileName), parameters: given });
  if (!read.ok) return read;
  const idle = read.idle.filter((name) => !ofWindows.includes(name));
  if (idle.length === 0) return read;
  return { ok: false, faults: idle.map((name) => idleParameter(name, fileName)) };
}

/** A series gives both to each of its windows, whichever the statement names. */
const ofWindows: readonly string[] = ["window_from", "window_to"];

/** Most likely another name was meant, and the statement says something else than was thought. */
function idleParameter(name: string, file: string): Fault {
  return {
    ...{ file, line: 1, column: 1, path: "", code: "sql-parameter" },
    message: `the parameter ${name} is given, and the statement has no @${name}`,
    remedy: `Leave out --param ${name}, or write @${name} where its value belongs.`,
  };
}

const idleWords = (file: string) => `The question names nothing of ${file}: none of it is sent.`;

function wordsNotes({ attributes, tables }: Words): string[] {
  const own = attributes.map(({ name }) => name).join(", ");
  const notes = [
    `Tables of your own words: ${tables.map(({ name }) => name).join(", ")}. All columns that travel count as read.`,
  ];
  if (attributes.length > 0)
    notes.push(
      `Who has not described ${own} with the same type, unit and ladder takes part with no rows.`,
      `Who does not allow ${own} by name refuses, or is asked first.`,
    );
  return notes;
}

function questionName(fileName: string): string {
  return basename(fileName).slice(0, -".sql".length).slice(0, 80) || "question";
}

/** What somebody typed for `@name`: a number, a date, a time with its zone, true or false; anything else, or in quotation marks, is a text. */
export function parameterValue(text: string): QuestionValue {
  const quoted = /^'(.*)'$/s.exec(text) ?? /^"(.*)"$/s.exec(text);
  if (quoted !== null) return { type: "text", value: quoted[1]! };
  if (/^(true|false)$/i.test(text)) return { type: "bool", value: text.toLowerCase() };
  if (/^-?\d{1,18}$/.test(text)) return { type: "int64", value: String(BigInt(text)) };
  const decimal = decimalSchema.safeParse(text);
  if (decimal.success) return { type: "float64", value: decimal.data };
  const atMs = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(atMs)) return { type: "timestamp", value: String(BigInt(atMs) * 1_000n) };
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const days = year === undefined ? Number.NaN : Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000;
  return Number.isInteger(days) ? { type: "date", value: String(days) } : { type: "text", value: text };
}

export type AskedQuestion =
  | {
      readonly ok: true;
      readonly asked: Asked;
      readonly question: Question;
      readonly notes: readonly string[];
      /** Stays at this node until the finder asks for it: what is asked has a commitment to it alone. */
      readonly message: MessageOpening | null;
    }
  | Extract<ParsedQuestion, { ok: false }>;

/** A question and how it is carried out, with so many processors to draw from. */
export function askedOf(submission: Submission, processors: number): AskedQuestion {
  const parsed = questionOf(submission);
  if (!parsed.ok) return parsed;
  const { question, notes } = parsed;
  const parameters = (submission.parameters ?? [])
    .map(({ name, value }) => ({ name, value: parameterValue(value) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { message: text } = submission;
  const fits = text === undefined ? accept(undefined) : checkMessageQuestion(question);
  if (!fits.ok) {
    const { code, detail = "" } = fits;
    const place = { file: submission.fileName, line: 1, column: 1, path: "" };
    return { ok: false, faults: [{ ...place, code, message: detail, remedy: sentenceOf(code) }] };
  }
  const message = text === undefined ? null : { salt: new Uint8Array(randomBytes(saltBytes)), text };
  const asked: Asked = {
    text: submission.text,
    name: questionName(submission.fileName),
    parameters,
    question: questionDigest(question, hasher),
    settings: { ...settingsFor(processors, question), ...definedOnly(submission.settings ?? {}) },
    ...(question.local.words === undefined ? {} : { words: question.local.words }),
    ...(message === null ? {} : { message: commitmentTo(hasher, message) }),
  };
  return { ok: true, asked, question, notes, message };
}

function definedOnly(
  settings: { readonly [Name in keyof AskSettings]?: AskSettings[Name] | undefined },
): Partial<AskSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What can be said of a query without knowing the network: its syntax, its operators, its types, its cycles. */
export function validateSubmission(submission: Submission): CallerAnswer<"queryValidate"> {
  if (isQuestion(submission.fileName)) {
    const asked = questionOf(submission);
    if (!asked.ok) return { at: "faulty", faults: [...asked.faults] };
    return { at: "valid", name: asked.question.name, notes: [...asked.notes] };
  }
  const read = dataflowOf(submission);
  return read.ok ? { at: "valid", name: read.query.name } : { at: "faulty", faults: [...read.faults] };
}

/** A query in YAML, read, or every fault of its text. */
export function dataflowOf(
  submission: Submission,
): Extract<ParsedQuery, { ok: true }> | { readonly ok: false; readonly faults: readonly Fault[] } {
  const parsed = parseQuery(submission.text, submission.fileName, filesOf(submission));
  const faults = faultsOf(parsed, dataflowCatalogue(), hasher);
  return parsed.ok && faults.length === 0 ? parsed : { ok: false, faults };
}

/** Plans that planning passed over, and why. */
export function skippedViews(skipped: readonly SkippedAlternative[]): PlanView["skipped"] {
  return skipped.map(({ alternative, faults }) => ({
    alternative,
    reasons: faults.map(({ code, message }) => ({ code, sentence: sentenceOf(code), detail: message })),
  }));
}

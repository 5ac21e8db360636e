// What others sent for an owner to read, in folders of her pod: answers to questions that she was asked, and messages that her rules take.
// A file for each, named by when it came and its round, so that what comes twice is kept once. Not encrypted, as her rules and history
// are not; only her user may read it.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { digestSchema, questionValueSchema } from "../../core/model/index.ts";
import { answerSchema } from "../../core/terms/index.ts";
import { replaceFile, syncFolder } from "../storage/index.ts";
import { limits } from "./limits.ts";

const about = {
  hedgerow: z.literal(1),
  round: digestSchema,
  atMs: z.number().int().nonnegative(),
  /** Of the question or the message, as its sender named it. */
  name: z.string().max(80),
  purpose: z.string().max(80),
  /** Who asked or sent, as the authority certified it. */
  principal: z.string().max(80),
};
const schemas = {
  results: z.strictObject({
    ...about,
    /** Values of the statement's parameters: which window of a series it is, for one. */
    parameters: z.array(z.strictObject({ name: z.string().max(64), value: questionValueSchema })).max(64),
    answer: answerSchema,
  }),
  inbox: z.strictObject({ ...about, text: z.string().max(limits.maxKeptChars) }),
};
export type KeptKind = keyof typeof schemas;
type ReadonlyDeep<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? readonly ReadonlyDeep<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
      : T;
export type KeptResult = z.output<typeof schemas.results>;
export type KeptMessage = z.output<typeof schemas.inbox>;
type KeptOf = { readonly results: KeptResult; readonly inbox: KeptMessage };

const most: Readonly<Record<KeptKind, number>> = { results: limits.maxResults, inbox: limits.maxMessages };
const namePattern = /^(\d{15})-([0-9a-f]{64})\.json$/;

/** Durable when this returns. False: there is one of this round already, and the first stays. */
export function keep<Kind extends KeptKind>(
  podFolder: string,
  kind: Kind,
  document: ReadonlyDeep<KeptOf[Kind]>,
): boolean {
  const folder = join(podFolder, kind);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names = namesIn(folder);
  if (names.some((name) => namePattern.exec(name)?.[2] === document.round)) return false;
  const path = join(folder, `${String(document.atMs).padStart(15, "0")}-${document.round}.json`);
  replaceFile(path, JSON.stringify(document));
  for (const name of names.slice(0, Math.max(0, names.length + 1 - most[kind]))) rmSync(join(folder, name));
  syncFolder(podFolder); // the folder itself may be new
  return true;
}

/** Newest first. What is no such document, because somebody changed the file, is passed over. */
export function readKept<Kind extends KeptKind>(podFolder: string, kind: Kind): KeptOf[Kind][] {
  const folder = join(podFolder, kind);
  return namesIn(folder)
    .reverse()
    .flatMap((name) => {
      const document = documentIn(join(folder, name));
      const parsed = schemas[kind].safeParse(document);
      return parsed.success ? [parsed.data as KeptOf[Kind]] : [];
    });
}

export function forgetKept(podFolder: string): void {
  for (const kind of Object.keys(schemas)) rmSync(join(podFolder, kind), { recursive: true, force: true });
}

function documentIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Oldest first. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => namePattern.test(name))
      .sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

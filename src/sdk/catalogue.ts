// The standard attribute catalogue of the package, and what questions may name by it. The same on every node: whoever is asked
// compiles the question herself, and gets the same digest.
import { readFileSync } from "node:fs";
import { accept, type Result } from "../core/base/index.ts";
import type { Words } from "../core/model/index.ts";
import { askableOf, askableWith, type Catalogue, checkAskable, parseCatalogue } from "../core/pods/index.ts";
import type { Catalogue as AskableCatalogue } from "../core/sql/index.ts";
import { packageFile } from "./package-root.ts";
import { valueOrThrow } from "./refused.ts";

let read: { readonly standard: Catalogue; readonly askable: AskableCatalogue } | undefined;

function readOnce() {
  if (read !== undefined) return read;
  const file = packageFile("catalogue/attributes.yaml");
  const standard = valueOrThrow(parseCatalogue(readFileSync(file, "utf8"), file));
  valueOrThrow(checkAskable(standard));
  read = { standard, askable: askableOf(standard) };
  return read;
}

export const standardCatalogue = (): Catalogue => readOnce().standard;

export const askableCatalogue = (): AskableCatalogue => readOnce().askable;

/** For `parseQuestion`: with the words that the statement brings. Refused: words that change what the standard says. */
export const askableFor = (words: Words | undefined): Result<AskableCatalogue> =>
  words === undefined ? accept(readOnce().askable) : askableWith(readOnce().standard, words);

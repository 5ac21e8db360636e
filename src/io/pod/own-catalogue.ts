// The owner's lines over the standard catalogue: catalogue.yaml in her pod's folder. Her columns are mapped by it, and a question in an
// analyst's own words is laid under what it describes (core/pods/words.ts). Read at each use, so that what she writes holds from the
// next use on.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { Question } from "../../core/model/index.ts";
import { type Catalogue, mergeCatalogues, parseCatalogue, wordsOver } from "../../core/pods/index.ts";
import { limits } from "./limits.ts";

/** In the pod's folder. */
export const ownCatalogueFile = "catalogue.yaml";

/** Without the file it is the standard one. What the disk does not give is thrown. */
export function readOwnCatalogue(podFolder: string, standard: Catalogue): Result<Catalogue> {
  const file = join(podFolder, ownCatalogueFile);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return accept(standard);
  if (found.size > limits.maxCatalogueBytes) {
    const detail = `it has ${found.size} bytes, at most ${limits.maxCatalogueBytes} are read`;
    return refuse("catalogue-invalid", { blame: file, detail });
  }
  const own = parseCatalogue(readFileSync(file, "utf8"), file);
  return own.ok ? mergeCatalogues(standard, own.value) : own;
}

/** For whoever asks many pods again and again: a file is understood again when it has changed. */
export class OwnCatalogues {
  readonly #standard: Catalogue;
  readonly #most: number;
  readonly #kept = new Map<string, { readonly stamp: string; readonly catalogue: Result<Catalogue> }>();

  constructor(standard: Catalogue, most: number) {
    this.#standard = standard;
    this.#most = most;
  }

  /** What this pod is laid under for a question. */
  of(podFolder: string, { words }: Question["local"]): Result<Catalogue> {
    if (words === undefined) return accept(this.#standard);
    const own = this.#own(podFolder);
    return own.ok ? accept(wordsOver(this.#standard, words, own.value)) : own;
  }

  #own(podFolder: string): Result<Catalogue> {
    const found = statSync(join(podFolder, ownCatalogueFile), { throwIfNoEntry: false });
    const stamp = found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    const known = this.#kept.get(podFolder);
    if (known?.stamp === stamp) return known.catalogue;
    const catalogue = readOwnCatalogue(podFolder, this.#standard);
    this.#kept.delete(podFolder);
    this.#kept.set(podFolder, { stamp, catalogue });
    for (const oldest of this.#kept.keys())
      if (this.#kept.size > this.#most) this.#kept.delete(oldest);
      else break;
    return catalogue;
  }
}

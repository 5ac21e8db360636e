// A file of an analyst's own words, given with a question (`--catalogue`): the form of the package's catalogue, with attributes and tables.
// Its faults name file, line and remedy as those of every file do.
import { schemaFaults, type Words, wordLimits, wordsSchema } from "../core/model/index.ts";
import { wordFaults, wordsFileSchema } from "../core/pods/index.ts";
import { type Fault, FaultList, type Positions, plainOf, positionsIn, readYaml } from "../core/query/index.ts";
import { standardCatalogue } from "./catalogue.ts";

export type ReadWords =
  | { readonly ok: true; readonly words: Words }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** What a catalogue has beside, and why words have it not. */
const strange: Readonly<Record<string, string>> = {
  columns:
    "Remove it: which columns of hers stand for an attribute, each owner says herself, in her pod's catalogue.yaml.",
  concepts: "Remove it: by concepts people are found, and what they publish of themselves is the same for everybody.",
};

export function readWords(text: string, file: string): ReadWords {
  const bare = new FaultList({ file, at: new Map(), cells: [] });
  const located = readYaml(text, bare, "catalogue");
  if (located === null || bare.any) return { ok: false, faults: bare.sorted() };
  const positions: Positions = { file, at: positionsIn(located), cells: [] };
  const faults = new FaultList(positions);
  const plain = plainOf(located, faults);
  const refused = (): ReadWords => ({ ok: false, faults: faults.sorted() });
  if (located.kind === "map")
    for (const [key, remedy] of Object.entries(strange))
      if (located.entries.has(key)) faults.add("ask-words", key, `an analyst's words have no ${key}`, remedy);
  if (faults.any) return refused();
  const parsed = wordsFileSchema.safeParse(plain);
  if (!parsed.success) {
    for (const { code, path, message, remedy } of schemaFaults(wordsFileSchema, plain, parsed.error))
      faults.add(code, path, message, remedy);
    return refused();
  }
  const words: Words = {
    attributes: parsed.data.attributes.map(({ description: _, ...entry }) => entry),
    tables: parsed.data.tables.map(({ description: _, ...table }) => table),
  };
  for (const { path, message, remedy } of wordFaults(standardCatalogue(), words))
    faults.add("ask-words", path, message, remedy);
  return faults.any ? refused() : { ok: true, words };
}

/** What of the words a question takes along: refused where it is more than may travel. */
export function travelling(words: Words, file: string): ReadWords {
  const parsed = wordsSchema.safeParse(words);
  if (parsed.success) return { ok: true, words: parsed.data };
  const faults = new FaultList({ file, at: new Map(), cells: [] });
  const { maxBytes, maxAttributes, maxTables, maxColumns } = wordLimits;
  const message = `what the question uses of these words is more than travels with it: ${parsed.error.issues[0]?.message ?? ""}`;
  const remedy = `A question takes at most ${maxAttributes} attributes and ${maxTables} tables of ${maxColumns} columns altogether along, in ${maxBytes} bytes. Shorten lists of values, or name fewer columns.`;
  faults.add("ask-words", "", message, remedy);
  return { ok: false, faults: faults.sorted() };
}

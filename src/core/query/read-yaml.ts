// YAML text → a tree in which every key and value knows its line. Bounded in size, line length and depth; no anchors,
// aliases, tags or second documents: a file means what it shows.
import {
  type ErrorCode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
} from "yaml";
import type { FaultList, Position } from "./fault.ts";
import { limits } from "./limits.ts";

interface Placed {
  readonly path: string;
  /** Where the value stands. */
  readonly at: Position;
}
export interface LocatedMap extends Placed {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, { readonly keyAt: Position; readonly value: Located }>;
}
export interface LocatedList extends Placed {
  readonly kind: "list";
  readonly items: readonly Located[];
}
export interface LocatedScalar extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
}
export type Located = LocatedMap | LocatedList | LocatedScalar;

/** For what people get wrong; the place is told beside it. */
const remedies: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: "Indent the line as its neighbours of the same level are.",
  TAB_AS_INDENT: "Indent with spaces.",
  DUPLICATE_KEY: "Write each key once: remove or rename one of the two.",
  MISSING_CHAR:
    "Close what was opened, or add the missing character: a quotation mark, a bracket, a colon, a dash before an item.",
  MULTILINE_IMPLICIT_KEY: "Put the key and its colon on one line; perhaps the line before lacks its colon.",
  BLOCK_AS_IMPLICIT_KEY: "A value with a colon in it needs quotation marks, or a line of its own below its key.",
  BLOCK_IN_FLOW: "Within [ ] and { } write everything in their form, with commas.",
  BAD_SCALAR_START: "Put the value in quotation marks.",
  BAD_DQ_ESCAPE: "Write the backslash twice, or use single quotation marks.",
  UNEXPECTED_TOKEN: "Remove what stands here, or put the value in quotation marks.",
  MULTIPLE_DOCS:
    "A file holds one query: put each into a file of its own, and give them all to hedgerow query validate.",
};
const ofCatalogues: typeof remedies = {
  MULTIPLE_DOCS: "A file holds one catalogue: put all entries into one document.",
};

/** null when the text is not one readable document; the faults say why. */
export function readYaml(text: string, faults: FaultList, what: "query" | "catalogue" = "query"): Located | null {
  if (!isOfBearableSize(text, faults, what)) return null;
  const mend = what === "query" ? remedies : { ...remedies, ...ofCatalogues };
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "error",
  });
  // Warnings are about tags and the like: what is not understood is a fault here.
  for (const error of [...document.errors, ...document.warnings].slice(0, limits.maxFaults)) {
    const code = error.code === "RESOURCE_EXHAUSTION" ? "query-too-deep" : "yaml-invalid";
    // The reader's own words for it are for whoever calls a reader.
    const message = error.code === "MULTIPLE_DOCS" ? "a second document begins here" : firstLine(error.message);
    faults.add(code, "", message, mend[error.code] ?? "Mend the YAML at this place.", at(error.pos[0]));
  }
  if (document.errors.length > 0) return null;
  if (document.contents === null) {
    faults.add("yaml-invalid", "", "the file is empty", `Write a ${what}; \`hedgerow: 1\` is its first line.`, at(0));
    return null;
  }
  return locate(document.contents, "", 0, at, faults);
}

function isOfBearableSize(text: string, faults: FaultList, what: string): boolean {
  if (text.length > limits.maxFileCharacters) {
    const message = `the file has ${text.length} characters, at most ${limits.maxFileCharacters} are read`;
    faults.add("query-too-large", "", message, `Split the ${what}, or shorten it.`, { line: 1, column: 1 });
    return false;
  }
  const long = text.split("\n").findIndex((line) => line.length > limits.maxLineCharacters);
  if (long < 0) return true;
  const message = `the line is longer than ${limits.maxLineCharacters} characters`;
  faults.add("query-too-large", "", message, "Break the line.", { line: long + 1, column: 1 });
  return false;
}

type Offsets = (offset: number) => Position;

function locate(node: ParsedNode, path: string, depth: number, offsets: Offsets, faults: FaultList): Located | null {
  const at = offsets(node.range?.[0] ?? 0);
  if (depth > limits.maxDepth) {
    faults.add("query-too-deep", path, `nested deeper than ${limits.maxDepth} levels`, "Flatten it.", at);
    return null;
  }
  if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) {
    const what = isAlias(node) ? "an alias" : node.anchor !== undefined ? "an anchor" : "a tag";
    faults.add("yaml-alias", path, `${what} stands here`, "Write the value out.", at);
    return null;
  }
  if (isScalar(node)) return { kind: "scalar", path, at, value: plainScalar(node.value) };
  if (isSeq(node)) return locateList(node.items, path, depth, at, offsets, faults);
  if (!isMap(node)) return null;
  const entries = new Map<string, { keyAt: Position; value: Located }>();
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const keyAt = offsets(pair.key?.range?.[0] ?? node.range?.[0] ?? 0);
    const inner = path === "" ? key : `${path}.${key}`;
    if (!isNameable(pair.key)) {
      faults.add("yaml-invalid", path, "a key must be a plain name", "Rename the key.", keyAt);
      continue;
    }
    const empty: Located = { kind: "scalar", path: inner, at: keyAt, value: null };
    const value = pair.value === null ? empty : locate(pair.value, inner, depth + 1, offsets, faults);
    if (value !== null) entries.set(key, { keyAt, value });
  }
  return { kind: "map", path, at, entries };
}

function locateList(
  items: readonly unknown[],
  path: string,
  depth: number,
  at: Position,
  offsets: Offsets,
  faults: FaultList,
): LocatedList {
  const located = items.map((item, index) => {
    if (isPair(item)) return null;
    return locate(item as ParsedNode, `${path}[${index}]`, depth + 1, offsets, faults);
  });
  return { kind: "list", path, at, items: located.filter((item) => item !== null) };
}

/** Keys become property names: one of these would reach into the object itself. */
function isNameable(key: unknown): boolean {
  if (!isScalar(key) || typeof key.value !== "string" || key.anchor !== undefined) return false;
  return key.value !== "" && key.value !== "__proto__" && key.value.length <= 128;
}

function plainScalar(value: unknown): LocatedScalar["value"] {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  return String(value);
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}

/** The tree without positions. Numbers that JSON or 64-bit floats cannot carry, and overlong values, are faults. */
export function plainOf(located: Located, faults: FaultList): unknown {
  switch (located.kind) {
    case "scalar":
      checkScalar(located, faults);
      return located.value;
    case "list":
      if (located.items.length > limits.maxListItems) {
        faults.add(
          "wrong-value",
          located.path,
          `a list of ${located.items.length} items, at most ${limits.maxListItems}`,
          "Shorten the list.",
          located.at,
        );
      }
      return located.items.map((item) => plainOf(item, faults));
    case "map":
      return Object.fromEntries([...located.entries].map(([key, { value }]) => [key, plainOf(value, faults)]));
  }
}

function checkScalar({ value, path, at }: LocatedScalar, faults: FaultList): void {
  if (typeof value === "string" && value.length > limits.maxTextCharacters) {
    const message = `a text of ${value.length} characters, at most ${limits.maxTextCharacters}`;
    faults.add("wrong-value", path, message, "Shorten the text.", at);
  }
  if (typeof value !== "number") return;
  if (!Number.isFinite(value)) {
    faults.add("wrong-value", path, `${value} is not a number that can be computed with`, "Write a finite number.", at);
  } else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    const message = `${value} is a larger whole number than can be told apart from its neighbours`;
    faults.add("wrong-value", path, message, `Stay within ±${Number.MAX_SAFE_INTEGER}.`, at);
  }
}

/** Every path of the tree with the place of its key (a list item: of its value). */
export function positionsIn(located: Located, into: Map<string, Position> = new Map()): Map<string, Position> {
  if (!into.has(located.path)) into.set(located.path, located.at);
  if (located.kind === "list") for (const item of located.items) positionsIn(item, into);
  if (located.kind === "map") {
    for (const { keyAt, value } of located.entries.values()) {
      into.set(value.path, keyAt);
      positionsIn(value, into);
    }
  }
  return into;
}

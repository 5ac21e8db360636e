// The YAML front end: a query file → a Query with the place of every key, or all its faults (DESIGN §1).
import { type Digest, type Hasher, type Result, sentenceOf, toHex, vertexIdPattern } from "../base/index.ts";
import { maxBodyBytes, type OperatorManifest, type Query, querySchema, schemaFaults } from "../model/index.ts";
import { type Draft, type DraftDag, withoutRefused } from "./draft.ts";
import { type Fault, FaultList, type Positions, positionsWithoutFile } from "./fault.ts";
import { limits } from "./limits.ts";
import { parseManifest } from "./own-operator.ts";
import { parseCell } from "./parse-cell.ts";
import { type Located, type LocatedMap, positionsIn, readYaml } from "./read-yaml.ts";
import { describeLocated, type KeyRule, Reader } from "./reader.ts";

/** How a query file's own operators are read. Paths are relative to the query file; core opens nothing itself. */
export interface OperatorFiles {
  text(path: string): Result<string>;
  bytes(path: string): Result<Uint8Array>;
  readonly hasher: Hasher;
}

export type ParsedQuery =
  | {
      readonly ok: true;
      readonly query: Query;
      readonly positions: Positions;
      /** The bodies of its own operators, by digest: they travel beside the query. */
      readonly bodies: ReadonlyMap<Digest, Uint8Array>;
    }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** For `faultsOf`: what of it could be read, if anything. */
      readonly draft: Draft | null;
    };

const queryKeys: Readonly<Record<string, KeyRule>> = {
  hedgerow: { required: true, example: "hedgerow: 1" },
  name: { required: true, example: "name: ten-becomes-eleven" },
  purpose: { required: true, example: "purpose: demonstration" },
  operators: { example: "operators: { double: ./operators/double }" },
  cells: { example: "cells: …" },
  plans: { example: "plans: { precise: { cells: … } }" },
};
const planKeys: Readonly<Record<string, KeyRule>> = { cells: { required: true, example: "cells: …" } };

export function parseQuery(text: string, fileName: string, files?: OperatorFiles): ParsedQuery {
  const bare = new FaultList({ ...positionsWithoutFile([]), file: fileName });
  const located = readYaml(text, bare);
  if (located === null || bare.any) return { ok: false, faults: bare.sorted(), draft: null };
  const cells: string[] = [];
  const positions: Positions = { file: fileName, at: positionsIn(located), cells };
  const faults = new FaultList(positions);
  const reader = new Reader(faults);
  const root = reader.map(located, "a query");
  if (root === null) return { ok: false, faults: faults.sorted(), draft: null };
  reader.keys(root, "a query", queryKeys);
  const head = parseHead(root, reader);
  const { own, unread } = parseOwnOperators(root, reader, files);
  const alternatives = parseAlternatives(root, reader, cells);
  const operators = own.map(({ manifest, bodyDigest }) => ({ manifest, bodyDigest }));
  const draft: Draft = { positions, operators, alternatives, unreadOperators: unread };
  if (faults.any || head === null) return { ok: false, faults: faults.sorted(), draft };
  const compiled = { hedgerow: 1, ...head, operators, alternatives };
  const checked = querySchema.safeParse(compiled);
  if (!checked.success) {
    const refused = schemaFaults(querySchema, compiled, checked.error);
    for (const { code, path, message, remedy } of refused) {
      const written = asWritten(path, alternatives, cells);
      faults.add(code, written, message.replace(path, written), remedy);
    }
    const paths = refused.map(({ path }) => path);
    const rest = withoutRefused(alternatives, paths);
    return { ok: false, faults: faults.sorted(), draft: { ...draft, alternatives: rest } };
  }
  const bodies = new Map(own.map(({ bodyDigest, body }) => [bodyDigest, body]));
  return { ok: true, query: checked.data, positions, bodies };
}

const writtenKeys: Readonly<Record<string, string>> = {
  operator: "run",
  params: "with",
  inputs: "from",
  placement: "at",
  equipment: "use",
};

/** `alternatives[0].vertices[1].params.note` → `cells.plus-one.with.note`: people see their own file. */
function asWritten(path: string, alternatives: readonly DraftDag[], cells: readonly string[]): string {
  const found = /^alternatives\[(\d+)\]\.vertices\[(\d+)\](?:\.([a-z]+)(.*))?$/.exec(path);
  if (found === null) return path;
  const [, dag, vertex, key, rest = ""] = found;
  const cell = `${cells[Number(dag)]}.${alternatives[Number(dag)]?.vertices[Number(vertex)]?.id}`;
  return key === undefined ? cell : `${cell}.${writtenKeys[key] ?? key}${rest}`;
}

function parseHead(root: LocatedMap, reader: Reader): { name: string; purpose: string } | null {
  const version = root.entries.get("hedgerow")?.value;
  if (version !== undefined && !(version.kind === "scalar" && version.value === 1)) {
    reader.wrong(version, `this is not a version of the format: ${describeLocated(version)}`, "Allowed: 1.");
  }
  const [name, purpose] = (["name", "purpose"] as const).map((key) => {
    const entry = root.entries.get(key);
    return entry === undefined ? null : reader.text(entry.value, `\`${key}\``, 80);
  });
  return name != null && purpose != null ? { name, purpose } : null;
}

function parseAlternatives(root: LocatedMap, reader: Reader, cellPaths: string[]): DraftDag[] {
  const single = root.entries.get("cells");
  const several = root.entries.get("plans");
  if (single === undefined && several === undefined) {
    reader.faults.add(
      "missing-key",
      "cells",
      'a query has either "cells" or "plans"',
      "Add `cells:` with one plan, or `plans:` with several.",
      root.at,
    );
    return [];
  }
  if (single !== undefined && several !== undefined) {
    reader.faults.add(
      "wrong-value",
      "plans",
      'a query has either "cells" or "plans", not both',
      "Move `cells` into `plans` as one of them.",
    );
  }
  const dags = several === undefined ? [] : parsePlans(several.value, reader, cellPaths);
  return single === undefined ? dags : [...dags, ...parseCells("default", single.value, reader, cellPaths)];
}

function parsePlans(located: Located, reader: Reader, cellPaths: string[]): DraftDag[] {
  const map = reader.map(located, "`plans`");
  if (map === null) return [];
  if (map.entries.size === 0 || map.entries.size > limits.maxAlternatives) {
    reader.wrong(
      map,
      `${map.entries.size} plans`,
      `Write 1 to ${limits.maxAlternatives} plans, the preferred one first.`,
    );
    return [];
  }
  return [...map.entries].flatMap(([name, { value }]) => {
    if (name.length > 80) reader.wrong(value, "the name of this plan is too long", "Use at most 80 characters.");
    const plan = reader.map(value, `the plan ${name}`);
    if (plan === null) return [];
    reader.keys(plan, `the plan ${name}`, planKeys);
    const cells = plan.entries.get("cells");
    return cells === undefined ? [] : parseCells(name, cells.value, reader, cellPaths);
  });
}

function parseCells(name: string, located: Located, reader: Reader, cellPaths: string[]): DraftDag[] {
  const map = reader.map(located, "`cells`");
  if (map === null) return [];
  cellPaths.push(map.path);
  if (map.entries.size === 0 || map.entries.size > limits.maxVertices) {
    reader.wrong(map, `${map.entries.size} cells`, `Write 1 to ${limits.maxVertices} cells.`);
    return [];
  }
  const vertices = [...map.entries].map(([id, { value }]) => parseCell(id, value, reader));
  return [{ name, vertices }];
}

interface OwnOperator {
  readonly manifest: OperatorManifest;
  readonly bodyDigest: Digest;
  readonly body: Uint8Array;
}

interface OwnOperators {
  readonly own: readonly OwnOperator[];
  readonly unread: Draft["unreadOperators"];
}

function parseOwnOperators(root: LocatedMap, reader: Reader, files: OperatorFiles | undefined): OwnOperators {
  const entry = root.entries.get("operators");
  if (entry === undefined) return { own: [], unread: new Set() };
  const map = reader.map(entry.value, "`operators`");
  if (map === null) return { own: [], unread: null };
  if (map.entries.size > limits.maxOwnOperators) {
    reader.wrong(map, `${map.entries.size} own operators`, `Name at most ${limits.maxOwnOperators}.`);
    return { own: [], unread: new Set(map.entries.keys()) };
  }
  const own: OwnOperator[] = [];
  for (const [name, { value }] of map.entries) {
    if (!vertexIdPattern.test(name)) {
      reader.wrong(
        value,
        `an operator cannot be named ${JSON.stringify(name)}`,
        "Use a-z, 0-9 and -, start with a letter.",
      );
    }
    const path = reader.text(value, "the path of an operator", 512);
    if (path === null) continue;
    const operator = files === undefined ? null : readOperator(name, path, value, reader, files);
    if (files === undefined) {
      reader.faults.add(
        "operator-file",
        value.path,
        "own operators cannot be read here",
        "Read the query from its file.",
        value.at,
      );
    }
    if (operator !== null) own.push(operator);
  }
  const read = new Set(own.map(({ manifest }) => manifest.name));
  return { own, unread: new Set([...map.entries.keys()].filter((name) => !read.has(name))) };
}

function readOperator(
  name: string,
  path: string,
  at: Located,
  reader: Reader,
  files: OperatorFiles,
): OwnOperator | null {
  const { faults } = reader;
  const manifestPath = /\.ya?ml$/.test(path) ? path : `${path.replace(/\/+$/, "")}/operator.yaml`;
  const text = files.text(manifestPath);
  if (!text.ok) {
    faults.add(
      "operator-file",
      at.path,
      `${manifestPath} cannot be read: ${text.detail ?? sentenceOf(text.code)}`,
      "Name the operator's folder or its operator.yaml, relative to this file.",
      at.at,
    );
    return null;
  }
  const parsed = parseManifest(text.value, manifestPath);
  if (!parsed.ok) {
    faults.include(...parsed.faults);
    return null;
  }
  const { manifest } = parsed;
  if (manifest.name !== name) {
    faults.add(
      "name-clash",
      at.path,
      `${manifestPath} calls the operator "${manifest.name}", this file calls it "${name}"`,
      `Write \`${manifest.name}: ${path}\`.`,
      at.at,
    );
    return null;
  }
  const bodyPath = manifestPath.replace(/[^/]*$/, "") + manifest.body.file;
  const body = files.bytes(bodyPath);
  if (!body.ok || body.value.length === 0 || body.value.length > maxBodyBytes) {
    const why = !body.ok
      ? (body.detail ?? sentenceOf(body.code))
      : `it has ${body.value.length} bytes, allowed are 1 to ${maxBodyBytes}`;
    faults.add(
      "operator-file",
      at.path,
      `${bodyPath} cannot be used: ${why}`,
      "Build the operator's body first, and check `body.file` in its manifest.",
      at.at,
    );
    return null;
  }
  return { manifest, body: body.value, bodyDigest: bodyDigestOf(body.value, files.hasher) };
}

export function bodyDigestOf(body: Uint8Array, hasher: Hasher): Digest {
  return toHex(hasher.sha256(body)) as Digest;
}

// What the documentation shows, people copy. Each fragment of YAML or SQL in it is read by the parser it is for; one that is a part
// of a file is read as that part of a whole one; one that repeats an example says what the example says.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { accept, type Result, refuse } from "../../src/core/base/index.ts";
import { type OwnerRules, ownerRulesSchema, parseOwnerRules } from "../../src/core/consent/index.ts";
import { parseCatalogue } from "../../src/core/pods/index.ts";
import { type Fault, faultsOf, type OperatorFiles, parseQuery } from "../../src/core/query/index.ts";
import { parseQuestion } from "../../src/core/sql/index.ts";
import { parseConfig } from "../../src/node/config.ts";
import { catalogue as operators } from "../../src/operators/index.ts";
import { askableCatalogue, standardCatalogue } from "../../src/sdk/catalogue.ts";
import { submissionOfMessage } from "../../src/sdk/diffusion.ts";
import { type Fragment, fragmentsOf } from "../support/markdown.ts";
import { hasher } from "../support/query-fakes.ts";

const root = join(import.meta.dirname, "../..");
const pages = ["README.md", "examples/README.md", "examples/data/README.md", ...pagesIn("docs")];
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const fragments = pages.flatMap((page) => fragmentsOf(page, textOf(page)));

/** No parser takes these, for a reason that is written here. */
const unread: Readonly<Record<string, string>> = {
  "plans: precise, coarse":
    "shows where the two plans stand and leaves out their cells (…); the example beside it is whole",
};

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name}`)
    .filter((name) => name.endsWith(".md"))
    .sort();
}

/** `plans: precise, coarse`. */
function nameOf(fragment: Fragment): string {
  const read = parse(fragment.text) as Record<string, unknown>;
  return Object.entries(read)
    .map(
      ([key, value]) =>
        `${key}: ${typeof value === "object" && value !== null ? Object.keys(value).join(", ") : value}`,
    )
    .join("; ");
}

const examples: OperatorFiles = {
  hasher,
  bytes(path) {
    const file = join(root, "examples", path);
    return existsSync(file) ? accept(new Uint8Array(readFileSync(file))) : refuse("operator-file", { blame: path });
  },
  text(path) {
    const bytes = examples.bytes(path);
    return bytes.ok ? accept(new TextDecoder().decode(bytes.value)) : bytes;
  },
};

interface Kind {
  /** The keys at the top of such a file. */
  readonly keys: readonly string[];
  /** What a fragment that is a part of such a file leaves out. */
  readonly rest: Readonly<Record<string, unknown>>;
  faults(text: string): readonly string[];
}

const said = (result: Result<unknown>) => (result.ok ? [] : [`${result.code}: ${result.detail}`]);
const sentences = (faults: readonly Fault[]) => faults.map(({ code, message }) => `${code}: ${message}`);

const kinds: Readonly<Record<string, Kind>> = {
  query: {
    keys: ["hedgerow", "name", "purpose", "operators", "cells", "plans"],
    rest: parse(textOf("examples/own-operator.yaml")),
    faults: (text) => sentences(faultsOf(parseQuery(text, "q.yaml", examples), operators(), hasher)),
  },
  "node.yaml": {
    keys: ["hedgerow", "name", "functions", "listen", "seeds", "policy", "equipment", "people", "api", "log"],
    rest: { hedgerow: 1, name: "meter" },
    faults: (text) => said(parseConfig(text, "node.yaml")),
  },
  "owner.yaml": {
    keys: Object.keys(ownerRulesSchema.shape),
    rest: { hedgerow: 1 },
    faults(text) {
      const rules = parseOwnerRules(text, "owner.yaml", [...askableCatalogue().concepts.keys()]);
      return rules.ok ? unknownAttributes(rules.value) : said(rules);
    },
  },
  "catalogue.yaml": {
    keys: ["hedgerow", "attributes", "columns", "tables", "concepts"],
    rest: { hedgerow: 1 },
    faults: (text) => said(parseCatalogue(text, "catalogue.yaml")),
  },
};

/** A rule about what no question can name does nothing, and says so to nobody. */
function unknownAttributes({ rules }: OwnerRules): string[] {
  const known = standardCatalogue().attributes.flatMap(({ name, ladder }) => [
    name,
    ...ladder.map((rung) => rung.attribute),
  ]);
  return rules
    .flatMap(({ attributes = [] }) => attributes)
    .filter((written) => !known.some((name) => name === written || name.startsWith(`${written}.`)))
    .map((name) => `no question reads ${name}`);
}

/** As a part, where keys of the whole are missing. */
function faultsOfYaml(text: string): readonly string[] {
  const read = parse(text) as Record<string, unknown>;
  const kind = Object.entries(kinds).find(([, { keys }]) => Object.keys(read).every((key) => keys.includes(key)));
  if (kind === undefined) return [`no file has the keys ${Object.keys(read).join(", ")}`];
  const [, { rest, faults }] = kind;
  return faults("hedgerow" in read ? text : stringify({ ...rest, ...read }));
}

/** `code` of a statement that the words before it call refused. */
const refusedAs = ({ before }: Fragment) => /refused[^`]*`([a-z-]+)`/.exec(before)?.[1];

function faultsOfSql(fragment: Fragment): readonly string[] {
  const parsed = parseQuestion(fragment.text, "q.sql", { catalogue: askableCatalogue() });
  const wanted = refusedAs(fragment);
  if (wanted === undefined) return parsed.ok ? [] : sentences(parsed.faults);
  const codes = parsed.ok ? [] : parsed.faults.map(({ code }) => code as string);
  return codes.includes(wanted) ? [] : [`it is said to be refused (${wanted}), and is ${codes.join(", ") || "taken"}`];
}

const inLanguage = (language: string) => fragments.filter((fragment) => fragment.language === language);
const byPlace = (list: readonly Fragment[]) => list.map((fragment) => [fragment.place, fragment] as const);

describe("fragments of YAML", () => {
  const read = inLanguage("yaml").filter((fragment) => !(nameOf(fragment) in unread));

  test.each(byPlace(read))("%s has no fault", (_, fragment) => {
    expect(faultsOfYaml(fragment.text)).toEqual([]);
  });

  it("those that no parser takes are there, and would be refused", () => {
    const left = inLanguage("yaml").filter((fragment) => nameOf(fragment) in unread);
    expect(left.map(nameOf)).toEqual(Object.keys(unread));
    for (const { text } of left) expect(faultsOfYaml(text)).not.toEqual([]);
  });

  it("what holds without `budget` is what the guide says", () => {
    const shown = inLanguage("yaml").find(({ text }) => text.includes("budget:"))!;
    const { budget } = ownerRulesSchema.parse(parse(shown.text));
    expect(ownerRulesSchema.parse({ hedgerow: 1 }).budget).toEqual({ ...budget, each: budget.each.slice(0, -1) });
  });
});

describe("fragments of SQL", () => {
  test.each(byPlace(inLanguage("sql")))("%s is read, or refused as the words before it say", (_, fragment) => {
    expect(faultsOfSql(fragment)).toEqual([]);
  });

  const addressed = pages.flatMap((page) =>
    [...textOf(page).matchAll(/--to "([^"]*profile[^"]*)"/g)].map((found) => [page, found[1]!] as const),
  );
  it.each(addressed)("%s: a message to %s", (_, to) => {
    const order = { to, message: "x", purpose: "news", name: "message", epsilon: 0.1 };
    const parsed = parseQuestion(submissionOfMessage(order).text, "m.sql", { catalogue: askableCatalogue() });
    expect(parsed.ok ? [] : sentences(parsed.faults)).toEqual([]);
  });

  it("the guide's tables, columns and concepts are the catalogue's", () => {
    const guide = textOf("docs/guide/sql.md");
    const rows = [...guide.matchAll(/^\| `([a-z_]+)` \| (one row|many) \| ([a-z0-9_, ]+) \|$/gm)];
    const shown = rows.map(([, table, , columns]) => [table, columns!.split(", ")]);
    const tables = [...askableCatalogue().tables.values()].filter(({ name }) => name !== "people");
    const all = tables.map(({ name, columns }) => [name, columns.map((column) => column.name)]);
    expect(shown.filter(([name]) => name !== "people")).toEqual(all);
    const concepts = /Concepts for `profile\('…'\)`: ([a-z, ]+)\./.exec(guide)?.[1]?.split(", ");
    expect(concepts).toEqual([...askableCatalogue().concepts.keys()]);
  });
});

describe("what repeats an example", () => {
  const repeating = fragments.flatMap((fragment) => {
    const named = /^# (examples\/\S+)\n/.exec(fragment.text)?.[1];
    const told = /\bis\s+\[`(examples\/[^`]+)`\]\([^)]*\)[^.`]*:$/.exec(fragment.before)?.[1];
    const example = named ?? told;
    return example === undefined ? [] : [[fragment.place, example, fragment] as const];
  });

  /** Remarks are the page's own. */
  const bare = (text: string) =>
    text
      .split("\n")
      .map((line) => line.replace(/(^|\s+)(#|--) .*$/, "").trimEnd())
      .filter((line) => line !== "");

  it("is found: the three that the guides print", () => expect(repeating).toHaveLength(3));

  test.each(repeating)("%s says what %s says", (_, example, { text }) => {
    expect(bare(text)).toEqual(bare(textOf(example)));
  });
});

test("every example that is named is there", () => {
  const named = pages.flatMap((page) => textOf(page).match(/\bexamples\/[A-Za-z0-9_./-]*[A-Za-z0-9]/g) ?? []);
  expect([...new Set(named)].filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

test("a fragment says what it is, where it is YAML or SQL", () => {
  const silent = fragments.filter(({ language }) => language === "");
  const looksLike = ({ text }: Fragment) => /^(hedgerow: 1|SELECT WITH|SELECT\b[^`]*\bFROM\b)/m.test(text);
  expect(silent.filter(looksLike).map(({ place }) => place)).toEqual([]);
});

describe("a fragment that is wrong", () => {
  const one = (text: string) => fragmentsOf("page.md", text)[0]!;
  it.each([
    ["query", "hedgerow: 1\nname: x\npurpose: y\ncells: { a: { run: source-genrator, at: producer } }"],
    ["node.yaml", "policy:\n  rules:\n    - { effect: forbids, attribute: video }"],
    ["owner.yaml", "messages:\n  - { effect: ask }"],
    ["owner.yaml", "hedgerow: 1\nrules:\n  - { effect: deny, attributes: [health.salary] }"],
    ["catalogue.yaml", "attributes:\n  - { name: bank.purpose, type: txt, description: x }"],
    ["nothing", "rules: []\ncells: {}"],
  ])("of %s has a fault", (_, text) => {
    expect(faultsOfYaml(one(`\`\`\`yaml\n${text}\n\`\`\``).text)).not.toEqual([]);
  });

  it("of SQL has one, and none when it is refused as was said", () => {
    const fenced = "```sql\nSELECT WITH DIFFERENTIAL_PRIVACY COUNT(*) AS people FROM peeple\n```";
    expect(faultsOfSql(one(fenced))).not.toEqual([]);
    expect(faultsOfSql(one(`This is refused (\`sql-unknown-name\`):\n\n${fenced}`))).toEqual([]);
    expect(faultsOfSql(one(`This is refused (\`sql-bounds\`):\n\n${fenced}`))).not.toEqual([]);
  });

  it("is not half of a page", () => expect(() => one("```yaml\na: 1\n")).toThrow("never closed"));
});

// What people and programs write: queries, manifests, configurations, expressions, records, calls of the local API.
import { readFileSync } from "node:fs";
import type { RecordShape } from "../../../src/core/model/index.ts";
import { faultsOf, parseManifest, parseQuery, plan } from "../../../src/core/query/index.ts";
import { matchRoute } from "../../../src/node/api/router.ts";
import { parseConfig } from "../../../src/node/config.ts";
import { catalogue, compileExpression, recordParser } from "../../../src/operators/index.ts";
import { routeNames, routes } from "../../../src/sdk/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { contextWith, hasher } from "../../support/query-fakes.ts";
import { damagedText } from "../damaged-text.ts";
import { bent } from "../mutate.ts";
import { boundaryNumbers } from "../strange-values.ts";
import { check, type Target, type Verdict, verdictOf } from "../target.ts";
import { exampleTexts, networkRecords, operatorFiles } from "./honest-plans.ts";

const read = (path: string) => readFileSync(new URL(`../../../examples/${path}`, import.meta.url), "utf8");
const manifests = ["c", "javascript", "assemblyscript"].map((language) => read(`operators/${language}/operator.yaml`));
const configs = [
  "hedgerow: 1\nname: north\n",
  `hedgerow: 1
name: north
functions: [producer, exit]
key: { file: node.key }
listen: ["/ip4/0.0.0.0/tcp/4101"]
seeds: ["/ip4/10.0.0.1/tcp/4101"]
edges: { host: 0.0.0.0, port: 4102 }
policy:
  rules:
    - { effect: forbid, attribute: location.precise, reason: nobody needs it }
equipment:
  - name: thermometer
    kind: sensor
    file: readings.ndjson
    shape: [{ name: value, type: int64 }]
  - { name: out, kind: outlet, url: "http://127.0.0.1:9/" , format: ndjson }
api: { port: 0 }
log: { level: info, file: node.log }
`,
];
const expressions = [
  "value > 3 and not (name = 'x' or place is null)",
  "coalesce(value, 0) * 2 + abs(-1) div 3",
  "substring(upper(name) || '-é', 1, 3)",
  "timestamp('2025-01-01T00:00:00Z') <= seen and flag",
  "greatest(value, 9223372036854775807) % 7 <> 1",
];
const shape = [
  { name: "value", type: "int64", nullable: false },
  { name: "name", type: "text", nullable: true },
  { name: "place", type: "bytes", nullable: true },
  { name: "seen", type: "timestamp", nullable: false },
  { name: "ratio", type: "float64", nullable: false },
  { name: "flag", type: "bool", nullable: false },
] as unknown as RecordShape;
const records = {
  csv: ['value,name,place,seen,ratio,flag\n1,"a ""b"",c",AQID,2025-01-01T00:00:00Z,0.5,true\n-9,,,1,1e3,false\n'],
  ndjson: [
    '{"value":1,"name":"x","place":null,"seen":"2025-01-01T00:00:00.000001Z","ratio":1.5,"flag":true}\n{"value":"9007199254740993","name":null,"place":"AQID","seen":5,"ratio":"NaN","flag":false}\n',
  ],
};
const submission = { fileName: "q.yaml", text: exampleTexts[0], files: [{ path: "operator.yaml", base64: "AQID" }] };
const id = "0".repeat(32);
const inputs: readonly unknown[] = [
  {},
  submission,
  { id },
  { id, follow: true, from: 3 },
  { id, follow: "true", level: "warn" },
  { address: "/ip4/127.0.0.1/tcp/1" },
  { base64: "AQID" },
];
const paths = routeNames.map((name) => routes[name].path.replace(":id", id));

function oneOf(random: Random, faults: readonly { readonly code: string }[]): Verdict {
  check(faults.length > 0, "refused without a fault");
  return random.pick(faults).code as Verdict;
}

export const textTargets: readonly Target[] = [
  {
    name: "query: YAML, then planning what it lets pass",
    inputs: 3_000,
    reaches: ["yaml-invalid", "unknown-key", "query-too-deep", "yaml-alias", "wrong-value"],
    attempt(random) {
      const text = random.chance(0.03) ? random.pick(exampleTexts) : damagedText(random, exampleTexts);
      const parsed = parseQuery(text, "q.yaml", operatorFiles);
      if (!parsed.ok) return oneOf(random, faultsOf(parsed, catalogue(), hasher));
      const planned = plan(parsed.query, contextWith(networkRecords, { catalogue: catalogue() }));
      return planned.ok ? "accepted" : oneOf(random, planned.faults);
    },
  },
  {
    name: "operator manifest: YAML",
    inputs: 1_500,
    reaches: ["yaml-invalid", "unknown-key", "manifest-invalid"],
    attempt(random) {
      const parsed = parseManifest(
        random.chance(0.05) ? random.pick(manifests) : damagedText(random, manifests),
        "operator.yaml",
      );
      return parsed.ok ? "accepted" : oneOf(random, parsed.faults);
    },
  },
  {
    name: "configuration: YAML",
    inputs: 2_000,
    reaches: ["configuration-invalid"],
    attempt: (random) => verdictOf(parseConfig(damagedText(random, configs), "node.yaml")),
  },
  {
    name: "expression: compiled",
    inputs: 6_000,
    reaches: ["operator-params"],
    attempt: (random) => verdictOf(compileExpression(damagedText(random, expressions), shape)),
  },
  {
    name: "records: CSV and NDJSON in pieces",
    inputs: 5_000,
    reaches: ["operator-data"],
    attempt(random) {
      const format = random.pick(["csv", "ndjson"] as const);
      const text = random.chance(0.05) ? records[format][0]! : damagedText(random, records[format]);
      const parser = recordParser(format, shape);
      const cut = random.below(text.length + 1);
      for (const piece of [text.slice(0, cut), text.slice(cut)]) {
        const rows = parser.push(piece);
        if (!rows.ok) return rows.code;
      }
      return verdictOf(parser.end());
    },
  },
  {
    name: "local API: route and input",
    inputs: 6_000,
    reaches: ["api-input", "api-unknown-route", "api-method"],
    attempt(random) {
      const path = random.chance(0.5) ? random.pick(paths) : damagedText(random, paths);
      const matched = matchRoute(random.pick(["GET", "POST", "PUT", "get"]), path);
      if (!matched.ok) return matched.code;
      const body = JSON.parse(
        JSON.stringify(random.chance(0.2) ? random.pick(inputs) : bent(random, random.pick(inputs), inputs)),
      );
      const junk = random.chance(0.2)
        ? { [random.pick(["id", "__proto__", "follow", "from"])]: random.pick(boundaryNumbers) }
        : {};
      return matched.value.route.input.safeParse({ ...body, ...junk, ...matched.value.params }).success
        ? "accepted"
        : "api-input";
    },
  },
];

// Real plans of the examples, made by the real planner over a small network: what liars bend.
import { readFileSync } from "node:fs";
import type { Plan } from "../../../src/core/model/index.ts";
import { parseQuery, plan } from "../../../src/core/query/index.ts";
import { catalogue } from "../../../src/operators/index.ts";
import { contextWith, filesFrom, nodeNamed } from "../../support/query-fakes.ts";

const examples = new URL("../../../examples/", import.meta.url);
export const exampleNames = [
  "ten-becomes-eleven",
  "windows-and-averages",
  "precise-or-coarse",
  "own-operator",
  "refused-by-policy",
];
export const exampleTexts = exampleNames.map((name) => readFileSync(new URL(`${name}.yaml`, examples), "utf8"));

export const operatorFiles = filesFrom(
  Object.fromEntries(
    ["c", "javascript", "assemblyscript"].flatMap((language) =>
      ["operator.yaml", "operator.wasm", "operator.js"].flatMap((file) => {
        try {
          const bytes = new Uint8Array(readFileSync(new URL(`operators/${language}/${file}`, examples)));
          return [
            [`operators/${language}/${file}`, bytes],
            [`./operators/${language}/${file}`, bytes],
          ];
        } catch {
          return [];
        }
      }),
    ),
  ),
);

const shape = [
  { name: "value" as never, type: "int64" as const, nullable: false },
  { name: "location.precise" as never, type: "text" as const, nullable: false },
];
export const networkRecords = [
  nodeNamed("meter", ["producer"], { equipment: [{ name: "camera", kind: "sensor", exclusive: true, shape }] }),
  nodeNamed("shop", ["transform"]),
  nodeNamed("shop-2", ["transform"]),
  nodeNamed("shop-3", ["localizer", "transform"]),
  nodeNamed("gate", ["exit"], { equipment: [{ name: "board", kind: "outlet", exclusive: false }] }),
];

export const honestPlans: readonly Plan[] = exampleTexts.flatMap((text, i) => {
  const parsed = parseQuery(text, `${exampleNames[i]}.yaml`, operatorFiles);
  if (!parsed.ok) return [];
  const planned = plan(parsed.query, contextWith(networkRecords, { catalogue: catalogue() }));
  return planned.ok ? [planned.plan] : [];
});

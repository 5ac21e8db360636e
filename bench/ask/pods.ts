// People with light pods: one row each, rules that allow it, and a budget for many rounds.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withAttributes } from "../../src/core/pods/index.ts";
import { fillPod } from "../../src/io/pod/import.ts";
import { ownerRulesFile } from "../../src/io/pod/index.ts";
import { personRows, synthTables } from "../../src/io/pod/synth/person.ts";
import { standardCatalogue } from "../../src/sdk/catalogue.ts";
import { must } from "./member.ts";

const rules = `hedgerow: 1
publish: []
everybody: true
default: deny
rules:
  - { effect: allow, purposes: [research, statistics], minimumPeople: 10, maximumEpsilon: 2 }
budget:
  altogether: { epsilon: 100, delta: 0.001 }
  each: [{ epsilon: 100, delta: 0.001 }]
`;

export async function makePods(folder: string, people: number, seed: number): Promise<void> {
  const tables = withAttributes(standardCatalogue(), synthTables.slice(0, 1));
  for (let index = 1; index <= people; index++) {
    const pod = join(folder, `person-${String(index).padStart(5, "0")}`, "pod");
    if (existsSync(pod)) continue;
    mkdirSync(pod, { recursive: true });
    const [row] = personRows(seed, index);
    must(await fillPod(pod, { source: "synthetic", format: "synthetic", tables, rows: [row!] }, Date.now));
    writeFileSync(join(pod, ownerRulesFile), rules, { mode: 0o600 });
  }
}

// A node's folder with an owner's pod for each test, and questions that come to it as to a node that runs.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accept, type Digest, type InstantMs, type NodeId } from "../../src/core/base/index.ts";
import { type Call, permit, recordUse, signContribution } from "../../src/core/consent/index.ts";
import type { Attribute } from "../../src/core/model/index.ts";
import { nodeCrypto, nodeKeyFromSeed } from "../../src/io/identity/index.ts";
import { readOwnerRules, withOwnerRecords } from "../../src/io/pod/index.ts";
import { capture } from "./capture.ts";
import { cwd } from "./own-folder.ts";

export const hedgerow = (...args: string[]) => capture(args, { cwd, env: { HEDGEROW_NODE: join(cwd, "node") } });
export const json = async (...args: string[]) => JSON.parse((await hedgerow(...args, "--json")).out);
export const pod = () => join(cwd, "node/pod");
export const write = (rules: string) => {
  mkdirSync(pod(), { recursive: true });
  writeFileSync(join(pod(), "owner.yaml"), rules);
};
export const query = "3f9a".padEnd(64, "0") as Digest;
export const crypto = nodeCrypto;
export const otherKey = nodeKeyFromSeed(new Uint8Array(32).fill(7));
/** Each call comes after the one before, also within a millisecond. */
let lastMs = 0;
function laterMs(): InstantMs {
  lastMs = Math.max(lastMs + 1, Date.now());
  return lastMs as InstantMs;
}

export const call = (round: string, about: Partial<Call["request"]> = {}): Call => ({
  round,
  plan: "b".repeat(64) as Digest,
  nowMs: laterMs(),
  request: {
    query,
    name: "movies",
    purpose: "research",
    analyst: { node: `12D3Koo${"W".repeat(45)}` as NodeId, principal: "Ada Institute" },
    reads: [{ table: "ratings", column: "movie", attribute: "movie.title" as Attribute }],
    foundBy: ["city"],
    epsilon: 1,
    delta: 1e-6,
    cost: { rho: 1e9, delta: 1e9 },
    minimumPeople: 50,
    noise: "split",
    steps: [],
    untilMs: Date.now() + 60_000,
    ...about,
  },
});

/** As the node does it: called, decided, charged, recorded. */
export async function asked(
  round: string,
  about: Partial<Call["request"]> = {},
  key = otherKey,
  lacks: readonly Attribute[] = [],
): Promise<string> {
  const rules = readOwnerRules(pod(), ["city", "age", "profession"]);
  if (!rules.ok) return rules.code;
  const permitted = await withOwnerRecords(pod(), (state) => {
    const { permission, effects } = permit(state, rules.value, call(round, about));
    return accept({ value: permission, effects });
  });
  if (!permitted.ok) return permitted.code;
  if (permitted.value.at === "declined") return permitted.value.code;
  const { grants, reason } = permitted.value;
  const receipt = signContribution(
    {
      ...{ node: key.node, round, plan: call(round).plan, question: query, decision: { reason, grants } },
      ...{ contribution: new Uint8Array([1]), atMs: Date.now() },
    },
    crypto,
    key,
  );
  await withOwnerRecords(pod(), (state) => {
    const came = { outcome: "contributed" as const, grants, reason, trouble: null, lacks, receipt };
    return accept({ value: true, effects: recordUse(state, call(round, about), came).effects });
  });
  return "took part";
}

// For tests of core/query: a few small operators, and nodes to place them on.
import { createHash } from "node:crypto";
import {
  accept,
  type Digest,
  type Hasher,
  type NodeId,
  type QueryId,
  refuse,
  toCanonical,
  toHex,
} from "../../src/core/base/index.ts";
import {
  type Attribute,
  columnOf,
  type MemberFacts,
  type NodeRecord,
  type OperatorCatalogue,
  type OperatorDescriptor,
  operatorLimitsSchema,
  type RecordShape,
  type Rule,
  type RuleEffect,
} from "../../src/core/model/index.ts";
import type { OperatorFiles, PlanContext } from "../../src/core/query/index.ts";

export const hasher: Hasher = {
  sha256(...parts) {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

function operator(
  name: string,
  kind: OperatorDescriptor["kind"],
  inputs: OperatorDescriptor["inputs"],
  infer: OperatorDescriptor["infer"],
  needs: OperatorDescriptor["needs"] = null,
): OperatorDescriptor {
  const digest = toHex(hasher.sha256(toCanonical(name))) as Digest;
  return { name, kind, summary: name, inputs, needs, limits: operatorLimitsSchema.parse({}), digest, infer };
}

const names = (inputs: readonly RecordShape[]) => [
  ...new Set(inputs.flatMap((shape) => shape.map((each) => each.name))),
];
const column = (name: unknown, type: "int64" | "text" = "int64") => ({
  name: name as Attribute,
  type,
  nullable: false,
});

const emit: OperatorDescriptor["infer"] = (params) => {
  const wanted = Array.isArray(params.columns) ? params.columns : [params.attribute ?? "value"];
  if (!wanted.every((name) => typeof name === "string")) return refuse("operator-params", { blame: "params.columns" });
  return accept({ consumes: [], output: wanted.map((name) => column(name)), stateless: false });
};

export const fakeCatalogue: OperatorCatalogue = new Map(
  [
    operator("emit", "source", { min: 0, max: 0 }, emit),
    operator("read", "source", { min: 0, max: 0 }, emit, "sensor"),
    operator("add", "transform", { min: 1, max: 1 }, (params, [input]) => {
      const name = (params.attribute ?? "value") as Attribute;
      const found = columnOf(input!, name);
      const about = { blame: "params.attribute" };
      if (found === undefined)
        return refuse("attribute-not-produced", { ...about, detail: `the input does not carry ${name}` });
      if (found.type !== "int64") return refuse("edge-type-mismatch", { ...about, detail: `${name} is ${found.type}` });
      return accept({ consumes: names([input!]), output: input!, stateless: true });
    }),
    operator("spell", "transform", { min: 1, max: 1 }, (params, [input]) =>
      accept({ consumes: names([input!]), output: [column(params.as ?? "spelled", "text")], stateless: true }),
    ),
    operator("join", "transform", { min: 2, max: 4 }, (_, inputs) =>
      accept({ consumes: names(inputs), output: names(inputs).map((name) => column(name)), stateless: false }),
    ),
    operator("print", "sink", { min: 1, max: 1 }, (_, inputs) =>
      accept({ consumes: names(inputs), output: null, stateless: true }),
    ),
    operator(
      "write",
      "sink",
      { min: 1, max: 1 },
      (_, inputs) => accept({ consumes: names(inputs), output: null, stateless: true }),
      "outlet",
    ),
  ].map((each) => [each.name, each]),
);

/** 52 characters like a peer id; the name decides. */
export function nodeIdOf(name: string): NodeId {
  const tail = toHex(hasher.sha256(toCanonical(name)))
    .replaceAll("0", "z")
    .slice(0, 45);
  return `12D3Koo${tail}` as NodeId;
}

export function rules(...list: [RuleEffect, string, string?][]): Rule[] {
  return list.map(([effect, attribute, reason]) => ({
    effect,
    attribute: attribute as Attribute,
    ...(reason === undefined ? {} : { reason }),
  }));
}

export function nodeNamed(
  name: string,
  functions: NodeRecord["functions"],
  more: Partial<NodeRecord> = {},
): NodeRecord {
  return {
    node: nodeIdOf(name),
    network: "garden",
    sequence: 1,
    name,
    addresses: [],
    functions,
    equipment: [],
    policy: { rules: [] },
    version: "0.1.0",
    ...more,
  };
}

export function factsOf(records: readonly NodeRecord[]): Map<NodeId, MemberFacts> {
  return new Map(
    records.map((record) => [
      record.node,
      {
        node: record.node,
        network: record.network,
        principal: record.name,
        roles: record.functions,
        serial: "1",
        notAfterMs: 0,
      },
    ]),
  );
}

export const analyst = { node: nodeIdOf("desk"), principal: "ada" };

export function contextWith(records: readonly NodeRecord[], more: Partial<PlanContext> = {}): PlanContext {
  return {
    records,
    catalogue: fakeCatalogue,
    analyst,
    queryId: "0".repeat(32) as QueryId,
    network: "garden",
    hasher,
    ...more,
  };
}

export function filesFrom(files: Readonly<Record<string, string | Uint8Array>>): OperatorFiles {
  const bytes = (path: string) => {
    const found = files[path];
    if (found === undefined) return refuse("operator-file", { blame: path, detail: "there is no such file" });
    return accept(typeof found === "string" ? new TextEncoder().encode(found) : found);
  };
  const text = (path: string) => {
    const read = bytes(path);
    return read.ok ? accept(new TextDecoder().decode(read.value)) : read;
  };
  return { bytes, text, hasher };
}

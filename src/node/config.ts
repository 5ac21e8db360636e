// The node's configuration, node.yaml in its data folder: parsed once, here; each fault names the key and what it allows.
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { accept, type Result, refuse } from "../core/base/index.ts";
import { membershipLimits } from "../core/membership/index.ts";
import { equipmentSchema, nodeFunctions, policySchema, schemaFaults } from "../core/model/index.ts";
import { type AddressUse, faultOfAddress } from "../io/overlay/index.ts";

export const configFileName = "node.yaml";
const maxConfigBytes = 256 * 1024;
const maxFaultsTold = 10;

const file = z.string().min(1).max(1024);
const port = z.number().int().min(0).max(65_535);

function addresses(use: AddressUse, most: number) {
  const address = z
    .string()
    .max(256)
    .superRefine((text, context) => {
      const fault = faultOfAddress(text, use);
      if (fault === null) return;
      const message = `${JSON.stringify(text)} is not an address: ${fault.message}`;
      context.addIssue({ code: "custom", message, params: { remedy: fault.remedy } });
    });
  return z.array(address).max(most);
}

/** A sensor reads records from a file or a named pipe; an outlet writes them to a file or posts them to a URL. */
const equipmentConfigSchema = equipmentSchema
  .extend({
    exclusive: z.boolean().default(true),
    file: file.optional(),
    url: z.url({ protocol: /^https?$/ }).optional(),
    format: z.enum(["csv", "ndjson"]).default("ndjson"),
  })
  .superRefine((equipment, context) => {
    if (equipment.kind === "sensor" && equipment.file === undefined) {
      context.addIssue({ code: "custom", path: ["file"], message: "a sensor needs the file it reads" });
    }
    if (equipment.kind === "sensor" && equipment.shape === undefined) {
      context.addIssue({ code: "custom", path: ["shape"], message: "a sensor needs the shape of its records" });
    }
    if (equipment.kind === "outlet" && (equipment.file === undefined) === (equipment.url === undefined)) {
      context.addIssue({ code: "custom", path: ["file"], message: "an outlet has either a file or a url" });
    }
  });
export type EquipmentConfig = z.output<typeof equipmentConfigSchema>;

export const nodeConfigSchema = z.strictObject({
  hedgerow: z.literal(1),
  name: z.string().min(1).max(80),
  functions: z.array(z.enum(nodeFunctions)).max(4).default([]),
  /** Ed25519 key: a file, or base64 of the 32-byte seed. Without either, node.key is generated and kept. */
  key: z.union([z.strictObject({ file }), z.strictObject({ base64: z.base64() })]).default({ file: "node.key" }),
  certificate: file.default("node.crt"),
  authority: file.default("authority.crt"),
  listen: addresses("listen", 8).default(["/ip4/0.0.0.0/tcp/4101"]),
  /** Addresses told to others instead of those found out, for a node behind a gateway. */
  announce: addresses("announce", 8).default([]),
  /** Addresses of nodes to meet first; one suffices. */
  seeds: addresses("dial", membershipLimits.maxSeeds).default([]),
  /** Where data edges arrive. The host is also what other nodes are told, unless `announce` says otherwise. */
  edges: z.strictObject({ host: z.string().min(1).max(255), port }).default({ host: "0.0.0.0", port: 0 }),
  policy: policySchema.default({ rules: [] }),
  equipment: z.array(equipmentConfigSchema).max(32).default([]),
  /** A folder with more people's pods, each in a folder of its own, as `hedgerow pod synth` makes them. */
  people: file.optional(),
  api: z
    .strictObject({
      /** Also serve the API on 127.0.0.1 with a token; 0 takes a free port. Absent: the Unix socket alone. */
      port: port.optional(),
    })
    .default({}),
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info"),
      /** Absent: standard error. */
      file: file.optional(),
    })
    .default({ level: "info" }),
});
export type NodeConfig = z.output<typeof nodeConfigSchema>;

export function readConfig(folder: string): Result<NodeConfig> {
  const path = join(folder, configFileName);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return refuse("configuration-invalid", {
      blame: path,
      detail: "there is no such file; make it with hedgerow node init",
    });
  }
  return parseConfig(text, path);
}

export function parseConfig(text: string, path: string): Result<NodeConfig> {
  if (text.length > maxConfigBytes)
    return refuse("configuration-invalid", { blame: path, detail: "larger than 256 KB" });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, maxAliasCount: 0 } as object);
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    return refuse("configuration-invalid", {
      blame: `${path}:${line}:${col}`,
      detail: syntax.message.split("\n")[0] ?? "",
    });
  }
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch {
    return refuse("configuration-invalid", { blame: path, detail: "aliases are not used here" });
  }
  const parsed = nodeConfigSchema.safeParse(plain);
  if (parsed.success) return accept(parsed.data);
  const faults = schemaFaults(nodeConfigSchema, plain, parsed.error)
    .slice(0, maxFaultsTold)
    .map((fault) => ({ ...fault, at: lines.linePos(offsetOf(document, fault.path)) }))
    .sort((a, b) => a.at.line - b.at.line);
  const { line, col } = faults[0]!.at;
  // The first is where `blame` says; each further one names its own line.
  const told = faults.map(({ message, remedy, at }, index) => {
    const where = index === 0 || at.line === line ? "" : `Line ${at.line}: `;
    return `${where}${message}. ${remedy}`;
  });
  return refuse("configuration-invalid", { blame: `${path}:${line}:${col}`, detail: told.join(" ") });
}

/** Where `equipment[0].file` stands in the text, or the nearest key around it that does. */
function offsetOf(document: Document.Parsed, path: string): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path.split(/[.[\]]+/).filter((each) => each !== "")) {
    if (isSeq(node)) node = node.items[Number(part)];
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      offset = isScalar(pair?.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair?.value;
    } else break;
    if (isNode(node)) offset = isMap(node) ? offset : (node.range?.[0] ?? offset);
  }
  return offset;
}

/** Paths in the configuration are relative to the data folder. */
export function inFolder(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

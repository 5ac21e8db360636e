// A node's data folder, as it is made before the node first runs: key, certificate request, configuration.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { refuse } from "../core/base/index.ts";
import type { NodeFunction } from "../core/model/index.ts";
import { createRequest, loadOrCreateNodeKey, type NodeKey } from "../io/identity/index.ts";
import { valueOrThrow } from "./refused.ts";

export const nodeFiles = {
  configuration: "node.yaml",
  key: "node.key",
  certificate: "node.crt",
  authority: "authority.crt",
  request: "node.request",
} as const;

export interface NodeOrder {
  readonly folder: string;
  readonly name: string;
  readonly functions: readonly NodeFunction[];
  readonly listen?: readonly string[];
  readonly seeds?: readonly string[];
  /** Also serve the API on 127.0.0.1:PORT with a token. */
  readonly apiPort?: number;
}

export interface MadeNode {
  readonly node: string;
  readonly folder: string;
  readonly request: string;
  readonly configuration: string;
}

export async function nodeKeyIn(folder: string): Promise<NodeKey> {
  return valueOrThrow(await loadOrCreateNodeKey(join(folder, nodeFiles.key)));
}

/** Never replaces a configuration: a folder that has one is refused. */
export async function createNodeFolder(order: NodeOrder): Promise<MadeNode> {
  const configuration = join(order.folder, nodeFiles.configuration);
  if (existsSync(configuration)) {
    valueOrThrow(refuse("node-exists", { blame: configuration }));
  }
  await checkAddresses(order);
  await mkdir(order.folder, { recursive: true, mode: 0o700 });
  const key = await nodeKeyIn(order.folder);
  const request = join(order.folder, nodeFiles.request);
  await writeFile(request, createRequest(key), { mode: 0o644 });
  await writeFile(configuration, configurationText(order), { mode: 0o600, flag: "wx" });
  return { node: key.node, folder: order.folder, request, configuration };
}

/** A node that could not start with them is not made. */
async function checkAddresses({ listen = [], seeds = [] }: NodeOrder): Promise<void> {
  if (listen.length === 0 && seeds.length === 0) return;
  const { faultOfAddress } = await import("../io/overlay/index.ts");
  for (const [use, addresses] of [["listen", listen] as const, ["dial", seeds] as const]) {
    for (const address of addresses) {
      const fault = faultOfAddress(address, use);
      const detail = fault === null ? "" : `${fault.message}. ${fault.remedy}`;
      if (fault !== null) valueOrThrow(refuse("address-malformed", { blame: address, detail }));
    }
  }
}

function configurationText(order: NodeOrder): string {
  const settings = {
    hedgerow: 1,
    name: order.name,
    functions: [...order.functions],
    listen: [...(order.listen ?? ["/ip4/0.0.0.0/tcp/4101"])],
    seeds: [...(order.seeds ?? [])],
    policy: { rules: [] },
    equipment: [],
    ...(order.apiPort === undefined ? {} : { api: { port: order.apiPort } }),
    log: { level: "info" },
  };
  return `# Configuration of a Hedgerow node. Its key is ${nodeFiles.key} in this folder: guard it, and never copy it to another node.
# seeds: addresses of nodes to meet first; one suffices. policy: what this node requires, forbids or does not care about.
${stringify(settings)}`;
}

/** What of the folder is there, for advice before a start. */
export async function inspectNodeFolder(folder: string): Promise<{
  readonly configured: boolean;
  readonly certified: boolean;
  readonly listenPorts: readonly number[];
}> {
  const configuration = join(folder, nodeFiles.configuration);
  if (!existsSync(configuration)) return { configured: false, certified: false, listenPorts: [] };
  const text = await readFile(configuration, "utf8");
  const listen = JSON.stringify(parseDocument(text, { logLevel: "error" }).get("listen") ?? "");
  const ports = [...listen.matchAll(/\/(?:tcp|udp)\/(\d{1,5})\b/g)].map(([, port]) => Number(port));
  const certified = existsSync(join(folder, nodeFiles.certificate)) && existsSync(join(folder, nodeFiles.authority));
  return { configured: true, certified, listenPorts: [...new Set(ports)] };
}

// A local network: an authority, venue nodes and an analyst, each node an operating-system process of its own, all in one
// folder. `hedgerow up` and `npm start` show it; tests and other people's programs use it the same way.
//
//   INVARIANT 1: a node ends with whoever started it. Its standard input is a pipe from us: when we are gone, even by
//   kill -9, it reads the end and drains.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Document, parseDocument } from "yaml";
import { accept, type Result, refuse } from "../core/base/index.ts";
import { holderOf, lockFolder } from "../io/storage/index.ts";
import { type Authority, createAuthority, keepEnrolled, openAuthority } from "./authority.ts";
import { connect, type HedgerowClient } from "./client.ts";
import { localNetwork } from "./folder.ts";
import { type InventedPeople, type LocalNodeOrder, standardNodes } from "./local-cast.ts";
import { nodeFiles } from "./node-folder.ts";
import { packageFile } from "./package-root.ts";
import type { StatusView } from "./views.ts";

export { type InventedPeople, type LocalNodeOrder, standardHouses, standardNodes } from "./local-cast.ts";

export interface LocalNode {
  readonly order: LocalNodeOrder;
  readonly folder: string;
  readonly client: HedgerowClient;
  readonly status: StatusView;
  process: ChildProcess;
}

export interface LocalNetwork {
  readonly folder: string;
  readonly authority: Authority;
  readonly nodes: readonly LocalNode[];
  node(name: string): LocalNode;
  analyst: LocalNode;
  /** Kills the node at once, as a power failure would. */
  kill(name: string): Promise<void>;
  /** Starts a killed or stopped node again on the same folder. */
  restart(name: string): Promise<void>;
  /** Resolves when every running node knows every other. */
  converged(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalNetworkOptions {
  readonly folder: string;
  readonly nodes?: readonly LocalNodeOrder[];
  readonly network?: string;
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  /** The network is started again later: its nodes go on with their configurations, and with the ports of the first time. */
  readonly keep?: boolean;
  readonly onNode?: (node: LocalNode) => void;
}

const readyTimeoutMs = 30_000;
const convergenceTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
const pollMs = 25;
const errorsFile = "node.err";
const peopleFolder = "people";

const analystName = localNetwork.analyst;

export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
  const orders = options.nodes ?? standardNodes(5);
  const network = options.network ?? "local";
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const authorityFolder = join(options.folder, localNetwork.authority);
  // A network that was kept goes on: the same authority, the same keys, the same state.
  const authority = existsSync(authorityFolder)
    ? await openAuthority(authorityFolder)
    : await createAuthority({ network, folder: authorityFolder });
  const nodes: LocalNode[] = [];
  try {
    const [first, ...others] = orders;
    if (first === undefined) throw new Error("a network needs a node");
    const start = async (order: LocalNodeOrder, seeds: readonly string[]) => {
      const node = await startNode(options, authority, order, seeds);
      nodes.push(node);
      options.onNode?.(node);
    };
    await start(first, []);
    const seeds = nodes[0]!.status.addresses;
    await Promise.all(others.map((order) => start(order, seeds)));
  } catch (cause) {
    await Promise.all(nodes.map(stopNode));
    throw cause;
  }
  const named = (name: string) => {
    const node = nodes.find((candidate) => candidate.order.name === name);
    if (node === undefined) throw new Error(`no node is called ${name}`);
    return node;
  };
  return {
    folder: options.folder,
    authority,
    nodes,
    node: named,
    get analyst() {
      return nodes.find((node) => node.order.roles.includes("analyst")) ?? named(analystName);
    },
    async kill(name) {
      const node = named(name);
      const ended = exited(node.process);
      node.process.kill("SIGKILL");
      await ended;
    },
    async restart(name) {
      const node = named(name);
      if (isRunning(node)) throw new Error(`${name} runs still`);
      node.process = launch(node.folder);
      await whenReady(node.client, node.process, node.folder);
    },
    converged: (timeoutMs = convergenceTimeoutMs) => whenConverged(nodes, timeoutMs),
    async stop() {
      await Promise.all(nodes.map(stopNode));
    },
  };
}

async function startNode(
  options: LocalNetworkOptions,
  authority: Authority,
  order: LocalNodeOrder,
  seeds: readonly string[],
): Promise<LocalNode> {
  const folder = join(options.folder, order.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await keepEnrolled(authority, folder, {
    principal: order.principal ?? (order.roles.includes("analyst") ? "analyst" : order.name),
    roles: order.roles,
  });
  if (order.people !== undefined && !existsSync(join(folder, peopleFolder))) await inventPeople(folder, order.people);
  const functions = order.roles.filter((role) => role !== "analyst" && role !== "owner");
  const file = join(folder, nodeFiles.configuration);
  const kept = existsSync(file);
  const configuration = {
    hedgerow: 1,
    name: order.name,
    functions,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    edges: { host: "127.0.0.1", port: 0 },
    seeds: [...seeds],
    policy: { rules: order.rules ?? [] },
    equipment: order.equipment ?? [],
    ...(order.people === undefined ? {} : { people: peopleFolder }),
    log: { level: options.logLevel ?? "info", file: "node.log" },
  };
  // What somebody changed in a kept node's configuration since is hers.
  const document = kept ? parseDocument(readFileSync(file, "utf8")) : new Document(configuration);
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`${file}: ${fault.message.split("\n")[0]} Mend it, or remove the file.`);
  document.set("seeds", [...seeds]); // where the others are is ours to say: they may have moved
  writeFileSync(file, String(document));
  const child = launch(folder);
  const client = connect({ folder });
  const status = await whenReady(client, child, folder);
  if (options.keep === true && String(document.get("listen")).includes("/tcp/0")) {
    document.set("listen", status.addresses.map(withoutPeer));
    writeFileSync(file, String(document));
  }
  return { order, folder, client, status, process: child };
}

/** In a process of its own, so that several households are made at once. */
async function inventPeople(folder: string, { count, seed, professions }: InventedPeople): Promise<void> {
  const among = Object.entries(professions ?? {}).map(([name, weight]) => `${name}=${weight}`);
  const order = ["--people", `${count}`, "--seed", `${seed}`, "--out", join(folder, peopleFolder), "--json"];
  if (among.length > 0) order.push("--professions", among.join(","));
  const errors = openSync(join(folder, errorsFile), "a", 0o600);
  const child = spawn(process.execPath, [packageFile("bin/hedgerow.js"), "pod", "synth", ...order], {
    stdio: ["ignore", "ignore", errors],
  });
  closeSync(errors);
  await exited(child);
  if (child.exitCode !== 0) throw new Error(`No people could be invented in ${folder}. ${complaintsIn(folder)}`);
  // Its progress went there, too; a node that complains later shall be heard alone.
  truncateSync(join(folder, errorsFile));
}

/** What a node listens on, of an address that names the node, too. */
function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]*$/, "");
}

function launch(folder: string): ChildProcess {
  const main = packageFile("dist/node/main.js");
  if (!existsSync(main)) throw new Error("Hedgerow is not built yet: run npm start or npm run build first.");
  // A file, not a pipe: what a node says last stays, also when we are gone.
  const errors = openSync(join(folder, errorsFile), "a", 0o600);
  const child = spawn(process.execPath, [main, "--folder", folder, "--until-stdin-ends"], {
    stdio: ["pipe", "ignore", errors],
    detached: true, // Ctrl-C in the terminal is ours to pass on, once, in order
  });
  closeSync(errors);
  return child;
}

async function whenReady(client: HedgerowClient, child: ChildProcess, folder: string): Promise<StatusView> {
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    try {
      return await client.status();
    } catch (cause) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`The node in ${folder} ended while starting. ${complaintsIn(folder)}`, { cause });
      }
      if (performance.now() > deadline) {
        throw new Error(`The node in ${folder} did not answer within ${readyTimeoutMs / 1000} s. See its node.log.`, {
          cause,
        });
      }
      await pause(pollMs);
    }
  }
}

async function whenConverged(nodes: readonly LocalNode[], timeoutMs: number): Promise<void> {
  const running = nodes.filter(isRunning);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const counts = await Promise.all(running.map(async (node) => (await node.client.status()).peers.known));
    if (counts.every((known) => known === running.length - 1)) return;
    if (performance.now() > deadline) {
      const lines = running.map((node, index) => `${node.order.name} knows ${counts[index]} of ${running.length - 1}`);
      throw new Error(`Gossip has not converged within ${timeoutMs / 1000} s: ${lines.join(", ")}.`);
    }
    await pause(pollMs);
  }
}

async function stopNode(node: LocalNode): Promise<void> {
  node.client.close();
  if (!isRunning(node)) return;
  const ended = exited(node.process);
  node.process.stdin?.end();
  node.process.kill("SIGTERM");
  const late = setTimeout(() => node.process.kill("SIGKILL"), stopTimeoutMs);
  await ended;
  clearTimeout(late);
}

function isRunning({ process }: LocalNode): boolean {
  return process.exitCode === null && process.signalCode === null;
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Nodes that run in the folder of a local network now, whoever started them: their locks say it. */
export function runningIn(folder: string): { readonly name: string; readonly process: number }[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => {
    const { name } = entry;
    const process = entry.isDirectory() ? holderOf(join(folder, name)) : null;
    return process === null ? [] : [{ name, process }];
  });
}

/** Ends nodes that somebody started again by hand; those that will not end are named. */
export async function stopRunningIn(folder: string): Promise<string[]> {
  const asked = runningIn(folder).map(async ({ name, process: id }) => {
    const client = connect({ folder: join(folder, name) });
    const signal = AbortSignal.timeout(stopTimeoutMs);
    await client.shutdown({}, { signal }).catch(() => process.kill(id, "SIGTERM"));
    client.close();
    const deadline = performance.now() + stopTimeoutMs;
    while (isAlive(id)) {
      if (performance.now() > deadline) return [`${name} (process ${id})`];
      await pause(pollMs);
    }
    return [];
  });
  return (await Promise.all(asked)).flat();
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

/** The folder is one network's until it is released: a second one would take its nodes' folders from under them. */
export function claimNetworkFolder(folder: string): Result<NetworkFolder> {
  if (existsSync(join(folder, nodeFiles.configuration))) return refuse("network-in-node", { blame: folder });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  if (!lock.ok) return refuse("network-running", { blame: folder, detail: `process ${holderOf(folder)}` });
  const [node] = runningIn(folder);
  if (node !== undefined) {
    lock.value.release();
    return refuse("network-running", { blame: folder, detail: `node ${node.name} is process ${node.process}` });
  }
  const marker = join(folder, localNetwork.kept);
  return accept({
    kept: existsSync(marker)
      ? readdirSync(folder).filter((name) => existsSync(join(folder, name, nodeFiles.configuration)))
      : [],
    keep() {
      writeFileSync(
        marker,
        "This network goes on with the next `hedgerow up`. Remove the whole folder to begin anew.\n",
      );
    },
    clear() {
      if (!existsSync(join(folder, localNetwork.authority))) return;
      for (const name of readdirSync(folder)) {
        if (name !== "lock") rmSync(join(folder, name), { recursive: true, force: true });
      }
    },
    release() {
      lock.value.release();
      if (readdirSync(folder).length === 0) rmdirSync(folder);
    },
  });
}

export interface NetworkFolder {
  /** The nodes of a network that was kept here. */
  readonly kept: readonly string[];
  /** The next network here goes on with this one's nodes. */
  keep(): void;
  /** Removes what a local network left, and nothing else: only from a folder that one of ours made. */
  clear(): void;
  release(): void;
}

/** What a node wrote to its standard error, the end of it: how it explains why it ended. */
export function complaintsIn(folder: string): string {
  return readFileSync(join(folder, errorsFile), "utf8").slice(-4096).trim();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

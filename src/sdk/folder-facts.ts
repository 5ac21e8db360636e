// What a folder is that somebody names with --node: a node's, a person's with her pod in it, one with such folders in it, or neither. A
// wrong one has to be told apart from an empty pod: who denies something there has denied nothing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { refuse } from "../core/base/index.ts";
import { localNetwork } from "./folder.ts";
import { limits } from "./limits.ts";
import { nodeFiles } from "./node-folder.ts";
import { valueOrThrow } from "./refused.ts";

/** Within the node's folder. */
export const podFolderOf = (nodeFolder: string): string => join(nodeFolder, "pod");

export interface FolderFacts {
  readonly isThere: boolean;
  readonly isNode: boolean;
  readonly hasPod: boolean;
  /** The folder of the node that keeps this person's pod among others. */
  readonly keeper: string | null;
  /** Where the pods of the people lie that this node keeps. */
  readonly people: string | null;
  /** Names of folders in it that are a node's or a person's; the first few. */
  readonly within: readonly string[];
}

export function folderFacts(nodeFolder: string): FolderFacts {
  const folder = resolve(nodeFolder);
  const above = dirname(dirname(folder));
  const named = peopleNamedIn(folder) ?? "people";
  const people = isAbsolute(named) ? named : join(folder, named);
  return {
    isThere: existsSync(folder),
    isNode: isNode(folder),
    hasPod: existsSync(podFolderOf(folder)),
    keeper: isNode(above) ? above : null,
    people: existsSync(people) ? people : null,
    within: foldersIn(folder),
  };
}

const isNode = (folder: string): boolean => existsSync(join(folder, nodeFiles.configuration));

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => isNode(join(folder, name)) || existsSync(podFolderOf(join(folder, name))))
      .sort()
      .slice(0, limits.maxFoldersTold);
  } catch {
    return [];
  }
}

export interface NetworkAround {
  readonly folder: string;
  /** It goes on with the next `hedgerow up`; else everything in it is removed when this one ends. */
  readonly isKept: boolean;
}

/** The local network of `hedgerow up` whose node, or a person of whose node, has this folder; null: it belongs to none. */
export function localNetworkAround(nodeFolder: string): NetworkAround | null {
  const node = resolve(nodeFolder);
  // Of a person who lives with a node: NETWORK/NODE/people/PERSON.
  for (const folder of [dirname(node), dirname(dirname(dirname(node)))]) {
    if (basename(folder) !== localNetwork.folder || !existsSync(join(folder, localNetwork.authority))) continue;
    return { folder, isKept: existsSync(join(folder, localNetwork.kept)) };
  }
  return null;
}

/** `people` of node.yaml, where it can be read: what else is wrong with it, the node says when it starts. */
export function peopleNamedIn(nodeFolder: string): string | undefined {
  try {
    const text = readFileSync(join(nodeFolder, nodeFiles.configuration), "utf8");
    const { people } = ((parse(text, { logLevel: "silent" }) as unknown) ?? {}) as { people?: unknown };
    return typeof people === "string" && people !== "" ? people : undefined;
  } catch {
    return undefined;
  }
}

/** The folder of the pod that is there. Who names another folder is not to be told that nobody asks. */
export function ownedPod(nodeFolder: string): string {
  const pod = podFolderOf(nodeFolder);
  return existsSync(pod) ? pod : valueOrThrow(refuse("pod-missing", whyMissing(nodeFolder)));
}

/** The same, also of a node whose owner has not imported anything yet: rules and grants come before that. */
export function ownedPodToBe(nodeFolder: string): string {
  const { hasPod, isNode, people } = folderFacts(nodeFolder);
  if (!hasPod && (!isNode || people !== null)) ownedPod(nodeFolder);
  return podFolderOf(nodeFolder);
}

function whyMissing(nodeFolder: string): { readonly blame: string; readonly detail: string } {
  const { isThere, isNode, people, within } = folderFacts(nodeFolder);
  const about = (detail: string) => ({ blame: nodeFolder, detail });
  if (!isThere) return about("there is no such folder; check --node and HEDGEROW_NODE");
  if (people !== null) return about(`those of the people it keeps are in ${people}: name one of them, with --node`);
  if (within.length > 0) return about(`it is no node's folder; in it are ${within.join(", ")}: name one, with --node`);
  if (isNode) return about("the node keeps nobody's data");
  return about("neither node.yaml nor a folder named pod is in it; check --node and HEDGEROW_NODE");
}

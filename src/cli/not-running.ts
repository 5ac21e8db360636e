// Nothing answers in a node's folder: why that may be, and what to do next. Somebody who has no node yet wants a local network; somebody
// who has one wants it started; somebody who named the folder of a person means her node.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { folderFacts } from "../sdk/folder-facts.ts";
import { localNetwork, type NodeNotRunning } from "../sdk/index.ts";

export interface Advice {
  readonly sentence: string;
  readonly next: string;
}

export function notRunningText({ place, folder, next }: NodeNotRunning, cwd: string): Advice {
  if (folder === null) return { sentence: `No node is running at ${place}.`, next };
  const { isNode, hasPod, keeper, isThere, within } = folderFacts(folder);
  const network = join(cwd, localNetwork.folder);
  if (isNode) {
    const start = `hedgerow node start ${folder}`;
    const sentence = `No node is running in ${folder}.`;
    if (folder.startsWith(`${network}/`)) return { sentence, next: "Start the local network again: hedgerow up" };
    const orUp = existsSync(network) ? "" : "   (or try a local network: hedgerow up)";
    return { sentence, next: `Start it: ${start}${orUp}` };
  }
  if (hasPod) {
    const sentence = `${folder} is a person's folder, with her pod, and no node's.`;
    const herNode = keeper === null ? "Name the node's folder" : `The node that keeps it: --node ${keeper}`;
    return { sentence, next: `${herNode}; her pod: hedgerow pod ls --node ${folder}` };
  }
  const sentence = isThere ? `There is no node in ${folder}: no node.yaml.` : `There is no folder ${folder}.`;
  if (within.length > 0) return { sentence, next: `In it are ${within.join(", ")}. Name one: --node ${folder}/NAME` };
  if (existsSync(network))
    return { sentence, next: `Check --node and HEDGEROW_NODE; a local network is in ${network}.` };
  return {
    sentence,
    next: "Start a local network here: hedgerow up   (or make a node: hedgerow node init, or name another: --node FOLDER)",
  };
}

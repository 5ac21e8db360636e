// Where a pod is to be made or added to. Who names no node, where a local network runs, gets that of its analyst; and when the network
// ends, its folders go, the pod and the pod's key among them. A person's data is not put there because nothing was said.
import { localNetworkAround, type NetworkAround } from "../sdk/folder-facts.ts";
import { CommandFailed } from "./failure.ts";
import type { CommonOptions, Session } from "./session.ts";

/** Before anything is written. What a person should know of the place, for --json as well; null: there is nothing to say. */
export function needLastingPlace({ folder }: Session, { node }: CommonOptions): string | null {
  const network = localNetworkAround(folder);
  if (network === null) return null;
  if (network.isKept) return `${folder} belongs to the local network in ${network.folder}, which is kept.`;
  if (node !== undefined) return `${goes(folder, network)} with the pod and its key.`;
  throw new CommandFailed(`${goes(folder, network)} and a pod would go with it.`, {
    code: "network-temporary",
    next: `Say where the pod is to be: --node FOLDER, such as --node ~/me   (or, to try things on, --node ${folder})`,
  });
}

function goes(folder: string, network: NetworkAround): string {
  return `${folder} belongs to the local network in ${network.folder}, which is removed when \`hedgerow up\` ends,`;
}

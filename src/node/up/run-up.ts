// `hedgerow up`: a local network, in processes of its own, for as long as the reader wants; with `show`, at work.
import { sentenceOf } from "../../core/base/index.ts";
import {
  claimNetworkFolder,
  type LocalNetwork,
  standardHouses,
  standardNodes,
  startLocalNetwork,
  stopRunningIn,
} from "../../sdk/local-network.ts";
import { show } from "./show.ts";
import { type Stage, Voice } from "./voice.ts";

export interface UpOptions {
  /** Where the network's folders go. */
  readonly folder: string;
  /** Venue nodes beside the analyst; absent: as many as the show needs. */
  readonly nodes?: number;
  /** Invented people in households beside them; 0: none. */
  readonly people: number;
  readonly keep: boolean;
  readonly show: boolean;
  readonly once: boolean;
  /** Aborted: drain, end every process, remove what was not to be kept, return. */
  readonly signal: AbortSignal;
  readonly stage: Stage;
}

const standardSize = 5;

export async function runUp(options: UpOptions): Promise<number> {
  const voice = new Voice(options.stage);
  const { signal, folder } = options;
  const claimed = claimNetworkFolder(folder);
  if (!claimed.ok) {
    const about = [claimed.detail, `in ${claimed.blame}`].filter((part) => part !== undefined).join(", ");
    voice.fault(`${sentenceOf(claimed.code)} (${about})`);
    return 1;
  }
  const place = claimed.value;
  const { kept } = place;
  // What was to be kept stays, also when this run does not ask for it: its end would take somebody's keys along.
  const keep = options.keep || kept.length > 0;
  if (keep) place.keep();
  else place.clear();
  // A kept network goes on with those who lived in it.
  const households = standardHouses(options.people).filter(({ name }) => kept.length < 2 || kept.includes(name));
  const size = options.nodes ?? (kept.length > 1 ? kept.length - 1 - households.length : standardSize);
  const others = size + households.length;
  voice.title("A local network");
  voice.say(`authority and ${others + 1} nodes, each a process of its own, in ${folder}`);
  const people = households.reduce((sum, house) => sum + (house.people?.count ?? 0), 0);
  if (people > 0)
    voice.say(
      `${people} invented people live in ${households.length} of them: each has a pod, encrypted, with rules of her own`,
    );
  if (kept.length > 0) voice.say(`going on with the nodes that were kept there; remove the folder for new ones`);
  const startedMs = performance.now();
  let network: LocalNetwork | undefined;
  let failed = false;
  try {
    network = await startLocalNetwork({
      folder,
      nodes: [...standardNodes(size), ...households],
      keep,
      onNode: ({ status }) => {
        const roles = status.roles.join(", ");
        voice.row([
          status.name,
          roles,
          status.node.slice(0, 16),
          (status.addresses[0] ?? "").replace(/\/p2p\/.*$/, ""),
          `assurance ${status.assurance}`,
        ]);
      },
    });
    voice.table();
    await network.converged();
    voice.say(
      `gossip has converged: every node knows the other ${others} (${Math.round(performance.now() - startedMs)} ms since the start)`,
    );
    if (options.show) failed = !(await show(network, voice, signal));
    if (!options.once && !signal.aborted) {
      voice.title("It is yours now");
      voice.say("Leave this open, and try in another terminal:");
      for (const command of [
        ...(people > 0 ? ["npx hedgerow query run examples/pilots-sick-leave.sql"] : []),
        "npx hedgerow query run examples/ten-becomes-eleven.yaml --follow",
        "npx hedgerow query ls",
        "npx hedgerow node peers",
        "npx hedgerow doctor",
      ]) {
        voice.say(`  ${command}`);
      }
      voice.say("Ctrl-C ends the network.");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      voice.say("ending: nodes drain and stop…");
    }
  } catch (cause) {
    failed = true;
    voice.fault(cause instanceof Error ? cause.message : String(cause));
  } finally {
    await network?.stop();
    // A node started again by hand belongs to the network too: its folder must not go from under it.
    const left = await stopRunningIn(folder);
    if (left.length > 0) voice.fault(`${left.join(", ")} did not end, so ${folder} is left as it is`);
    else if (!keep) place.clear();
    place.release();
  }
  return failed ? 1 : 0;
}

// `hedgerow up`: a local network, in processes of its own, for as long as the reader wants; with `show`, at work.
import {
  type LocalNetwork,
  removeLocalNetwork,
  runningIn,
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
  const size = options.nodes ?? standardSize;
  const [present] = await runningIn(folder);
  if (present !== undefined) {
    const { name, process } = present.status;
    voice.fault(
      `A local network runs in ${folder} already (${name} is process ${process}). End it first, or start this one in another folder.`,
    );
    return 1;
  }
  if (!options.keep) removeLocalNetwork(folder);
  voice.title("A local network");
  voice.say(`authority and ${size + 1} nodes, each a process of its own, in ${folder}`);
  const startedMs = performance.now();
  let network: LocalNetwork | undefined;
  let failed = false;
  try {
    network = await startLocalNetwork({
      folder,
      nodes: standardNodes(size),
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
      `gossip has converged: every node knows the other ${size} (${Math.round(performance.now() - startedMs)} ms since the start)`,
    );
    if (options.show) failed = !(await show(network, voice, signal));
    if (!options.once && !signal.aborted) {
      voice.title("It is yours now");
      voice.say("Leave this open, and try in another terminal:");
      for (const command of [
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
    if (!options.keep) {
      await stopRunningIn(folder);
      removeLocalNetwork(folder);
    }
  }
  return failed ? 1 : 0;
}

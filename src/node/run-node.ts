// Runs a daemon until it is told to stop: by a signal, by its API, or because who started it is gone.
import { valueOrThrow } from "../sdk/index.ts";
import { addressInUse } from "./address-in-use.ts";
import { startApiServer } from "./api/index.ts";
import { startDaemon } from "./daemon.ts";
import { serviceOf } from "./service.ts";

export interface NodeOptions {
  readonly folder: string;
  /** Aborted: drain and return. */
  readonly signal: AbortSignal;
  /** Called once, when the API answers. */
  readonly onReady: () => void;
}

/** The exit code. Faults of the configuration and the like are thrown with their sentence. */
export async function runNode(options: NodeOptions): Promise<number> {
  const daemon = valueOrThrow(await startDaemon(options.folder));
  const asked = new AbortController();
  const stop = AbortSignal.any([options.signal, asked.signal]);
  const { port } = daemon.config.api;
  const api = await startApiServer({
    service: serviceOf(daemon, () => asked.abort()),
    folder: daemon.folder,
    ...(port === undefined ? {} : { loopback: { port } }),
    onFault: ({ route, cause }) => {
      daemon.log.error("api-fault", {
        route,
        cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      });
    },
  }).catch(async (cause) => {
    await daemon.stop();
    const taken = addressInUse(cause, daemon.config);
    throw taken === null ? cause : valueOrThrow(taken);
  });
  const { facts } = daemon.identity;
  const peers = daemon.members.records().length - 1;
  daemon.log.info("node-ready", { id: facts.node, network: facts.network, peers });
  options.onReady();
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  await api.stop();
  await daemon.stop();
  return 0;
}

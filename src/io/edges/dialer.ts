// Reaches the next cell: each direct address in turn, then a stream through the overlay. The first that proves itself.
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { Challenge, LinkName } from "../../core/cell/index.ts";
import { dialHandshake } from "./handshake.ts";
import type { LinkKeys } from "./keys.ts";
import { limits } from "./limits.ts";

export interface EdgeRoute {
  /** `host:port`, IPv6 in brackets. */
  readonly addresses: readonly string[];
  /** The fallback; absent when the node has no overlay. */
  readonly overlay?: (() => Promise<Result<Duplex>>) | undefined;
}

export interface DialledEdge {
  readonly stream: Duplex;
  readonly challenge: Challenge;
  readonly direct: boolean;
}

export async function dialEdge(route: EdgeRoute, link: LinkName, keys: LinkKeys): Promise<Result<DialledEdge>> {
  const faults: string[] = [];
  for (const address of route.addresses.slice(0, limits.maxAddresses)) {
    const stream = await dialDirect(address);
    if (stream === null) {
      faults.push(`${address}: no connection`);
      continue;
    }
    const challenge = await dialHandshake(stream, link, keys.hello);
    if (challenge.ok) return accept({ stream, challenge: challenge.value, direct: true });
    faults.push(`${address}: ${challenge.detail ?? challenge.code}`);
  }
  const relayed = await route.overlay?.();
  if (relayed?.ok) {
    const stream = relayed.value;
    stream.on("error", () => {});
    const challenge = await dialHandshake(stream, link, keys.hello);
    if (challenge.ok) return accept({ stream, challenge: challenge.value, direct: false });
    faults.push(`overlay: ${challenge.detail ?? challenge.code}`);
  } else if (relayed !== undefined) faults.push(`overlay: ${relayed.detail ?? relayed.code}`);
  return refuse("edge-unreachable", { blame: link.edge, detail: faults.join("; ") });
}

const addressPattern = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([a-zA-Z0-9.-]{1,253})):(\d{1,5})$/;

function dialDirect(address: string): Promise<Duplex | null> {
  const parts = addressPattern.exec(address);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65_535) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect({ host: parts[1] ?? parts[2]!, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(), limits.dialTimeoutMs);
    socket.on("error", () => {});
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

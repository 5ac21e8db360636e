// The libp2p node under the overlay: transports, our encrypter, yamux, identify, ping and a private Kademlia.
import "../runtime/polyfill.ts";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { KEEP_ALIVE, type PeerStore } from "@libp2p/interface";
import { kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2p } from "libp2p";
import { type AdmissionPorts, admission } from "./admission-encrypter.ts";
import { limits } from "./limits.ts";
import type { OverlayOptions } from "./types.ts";

export const kademliaProtocol = "/hedgerow/kad/1.0.0";

export async function createNode(options: OverlayOptions, ports: AdmissionPorts): Promise<Libp2p> {
  const { key, listen, announce } = options;
  const memory = listen.some((address) => address.startsWith("/memory/"));
  const node = await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(Buffer.concat([key.seed, key.publicKey])),
    addresses: { listen: [...listen], ...(announce !== undefined && { announce: [...announce] }) },
    transports: [tcp(), webSockets(), ...(memory ? [(await import("@libp2p/memory")).memory()] : [])],
    connectionEncrypters: [admission(ports)],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: limits.streamWindowBytes,
          maxReadBufferLength: limits.streamBufferBytes,
        },
        maxInboundStreams: 2 * limits.maxEdgeStreams,
        maxOutboundStreams: 2 * limits.maxEdgeStreams,
      }),
    ],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: limits.maxConnections,
      maxIncomingPendingConnections: limits.maxPendingInbound,
      inboundConnectionThreshold: limits.inboundPerAddressPerSecond,
      inboundUpgradeTimeout: ports.timeoutMs + limits.refusalLingerMs,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs,
      reconnectRetries: 0, // lost peers are dialled again by the overlay, which knows who was revoked or forgotten
    },
    connectionMonitor: { pingInterval: limits.pingIntervalMs, pingTimeout: { minTimeout: limits.pingTimeoutMs } },
    services: {
      identify: identify({ protocolPrefix: "hedgerow" }),
      // The connection monitor and Kademlia ping the same peer at the same time; at libp2p's bound of one stream the
      // monitor takes the refused second ping for a dead peer and cuts the connection.
      ping: ping({ maxInboundStreams: limits.pingStreams, maxOutboundStreams: limits.pingStreams }),
      dht: kadDHT({
        protocol: kademliaProtocol,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        kBucketSize: limits.kademliaBucketSize,
        allowQueryWithZeroPeers: true,
      }),
    },
  });
  keepNobodyAlive(node.peerStore);
  return node;
}

/**
 * Kademlia tags the twenty peers closest to us, in a small network everybody, to be dialled again whenever they go: both
 * ends would undo every hang-up. Who stays connected is for membership and the life cycle to decide.
 */
function keepNobodyAlive(store: PeerStore): void {
  const merge = store.merge.bind(store);
  store.merge = (peer, data, options) => {
    const tags = Object.entries(data.tags ?? {}).filter(([name]) => !name.startsWith(KEEP_ALIVE));
    return merge(peer, { ...data, ...(data.tags === undefined ? {} : { tags: Object.fromEntries(tags) }) }, options);
  };
}

// The reference for `setup`: a bare js-libp2p node in a process of its own (TCP, noise, yamux, identify; nothing of ours).
// It answers what it is asked, and at its parent's word it dials others or makes request-response round trips to them.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
const [{ createLibp2p }, { tcp }, { noise }, { yamux }, { identify }, { byteStream }, { multiaddr }] =
  await Promise.all([
    import("libp2p"),
    import("@libp2p/tcp"),
    import("@libp2p/noise"),
    import("@libp2p/yamux"),
    import("@libp2p/identify"),
    import("@libp2p/utils"),
    import("@multiformats/multiaddr"),
  ]);

const protocol = "/bench/echo/1.0.0";
const requestBytes = 64;

const node = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() },
  connectionManager: { inboundConnectionThreshold: 1000 },
});
await node.handle(
  protocol,
  async (stream) => {
    const bytes = byteStream(stream);
    try {
      for (;;) {
        const request = await bytes.read({ bytes: requestBytes });
        if (request === null) break;
        await bytes.write(request.subarray());
      }
    } catch {
      // the other side ended the stream
    }
    await stream.close().catch(() => {});
  },
  { maxInboundStreams: 1000 },
);

const connections = [];
const kept = new Map();
const request = new Uint8Array(requestBytes).fill(7);

/** One connection after the other, as a program that needs all of them would write it. */
async function dial(addresses) {
  const startedAtMs = performance.now();
  for (const address of addresses) connections.push(await node.dial(multiaddr(address)));
  return performance.now() - startedAtMs;
}

/** `rounds` requests, each sent after the answer to the one before. */
async function ask(rounds, streams) {
  const startedAtMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    const connection = connections[round % connections.length];
    if (streams === "one per request") {
      const stream = await connection.newStream(protocol, { maxOutboundStreams: 1000 });
      const bytes = byteStream(stream);
      await bytes.write(request);
      await bytes.read({ bytes: requestBytes });
      void stream.close().catch(() => {});
    } else {
      const bytes = kept.get(connection) ?? byteStream(await connection.newStream(protocol));
      kept.set(connection, bytes);
      await bytes.write(request);
      await bytes.read({ bytes: requestBytes });
    }
  }
  return performance.now() - startedAtMs;
}

async function hangUp() {
  kept.clear();
  const startedAtMs = performance.now();
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  return performance.now() - startedAtMs;
}

process.on("message", async (order) => {
  if (order.type === "dial") process.send({ ms: await dial(order.addresses) });
  if (order.type === "ask") process.send({ ms: await ask(order.rounds, order.streams) });
  if (order.type === "hang-up") process.send({ ms: await hangUp() });
});
process.on("disconnect", () => process.exit(0));
process.send({ address: node.getMultiaddrs()[0].toString() });

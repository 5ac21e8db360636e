// The reference for `footprint`: a js-libp2p node with the transports, multiplexer, encryption and DHT that ours has, and
// nothing else. Prints `ready` once it listens; ends when its input ends.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
const [{ createLibp2p }, { tcp }, { webSockets }, { noise }, { yamux }, { identify }, { ping }, kad] =
  await Promise.all([
    import("libp2p"),
    import("@libp2p/tcp"),
    import("@libp2p/websockets"),
    import("@libp2p/noise"),
    import("@libp2p/yamux"),
    import("@libp2p/identify"),
    import("@libp2p/ping"),
    import("@libp2p/kad-dht"),
  ]);
const node = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp(), webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    dht: kad.kadDHT({ protocol: "/bare/kad/1.0.0", clientMode: false, peerInfoMapper: kad.passthroughMapper }),
  },
});
console.log("ready", node.getMultiaddrs()[0].toString());
process.stdin.on("end", () => process.exit(0)).resume();

// The reference: one process of source → increment → sink over bare node:tls (mutual TLS 1.3), length-prefixed batches,
// no checks. Same bytes, same work on the values, same pacing as ours.
import { connect, createServer } from "node:tls";

process.once("message", (job) => run(job));

/** 64-byte records in eight columns of 8 bytes, behind a header as long as a batch's. */
function run({ vertex, load, tls, headerBytes }) {
  const options = { ...tls, ca: [tls.cert], minVersion: "TLSv1.3", checkServerIdentity: () => undefined };
  const total = headerBytes + load.rows * 64;
  let next = null;
  let waiting = null; // resolves when the next hop has room

  const send = (frame) => {
    if (!next.write(frame)) return false;
    return true;
  };
  /** [4 unused][u32 length][batch]: the batch is aligned to 8. */
  const frameOf = () => {
    const bytes = new Uint8Array(8 + total);
    new DataView(bytes.buffer).setUint32(4, total, true);
    return bytes;
  };

  if (vertex !== "source") {
    const handle = vertex === "sink" ? sinkHandler(load, headerBytes) : incrementHandler();
    const server = createServer(
      { ...options, requestCert: true, rejectUnauthorized: true, noDelay: true },
      (socket) => {
        socket.setNoDelay(true);
        read(socket, handle);
      },
    );
    server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  } else process.send({ port: 0 });

  function incrementHandler() {
    return (batch, socket) => {
      const frame = frameOf();
      frame.set(batch, 8);
      const values = new BigInt64Array(frame.buffer, 8 + headerBytes, load.rows);
      for (let i = 0; i < values.length; i++) values[i] = BigInt.asIntN(64, values[i] + 1n);
      if (!send(frame.subarray(4)) && !socket.isPaused()) {
        socket.pause();
        next.once("drain", () => socket.resume());
      }
    };
  }

  process.on("message", async (order) => {
    if (order.type === "start") {
      if (order.port === 0) return process.send({ started: true });
      next = connect({ ...options, host: "127.0.0.1", port: order.port });
      next.setNoDelay(true);
      next.on("drain", () => waiting?.());
      next.once("secureConnect", () => process.send({ started: true }));
    }
    if (order.type === "release" && vertex === "source") await produce();
    if (order.type === "stop") {
      if (process.env.HEDGEROW_BENCH_VERBOSE) console.error("tls", vertex, process.cpuUsage());
      process.exit(0);
    }
  });

  async function produce() {
    const template = new Uint8Array(total);
    const startNs = process.hrtime.bigint();
    for (let made = 0; made < load.batches; made++) {
      if (load.perSecond > 0) {
        const dueNs = startNs + BigInt(Math.round((made * 1e9) / load.perSecond));
        while (process.hrtime.bigint() < dueNs) await new Promise((resolve) => setImmediate(resolve));
      }
      const frame = frameOf();
      frame.set(template, 8);
      const values = new BigInt64Array(frame.buffer, 8 + headerBytes, 2 * load.rows);
      let value = BigInt(made * load.rows);
      for (let i = 0; i < load.rows; i++) {
        values[i] = value;
        value = BigInt.asIntN(64, value + 1n);
      }
      values[load.rows] = process.hrtime.bigint();
      if (!send(frame.subarray(4))) {
        await new Promise((resolve) => {
          waiting = resolve;
        });
        waiting = null;
      }
    }
  }

  function sinkHandler() {
    let batches = 0;
    let records = 0;
    let begunNs = 0n;
    const latencies = [];
    const warm = Math.floor(load.batches / 5);
    return (batch) => {
      const nowNs = process.hrtime.bigint();
      batches++;
      if (batches === warm) begunNs = nowNs;
      if (batches <= warm) return;
      records += load.rows;
      if (load.perSecond > 0) {
        const sentNs = new DataView(batch.buffer, batch.byteOffset).getBigInt64(headerBytes + 8 * load.rows, true);
        latencies.push(Number(nowNs - sentNs) / 1000);
      }
      if (batches < load.batches) return;
      latencies.sort((a, b) => a - b);
      const at = (share) => latencies[Math.floor(latencies.length * share)] ?? 0;
      const recordsPerSecond = records / (Number(nowNs - begunNs) / 1e9);
      process.send({ figures: { recordsPerSecond, p50Micros: at(0.5), p99Micros: at(0.99) } });
    };
  }

  function read(socket, handle) {
    let chunks = [];
    let held = 0;
    const scratch = Buffer.allocUnsafeSlow(4 + total);
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      held += chunk.length;
      while (held >= 4) {
        if (chunks[0].length < 4) chunks = [Buffer.concat(chunks)];
        const size = 4 + chunks[0].readUInt32LE(0);
        if (held < size) return;
        held -= size;
        if (chunks[0].length >= size) {
          handle(chunks[0].subarray(4, size), socket);
          if (chunks[0].length === size) chunks.shift();
          else chunks[0] = chunks[0].subarray(size);
          continue;
        }
        let at = 0;
        let used = 0;
        while (at < size) {
          const part = Math.min(chunks[used].length, size - at);
          chunks[used].copy(scratch, at, 0, part);
          at += part;
          if (part < chunks[used].length) chunks[used] = chunks[used].subarray(part);
          else used++;
        }
        chunks.splice(0, used);
        handle(scratch.subarray(4, size), socket);
      }
    });
  }
}

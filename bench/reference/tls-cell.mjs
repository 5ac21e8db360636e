// A reference: one process of source → increment → sink over bare node:tls (mutual TLS 1.3), length-prefixed batches, no
// checks.
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { cellOf, obey } from "./cell.mjs";

process.once("message", (job) => run(job));

function run(job) {
  const { vertex, tls } = job;
  const options = { ...tls, ca: [tls.cert], minVersion: "TLSv1.3", checkServerIdentity: () => undefined };
  const { total, increment, produce, meter } = cellOf(job);
  let next = null;
  let waiting = null; // resolves when the next hop has room

  /** [4 unused][u32 length][batch]: the batch is aligned to 8. */
  const send = (frame) => {
    new DataView(frame.buffer).setUint32(4, total, true);
    return next.write(frame.subarray(4));
  };
  const incremented = (batch, socket) => {
    if (!send(increment(batch)) && !socket.isPaused()) {
      socket.pause();
      next.once("drain", () => socket.resume());
    }
  };

  if (vertex !== "source") {
    const handle = vertex === "sink" ? meter() : incremented;
    const server = createServer(
      { ...options, requestCert: true, rejectUnauthorized: true, noDelay: true },
      (socket) => {
        socket.setNoDelay(true);
        read(socket, handle);
      },
    );
    server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  } else process.send({ port: 0 });

  obey(`tls ${vertex}`, {
    start: async (port) => {
      if (port === 0) return;
      next = connect({ ...options, host: "127.0.0.1", port });
      next.setNoDelay(true);
      next.on("drain", () => waiting?.());
      await once(next, "secureConnect");
    },
    release: () =>
      produce((frame) => {
        if (send(frame)) return null;
        return new Promise((resolve) => {
          waiting = resolve;
        });
      }),
  });

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

// A libp2p stream as a node:stream Duplex, with back-pressure both ways: the fallback for data edges (DESIGN §5).
import { Duplex } from "node:stream";
import type { Stream, StreamCloseEvent, StreamMessageEvent } from "@libp2p/interface";
import { limits } from "./limits.ts";

export function edgeDuplex(stream: Stream): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: true,
    readableHighWaterMark: limits.batchBytes,
    writableHighWaterMark: limits.batchBytes,
    read() {
      if (stream.readStatus === "paused") stream.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      send(chunk, done);
    },
    writev(chunks, done) {
      send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
    final(done) {
      stream.close().then(() => done(), done);
    },
    destroy(error, done) {
      // A stream that has ended both ways closes by itself; anything else is cut, and the peer sees a reset.
      if (stream.status === "open" || stream.status === "closing") stream.abort(error ?? new Error("edge closed"));
      done(error);
    },
  });

  function send(bytes: Buffer, done: (error?: Error | null) => void): void {
    try {
      if (stream.send(bytes)) done();
      else stream.onDrain().then(() => done(), done);
    } catch (cause) {
      done(cause as Error);
    }
  }

  stream.addEventListener("end", () => {
    if (!duplex.destroyed && stream.status !== "reset" && stream.status !== "aborted") duplex.push(null);
  });
  stream.addEventListener("close", (event: StreamCloseEvent) => {
    if (event.error != null) duplex.destroy(event.error);
  });
  stream.addEventListener("message", (event: StreamMessageEvent) => {
    const parts = event.data instanceof Uint8Array ? [event.data] : event.data;
    let wanted = true;
    for (const part of parts) {
      if (!duplex.destroyed) wanted = duplex.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    }
    if (!wanted && stream.readStatus === "readable") stream.pause();
  });
  return duplex;
}

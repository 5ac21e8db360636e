// One write to the transport per turn. Noise hands over a two-byte length and a ciphertext apart, yamux answers each frame
// with a window update, and each of these would be a system call and a packet of its own: more than a small message costs.
//
//   INVARIANT 1: bytes leave in the order in which they were sent, and before the stream is closed or aborted.
//   INVARIANT 2: nothing waits longer than the present turn (its microtasks), or than `coalesceBytes`.
import type { AbortOptions, MessageStream } from "@libp2p/interface";
import { limits } from "./limits.ts";

/** Changes the stream itself: its upgrader knows it by identity. */
export function coalesceWrites(stream: MessageStream): void {
  const send = stream.send.bind(stream);
  const close = stream.close.bind(stream);
  const abort = stream.abort.bind(stream);
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let scheduled = false;

  function flush(): void {
    if (bytes === 0 || stream.status !== "open") return;
    const parts = waiting;
    waiting = [];
    bytes = 0;
    send(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }

  function flushLater(): void {
    scheduled = false;
    try {
      flush();
    } catch (cause) {
      abort(cause instanceof Error ? cause : new Error("the transport failed"));
    }
  }

  stream.send = (data: Parameters<MessageStream["send"]>[0]): boolean => {
    if (stream.status !== "open") return send(data); // says what is wrong
    if (data instanceof Uint8Array) waiting.push(data);
    else for (const part of data) waiting.push(part);
    bytes += data.byteLength;
    if (bytes >= limits.coalesceBytes) flush();
    else if (!scheduled) {
      scheduled = true;
      queueMicrotask(flushLater);
    }
    // True also when the flush to come fills the transport: the send after that one answers false, and drain follows.
    return !stream.writableNeedsDrain;
  };
  stream.close = (options?: AbortOptions): Promise<void> => {
    flush();
    return close(options);
  };
  // What the multiplexer says last (that its streams are reset) is for the peer to read.
  stream.abort = (cause: Error): void => {
    flushLater();
    abort(cause);
  };
}

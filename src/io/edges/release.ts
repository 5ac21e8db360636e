// Gives the memory of a large buffer back at once instead of at the next garbage collection. A cell moves hundreds of
// megabytes per second through buffers that node:crypto and sockets allocate; left to the collector they cost a full
// collection every 64 MB, which on a busy node is most of a cell's time, and every batch meets cold memory.
//
// INVARIANT 1: only whole buffers of their own are released, never a slice of a pool, and only by their owner, when
//   nothing reads them any more. A released buffer has length 0: using it is a fault, not a danger.
import { MessageChannel } from "node:worker_threads";
import { cellLimits } from "../../core/cell/index.ts";
import { limits } from "./limits.ts";

type Transferable = ArrayBuffer & { transfer?: (bytes: number) => ArrayBuffer };

/** Node 20 has no ArrayBuffer.transfer: what is posted to a closed port is detached and freed. Can go with Node 20. */
const closed = "transfer" in ArrayBuffer.prototype ? null : closedPort();

function closedPort() {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.close();
  return port1;
}

/**
 * glibc gives the end of its heap back to the kernel whenever more than 128 KiB of it are free, and every batch would
 * touch fresh pages again. Freeing one mapped block tells it that blocks of that size come and go: from then on it keeps
 * twice as much. The block is never touched, so it costs address space only, and only for a moment.
 */
export function keepFreedMemory(): void {
  releaseBuffer(new Uint8Array(limits.freedMemoryBytes / 2));
}

export function releaseBuffer(view: Uint8Array): void {
  const buffer = view.buffer as Transferable;
  if (view.length <= cellLimits.smallFrameBytes || buffer.byteLength !== view.length) return;
  if (!(buffer instanceof ArrayBuffer)) return;
  if (closed === null) buffer.transfer!(0);
  else closed.postMessage(null, [buffer]);
}

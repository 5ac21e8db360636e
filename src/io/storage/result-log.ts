// The result of one query, kept on the asker's node: an append-only file of batches, read from any position, also while
// it grows. Appends that arrive while the disk is busy share one fdatasync.
//
//   INVARIANT 1: an append that resolved is there after kill -9; its position never changes.
//   INVARIANT 2: an append that was rejected leaves nothing torn behind, or the log takes no more.
//   INVARIANT 3: a torn tail is cut off on opening. It was never acknowledged, so its sender sends it again.
//
// Record: u32 length of the payload | u32 CRC-32 of the payload | payload.
import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { limits } from "./limits.ts";
import { type FilePort, systemFiles, tailOf } from "./write-whole.ts";

export interface ResultLog {
  readonly items: number;
  /** Resolves when it is on the disk; rejects when the log is full or the disk refuses. */
  append(payload: Uint8Array): Promise<void>;
  read(position: number): Uint8Array | undefined;
  close(): Promise<void>;
}

const headBytes = 8;

export function openResultLog(path: string, files: FilePort = systemFiles): ResultLog {
  const file = openSync(path, "a+", 0o600);
  /** Where each item's payload begins. */
  const offsets: number[] = [];
  const lengths: number[] = [];
  const goodBytes = scan(file, offsets, lengths);
  if (goodBytes < fstatSync(file).size) ftruncateSync(file, goodBytes);
  const tail = tailOf(file, goodBytes, files);
  let waiting: { resolve: () => void; reject: (cause: unknown) => void }[] = [];
  let syncing = false;
  let closed = false;

  function sync(): void {
    if (syncing || waiting.length === 0) return;
    syncing = true;
    const served = waiting;
    waiting = [];
    fdatasync(file, (cause) => {
      syncing = false;
      // A later sync may succeed without having written what this one could not.
      if (cause !== null) tail.refuse(cause);
      for (const { resolve, reject } of served)
        cause === null ? resolve() : reject(new Error("the result could not be stored", { cause }));
      if (!closed || waiting.length > 0) sync();
    });
  }

  return {
    get items() {
      return offsets.length;
    },
    append(payload) {
      if (closed) return Promise.reject(new Error("the result is closed"));
      if (tail.bytes + headBytes + payload.length > limits.maxResultBytes)
        return Promise.reject(new Error("the result is full"));
      const record = Buffer.allocUnsafe(headBytes + payload.length);
      record.writeUInt32LE(payload.length, 0);
      record.writeUInt32LE(crc32(payload), 4);
      record.set(payload, headBytes);
      const offset = tail.bytes + headBytes;
      try {
        tail.append(record);
      } catch (cause) {
        return Promise.reject(new Error("the result could not be stored", { cause }));
      }
      offsets.push(offset);
      lengths.push(payload.length);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        sync();
      });
    },
    read(position) {
      const offset = offsets[position];
      if (offset === undefined) return undefined;
      const payload = new Uint8Array(lengths[position]!);
      readSync(file, payload, 0, payload.length, offset);
      return payload;
    },
    async close() {
      if (closed) return;
      closed = true;
      while (syncing || waiting.length > 0) {
        sync();
        await new Promise((resolve) => setImmediate(resolve));
      }
      closeSync(file);
    },
  };
}

/** Fills the index; returns where the good part ends. */
function scan(file: number, offsets: number[], lengths: number[]): number {
  const size = fstatSync(file).size;
  const head = Buffer.alloc(headBytes);
  let at = 0;
  while (at + headBytes <= size) {
    readSync(file, head, 0, headBytes, at);
    const length = head.readUInt32LE(0);
    if (at + headBytes + length > size || length > limits.maxResultItemBytes) break;
    const payload = new Uint8Array(length);
    readSync(file, payload, 0, length, at + headBytes);
    if (crc32(payload) !== head.readUInt32LE(4)) break;
    offsets.push(at + headBytes);
    lengths.push(length);
    at += headBytes + length;
  }
  return at;
}

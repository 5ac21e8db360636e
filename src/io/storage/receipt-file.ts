// A file of receipts: records appended one after the other, read leniently, because what it holds is evidence.
//
//   INVARIANT 1: a torn tail is left out. So is a record whose bytes were damaged; those behind it are still found.
//   INVARIANT 2: nothing is appended behind a torn tail: a cell that signs begins a file of its own.
//
// Record: u32 length of the payload | u32 CRC-32 of sequence and payload | u32 sequence | payload.
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { cellLimits, type KeptReceipt } from "../../core/cell/index.ts";
import { createGrowingFile } from "./growing-file.ts";
import type { FilePort } from "./write-whole.ts";

const headBytes = 12;
const maxPayloadBytes = 2 * cellLimits.maxReceiptBytes;

export interface ReceiptFile {
  readonly receipts: number;
  readonly bytes: number;
  /** Survives kill -9 when it returns; power loss after the next sync. Throws when the disk refuses. */
  append(receipt: KeptReceipt): void;
  /** Without waiting for the disk. */
  sync(): void;
  close(): void;
}

export function createReceiptFile(path: string, files?: FilePort): ReceiptFile {
  const file = createGrowingFile(path, files);
  let receipts = 0;
  return {
    get receipts() {
      return receipts;
    },
    get bytes() {
      return file.bytes;
    },
    append({ sequence, bytes: payload }) {
      const record = Buffer.allocUnsafe(headBytes + payload.length);
      record.writeUInt32LE(payload.length, 0);
      record.writeUInt32LE(sequence, 8);
      record.set(payload, headBytes);
      record.writeUInt32LE(crc32(record.subarray(8)), 4);
      file.append(record);
      receipts++;
    },
    sync: file.sync,
    close: file.close,
  };
}

/** What the file holds, in order. A file that is gone holds nothing. */
export function readReceiptFile(path: string): KeptReceipt[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const receipts: KeptReceipt[] = [];
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const end = at + headBytes + length;
    if (length > maxPayloadBytes || end > bytes.length) break;
    if (crc32(bytes.subarray(at + 8, end)) === bytes.readUInt32LE(at + 4))
      receipts.push({
        sequence: bytes.readUInt32LE(at + 8),
        bytes: new Uint8Array(bytes.subarray(at + headBytes, end)),
      });
    at = end;
  }
  return receipts;
}

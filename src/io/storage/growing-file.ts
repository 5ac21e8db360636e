// A file of this process that grows by whole records and reaches the disk a little later: receipts, secrets, rejected rows.
//
//   INVARIANT 1: an append survives kill -9 when it returns, power loss after the next sync. One that throws leaves nothing
//   behind which another record could not be appended to; see `tailOf`.
import { closeSync, constants, fdatasync, fdatasyncSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { emptyToAppend, type FilePort, systemFiles, tailOf } from "./write-whole.ts";

export interface GrowingFile {
  readonly bytes: number;
  /** Throws when the disk refuses. */
  append(record: Uint8Array): void;
  /** Without waiting for the disk. */
  sync(): void;
  close(): void;
}

/** A new, empty one. */
export function createGrowingFile(path: string, files: FilePort = systemFiles): GrowingFile {
  return growing(openSync(path, emptyToAppend, 0o600), 0, files);
}

/** One of lines that an earlier life may have begun, and torn in its last line: that was never acknowledged. */
export function continueLines(path: string, files: FilePort = systemFiles): GrowingFile {
  const file = openSync(path, constants.O_CREAT | constants.O_APPEND | constants.O_RDWR, 0o600);
  const found = readFileSync(file);
  const wholeBytes = found.lastIndexOf("\n") + 1;
  if (wholeBytes < found.length) ftruncateSync(file, wholeBytes);
  return growing(file, wholeBytes, files);
}

function growing(file: number, bytes: number, files: FilePort): GrowingFile {
  const tail = tailOf(file, bytes, files);
  let isDirty = false;
  let isSyncing = false;
  let isClosed = false;
  return {
    get bytes() {
      return tail.bytes;
    },
    append(record) {
      if (isClosed) throw new Error("the file is closed");
      tail.append(record);
      isDirty = true;
    },
    sync() {
      if (!isDirty || isSyncing || isClosed) return;
      isDirty = false;
      isSyncing = true;
      fdatasync(file, (cause) => {
        isSyncing = false;
        if (cause !== null) tail.refuse(cause);
        if (isClosed) closeSync(file);
      });
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      if (isSyncing) return; // closes when that is done
      if (isDirty) fdatasyncSync(file);
      closeSync(file);
    },
  };
}

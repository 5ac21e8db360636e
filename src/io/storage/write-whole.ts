// Writing so that nothing is taken for kept that is not. A disk that is nearly full takes a part of what it is given and says so
// by a count alone; a sync after that succeeds.
//
//   INVARIANT 1: when `writeWhole` returns, every byte was taken.
//   INVARIANT 2: behind a tail's last whole record there is nothing, or nothing is appended to it any more.
import { constants, fstatSync, ftruncateSync, writeSync } from "node:fs";

/** What the system does with an open file. */
export interface FilePort {
  /** From `from` on to the file's end; returns how many bytes were taken. */
  write(file: number, bytes: Uint8Array, from: number): number;
  sizeOf(file: number): number;
  truncate(file: number, bytes: number): void;
}

export const systemFiles: FilePort = {
  write: (file, bytes, from) => writeSync(file, bytes, from),
  sizeOf: (file) => fstatSync(file).size,
  truncate: ftruncateSync,
};

/** For `openSync`: a new, empty file of which only the end is written, also after it was cut. */
export const emptyToAppend = constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND | constants.O_WRONLY;

/** `taken` is told of each part, also of those before an error. */
export function writeWhole(
  file: number,
  bytes: Uint8Array,
  { write }: Pick<FilePort, "write"> = systemFiles,
  taken: (bytes: number) => void = () => {},
): void {
  for (let done = 0; done < bytes.length; ) {
    const count = write(file, bytes, done);
    if (count <= 0) throw new Error(`the disk took ${done} of ${bytes.length} bytes and no more`);
    done += count;
    taken(count);
  }
}

/** The end of a file that grows by whole records. */
export interface Tail {
  /** Up to the end of the last whole record. */
  readonly bytes: number;
  /** All of it or, when it throws, nothing. */
  append(record: Uint8Array): void;
  /** Takes the last records back: the file shall not hold what was not promised. Throws nothing; see `refuse`. */
  cut(bytes: number, cause: unknown): void;
  /** From now on every append throws, because of this. */
  refuse(cause: unknown): void;
}

/** `bytes`: how long the file is. It has to be open for appending. */
export function tailOf(file: number, bytes: number, files: FilePort = systemFiles): Tail {
  let goodBytes = bytes;
  let refusal: { readonly cause: unknown } | null = null;

  function cut(toBytes: number, cause: unknown, tornBytes = 0): void {
    try {
      // Somebody else's records behind ours are not ours to cut off.
      if (files.sizeOf(file) !== goodBytes + tornBytes) throw new Error("somebody else has written to the file");
      files.truncate(file, toBytes);
      goodBytes = toBytes;
    } catch {
      refusal = { cause };
    }
  }

  return {
    get bytes() {
      return goodBytes;
    },
    append(record) {
      if (refusal !== null)
        throw new Error("the disk did not keep what was written before this: restart when it has room and is sound", {
          cause: refusal.cause,
        });
      let tornBytes = 0;
      try {
        writeWhole(file, record, files, (count) => {
          tornBytes += count;
        });
      } catch (cause) {
        if (tornBytes > 0) cut(goodBytes, cause, tornBytes);
        throw cause;
      }
      goodBytes += record.length;
    },
    cut,
    refuse(cause) {
      refusal ??= { cause };
    },
  };
}

// A disk that is nearly full: it takes a part of what it is given without an error, then nothing.
import { type FilePort, systemFiles } from "../../src/io/storage/write-whole.ts";

export const noSpace = () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

/** `roomBytes` are left; `partBytes`: no write takes more at once. */
export function smallDisk() {
  const disk = {
    roomBytes: Number.POSITIVE_INFINITY,
    partBytes: Number.POSITIVE_INFINITY,
    cuts: true,
    write(file: number, bytes: Uint8Array, from: number) {
      const count = Math.min(bytes.length - from, disk.partBytes, disk.roomBytes);
      if (count === 0) throw noSpace();
      disk.roomBytes -= count;
      return systemFiles.write(file, bytes.subarray(from, from + count), 0);
    },
    sizeOf: systemFiles.sizeOf,
    truncate(file: number, bytes: number) {
      if (!disk.cuts) throw new Error("EIO");
      disk.roomBytes += systemFiles.sizeOf(file) - bytes;
      systemFiles.truncate(file, bytes);
    },
  } satisfies FilePort & Record<string, unknown>;
  return disk;
}

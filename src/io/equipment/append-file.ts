// An outlet that is a file. Records are appended batch by batch; a batch was delivered when its last line is on the disk.
//
//   INVARIANT 1: behind half a record nothing is appended. What a crash or a full disk left of one is cut off first: it was
//   never acknowledged, so its batch is written again.
//   INVARIANT 2: cells of this node that share a file take turns: none cuts off what another is about to write.
//
// Pipes and devices keep nothing, so there is nothing to cut off.
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileFormat } from "../../operators/index.ts";
import { limits } from "./limits.ts";

export interface AppendFile {
  /** When it was opened. */
  readonly empty: boolean;
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

type Write = (handle: FileHandle, bytes: Uint8Array) => Promise<void>;

interface Shared {
  users: number;
  last: Promise<unknown>;
  /** An append failed, and what it left is there still. */
  isTorn: boolean;
}

/** What is open, by device and inode: two names may be one file. */
const files = new Map<string, Shared>();

export async function openAppendFile(
  path: string,
  format: FileFormat,
  write: Write = (handle, bytes) => handle.appendFile(bytes),
): Promise<AppendFile> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, "a", 0o600);
  const status = await handle.stat();
  const key = `${status.dev}:${status.ino}`;
  const shared = files.get(key) ?? { users: 0, last: Promise.resolve(), isTorn: false };
  files.set(key, shared);
  shared.users++;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = shared.last.then(work);
    shared.last = mine.catch(() => {});
    return mine;
  }
  async function mend(): Promise<void> {
    if (!status.isFile()) return;
    await cutTornRecord(path, handle, format);
    shared.isTorn = false;
  }
  async function close(): Promise<void> {
    if (--shared.users === 0) files.delete(key);
    await handle.close();
  }

  try {
    await inTurn(mend);
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    empty: (await handle.stat()).size === 0,
    append: (bytes) =>
      inTurn(async () => {
        if (shared.isTorn) await mend();
        shared.isTorn = true;
        const { size } = await handle.stat();
        try {
          await write(handle, bytes);
          if (status.isFile()) await handle.datasync();
        } catch (cause) {
          // Where this fails too, whoever writes next tries it again.
          if (status.isFile()) {
            await handle.truncate(size);
            shared.isTorn = false;
          }
          throw cause;
        }
        shared.isTorn = false;
      }),
    close,
  };
}

async function cutTornRecord(path: string, handle: FileHandle, format: FileFormat): Promise<void> {
  const { size } = await handle.stat();
  const reader = await open(path, "r");
  try {
    const end = (format === "csv" ? await endOfCsv(reader, size) : null) ?? (await endOfLines(reader, size));
    if (end === size) return;
    if (size - end > limits.maxTornBytes) throw new Error("its end is not what this outlet wrote");
    await handle.truncate(end);
    await handle.datasync();
  } finally {
    await reader.close();
  }
}

/** Behind the last line break. */
async function endOfLines(reader: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - limits.feedChunkBytes);
    const at = (await chunk(reader, from, end)).lastIndexOf(lineBreak);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

const [lineBreak, carriageReturn, quote, comma] = [0x0a, 0x0d, 0x22, 0x2c];

/**
 * Behind the last record: a quoted cell may hold line breaks, and whether one stands in quotes only the beginning tells.
 * null: this is not CSV as we write it, or so much seems torn that it cannot be; then lines have to do.
 */
async function endOfCsv(reader: FileHandle, size: number): Promise<number | null> {
  let end = 0;
  let at: "cell" | "plain" | "quoted" | "after-quote" = "cell";
  for (let from = 0; from < size; from += limits.feedChunkBytes) {
    const bytes = await chunk(reader, from, Math.min(size, from + limits.feedChunkBytes));
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (at === "quoted") {
        if (byte === quote) at = "after-quote";
      } else if (byte === quote) {
        if (at === "plain") return null;
        at = "quoted";
      } else if (byte === comma) at = "cell";
      else if (byte === lineBreak) {
        at = "cell";
        end = from + i + 1;
      } else if (at !== "after-quote") at = "plain";
      else if (byte !== carriageReturn) return null;
    }
  }
  return size - end > limits.maxTornBytes ? null : end;
}

async function chunk(reader: FileHandle, from: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - from);
  const { bytesRead } = await reader.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}

// A small durable key → bytes store: an append-only journal in one file, the whole map in memory. It stands behind the
// `persist` effect of the machines, so its contract is theirs:
//
//   INVARIANT 1: when `set` returns, the value survives kill -9 and power loss (one fdatasync per call), and so does every
//   note before it. A note alone survives kill -9.
//   INVARIANT 2: a torn last record, whatever a crash left of it, is cut off on opening; everything before it is kept.
//   INVARIANT 3: when the promise of `settled` resolves, everything is durable that was written before the call. Many that wait
//   at once wait for one sync.
//   INVARIANT 4: a new file's name is durable before the journal is opened: what is durable in a file without a name is not.
//   INVARIANT 5: compaction writes a new file beside the old one and renames it: a crash leaves one or the other whole. Where
//   there is no room for it, the old one stays.
//   INVARIANT 6: what throws is not there, neither now nor after reopening, and nothing is written behind what is left of it.
//
// Record: u32 length of the payload | u32 CRC-32 of the payload | payload = canonical CBOR [key, value or null].
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { accept, fromCanonical, type Result, refuse, toCanonical } from "../../core/base/index.ts";
import { syncFolder } from "./whole-file.ts";
import { emptyToAppend, type FilePort, systemFiles, tailOf, writeWhole } from "./write-whole.ts";

export interface Journal {
  get(key: string): Uint8Array | undefined;
  /** null forgets the key. Durable when it returns; throws with `cause` when the disk refuses. */
  set(key: string, value: Uint8Array | null): void;
  /** The same without waiting for the disk: for what nobody was promised yet. Durable with the next `set`, or soon. */
  note(key: string, value: Uint8Array | null): void;
  /** Durable, without this thread waiting for the disk; rejects with its `cause` when it refuses. */
  settled(): Promise<void>;
  /** False: somebody else has written to the file, or put another in its place. */
  isCurrent(): boolean;
  entries(prefix?: string): [string, Uint8Array][];
  close(): void;
}

/** What holds of each key, and what its record takes in the file. */
type Live = Map<string, { readonly value: Uint8Array; readonly recordBytes: number }>;

const syncFile = promisify(fdatasync);

const headBytes = 8;
/** Compact when the file holds this many times its live bytes, and is worth the trouble. */
const compactFactor = 4;
const compactFloorBytes = 1024 * 1024;
const maxRecordBytes = 8 * 1024 * 1024;
/** A power failure takes at most this much of what was only noted. */
const noteWithinMs = 250;

export interface JournalDisk extends FilePort {
  sync(file: number): void;
  /** How a file reaches the disk while nobody waits. */
  flush(file: number): Promise<void>;
  syncFolder(folder: string): void;
}

export function openJournal(path: string, disk: Partial<JournalDisk> = {}): Result<Journal> {
  const files = { ...systemFiles, sync: fdatasyncSync, flush: syncFile, syncFolder, ...disk };
  const live: Live = new Map();
  const read = existsSync(path) ? readFileSync(path) : new Uint8Array(0);
  const goodBytes = replay(read, live);
  if (goodBytes < 0) return refuse("journal-damaged", { blame: path });
  let file = openSync(path, "a", 0o600);
  try {
    // An empty one may be from a process that ended before it came to this.
    if (read.length === 0) files.syncFolder(dirname(path));
  } catch (cause) {
    closeSync(file);
    throw cause;
  }
  if (goodBytes < read.length) ftruncateSync(file, goodBytes);
  let tail = tailOf(file, goodBytes, files);
  let liveBytes = 0;
  /** Not before, because there was no room the last time. */
  let compactFromBytes = compactFloorBytes;
  let noted: NodeJS.Timeout | undefined;
  /** Written, and no sync has begun since. */
  let unsynced = false;
  let isClosed = false;
  let flushing: Promise<void> | null = null;
  /** The sync behind the one that is under way. */
  let next: Promise<void> | null = null;
  for (const { recordBytes } of live.values()) liveBytes += recordBytes;

  function append(record: Uint8Array, durable: boolean): void {
    const before = tail.bytes;
    tail.append(record);
    unsynced = true;
    if (durable) syncOrCut(before);
    // If the disk refuses, nobody was promised anything; whoever waits for it next is told.
    else noted ??= setTimeout(() => void settled().catch(() => {}), noteWithinMs).unref();
  }

  function begin(): void {
    clearTimeout(noted);
    noted = undefined;
    unsynced = false;
  }

  function sync(): void {
    begin();
    try {
      files.sync(file);
    } catch (cause) {
      unsynced = true;
      throw cause;
    }
  }

  function syncOrCut(before: number): void {
    try {
      sync();
    } catch (cause) {
      tail.cut(before, cause);
      throw cause;
    }
  }

  function settled(): Promise<void> {
    if (next !== null) return next;
    if (!unsynced) return flushing ?? Promise.resolve();
    // What the one before could not write, this one tries again.
    next = (flushing ?? Promise.resolve()).then(flushNow, flushNow);
    return next;
  }

  async function flushNow(): Promise<void> {
    next = null;
    if (isClosed) return;
    begin();
    flushing = files.flush(file);
    try {
      await flushing;
    } catch (cause) {
      unsynced = true;
      throw cause;
    } finally {
      flushing = null;
    }
  }

  /** A file's number may belong to another as soon as it is closed. */
  function release(old: number): void {
    if (flushing === null) closeSync(old);
    else void flushing.catch(() => {}).then(() => closeSync(old));
  }

  /** Throws nothing: what was written is durable in the old file too. */
  function compact(): void {
    const beside = `${path}.new`;
    let fresh: number | undefined;
    let bytes = 0;
    try {
      fresh = openSync(beside, emptyToAppend, 0o600);
      for (const [key, { value }] of live) {
        const record = recordOf(key, value);
        writeWhole(fresh, record, files);
        bytes += record.length;
      }
      fsyncSync(fresh);
      renameSync(beside, path);
    } catch {
      if (fresh !== undefined) closeSync(fresh);
      rmSync(beside, { force: true });
      compactFromBytes = 2 * tail.bytes;
      return;
    }
    release(file);
    file = fresh;
    tail = tailOf(file, bytes, files);
    liveBytes = bytes;
    compactFromBytes = compactFloorBytes;
    try {
      files.syncFolder(dirname(path));
    } catch (cause) {
      tail.refuse(cause); // after power loss the old file may be there, without what would be appended
    }
  }

  function put(key: string, value: Uint8Array | null, durable: boolean): void {
    const previous = live.get(key);
    if (value === null && previous === undefined) return;
    const record = recordOf(key, value);
    append(record, durable);
    if (previous !== undefined) liveBytes -= previous.recordBytes;
    if (value === null) live.delete(key);
    else {
      live.set(key, { value, recordBytes: record.length });
      liveBytes += record.length;
    }
    if (tail.bytes > compactFromBytes && tail.bytes > compactFactor * liveBytes) compact();
  }

  return accept({
    get: (key) => live.get(key)?.value,
    set: (key, value) => put(key, value, true),
    note: (key, value) => put(key, value, false),
    settled,
    isCurrent() {
      const there = statSync(path, { throwIfNoEntry: false });
      return there !== undefined && there.size === tail.bytes && there.ino === fstatSync(file).ino;
    },
    entries: (prefix = "") =>
      [...live].filter(([key]) => key.startsWith(prefix)).map(([key, { value }]) => [key, value]),
    close() {
      if (isClosed) return;
      isClosed = true;
      if (unsynced) sync();
      release(file);
    },
  });
}

function recordOf(key: string, value: Uint8Array | null): Uint8Array {
  const payload = toCanonical([key, value]);
  const record = new Uint8Array(headBytes + payload.length);
  const head = new DataView(record.buffer);
  head.setUint32(0, payload.length, true);
  head.setUint32(4, crc32(payload), true);
  record.set(payload, headBytes);
  return record;
}

/** Fills `live`; returns how many bytes are good, or -1 when a damaged record has good ones behind it. */
function replay(bytes: Uint8Array, live: Live): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + headBytes <= bytes.length) {
    const length = view.getUint32(at, true);
    const end = at + headBytes + length;
    if (length > maxRecordBytes || end > bytes.length) return at;
    const payload = bytes.subarray(at + headBytes, end);
    const entry = crc32(payload) === view.getUint32(at + 4, true) ? entryOf(payload) : null;
    if (entry === null) return end === bytes.length ? at : -1;
    const [key, value] = entry;
    if (value === null) live.delete(key);
    else live.set(key, { value: value.slice(), recordBytes: end - at });
    at = end;
  }
  return at;
}

/** null: the checksum holds and yet this program did not write it. */
function entryOf(payload: Uint8Array): readonly [string, Uint8Array | null] | null {
  const decoded = fromCanonical(payload, maxRecordBytes);
  if (!decoded.ok || !Array.isArray(decoded.value) || decoded.value.length !== 2) return null;
  const [key, value] = decoded.value as unknown[];
  return typeof key === "string" && (value === null || value instanceof Uint8Array) ? [key, value] : null;
}

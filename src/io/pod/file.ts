// Reading a file as text, chunk by chunk, in bounded memory: decompressed where it lies in an archive, decoded strictly.
import { isAscii } from "node:buffer";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { limits } from "./limits.ts";
import { ImportRefused } from "./refused.ts";
import { openZipEntry } from "./zip.ts";

export interface SourceFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Its first bytes, unpacked. */
  readonly head: Buffer;
  readonly encoding: string;
  readonly packed: "no" | "gzip" | "zip";
  /** Of an archive: the file in it. */
  readonly entry?: string;
}

export async function openSource(path: string, encoding: string | undefined): Promise<SourceFile> {
  const about = await stat(path);
  if (about.isDirectory()) throw new ImportRefused("pod-file-folder", { blame: path });
  // It is read twice: to tell what it is, and to import it.
  if (!about.isFile()) throw new ImportRefused("pod-file-stream", { blame: path });
  const { size } = about;
  const start = await firstBytes(path, 4);
  const packed =
    start.readUInt16BE(0) === 0x1f8b ? "gzip" : start.toString("latin1") === "PK\u0003\u0004" ? "zip" : "no";
  const plain: SourceFile = { path, name: basename(path), bytes: size, head: start, encoding: "utf-8", packed };
  const entry = packed === "zip" ? await openZipEntry(path) : undefined;
  const named = entry === undefined ? plain : { ...plain, entry: entry.name };
  entry?.close();
  const head = await headOf(named);
  if (head.length === 0) throw new ImportRefused("pod-file-empty", { blame: path });
  return { ...named, head, encoding: encoding ?? declaredEncoding(head) ?? "utf-8" };
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { buffer } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer;
  } finally {
    await handle.close();
  }
}

async function headOf(source: SourceFile): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const { chunk } of byteChunks(source)) {
    parts.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes >= limits.headBytes) break;
  }
  return Buffer.concat(parts).subarray(0, limits.headBytes);
}

/** By its mark, its XML declaration or its OFX header. */
function declaredEncoding(head: Buffer): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const start = head.toString("latin1", 0, 1_024);
  if (/^OFXHEADER:/.test(start.trimStart()) && /CHARSET:\s*1252/.test(start)) return "windows-1252";
  return /^\s*<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]+)["']/.exec(start)?.[1]?.toLowerCase();
}

/** `readBytes`: how far the file itself has been read, for progress. */
async function* byteChunks(source: SourceFile): AsyncGenerator<{ chunk: Buffer; readBytes: number }> {
  const { path, packed } = source;
  if (packed === "zip") {
    const entry = await openZipEntry(path);
    try {
      let unpacked = 0;
      for await (const chunk of entry.stream as AsyncIterable<Buffer>) {
        unpacked += chunk.length;
        yield { chunk, readBytes: Math.round((unpacked / entry.unpackedBytes) * source.bytes) };
      }
    } catch (cause) {
      if (cause instanceof ImportRefused) throw cause;
      throw new ImportRefused("pod-zip-unfit", { blame: path, detail: (cause as Error).message });
    } finally {
      entry.close();
    }
    return;
  }
  if (packed === "gzip") yield* unpackedChunks(path);
  else yield* plainChunks(path);
}

/** Into one buffer, over and over: whoever keeps a chunk copies it. */
function* plainChunks(path: string): Generator<{ chunk: Buffer; readBytes: number }> {
  const file = openSync(path, "r");
  const buffer = Buffer.allocUnsafe(limits.chunkBytes);
  let readBytes = 0;
  try {
    for (;;) {
      const count = readSync(file, buffer);
      if (count === 0) return;
      readBytes += count;
      yield { chunk: buffer.subarray(0, count), readBytes };
    }
  } finally {
    closeSync(file);
  }
}

async function* unpackedChunks(path: string): AsyncGenerator<{ chunk: Buffer; readBytes: number }> {
  const file = createReadStream(path, { highWaterMark: limits.chunkBytes });
  const unpacker = file.pipe(createGunzip({ chunkSize: limits.chunkBytes }));
  file.on("error", (cause) => unpacker.destroy(cause));
  let unpackedBytes = 0;
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      unpackedBytes += chunk.length;
      if (unpackedBytes > limits.headBytes && unpackedBytes > limits.maxZipRatio * file.bytesRead) {
        throw new ImportRefused("pod-zip-unfit", { blame: path, detail: "it unpacks to far more than it holds" });
      }
      yield { chunk, readBytes: file.bytesRead };
    }
  } catch (cause) {
    if (!/^Z_/.test((cause as { code?: string }).code ?? "")) throw cause;
    throw new ImportRefused("pod-zip-unfit", { blame: path, detail: "its compressed data is damaged" });
  } finally {
    file.destroy();
  }
}

/** The text of the file. A byte that is not of the encoding is refused, not replaced. */
export async function* textChunks(source: SourceFile): AsyncGenerator<{ text: string; readBytes: number }> {
  const decode = decoderFor(source);
  let readBytes = 0;
  let first = true;
  for await (const part of byteChunks(source)) {
    readBytes = part.readBytes;
    const text = decode(part.chunk, false);
    yield { text: first && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, readBytes };
    first = false;
  }
  const rest = decode(Buffer.alloc(0), true);
  if (rest !== "") yield { text: rest, readBytes };
}

export function headText(source: SourceFile): string {
  const text = decoderFor(source)(source.head, false);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function decoderFor(source: SourceFile): (bytes: Buffer, last: boolean) => string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(source.encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new ImportRefused("pod-order", { detail: `there is no encoding "${source.encoding}"` });
  }
  const asciiBelow = !decoder.encoding.startsWith("utf-16");
  let between = false; // inside a character that the next chunk ends
  return (bytes, last) => {
    if (asciiBelow && !between && isAscii(bytes)) return bytes.toString("latin1");
    try {
      const text = decoder.decode(bytes, { stream: !last });
      between = bytes.length > 0 && bytes[bytes.length - 1]! >= 0x80;
      return text;
    } catch (cause) {
      throw new ImportRefused("pod-file-encoding", { blame: source.path, detail: (cause as Error).message });
    }
  };
}

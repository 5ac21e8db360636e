// The one file of an archive that can be imported: Apple's export.zip holds export.xml beside clinical records and routes,
// Google's Takeout a Records.json beside much else.
import { extname } from "node:path";
import type { Readable } from "node:stream";
import yauzl from "yauzl";
import { limits } from "./limits.ts";
import { ImportRefused } from "./refused.ts";

export interface ZipEntry {
  readonly name: string;
  readonly unpackedBytes: number;
  readonly stream: Readable;
  close(): void;
}

/** Names that are known to be what people mean, before whatever else could be read. */
const meant = [
  /(^|\/)export\.xml$/i,
  /(^|\/)(records|timeline|location history)\.json$/i,
  /semantic location history\/.*\.json$/i,
];
const readable = new Set([".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".xml", ".gpx", ".ofx", ".qfx"]);

function rankOf(name: string): number {
  const at = meant.findIndex((pattern) => pattern.test(name));
  if (at >= 0) return at;
  return readable.has(extname(name).toLowerCase()) ? meant.length : Number.POSITIVE_INFINITY;
}

export function openZipEntry(path: string): Promise<ZipEntry> {
  const unfit = (detail: string) => new ImportRefused("pod-zip-unfit", { blame: path, detail });
  return new Promise((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (cause, zip) => {
      if (cause !== null || zip === undefined) return reject(unfit(cause?.message ?? "it cannot be opened"));
      const fail = (error: Error) => {
        zip.close();
        reject(error);
      };
      if (zip.entryCount > limits.maxZipEntries) return fail(unfit(`it has ${zip.entryCount} entries`));
      let best: yauzl.Entry | undefined;
      zip.on("error", (error: Error) => fail(unfit(error.message)));
      zip.on("entry", (entry: yauzl.Entry) => {
        const [rank, bestRank] = [rankOf(entry.fileName), best === undefined ? Infinity : rankOf(best.fileName)];
        const larger = rank === bestRank && entry.uncompressedSize > (best?.uncompressedSize ?? 0);
        if (rank < bestRank || (Number.isFinite(rank) && larger)) best = entry;
        zip.readEntry();
      });
      zip.on("end", () => {
        if (best === undefined) return fail(unfit("no file in it is of a kind that can be imported"));
        const { fileName, uncompressedSize, compressedSize } = best;
        // yauzl ends the stream with an error when there is more than the directory says, so this bounds what comes out.
        if (
          uncompressedSize > limits.maxUnpackedBytes ||
          uncompressedSize > limits.headBytes + limits.maxZipRatio * compressedSize
        ) {
          return fail(unfit(`${fileName} unpacks to ${uncompressedSize} bytes`));
        }
        zip.openReadStream(best, (error, stream) => {
          if (error !== null || stream === undefined) return fail(unfit(error?.message ?? "it cannot be read"));
          stream.on("error", () => {}); // told to whoever reads
          resolve({
            name: fileName,
            unpackedBytes: Math.max(1, uncompressedSize),
            stream,
            close() {
              stream.destroy();
              zip.close();
            },
          });
        });
      });
      zip.readEntry();
    });
  });
}

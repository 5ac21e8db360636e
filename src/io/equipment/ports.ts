// What a node lends to sources and sinks: its sensors and outlets, by the names its owner gave them. An analyst names
// equipment; only the configuration knows paths and URLs.
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { accept, type QueryId, type Result, refuse, toCanonical, type VertexId } from "../../core/base/index.ts";
import type { FileFormat, OperatorPorts, Outlet } from "../../operators/index.ts";
import { openAppendFile } from "./append-file.ts";
import { openFeed } from "./feed.ts";
import { limits } from "./limits.ts";
import { reasonOf } from "./reason.ts";

/** 128 bits: no two batches share a key by chance, and it stays short in a header. */
const keyCharacters = 32;

export interface EquipmentPlace {
  readonly name: string;
  readonly kind: "sensor" | "outlet";
  readonly format: FileFormat;
  /** Absolute. */
  readonly file?: string | undefined;
  readonly url?: string | undefined;
}

export interface PortsOptions {
  /** Whose batches they are: the query and its vertex. */
  readonly of: { readonly query: QueryId; readonly vertex: VertexId };
  readonly equipment: readonly EquipmentPlace[];
  readonly print: (line: string) => void;
  readonly keep: OperatorPorts["keep"];
  readonly kept: OperatorPorts["kept"];
  readonly postTimeoutMs?: number;
}

export function createPorts(options: PortsOptions): OperatorPorts {
  const find = (name: string, kind: EquipmentPlace["kind"]): Result<EquipmentPlace> => {
    const found = options.equipment.find((place) => place.name === name && place.kind === kind);
    return found === undefined
      ? refuse("operator-equipment", { blame: name, detail: `this node has no ${kind} of that name` })
      : accept(found);
  };
  return {
    async feed(name) {
      const place = find(name, "sensor");
      return place.ok ? openFeed({ ...place.value, file: place.value.file! }) : place;
    },
    async outlet(name) {
      const place = find(name, "outlet");
      if (!place.ok) return place;
      return place.value.url === undefined
        ? openFile(place.value)
        : openHttp(place.value, place.value.url, options.postTimeoutMs ?? limits.postTimeoutMs);
    },
    print: options.print,
    keep: options.keep,
    kept: options.kept,
    keyOf: ({ path, origin }) => keyOf(options.of, path, origin),
    async sleep(ms, signal) {
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    nowMicros: () => BigInt(Date.now()) * 1000n,
  };
}

async function openFile({ name, file, format }: EquipmentPlace): Promise<Result<Outlet>> {
  try {
    return accept({ kind: "file", format, ...(await openAppendFile(file!, format)) });
  } catch (cause) {
    return refuse("operator-equipment", { blame: name, detail: reasonOf(cause) });
  }
}

async function openHttp(place: EquipmentPlace, url: string, timeoutMs: number): Promise<Result<Outlet>> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return accept({
    kind: "http",
    post(body, given, signal) {
      return new Promise((resolve, reject) => {
        const posted = request(
          url,
          {
            method: "POST",
            headers: { ...given, "content-length": body.length },
            signal,
          },
          (response) => {
            // The status is the answer. Its body is of no interest, but has to be read; how it ends changes nothing.
            resolve({ status: response.statusCode ?? 0 });
            response.on("error", () => {});
            response.resume();
          },
        );
        const late = setTimeout(() => posted.destroy(new Error("no end in time")), timeoutMs);
        posted.on("close", () => clearTimeout(late));
        posted.on("error", (cause) => reject(new Error(`no answer from the outlet ${place.name}`, { cause })));
        posted.end(body);
      });
    },
    async close() {},
  });
}

/** Hashed: a receiver shall recognise a batch, not learn which query of whom it belongs to. */
function keyOf({ query, vertex }: PortsOptions["of"], path: number, origin: number): string {
  const named = toCanonical(["hedgerow batch key", 1, query, vertex, path, origin]);
  return createHash("sha256").update(named).digest("hex").slice(0, keyCharacters);
}

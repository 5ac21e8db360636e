// A sensor that is a file, or a named pipe that a program of the node's owner writes to.
//
// A pipe is opened for reading and writing, without waiting: opened for reading alone it would hold one of the few threads
// of the file system until somebody writes, and it would end when its writer goes. As we hold its other end, writers come
// and go, and it ends when we close it.
import { createReadStream, fstat, constants as modes, open, close as shut } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { accept, type Result, refuse } from "../../core/base/index.ts";
import type { Feed, FileFormat } from "../../operators/index.ts";
import { limits } from "./limits.ts";
import { reasonOf } from "./reason.ts";

const opened = promisify(open);
const stated = promisify(fstat);
const closed = promisify(shut);

interface FeedPlace {
  readonly name: string;
  readonly format: FileFormat;
  readonly file: string;
}

export async function openFeed({ name, format, file }: FeedPlace): Promise<Result<Feed>> {
  try {
    // Without waiting, whatever it is: what a path is can be asked safely only of what was opened.
    const descriptor = await opened(file, modes.O_RDONLY | modes.O_NONBLOCK);
    const isPipe = (await stated(descriptor)).isFIFO();
    return accept({ format, isLive: isPipe, ...(isPipe ? await pipe(file, descriptor) : plain(file, descriptor)) });
  } catch (cause) {
    return refuse("operator-equipment", { blame: name, detail: reasonOf(cause) });
  }
}

type Reading = Pick<Feed, "read" | "close">;

function plain(file: string, descriptor: number): Reading {
  return reading(createReadStream(file, { fd: descriptor, highWaterMark: limits.feedChunkBytes }));
}

async function pipe(file: string, reader: number): Promise<Reading> {
  try {
    const descriptor = await opened(file, modes.O_RDWR | modes.O_NONBLOCK);
    return reading(new Socket({ fd: descriptor, readable: true, writable: false }));
  } finally {
    await closed(reader);
  }
}

function reading(stream: Readable): Reading {
  // Whoever reads meets the error there; without a reader there is nobody to tell.
  stream.on("error", () => {});
  return {
    read: () => stream,
    async close() {
      stream.destroy();
    },
  };
}

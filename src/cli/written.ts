// Where a result goes: to stdout, or to a file that is there when all of it is. Half a table would look like a whole one.
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Terminal } from "./terminal.ts";

export interface Written {
  /** Bytes go to files only. */
  write(part: string | Uint8Array): Promise<void>;
  /** The file takes its name. */
  done(): Promise<void>;
  /** Takes away what is not done; nothing after `done`. */
  giveUp(): void;
}

export function writtenTo(terminal: Terminal, file: string | null): Written {
  if (file === null) {
    return {
      async write(part) {
        if (typeof part !== "string") throw new Error("bytes are for files");
        await terminal.out(part);
      },
      done: async () => {},
      giveUp: () => {},
    };
  }
  const partFile = `${file}.part`;
  let open: number | null = openSync(partFile, "w");
  return {
    async write(part) {
      const bytes = typeof part === "string" ? Buffer.from(part) : part;
      for (let from = 0; from < bytes.length; ) from += writeSync(open!, bytes, from);
    },
    async done() {
      closeSync(open!);
      open = null;
      renameSync(partFile, file);
    },
    giveUp() {
      if (open === null) return;
      closeSync(open);
      open = null;
      rmSync(partFile, { force: true });
    },
  };
}

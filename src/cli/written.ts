// Where a result or a table goes: to stdout, or to a new file that is there when all of it is. Half a table would look like a whole one.
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { CommandFailed, needNewFile } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

export interface Written {
  /** Bytes go to files only. */
  write(part: string | Uint8Array): Promise<void>;
  /** The file takes its name, unless another has it by now: then it stays beside that one, and is named. */
  done(): Promise<void>;
  /** Takes away what is not done; nothing after `done`. */
  giveUp(): void;
}

/** Refused where `file` exists. */
export function writtenTo(terminal: Terminal, file: string | null, mode = 0o666): Written {
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
  needNewFile(file);
  const partFile = `${file}.part`;
  // One that was left has a mode of its own.
  rmSync(partFile, { force: true });
  let open: number | null = openSync(partFile, "wx", mode);
  return {
    async write(part) {
      const bytes = typeof part === "string" ? Buffer.from(part) : part;
      for (let from = 0; from < bytes.length; ) from += writeSync(open!, bytes, from);
    },
    async done() {
      closeSync(open!);
      open = null;
      if (existsSync(file))
        throw new CommandFailed(`${file} came meanwhile, and is not replaced.`, {
          code: "file",
          next: `What was written is in ${partFile}: move it to another name.`,
        });
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

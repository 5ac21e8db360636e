// How commands end. 0 done; 1 refused, failed or batches lost; 2 the command was not understood; 3 no node is running;
// 4 an audit that nothing contradicts and that does not show everything; of a question about people, 5 a partial answer and 6 too few
// people, so that nobody was asked; 130 interrupted.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { ApiRefusal, ConnectionLost, NodeNotRunning } from "../sdk/index.ts";
import type { Style } from "./style.ts";
import { Interrupted, type Terminal } from "./terminal.ts";

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  unproven: 4,
  partial: 5,
  tooFewPeople: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command's own way to say no: what is wrong, and what to do next. */
export class CommandFailed extends Error {
  override name = "CommandFailed";
  readonly code: string;
  readonly next: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, about: { code?: string; next?: string; exitCode?: ExitCode } = {}) {
    super(message);
    this.code = about.code ?? "failed";
    this.next = about.next;
    this.exitCode = about.exitCode ?? exitCodes.failed;
  }
}

export function usageFault(message: string, next?: string): CommandFailed {
  return new CommandFailed(message, {
    code: "usage",
    exitCode: exitCodes.usage,
    ...(next === undefined ? {} : { next }),
  });
}

interface Told {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly sentence: string;
  readonly next?: string | undefined;
  readonly blame?: string | undefined;
  readonly detail?: string | undefined;
}

async function tell(error: unknown, { cwd }: Terminal): Promise<Told> {
  if (error instanceof CommandFailed) {
    return { exitCode: error.exitCode, code: error.code, sentence: error.message, next: error.next };
  }
  if (error instanceof NodeNotRunning) {
    const { notRunningText } = await import("./not-running.ts");
    return { exitCode: exitCodes.notRunning, code: "node-not-running", ...notRunningText(error, cwd) };
  }
  if (error instanceof ApiRefusal) {
    const { code, sentence, blame, detail } = error;
    return { exitCode: exitCodes.failed, code, sentence, blame, detail };
  }
  if (error instanceof ConnectionLost) {
    return { exitCode: exitCodes.failed, code: "connection-lost", sentence: error.message };
  }
  if (error instanceof Error && isFileError(error)) {
    return { exitCode: exitCodes.failed, code: "file", sentence: fileSentence(error) };
  }
  const sentence = error instanceof Error ? error.message : String(error);
  return { exitCode: exitCodes.failed, code: "failed", sentence };
}

/** Says why on stderr, and with --json as one JSON document on stdout, so that a program need not read prose. */
export async function report(error: unknown, terminal: Terminal, style: Style, json: boolean): Promise<ExitCode> {
  if (error instanceof Interrupted || (terminal.interrupted.aborted && isAbort(error))) return exitCodes.interrupted;
  const told = await tell(error, terminal);
  if (json) {
    const { exitCode: _, ...rest } = told;
    await terminal.out(`${JSON.stringify({ ok: false, ...rest })}\n`);
    return told.exitCode;
  }
  terminal.err(`${style.bad("error")}: ${told.sentence}\n`);
  const about = [told.blame, told.detail].filter((part) => part !== undefined && part !== "");
  if (about.length > 0) terminal.err(`  ${about.join(": ")}\n`);
  if (told.next !== undefined) terminal.err(`  ${told.next}\n`);
  if (terminal.env.HEDGEROW_DEBUG && error instanceof Error) terminal.err(`${style.dim(error.stack ?? "")}\n`);
  return told.exitCode;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error instanceof Interrupted);
}

const noFolder = (folder: string) => `There is no folder ${folder}. Check its name, or make it: mkdir -p '${folder}'`;

/** Before anything is done that cannot be undone, or takes long, for a file that could not be written. `file`: its whole path. */
export function needFolderOf(file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new CommandFailed(noFolder(folder), { code: "file" });
}

const exists = (file: string) => `${file} exists already. Choose another name, or move it away.`;

/** The same, and the file is not there: what somebody keeps under this name is not ours to replace. */
export function needNewFile(file: string): void {
  needFolderOf(file);
  if (existsSync(file)) throw new CommandFailed(exists(file), { code: "file" });
}

function isFileError(error: Error): error is NodeJS.ErrnoException {
  return "syscall" in error && "path" in error && "code" in error;
}

function fileSentence(error: NodeJS.ErrnoException): string {
  const sentences: Record<string, string> = {
    ENOENT: `There is no file ${error.path}. Check the name and the folder you are in.`,
    EACCES: `You may not open ${error.path}. Check its owner and mode.`,
    EISDIR: `${error.path} is a folder, and a file is needed.`,
    ENOTDIR: `${error.path} lies in something that is not a folder.`,
    ENOSPC: `No space is left for ${error.path}. Free some and try again.`,
    EEXIST: exists(error.path ?? "It"),
  };
  const folder = dirname(error.path ?? ".");
  // That the file is not there says nothing of why it cannot be made.
  if (error.code === "ENOENT" && !existsSync(folder)) return noFolder(folder);
  return sentences[error.code ?? ""] ?? `${error.path}: ${error.message}`;
}

// What every command has at hand: the terminal, its style, whether JSON is asked for, and the node it speaks to.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { connect, type HedgerowClient, localNetwork } from "../sdk/index.ts";
import { usageFault } from "./failure.ts";
import { type Progress, progressOn } from "./progress.ts";
import { type Style, styleFor } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** What all commands that speak to a node have in common. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly node?: string;
}

export interface Session {
  readonly terminal: Terminal;
  readonly style: Style;
  readonly json: boolean;
  /** The node's folder, whether or not a node runs there. */
  readonly folder: string;
  /** Connects at the first call; closed when the command ends. */
  readonly client: HedgerowClient;
  readonly signal: AbortSignal;
  /** For people; nothing when JSON was asked for. */
  say(text: string): Promise<void>;
  /** Chatter that belongs to no result. */
  note(text: string): void;
  /** One JSON document, or one line of NDJSON; nothing unless JSON was asked for. */
  data(value: unknown): Promise<void>;
  progress(text: string): Progress;
  close(): void;
}

export function openSession(terminal: Terminal, options: CommonOptions): Session {
  const json = options.json === true;
  const style = styleFor(terminal, terminal.outIsTty);
  const folder = nodeFolder(terminal, options.node);
  let client: HedgerowClient | undefined;
  return {
    terminal,
    style,
    json,
    folder,
    get client() {
      client ??= connect({ folder });
      return client;
    },
    signal: terminal.interrupted,
    say: (text) => (json ? Promise.resolve() : terminal.out(text)),
    note: (text) => terminal.err(text),
    data: (value) => (json ? terminal.out(`${JSON.stringify(value)}\n`) : Promise.resolve()),
    progress: (text) => progressOn(terminal, text),
    close: () => client?.close(),
  };
}

/**
 * Which node: --node, else HEDGEROW_NODE, else the analyst of the local network that `hedgerow up` keeps below the
 * current folder, else ~/.hedgerow.
 */
export function nodeFolder(terminal: Terminal, given: string | undefined): string {
  const named = given ?? terminal.env.HEDGEROW_NODE;
  if (named !== undefined) {
    if (named.trim() === "") throw usageFault("The node's folder is empty.", "Give one: --node FOLDER");
    return resolve(terminal.cwd, named);
  }
  const local = join(terminal.cwd, localNetwork.folder, localNetwork.analyst);
  return existsSync(local) ? local : join(terminal.home, localNetwork.folder);
}

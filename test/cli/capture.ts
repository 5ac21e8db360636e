// Runs one command line against a terminal that remembers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../src/cli/program.ts";
import { Interrupted, type Terminal } from "../../src/cli/terminal.ts";
import { startApiServer } from "../../src/node/api/index.ts";
import type { NodeService } from "../../src/sdk/index.ts";
import { fakeService } from "./fake-service.ts";

export interface Captured {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface CaptureOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly tty?: boolean;
  /** Called with all that stdout, or stderr, has shown so far; gives true to press Ctrl-C. */
  readonly interruptWhen?: (shown: string) => boolean;
}

export async function capture(args: readonly string[], options: CaptureOptions = {}): Promise<Captured> {
  let out = "";
  let err = "";
  const interrupt = new AbortController();
  const terminal: Terminal = {
    out: async (text) => {
      out += text;
      if (options.interruptWhen?.(out)) interrupt.abort(new Interrupted());
    },
    err: (text) => {
      err += text;
      if (options.interruptWhen?.(err)) interrupt.abort(new Interrupted());
    },
    outIsTty: options.tty === true,
    errIsTty: options.tty === true,
    columns: 120,
    env: options.env ?? {},
    cwd: options.cwd ?? tmpdir(),
    home: join(tmpdir(), "hedgerow-nobody-lives-here"),
    interrupted: interrupt.signal,
  };
  const exitCode = await runCli(args, terminal);
  return { exitCode, out, err };
}

export interface FakeNode {
  readonly folder: string;
  /** Runs a command against this node. */
  run(args: readonly string[], options?: CaptureOptions): Promise<Captured>;
  stop(): Promise<void>;
}

export async function startFakeNode(over: Partial<NodeService> = {}): Promise<FakeNode> {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-cli-"));
  const server = await startApiServer({ service: fakeService(over), folder });
  return {
    folder,
    run: (args, options = {}) => capture(args, { ...options, env: { HEDGEROW_NODE: folder, ...options.env } }),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

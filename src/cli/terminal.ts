// The terminal as commands see it: two ways out, whether somebody watches, and the wish to be interrupted. Tests give
// their own. Machines read stdout, people read both: with --json nothing but JSON goes to stdout.
import { homedir } from "node:os";

export interface Terminal {
  /** To stdout. Resolves when it may take more, so that a stream goes at its reader's pace. */
  out(text: string): Promise<void>;
  /** To stderr: chatter, progress, advice, errors. */
  err(text: string): void;
  /** Asks the person who watches, and gives her answer; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<string>;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** The real one. The first Ctrl-C asks the command to end, the second ends it. */
export function processTerminal(): Terminal {
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Interrupted());
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure, there is just nobody to tell.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.stderr.on("error", () => {});
  return {
    out: (text) =>
      process.stdout.write(text)
        ? Promise.resolve()
        : new Promise((resolve) => process.stdout.once("drain", () => resolve())),
    err: (text) => void process.stderr.write(text),
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? { ask: (question: string) => ask(question, interrupt.signal) }
      : {}),
    outIsTty: process.stdout.isTTY === true,
    errIsTty: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 100,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    interrupted: interrupt.signal,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

export class Interrupted extends Error {
  override name = "Interrupted";
  constructor() {
    super("interrupted");
  }
}

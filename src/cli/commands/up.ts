// hedgerow up
import { join } from "node:path";
import { localNetwork } from "../../sdk/index.ts";
import { type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { NodeRoot } from "../roots.ts";
import type { Session } from "../session.ts";

interface UpCommandOptions {
  readonly nodes?: number;
  readonly people: number;
  readonly keep?: boolean;
  readonly show?: boolean;
  readonly once?: boolean;
}

export async function up(session: Session, _: string[], options: UpCommandOptions): Promise<ExitCode> {
  const { keep = false, show = false, once = false, nodes, people } = options;
  if (once && !show) throw usageFault("--once ends after the show.", "Add --show.");
  const { terminal, json } = session;
  const root: NodeRoot = await import("../../node/index.ts");
  const exitCode = await root.runUp({
    folder: join(terminal.cwd, localNetwork.folder),
    ...(nodes === undefined ? {} : { nodes }),
    people,
    keep,
    show,
    once,
    signal: session.signal,
    stage: {
      json,
      out: terminal.out,
      err: terminal.err,
      outIsTty: terminal.outIsTty,
      columns: terminal.columns,
      env: terminal.env,
    },
  });
  // Without --once Ctrl-C is how it ends; with it, the show was cut short.
  if (once && session.signal.aborted) return exitCodes.interrupted;
  return exitCode === 0 ? exitCodes.done : exitCodes.failed;
}

// hedgerow node start: in this terminal, or in the background.
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { connect, type HedgerowClient, NodeNotRunning, type StatusView } from "../../sdk/index.ts";
import { CommandFailed, type ExitCode, exitCodes, usageFault } from "../failure.ts";
import type { NodeRoot } from "../roots.ts";
import type { Session } from "../session.ts";

const readyTimeoutMs = 30_000;
const pollMs = 50;
const shownOutput = 2_000;
/** What a node in the background prints before its own log begins. */
const outputFile = "node.out";

export async function nodeStart(
  session: Session,
  [given]: string[],
  options: { background?: boolean; node?: string },
): Promise<ExitCode> {
  if (given !== undefined && options.node !== undefined) {
    throw usageFault("The folder is given twice.", "Use either the argument or --node.");
  }
  const folder = given === undefined ? session.folder : resolve(session.terminal.cwd, given);
  await refuseIncomplete(folder);
  if (options.background === true) return inBackground(session, folder);
  const root: NodeRoot = await import("../../node/index.ts");
  const exitCode = await root.runNode({
    folder,
    signal: session.signal,
    onReady: () => void session.data({ ready: true, folder, process: process.pid }),
  });
  // A node that was asked to end and drained has done what it should.
  return exitCode === 0 ? exitCodes.done : exitCodes.failed;
}

async function refuseIncomplete(folder: string): Promise<void> {
  const { inspectNodeFolder, nodeFiles } = await import("../../sdk/node-folder.ts");
  const found = await inspectNodeFolder(folder);
  if (!found.configured) {
    const { folderFacts } = await import("../../sdk/folder-facts.ts");
    const { hasPod, keeper } = folderFacts(folder);
    // To make a node of a person's folder would take her from the node that keeps her.
    if (hasPod && keeper !== null)
      throw new CommandFailed(`${folder} is a person's folder, with her pod, and no node's.`, {
        code: "node-missing",
        next: `Start the node that keeps it: hedgerow node start ${keeper}`,
      });
    throw new CommandFailed(`There is no node in ${folder}.`, {
      code: "node-missing",
      next: `Make one: hedgerow node init ${folder}   (or try a local network: hedgerow up)`,
    });
  }
  if (!found.certified) {
    const request = join(folder, nodeFiles.request);
    throw new CommandFailed(`The node in ${folder} has no certificate yet.`, {
      code: "certificate-missing",
      next: `Where the authority is: hedgerow authority issue ${request} --authority FOLDER --principal NAME --role ROLE`,
    });
  }
}

async function inBackground(session: Session, folder: string): Promise<ExitCode> {
  const client = connect({ folder });
  const progress = session.progress("starting the node");
  try {
    const running = await statusOf(client);
    // Said before anything is touched: that node still writes to its output file.
    if (running !== null) {
      throw new CommandFailed(`Node ${running.name} runs already in ${folder}, as process ${running.process}.`, {
        code: "folder-in-use",
        next: `See it: hedgerow node status --node ${folder}   End it: hedgerow node stop --node ${folder}`,
      });
    }
    const output = openSync(join(folder, outputFile), "w", 0o600);
    const child = spawn(process.execPath, [process.argv[1] ?? "", "node", "start", folder], {
      detached: true,
      stdio: ["ignore", output, output],
    });
    const deadline = performance.now() + readyTimeoutMs;
    for (;;) {
      session.signal.throwIfAborted();
      if (child.exitCode !== null || child.signalCode !== null) throw notStarted(folder, "ended at once");
      const status = await statusOf(client);
      if (status !== null && status.process === child.pid) {
        child.unref();
        await session.data({ ready: true, folder, process: child.pid });
        await session.say(
          `Node ${status.name} runs as process ${child.pid}. End it: hedgerow node stop --node ${folder}\n`,
        );
        return exitCodes.done;
      }
      if (performance.now() > deadline) throw notStarted(folder, `did not answer within ${readyTimeoutMs / 1_000} s`);
      await new Promise((done) => setTimeout(done, pollMs));
    }
  } finally {
    progress.end();
    client.close();
  }
}

/** null when no node answers there. */
async function statusOf(client: HedgerowClient): Promise<StatusView | null> {
  try {
    return await client.status();
  } catch (error) {
    if (error instanceof NodeNotRunning) return null;
    throw error;
  }
}

function notStarted(folder: string, how: string): CommandFailed {
  const said = readFileSync(join(folder, outputFile), "utf8").slice(-shownOutput).trim();
  return new CommandFailed(`The node in ${folder} ${how}.${said === "" ? "" : `\n${said}`}`, {
    code: "node-not-started",
    next: `Start it in this terminal to see more: hedgerow node start ${folder}`,
  });
}

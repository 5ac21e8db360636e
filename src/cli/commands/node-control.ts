// hedgerow node connect | import-revocations | stop
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { NodeNotRunning } from "../../sdk/index.ts";
import { CommandFailed, type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { counted, shortNode } from "../words.ts";

const stopTimeoutMs = 30_000;
const pollMs = 50;

export async function nodeConnect(session: Session, [address = ""]: string[]): Promise<ExitCode> {
  const progress = session.progress(`dialling ${address}`);
  const peer = await session.client.connect({ address }, { signal: session.signal }).finally(progress.end);
  await session.data(peer);
  await session.say(`Connected to ${peer.node}, run by ${peer.principal}\n`);
  return exitCodes.done;
}

export async function importRevocations(session: Session, [file = ""]: string[]): Promise<ExitCode> {
  const content = await readFile(resolve(session.terminal.cwd, file));
  const answer = await session.client.importRevocation(
    { base64: content.toString("base64") },
    { signal: session.signal },
  );
  const fresh = answer.revocations.filter((revocation) => !revocation.alreadyKnown);
  await session.data(answer);
  for (const { node, serial } of fresh) await session.say(`Revoked ${shortNode(node)} (serial ${serial})\n`);
  await session.say(`${counted(fresh.length, "new revocation")}, ${answer.revocations.length} in the file\n`);
  return exitCodes.done;
}

/** Done only when the node answers no more: what follows may count on its folder being free. */
export async function nodeStop(session: Session): Promise<ExitCode> {
  await session.client.shutdown({}, { signal: session.signal });
  const progress = session.progress("draining");
  const deadline = performance.now() + stopTimeoutMs;
  try {
    while (await stillThere(session)) {
      session.signal.throwIfAborted();
      if (performance.now() > deadline) {
        throw new CommandFailed(`The node still drains after ${stopTimeoutMs / 1_000} s.`, {
          next: "Look again: hedgerow node status",
        });
      }
      await new Promise((done) => setTimeout(done, pollMs));
    }
  } finally {
    progress.end();
  }
  await session.data({ stopped: true, folder: session.folder });
  await session.say("The node has ended.\n");
  return exitCodes.done;
}

async function stillThere(session: Session): Promise<boolean> {
  try {
    await session.client.status();
    return true;
  } catch (error) {
    return !(error instanceof NodeNotRunning);
  }
}

// The socket file: left behind by a killed daemon it is replaced; held by a living one it is not.
import { lstat, rm, stat } from "node:fs/promises";
import { connect } from "node:net";

export class SocketTaken extends Error {
  override name = "SocketTaken";
}

/** Throws `SocketTaken` while another daemon answers there, or something that is no socket lies there. */
export async function claimSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new SocketTaken(`${path} is not a socket. Move it away and start the node again.`);
  if (await answers(path)) {
    throw new SocketTaken(`Another node serves ${path}. Stop it first: hedgerow node stop, or use another folder.`);
  }
  await rm(path, { force: true });
}

/** A short path for a deep folder lies under the system's temporary folder, where others could have made it first. */
export async function refuseOthersFolder(folder: string): Promise<void> {
  const found = await stat(folder);
  const owner = process.getuid?.() ?? found.uid;
  if (found.uid !== owner || (found.mode & 0o077) !== 0) {
    throw new SocketTaken(`${folder} must belong to you alone (mode 0700). Mend it with: chmod 700 ${folder}`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

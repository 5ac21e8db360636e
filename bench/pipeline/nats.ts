// A nats-server for the reference over NATS: where there is one, and one of our own on a free loopback port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Certificate } from "./run.ts";

const readyMs = 10_000;

/** The path of nats-server, if it is installed. Debian puts it where only root's PATH leads. */
export function findNatsServer(): string | null {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]) {
    const file = join(folder, "nats-server");
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return null;
}

/** A subscriber may be far behind before the server gives it up: more than the source is ever ahead. */
function configuration(folder: string): string {
  return `
listen: "127.0.0.1:-1"
max_pending: 256MB
tls {
  cert_file: "${join(folder, "cert.pem")}"
  key_file: "${join(folder, "key.pem")}"
  ca_file: "${join(folder, "cert.pem")}"
  verify: true
}
`;
}

/** Runs one server for as long as `use` takes. */
export async function withNatsServer<T>(
  file: string,
  { key, cert }: Certificate,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-"));
  for (const [name, text] of Object.entries({ "key.pem": key, "cert.pem": cert, "nats.conf": configuration(folder) }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const server = spawn(file, ["-c", join(folder, "nats.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  const gone = once(server, "close").catch(() => {}); // if it cannot be run, portOf says so
  const end = () => void server.kill("SIGKILL");
  process.once("exit", end);
  try {
    return await use(await portOf(server.stderr));
  } finally {
    process.off("exit", end);
    end();
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The server chooses a free port and says in its log which. */
function portOf(stderr: NodeJS.ReadableStream): Promise<number> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const fail = () => reject(new Error(`nats-server did not start: ${said.join("\n")}`));
    const timer = setTimeout(fail, readyMs);
    const lines = createInterface({ input: stderr });
    lines.on("line", (line) => {
      said.push(line);
      const port = /Listening for client connections on \S+:(\d+)/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    lines.on("close", () => {
      clearTimeout(timer);
      fail();
    });
  });
}

// The reference: a bare fan-out over mutual TLS 1.3. For each owner one new connection, one question, one number; no resumption.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server } from "node:tls";

export interface Papers {
  readonly key: string;
  readonly cert: string;
}

/** As many as the finder calls at once. */
const atOnce = 256;
const questionBytes = 64;
const answerBytes = 8;

/** One self-signed Ed25519 certificate for all: each shows it, each asks for it. */
export function bareTlsPapers(): Papers {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = ["-newkey", "ed25519", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=bench"];
    execFileSync("openssl", ["req", "-x509", ...made], { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const common = (papers: Papers) => ({ ...papers, ca: [papers.cert], minVersion: "TLSv1.3" as const });

/** Answers each question with a number. */
export function listenBare(papers: Papers): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer({ ...common(papers), requestCert: true, rejectUnauthorized: true }, (socket) => {
    let came = 0;
    socket.on("data", (chunk) => {
      came += chunk.length;
      if (came < questionBytes) return;
      const answer = Buffer.alloc(answerBytes);
      answer.writeDoubleBE(7);
      socket.end(answer);
    });
    socket.on("error", () => socket.destroy());
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as AddressInfo).port, server })),
  );
}

/** Owners per second. */
export async function fanOut(papers: Papers, ports: readonly number[], owners: number): Promise<number> {
  const begin = performance.now();
  let next = 0;
  let sum = 0;
  const run = async () => {
    while (next < owners) {
      const answer = await askOne(papers, ports[next++ % ports.length]!);
      sum += answer;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  if (sum !== 7 * owners) throw new Error("an owner did not answer");
  return (1_000 * owners) / (performance.now() - begin);
}

function askOne(papers: Papers, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { ...common(papers), port, host: "127.0.0.1", checkServerIdentity: () => undefined },
      () => void socket.write(Buffer.alloc(questionBytes)),
    );
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => resolve(Buffer.concat(parts).readDoubleBE(0)));
    socket.on("error", reject);
  });
}

// Runs the pipeline once in three processes: ours, or the reference.
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { batchBytes, prepareShape } from "../../src/core/batch/index.ts";
import { type Placed, planOf, wiringOf } from "../../src/io/cells/harness.ts";
import { generateNodeKey } from "../../src/io/identity/index.ts";
import { catalogue } from "../../src/operators/index.ts";
import { withNatsServer } from "./nats.ts";
import { type Figures, type Load, markerOperators, recordShape } from "./protocol.ts";

const vertices = ["source", "increment", "sink"] as const;
const deadlineMs = 60_000;
/** HEDGEROW_BENCH_PROFILE=FOLDER writes a processor profile of each process there. */
const folder = process.env.HEDGEROW_BENCH_PROFILE;
const profiled = folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];

class Child {
  readonly #process: ChildProcess;
  #gone: ((reason: Error) => void) | null = null;
  constructor(file: string, env: Record<string, string>) {
    this.#process = fork(file, { env: { ...process.env, ...env }, execArgv: profiled });
    this.#process.on("exit", () => this.#gone?.(new Error("a process of the pipeline ended early")));
  }
  send(message: unknown): void {
    this.#process.send(message as object);
  }
  /** The next message that has the key. */
  expect<T>(key: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#gone = reject;
      const timer = setTimeout(() => reject(new Error(`no ${key} in time`)), deadlineMs);
      const onMessage = (message: Record<string, unknown>) => {
        if ("failed" in message) reject(new Error(`a cell failed: ${message.failed} ${message.detail}`));
        if (!(key in message)) return;
        clearTimeout(timer);
        this.#process.off("message", onMessage);
        resolve(message[key] as T);
      };
      this.#process.on("message", onMessage);
    });
  }
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.connected) this.#process.send({ type: "stop" });
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 3_000);
    await gone;
    clearTimeout(timer);
  }
}

export async function runOurs(self: string, load: Load, receipts = true): Promise<Figures> {
  const { paced, counting } = markerOperators();
  const operators = new Map([...catalogue(), [paced.name, paced] as const, [counting.name, counting] as const]);
  const keys = vertices.map(() => generateNodeKey());
  const planned = planOf(
    [
      { id: "source", operator: "paced-source", node: keys[0]!.node },
      { id: "increment", operator: "increment", inputs: ["source"], node: keys[1]!.node },
      { id: "sink", operator: "counting-sink", inputs: ["increment"], node: keys[2]!.node },
    ],
    operators,
  );
  const children = vertices.map(() => new Child(self, { HEDGEROW_BENCH_CELL: "1" }));
  try {
    const placed = new Map<string, Placed>();
    for (const [i, child] of children.entries()) {
      const answer = child.expect<Placed>("placed");
      const seed = Buffer.from(keys[i]!.seed).toString("hex");
      child.send({ vertex: vertices[i], seed, ...planned, load, receipts });
      placed.set(vertices[i]!, await answer);
    }
    for (const i of [2, 1, 0]) {
      const answer = children[i]!.expect("started");
      children[i]!.send({ type: "start", wiring: wiringOf(planned.plan, vertices[i]!, placed) });
      if (!(await answer)) throw new Error("a cell did not start");
    }
    const figures = children[2]!.expect<Figures>("figures");
    children[0]!.send({ type: "release" });
    return await figures;
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

export function runReference(root: string, load: Load): Promise<Figures> {
  return runCells(join(root, "bench/reference/tls-cell.mjs"), load, {});
}

/** The reference over NATS; a server of its own for each run. */
export function runNats(root: string, natsServer: string, load: Load): Promise<Figures> {
  const cell = join(root, "bench/reference/nats-cell.mjs");
  return withNatsServer(natsServer, certificate(), (serverPort) => runCells(cell, load, { serverPort }));
}

async function runCells(cell: string, load: Load, also: { readonly serverPort?: number }): Promise<Figures> {
  const tls = certificate();
  const headerBytes = batchBytes(prepareShape(recordShape), load.rows) - 64 * load.rows;
  const children = vertices.map(() => new Child(cell, {}));
  try {
    const ports: number[] = [];
    for (const [i, child] of children.entries()) {
      const answer = child.expect<number>("port");
      child.send({ vertex: vertices[i], load, tls, headerBytes, ...also });
      ports.push(await answer);
    }
    for (const i of [2, 1, 0]) {
      const answer = children[i]!.expect("started");
      children[i]!.send({ type: "start", port: ports[i + 1] ?? 0 });
      await answer;
    }
    const figures = children[2]!.expect<Figures>("figures");
    children[0]!.send({ type: "release" });
    return await figures;
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}
let made: Certificate | null = null;

/** One self-signed certificate for all three: each shows it, each asks for it. */
function certificate(): Certificate {
  if (made !== null) return made;
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    execFileSync(
      "openssl",
      ["req", "-x509", ...curve, "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=bench"],
      {
        stdio: "ignore",
      },
    );
    made = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

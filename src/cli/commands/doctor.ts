// hedgerow doctor: measures this machine, asks the node about itself, judges, and says what to mend.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { NodeNotRunning, type StatusView } from "../../sdk/index.ts";
import {
  type Check,
  check,
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeFunctions,
  judgeLiars,
  judgeListening,
  judgePeerClocks,
  judgePeers,
  judgePort,
  judgeRuntime,
} from "../doctor-checks.ts";
import { judgePods } from "../doctor-people.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { widthOf } from "../table.ts";
import { counted } from "../words.ts";

const clockSampleMs = 100;
const workerTimeoutMs = 5_000;
const npmTimeoutMs = 10_000;
const defaultPort = 4101;

export async function doctor(session: Session, _: string[], options: { node?: string }): Promise<ExitCode> {
  const progress = session.progress("examining this machine");
  let checks: Check[];
  try {
    const machine = await machineChecks(session);
    progress.step("asking the node");
    checks = [...machine, ...(await nodeChecks(session, options.node !== undefined))];
  } finally {
    progress.end();
  }
  const failed = checks.filter(({ verdict }) => verdict === "fail").length;
  const warned = checks.filter(({ verdict }) => verdict === "warn").length;
  await session.data({ ok: failed === 0, failed, warned, checks });
  await session.say(checksText(session, checks));
  const summary = failed === 0 && warned === 0 ? "nothing to mend" : `${failed} to mend, ${counted(warned, "warning")}`;
  await session.say(`\n${counted(checks.length, "check")}: ${summary}\n`);
  return failed === 0 ? exitCodes.done : exitCodes.failed;
}

function checksText(session: Session, checks: readonly Check[]): string {
  const { style } = session;
  const paint = { ok: style.good, warn: style.doubtful, fail: style.bad };
  const width = Math.max(...checks.map(({ name }) => widthOf(name)));
  return checks
    .map(({ name, verdict, says, mend }) => {
      const line = `${paint[verdict](verdict.padEnd(4))}  ${name.padEnd(width)}  ${says}\n`;
      return mend === undefined ? line : `${line}${" ".repeat(width + 8)}${style.dim("→")} ${mend}\n`;
    })
    .join("");
}

async function machineChecks(session: Session): Promise<Check[]> {
  return [
    judgeRuntime(process.version),
    await npmCheck(),
    judgeClock(await measureClock()),
    await workerCheck(),
    wasmCheck(),
    await helperCheck(session, "clang", "to build operators written in C", "apt-get install clang lld"),
    await helperCheck(session, "nats-server", "for the comparison in npm run bench", "apt-get install nats-server"),
  ];
}

function npmCheck(): Promise<Check> {
  return new Promise((done) => {
    execFile("npm", ["--version"], { timeout: npmTimeoutMs }, (error, stdout) => {
      done(
        error === null
          ? check("npm", "ok", stdout.trim())
          : check("npm", "warn", "it does not run", "Needed only to install and build; it comes with Node.js."),
      );
    });
  });
}

async function measureClock() {
  const wallBefore = Date.now();
  const monotonicBefore = performance.now();
  await new Promise((done) => setTimeout(done, clockSampleMs));
  const wallMs = Date.now();
  return { wallMs, wallPassedMs: wallMs - wallBefore, monotonicPassedMs: performance.now() - monotonicBefore };
}

async function diskCheck(folder: string): Promise<Check> {
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const found = await statfs(there);
  const disk = judgeDisk(there, found.bavail * found.bsize);
  if (disk.verdict !== "ok") return disk;
  const writable = await access(there, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable
    ? disk
    : check("disk", "fail", `${there} cannot be written to`, "Choose a folder of your own: --node FOLDER");
}

/** A worker that runs a module of its own: what every sandboxed cell needs. */
function workerCheck(): Promise<Check> {
  return new Promise((done) => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    const settle = (result: Check) => {
      clearTimeout(late);
      void worker.terminate();
      done(result);
    };
    const mend = "Cells run in worker threads: raise the limits on threads and memory (ulimit -u, ulimit -v).";
    const late = setTimeout(
      () => settle(check("worker threads", "fail", "did not start in time", mend)),
      workerTimeoutMs,
    );
    worker.once("message", () => settle(check("worker threads", "ok", "start and answer")));
    worker.once("error", (error) => settle(check("worker threads", "fail", error.message, mend)));
  });
}

/** The smallest module there is: magic and version. */
const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function wasmCheck(): Check {
  const { WebAssembly: engine } = globalThis as { WebAssembly?: { validate(bytes: Uint8Array): boolean } };
  return engine?.validate(emptyModule) === true
    ? check("webassembly", "ok", "modules compile")
    : check("webassembly", "fail", "modules do not compile", "Start Node.js without --jitless.");
}

async function helperCheck(session: Session, program: string, purpose: string, install: string): Promise<Check> {
  for (const folder of (session.terminal.env.PATH ?? "").split(delimiter)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return check(program, "ok", join(folder, program));
  }
  // Not needed to run anything, so not a warning either: it is said, and that is all.
  return check(program, "ok", `not installed; only ${purpose} (Debian: ${install})`);
}

async function nodeChecks(session: Session, insisted: boolean): Promise<Check[]> {
  try {
    const { signal } = session;
    const [facts, status] = await Promise.all([
      session.client.doctor({}, { signal }),
      session.client.status({}, { signal }),
    ]);
    return [
      check("node", "ok", `runs in ${session.folder}, version ${facts.version}`),
      judgeCertificate(facts.certificate, Date.now()),
      judgeFunctions(status),
      judgeListening(facts),
      judgeDisk(facts.disk.folder, facts.disk.freeBytes),
      ...judgePeers(facts),
      ...judgeLiars(facts),
      judgePeerClocks(facts),
      ...(await peopleChecks(session, status.people)),
    ];
  } catch (error) {
    if (!(error instanceof NodeNotRunning)) throw error;
    return notRunningChecks(session, insisted);
  }
}

async function notRunningChecks(session: Session, insisted: boolean): Promise<Check[]> {
  const { inspectNodeFolder } = await import("../../sdk/node-folder.ts");
  const { folderFacts } = await import("../../sdk/folder-facts.ts");
  const { isNode, hasPod, keeper } = folderFacts(session.folder);
  if (!isNode && hasPod) return personChecks(session, keeper);
  const { configured, certified, listenPorts } = await inspectNodeFolder(session.folder);
  const start = configured
    ? certified
      ? `Start it: hedgerow node start ${session.folder}`
      : `Have it certified: hedgerow authority issue ${join(session.folder, "node.request")} …`
    : "Try a local network: hedgerow up   or make a node: hedgerow node init";
  const says = configured ? `made in ${session.folder}, not running` : `none in ${session.folder}`;
  const ports = listenPorts.filter((port) => port !== 0);
  const free = await Promise.all(
    (configured ? ports : [defaultPort]).map(async (port) => judgePort(port, await isFree(port))),
  );
  // Without a node of ours, a taken port is no harm yet.
  const harmless = configured
    ? free
    : free.map((one) => (one.verdict === "fail" ? { ...one, verdict: "warn" as const } : one));
  const disk = await diskCheck(session.folder);
  const people = await peopleChecks(session, null);
  return [check("node", insisted ? "fail" : "warn", says, start), disk, ...harmless, ...people];
}

/** No node's folder, but a person's: hers is looked at where it is kept. */
async function personChecks(session: Session, keeper: string | null): Promise<Check[]> {
  const says = `${session.folder} is a person's folder, with her pod, and no node's`;
  const mend = keeper === null ? "Name the node's folder: --node FOLDER" : `Her node: hedgerow doctor --node ${keeper}`;
  const look = `Her pod and rules: hedgerow pod rules --node ${session.folder}`;
  return [check("node", "fail", says, `${mend}   ${look}`), ...(await peopleChecks(session, null))];
}

async function peopleChecks(session: Session, kept: StatusView["people"] | null): Promise<Check[]> {
  const { examinePeople } = await import("../../sdk/people-health.ts");
  return judgePods(await examinePeople(session.folder, session.signal), kept);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, () => server.close(() => done(true)));
  });
}

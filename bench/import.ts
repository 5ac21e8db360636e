// What an import takes: a bank's CSV and an Apple Health export, each through the command into an empty pod, in a process of its
// own. Beside the figures that are asked for stands a bare import: the same cells, split and inserted row by row with
// libsql, unencrypted, unchecked, without keys; and saxes alone. Interleaved; medians.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBankCsv, writeHealthXml } from "./import/files.ts";
import { type Bench, type BenchContext, type Row, row } from "./support/rows.ts";

export interface ImportOptions extends BenchContext {
  readonly repeats?: number;
  readonly megabytes?: number;
}

interface Run {
  readonly seconds: number;
  readonly peakMB: number;
}

const asked = { csv: 50, health: 20, memory: 200 } as const;
const pollMs = 20;

export default async function importBench(options: ImportOptions = {}): Promise<Bench> {
  const { root = process.cwd(), log = () => {}, repeats = 3, megabytes = 200 } = options;
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-import-"));
  try {
    const rows: Row[] = [];
    for (const [name, write, goal, bareName] of [
      ["CSV", writeBankCsv, asked.csv, "bare libsql, unencrypted, row by row"],
      ["Apple Health", writeHealthXml, asked.health, "saxes alone"],
    ] as const) {
      const file = join(folder, name === "CSV" ? "bank.csv" : "export.xml");
      const size = write(file, megabytes * 1e6) / 1e6;
      const [ours, bare, peaks]: [number[], number[], number[]] = [[], [], []];
      for (let n = 0; n < repeats; n++) {
        const node = join(folder, `node-${n}`);
        const run = await measured([join(root, "bin/hedgerow.js"), "pod", "import", file, "--yes", "--node", node]);
        rmSync(node, { recursive: true, force: true });
        const reference = await measured([
          join(root, "bench/reference/bare-import.mjs"),
          file,
          join(folder, "bare.db"),
        ]);
        rmSync(join(folder, "bare.db"), { force: true });
        ours.push(size / run.seconds);
        bare.push(size / reference.seconds);
        peaks.push(run.peakMB);
        log(
          `${name}: ${(size / run.seconds).toFixed(1)} MB/s, ${run.peakMB.toFixed(0)} MB; bare ${(size / reference.seconds).toFixed(1)} MB/s`,
        );
      }
      rows.push(row(`${name}, into a pod`, "MB/s", [ours, goal], "what is asked for", 1, "higher"));
      rows.push(row(`${name}, into a pod`, "MB/s", [ours, bare], bareName, name === "CSV" ? 1 : 0.5, "higher"));
      rows.push(row(`${name}, peak memory`, "MB", [peaks, asked.memory], "what is asked for", 1, "lower"));
    }
    return { name: "import", rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak memory as the kernel counts it, where it does (Linux). */
function measured(args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [...args], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    let peakMB = 0;
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const poll = setInterval(() => {
      try {
        const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
        peakMB = Math.max(peakMB, (Number(kilobytes ?? 0) * 1_024) / 1e6);
      } catch {
        // It has ended, or this is no Linux.
      }
    }, pollMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(poll);
      if (code !== 0) reject(new Error(`${args[0]} ended with ${code}: ${said.slice(-500)}`));
      else resolve({ seconds: (performance.now() - started) / 1_000, peakMB });
    });
  });
}

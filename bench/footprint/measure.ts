// Starts a program in a fresh process, and measures how long it takes to say `ready` and what it holds when idle.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A program that prints a line with `ready` in it when it is, and ends when its standard input does, or at SIGTERM. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Which line of its output says that it is ready. Default: one that starts with `ready`. */
  readonly ready?: RegExp;
}

export interface Footprint {
  readonly readyMs: number;
  readonly idleMiB: number;
}

const startLimitMs = 60_000;
/** Start-up garbage is collected and timers have settled by then; both programs get the same time. */
const idleAfterMs = 5_000;

export async function measure(program: Program): Promise<Footprint> {
  const [file, ...args] = program.command;
  const startedAt = performance.now();
  const child = spawn(file!, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...program.env } });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    const readyMs = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${program.name} was not ready in time`)), startLimitMs);
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on("line", (line) => {
          if (!(program.ready ?? /^ready/).test(line)) return;
          clearTimeout(timer);
          resolve(performance.now() - startedAt);
        });
      }
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${program.name} ended with ${code} before it was ready`)));
    });
    await new Promise((resolve) => setTimeout(resolve, idleAfterMs));
    return { readyMs, idleMiB: residentMiB(child.pid!) };
  } finally {
    child.stdin.end();
    const kill = setTimeout(() => child.kill("SIGTERM"), 2_000);
    await gone;
    clearTimeout(kill);
  }
}

function residentMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  if (kilobytes === undefined) throw new Error("this machine does not say how much memory a process holds");
  return Number(kilobytes) / 1024;
}

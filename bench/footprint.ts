// Idle memory and time to ready of a whole node against a bare js-libp2p node with the same transports and DHT. Each in a
// fresh process, interleaved; medians. Ours is bundled as dist/ is; the reference runs as npm installs it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { createAuthority, enrolNode } from "../src/sdk/authority.ts";
import { type Footprint, measure, type Program } from "./footprint/measure.ts";

export interface FootprintOptions {
  readonly root?: string;
  readonly log?: (line: string) => void;
  readonly repeats?: number;
}

interface Row {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  readonly ratio: number;
  readonly goal: number;
  readonly better: "lower";
}

export default async function footprint(options: FootprintOptions = {}): Promise<{ name: string; rows: Row[] }> {
  const { root = process.cwd(), log = () => {}, repeats = 5 } = options;
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-footprint-"));
  try {
    const bare: Program = {
      name: "bare js-libp2p",
      command: [process.execPath, join(root, "bench/reference/bare-libp2p.mjs")],
    };
    const ours = await daemonProgram(root, folder);
    const measured: { ours: Footprint[]; bare: Footprint[] } = { ours: [], bare: [] };
    for (let i = 0; i < repeats; i++) {
      // The order alternates, so that neither always finds the caches warm.
      for (const which of i % 2 === 0 ? (["ours", "bare"] as const) : (["bare", "ours"] as const)) {
        const program = which === "ours" ? ours : bare;
        const figures = await measure(program);
        measured[which].push(figures);
        log(`${program.name}: ready in ${figures.readyMs.toFixed(0)} ms, idle ${figures.idleMiB.toFixed(1)} MiB`);
      }
    }
    const row = (name: string, unit: string, pick: keyof Footprint, goal: number): Row => {
      const [mine, reference] = [median(measured.ours, pick), median(measured.bare, pick)];
      const ratio = mine / reference;
      return { case: name, unit, ours: mine, reference, referenceName: bare.name, ratio, goal, better: "lower" };
    };
    return {
      name: "footprint",
      rows: [row("idle resident memory", "MiB", "idleMiB", 1.25), row("time to ready", "ms", "readyMs", 1.3)],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(figures: readonly Footprint[], pick: keyof Footprint): number {
  const sorted = figures.map((one) => one[pick]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** The whole daemon, with its API, on a folder as `node init` makes it. */
async function daemonProgram(root: string, folder: string): Promise<Program> {
  const authority = await createAuthority({ network: "bench.network", folder: join(folder, "authority") });
  const own = join(folder, "node");
  await enrolNode(authority, own, { principal: "bench", roles: ["producer", "transform", "exit"] });
  const configuration = {
    hedgerow: 1,
    name: "bench",
    functions: ["producer", "transform", "exit"],
    listen: ["/ip4/127.0.0.1/tcp/0"],
    edges: { host: "127.0.0.1", port: 0 },
  };
  writeFileSync(join(own, "node.yaml"), stringify(configuration));
  return {
    name: "daemon",
    command: [process.execPath, join(root, "dist/node/main.js"), "--folder", own, "--until-stdin-ends"],
    ready: /"node-ready"/,
  };
}

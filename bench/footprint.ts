// Idle memory and time to ready of a whole node against a bare js-libp2p node with the same transports and DHT. Each in a
// fresh process, interleaved; medians. Ours is bundled as dist/ is; the reference runs as npm installs it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { createAuthority, enrolNode } from "../src/sdk/authority.ts";
import { type Footprint, measure, type Program } from "./footprint/measure.ts";
import { type Bench, type BenchContext, type Row, row } from "./support/rows.ts";

export interface FootprintOptions extends BenchContext {
  readonly repeats?: number;
}

export default async function footprint(options: FootprintOptions = {}): Promise<Bench> {
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
    const rowOf = (name: string, unit: string, pick: keyof Footprint, goal: number): Row => {
      const figures = [measured.ours.map((one) => one[pick]), measured.bare.map((one) => one[pick])] as const;
      return row(name, unit, figures, bare.name, goal, "lower");
    };
    return {
      name: "footprint",
      rows: [rowOf("idle resident memory", "MiB", "idleMiB", 1.25), rowOf("time to ready", "ms", "readyMs", 1.3)],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

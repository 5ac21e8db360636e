// Idle memory and time to ready of our node against a bare js-libp2p node with the same transports and DHT. Each in a
// fresh process, interleaved; medians. Ours is bundled as dist/ is; the reference runs as npm installs it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, generateNodeKey, pemOf } from "../src/io/identity/index.ts";
import { type Footprint, measure, type Program } from "./footprint/measure.ts";

export interface FootprintOptions {
  readonly root?: string;
  readonly log?: (line: string) => void;
  /** What to measure instead of the overlay alone, for example the whole daemon. */
  readonly ours?: Program;
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
    const ours = options.ours ?? (await overlayProgram(root, folder));
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

/** The overlay alone: bundled beside dist/, with papers of its own. */
async function overlayProgram(root: string, folder: string): Promise<Program> {
  const file = join(root, ".cache/bench/overlay-node.mjs");
  const esbuild = await import("esbuild");
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["bench/footprint/overlay-node.ts"],
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
    legalComments: "none",
    banner: { js: 'import { createRequire as __r } from "node:module"; const require = __r(import.meta.url);' },
  });
  const authority = await createAuthority({ network: "bench.network", folder: join(folder, "authority"), years: 1 });
  if (!authority.ok) throw new Error(authority.code);
  const key = generateNodeKey();
  const order = { subject: { publicKey: key.publicKey }, principal: "Bench", roles: [], days: 1 };
  const issued = await authority.value.issue(order);
  if (!issued.ok) throw new Error(issued.code);
  writeFileSync(join(folder, "node.key"), pemOf(key), { mode: 0o600 });
  writeFileSync(join(folder, "node.crt"), issued.value.pem);
  writeFileSync(join(folder, "authority.crt"), authority.value.certificatePem);
  return { name: "overlay", command: [process.execPath, file, folder] };
}

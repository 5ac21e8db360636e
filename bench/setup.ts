// From `query run` to running: a query of three cells on three nodes, each node a process of its own, against what bare
// js-libp2p needs for six sequential round trips (warm) and for three dials (cold). Interleaved; medians.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalNode, type LocalNodeOrder, startLocalNetwork } from "../src/sdk/local-network.ts";
import { BarePeers } from "./setup/bare-peers.ts";
import { disconnectedVenues, pipelineOn, setUp, withoutStrays } from "./setup/network.ts";
import { type Bench, type BenchContext, type Row, row } from "./support/rows.ts";

export interface SetupOptions extends BenchContext {
  readonly repeats?: number;
}

/** So many are made before any is measured: both sides run compiled code, as on a node that has been up for a while. */
const warmUps = 10;
const warmRepeats = 21;
/** Venue nodes of the cold network: far more than the analyst keeps connections to (at most eight neighbours). */
const coldVenues = 20;
const coldRepeats = 4;

const venueOf = (index: number): LocalNodeOrder => ({
  name: `venue-${index}`,
  roles: ["producer", "transform", "exit"],
});
const analyst: LocalNodeOrder = { name: "analyst", roles: ["analyst"] };

export default async function setup(options: SetupOptions = {}): Promise<Bench> {
  const { root = process.cwd(), log = () => {} } = options;
  return {
    name: "setup",
    rows: [...(await warm(root, log, options.repeats)), ...(await cold(root, log, options.repeats))],
  };
}

async function warm(root: string, log: (line: string) => void, repeats = warmRepeats): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-setup-"));
  const nodes = [...[0, 1, 2].map(venueOf), analyst];
  const network = await startLocalNetwork({ folder, nodes, network: "bench.setup", logLevel: "warn" });
  const bare = await BarePeers.start(root, 3);
  try {
    await network.converged();
    await bare.dial();
    const query = pipelineOn([0, 1, 2].map((index) => network.node(venueOf(index).name)));
    const figures = { ours: [] as number[], perStream: [] as number[], kept: [] as number[] };
    for (let i = 0; i < warmUps + repeats; i++) {
      const setupMs = await setUp(network.analyst, query);
      const perStream = await bare.ask(6, "one per request");
      const kept = await bare.ask(6, "kept");
      if (i < warmUps) continue;
      figures.ours.push(setupMs);
      figures.perStream.push(perStream);
      figures.kept.push(kept);
      log(`warm: ours ${ms(setupMs)}; six round trips ${ms(perStream)}, on kept streams ${ms(kept)}`);
    }
    const { ours, perStream, kept } = figures;
    return [
      row(
        "three nodes, warm connections",
        "ms",
        [ours, perStream],
        "six round trips, bare libp2p, a stream each",
        2,
        "lower",
      ),
      row(
        "three nodes, warm connections",
        "ms",
        [ours, kept],
        "six round trips, bare libp2p, streams kept open",
        2,
        "lower",
      ),
    ];
  } finally {
    bare.stop();
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function cold(root: string, log: (line: string) => void, repeats = coldRepeats): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-bench-setup-"));
  const nodes = [analyst, ...Array.from({ length: coldVenues }, (_, index) => venueOf(index))];
  const network = await startLocalNetwork({ folder, nodes, network: "bench.setup", logLevel: "warn" });
  try {
    await network.converged();
    await withoutStrays(network.analyst);
    const figures = { ours: [] as number[], first: [] as number[], again: [] as number[] };
    for (let i = 0; i < repeats; i++) {
      const bare = await BarePeers.start(root, 3);
      try {
        const venues: LocalNode[] = (await disconnectedVenues(network)).slice(0, 3);
        const setupMs = await setUp(network.analyst, pipelineOn(venues));
        const first = await bare.dial();
        for (let round = 0; round < 8; round++) {
          await bare.hangUp();
          await bare.dial();
        }
        await bare.hangUp();
        const again = await bare.dial();
        figures.ours.push(setupMs);
        figures.first.push(first);
        figures.again.push(again);
        log(`cold: ours ${ms(setupMs)}; three dials ${ms(first)}, after nine times as many ${ms(again)}`);
      } finally {
        bare.stop();
      }
    }
    const { ours, first, again } = figures;
    return [
      row(
        "three nodes, no connections",
        "ms",
        [ours, first],
        "three dials, bare libp2p, first of their processes",
        1.5,
        "lower",
      ),
      row("three nodes, no connections", "ms", [ours, again], "three dials, bare libp2p, after many", 1.5, "lower"),
    ];
  } finally {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

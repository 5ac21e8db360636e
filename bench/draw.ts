// The draw: what checking a roster costs beside the bare signatures in it, with certificates to be verified and with known
// ones; what a complete draw among nodes in this process costs beside its bare signatures; and the k-table of a billion
// nodes. Processor time of this process; interleaved; medians.
import { generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { kTable, verifyRoster } from "../src/core/draw/index.ts";
import { type Certify, type Counted, type Nodes, nodesThatDraw, type Order } from "./draw/nodes.ts";
import { type Bench, type BenchContext, processorUs, row } from "./support/rows.ts";

const repeats = 9;
const k = 4;
const actors = 32;
/** As many nodes as a node cache holds; with these assumptions most places need four witnesses. */
const assumptions = { nodes: 512, colluding: 4, alpha: 1e-8 };
const drawsEach = 24;
const checksEach = 400;

export default async function bench({ log = () => {} }: BenchContext = {}): Promise<Bench> {
  const nodes = await nodesThatDraw(assumptions);
  const orders = ordersWith(nodes, k, drawsEach);
  const { drawn } = nodes.prepare("known")(orders[0]!);
  const { roster } = drawn!;
  const bare = bareSignatures();
  const check = (certify: Certify) => () => {
    const ports = { crypto: nodes.crypto, certify: nodes[certify] };
    const verified = verifyRoster(roster, nodes.rules, ports, { nowMs: roster.header.atMs });
    if (!verified.ok || roster.witnesses.length !== k) throw new Error("the roster does not verify");
  };
  const reference = () => {
    for (let i = 0; i < 2 * k; i++) bare.verify();
  };
  const table = () => {
    if (!kTable({ nodes: 1e9, colluding: 1e7, alpha: 1e-10 }).ok) throw new Error("no table");
  };
  const seen = { fresh: [], known: [], bare: [], table: [] } as Record<string, number[]>;
  const whole: Record<Certify, { ours: number[]; reference: number[] }> = {
    fresh: { ours: [], reference: [] },
    known: { ours: [], reference: [] },
  };
  for (let i = 0; i <= repeats; i++) {
    const fresh = processorUs(check("fresh"), checksEach);
    const plain = processorUs(reference, checksEach);
    const known = processorUs(check("known"), checksEach);
    const tables = processorUs(table, 5) / 1_000;
    const draws = { fresh: drawAll(nodes, "fresh", orders), known: drawAll(nodes, "known", orders) };
    const signUs = processorUs(bare.sign, checksEach * k);
    const verifyUs = processorUs(bare.verify, checksEach * k);
    if (i === 0) continue; // warm
    seen.fresh!.push(1e6 / fresh);
    seen.known!.push(1e6 / known);
    seen.bare!.push(1e6 / plain);
    seen.table!.push(tables);
    for (const certify of ["fresh", "known"] as const) {
      const { us, counted } = draws[certify];
      whole[certify].ours.push(us / 1_000 / orders.length);
      const bareUs = counted.signed * signUs + counted.verified * verifyUs;
      whole[certify].reference.push(bareUs / 1_000 / orders.length);
    }
    log(
      `${i}/${repeats} rosters/s: fresh ${Math.round(1e6 / fresh)}, known ${Math.round(1e6 / known)}, bare ${Math.round(1e6 / plain)}; ` +
        `draw ${whole.fresh.ours.at(-1)!.toFixed(2)} of ${whole.fresh.reference.at(-1)!.toFixed(2)} ms, ` +
        `known ${whole.known.ours.at(-1)!.toFixed(2)} of ${whole.known.reference.at(-1)!.toFixed(2)} ms; ` +
        `sign ${signUs.toFixed(1)}, verify ${verifyUs.toFixed(1)} µs; table ${tables.toFixed(2)} ms`,
    );
  }
  const plainly = `${2 * k} bare verifications`;
  const draws = (certify: Certify) => [whole[certify].ours, whole[certify].reference] as const;
  return {
    name: "draw",
    rows: [
      row("verify a roster, k = 4", "rosters/s", [seen.fresh!, seen.bare!], plainly, 0.9, "higher"),
      row("the same, certificates known", "rosters/s", [seen.known!, seen.bare!], plainly, 1.5, "higher"),
      row("a draw, k = 4, 32 processors", "ms", draws("fresh"), "its signatures alone", 2, "lower"),
      row("the same, certificates known", "ms", draws("known"), "its signatures alone", 2, "lower"),
      row("k-table, 1e9 nodes, 1e7 colluding", "ms", [seen.table!, [20]], "allowed", 1, "lower"),
    ],
  };
}

/** Draws in which beacon and roster have exactly so many witnesses, and the lot falls once. */
function ordersWith(nodes: Nodes, witnesses: number, count: number): Order[] {
  const found: Order[] = [];
  for (let trigger = 0; found.length < count; trigger++) {
    const order = { trigger, seed: `draw ${trigger}`, actors, nowMs: Date.now() };
    const { drawn } = nodes.prepare("known")(order);
    const fits = drawn?.beacon.parts.length === witnesses && drawn.list.witnesses.length === witnesses;
    if (fits && drawn.roster.attempt === 0) found.push(order);
  }
  return found;
}

function drawAll(nodes: Nodes, certify: Certify, orders: readonly Order[]): { us: number; counted: Counted } {
  const draw = nodes.prepare(certify);
  let counted: Counted = { signed: 0, verified: 0 };
  const us = processorUs(() => {
    for (const order of orders) ({ counted } = draw(order));
  }, 1);
  return { us, counted };
}

/** Ed25519 as node:crypto does it, on 64 bytes. */
function bareSignatures(): { sign(): void; verify(): void } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519") as { publicKey: KeyObject; privateKey: KeyObject };
  const message = new Uint8Array(64).fill(7);
  const signature = sign(null, message, privateKey);
  return {
    sign: () => void sign(null, message, privateKey),
    verify() {
      if (!verify(null, message, publicKey, signature)) throw new Error("a good signature does not verify");
    },
  };
}

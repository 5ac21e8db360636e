// One owner whom a planned question is about, and the papers of those who will gather: what calls her.
import type { GathererPaper } from "../../src/core/asking/messages.ts";
import type { Opener } from "../../src/core/asking/sealing.ts";
import { gathererOf, hashOfTag } from "../../src/core/asking/tags.ts";
import { toCanonical } from "../../src/core/base/index.ts";
import { countedSealing } from "../../src/sim/asking/index.ts";
import { askingWorld } from "./asking.ts";

export const world = askingWorld({ owners: 1, sealing: countedSealing });
export const query = world.query();
export const roster = world.draw(query);
export const plan = world.plan(query, roster);
export const { nowMs, random } = world;
export const { node, pod } = world.pods[0]!;
export const crypto = world.draws.crypto;
export const commissions = world.commissions(node.node);
export function commissionOf(of = plan) {
  const read = commissions.read(toCanonical(of), nowMs, { young: false });
  if (!read.ok) throw new Error(`${read.code} ${read.detail}`);
  return read.value;
}
export const commission = commissionOf();
export const openers: Opener[] = [];
export const papers: GathererPaper[] = commission.gatherers.map(({ vertex }) => {
  const { publicKey, opener } = world.sealing.keyPair();
  openers.push(opener);
  return { cell: vertex.id, node: vertex.node, incarnation: 0, publicKey, evidence: publicKey };
});

export const tag = random.bytes(16);
export const place = (of: Uint8Array) => gathererOf(crypto, hashOfTag(crypto, of), commission.round, papers.length);

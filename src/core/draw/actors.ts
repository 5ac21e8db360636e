// Who is drawn (SEP2P §3.5, steps 8c to 8e): a procedure that nobody can predict and everybody repeats.
import { accept, type NodeId, nodeIdOfPublicKey, publicKeyBytes, type Result, refuse } from "../base/index.ts";
import type { Disclosure } from "./messages.ts";
import { compareBytes } from "./neighbourhood.ts";
import { xorAll } from "./statement.ts";

export interface Drawn {
  readonly actors: readonly NodeId[];
  /** Those that not every witness named, each with a witness that did: their papers must be looked at. */
  readonly unattested: ReadonlyMap<NodeId, NodeId>;
}

/** null: the candidates are fewer than the processors wanted. */
export function drawActors(disclosures: readonly Disclosure[], wanted: number): Result<Drawn | null> {
  const named = new Map<string, { readonly key: Uint8Array; readonly by: NodeId; count: number }>();
  for (const { witness, candidates } of disclosures) {
    if (candidates.length % publicKeyBytes !== 0)
      return refuse("draw-candidate-false", { blame: witness, detail: "half a key" });
    let before: Uint8Array | null = null;
    for (let at = 0; at < candidates.length; at += publicKeyBytes) {
      const key = candidates.subarray(at, at + publicKeyBytes);
      // In ascending order, so that none is named twice and one set has one encoding.
      if (before !== null && compareBytes(before, key) >= 0)
        return refuse("draw-candidate-false", { blame: witness, detail: "not in order" });
      before = key;
      const text = String.fromCharCode(...key);
      const known = named.get(text);
      if (known === undefined) named.set(text, { key, by: witness, count: 1 });
      else known.count++;
    }
  }
  if (named.size < wanted) return accept(null);
  const random = xorAll(disclosures.map((disclosure) => disclosure.random));
  const first = [...named.values()]
    .map((candidate) => ({ ...candidate, rank: xorAll([candidate.key, random]) }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
    .slice(0, wanted)
    .map(({ key, by, count }) => ({ node: nodeIdOfPublicKey(key), by, count }));
  const unattested = first.filter(({ count }) => count < disclosures.length);
  return accept({
    actors: first.map(({ node }) => node),
    unattested: new Map(unattested.map(({ node, by }) => [node, by])),
  });
}

// Proxy forwarders (SEP2P §5.3): a message in layers, each sealed to one forwarder. The first knows who sends, the last to whom,
// and none of them what. Whoever sends chooses them: she is the most interested in it.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import { type AskMessage, encodeAsk, encodeLayer } from "./messages.ts";
import { type KnownNode, nothing, type Sealer, uses } from "./sealing.ts";

export interface PathWish {
  readonly length: number;
  /** Never taken. */
  readonly self: NodeId;
  /** Not taken while others are there: who could put together who sent and what. */
  readonly avoid: readonly NodeId[];
  /** Not taken while others are there: they were tried before. */
  readonly tried?: ReadonlySet<NodeId>;
}

/** Different nodes, in the order in which they pass the message on; fewer where the network has fewer. */
export function choosePath(members: readonly KnownNode[], wish: PathWish, coins: Coins): KnownNode[] {
  const pools: KnownNode[][] = [[], [], []];
  for (const member of members) {
    if (member.node === wish.self) continue;
    const rank = wish.avoid.includes(member.node) ? 2 : wish.tried?.has(member.node) === true ? 1 : 0;
    pools[rank]!.push(member);
  }
  const path: KnownNode[] = [];
  // Who is to be avoided carries a message only where there is nobody else at all.
  const usable = pools[0]!.length + pools[1]!.length > 0 ? pools.slice(0, 2) : pools;
  for (const pool of usable)
    while (path.length < wish.length && pool.length > 0) path.push(pool.splice(coins.below(pool.length), 1)[0]!);
  // Those tried before must not always come last.
  for (let i = path.length - 1; i > 0; i--) {
    const j = coins.below(i + 1);
    [path[i], path[j]] = [path[j]!, path[i]!];
  }
  return path;
}

export interface Wrapped {
  readonly to: NodeId;
  readonly message: AskMessage;
}

/** From the inside out. Without a forwarder it refuses: a message that goes straight says who sent what. */
export function wrap(sealer: Sealer, path: readonly KnownNode[], to: NodeId, message: AskMessage): Result<Wrapped> {
  if (path.length === 0) return refuse("ask-no-forwarder");
  let wrapped: Wrapped = { to, message };
  for (const { node, sealingKey } of [...path].reverse()) {
    const layer = encodeLayer({ to: wrapped.to, body: encodeAsk(wrapped.message) });
    const sealed = sealer.seal(sealingKey, uses.layer, nothing, layer);
    if (!sealed.ok) return sealed;
    wrapped = { to: node, message: { type: "forward", sealed: sealed.value } };
  }
  return accept(wrapped);
}

// Proxy forwarders (SEP2P §5.3): a message in layers, each sealed to one forwarder. The first knows who sends, the last to whom,
// and none of them what. Whoever sends chooses them: she is the most interested in it.
import { accept, type NodeId, type Result, refuse } from "../base/index.ts";
import type { Coins } from "../privacy/index.ts";
import { limits } from "./limits.ts";
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
  const path: KnownNode[] = [];
  const isTaken = ({ node }: KnownNode) => node === wish.self || path.some((one) => one.node === node);
  const isShunned = ({ node }: KnownNode) => wish.avoid.includes(node) || wish.tried?.has(node) === true;
  // In a large network nearly every node will do.
  for (let i = 0; i < wish.length * limits.pathDraws && path.length < wish.length && members.length > 0; i++) {
    const member = members[coins.below(members.length)]!;
    if (!isTaken(member) && !isShunned(member)) path.push(member);
  }
  if (path.length === wish.length) return path;
  const left = members.filter((member) => !isTaken(member));
  const pools = [
    left.filter((member) => !isShunned(member)),
    left.filter((member) => isShunned(member) && !wish.avoid.includes(member.node)),
    left.filter((member) => wish.avoid.includes(member.node)),
  ];
  for (const [rank, pool] of pools.entries()) {
    // Who is to be avoided carries a message only where there is nobody else at all.
    if (rank === 2 && path.length > 0) break;
    while (path.length < wish.length && pool.length > 0) path.push(pool.splice(coins.below(pool.length), 1)[0]!);
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

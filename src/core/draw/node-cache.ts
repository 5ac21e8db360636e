// The node cache (SEP2P §3.5, §3.6): whom a node knows, sorted by how many leading bits of the place they share with its
// own, kept up one node at a time. The cache proper is the block of all that share `depth` bits: the smallest such block
// that holds at least twice the size that the network asks for, so that it holds R3 also where another node reckons with
// half as many nodes. From the density of that block follows N (estimate.ts). By XOR distance only: what live nodes use.
//
// INVARIANT 1: `members` is exactly whom membership believes to be up, and whom attested caches name besides.
// INVARIANT 2: nothing here walks all nodes when one of them changes.
import { accept, assert, type NodeId, type Result } from "../base/index.ts";
import { estimateNodes, type NodesEstimate } from "./estimate.ts";
import { type KTable, kTable } from "./k-table.ts";
import { limits } from "./limits.ts";
import type { DrawMember, Neighbourhood } from "./neighbourhood.ts";
import { leadDistance } from "./region.ts";

export interface NodeCacheOrder {
  readonly self: DrawMember;
  readonly colluding: number;
  readonly alpha: number;
  /** Nodes that R3 shall hold. */
  readonly cacheNodes: number;
}

export interface NodeCache {
  readonly order: NodeCacheOrder;
  /** Believed to be up, ourselves among them. */
  readonly members: Map<NodeId, DrawMember>;
  /** The same by shared bits: 0 to 32. */
  readonly shells: readonly Map<NodeId, DrawMember>[];
  /** Known, but suspected to be down. */
  readonly doubted: Map<NodeId, DrawMember>;
  /** Named by attested caches, not by membership: until when they are believed. */
  readonly vouched: Map<NodeId, number>;
  readonly byCertificate: Map<string, DrawMember>;
  estimated: { readonly found: number; readonly depth: number; readonly estimate: NodesEstimate } | null;
  table: { readonly nodes: number; readonly made: Result<KTable> } | null;
}

export interface CachedBlock {
  /** Leading bits that all in it share: a share 2^-depth of the space. */
  readonly depth: number;
  readonly nodes: number;
}

export interface DensityEstimate extends NodesEstimate {
  /** The block that it rests on: so many nodes, ourselves among them, in a share 2^-depth of the space. */
  readonly cached: number;
  readonly depth: number;
}

export function createNodeCache(order: NodeCacheOrder): NodeCache {
  const cache: NodeCache = {
    order,
    members: new Map(),
    shells: Array.from({ length: 33 }, () => new Map()),
    doubted: new Map(),
    vouched: new Map(),
    byCertificate: new Map(),
    estimated: null,
    table: null,
  };
  enter(cache, order.self);
  return cache;
}

/** Membership says that it is there. */
export function know(cache: NodeCache, member: DrawMember): void {
  cache.vouched.delete(member.node);
  if (cache.doubted.has(member.node)) cache.doubted.set(member.node, member);
  else enter(cache, member);
}

/** It left, died or was revoked. */
export function forget(cache: NodeCache, node: NodeId): void {
  if (node === cache.order.self.node) return;
  cache.doubted.delete(node);
  cache.vouched.delete(node);
  leave(cache, node);
}

/** All that are suspected just now: whoever was and is no longer comes back. */
export function doubt(cache: NodeCache, suspected: Iterable<NodeId>): void {
  const now = new Set(suspected);
  for (const [node, member] of cache.doubted) {
    if (now.has(node)) continue;
    cache.doubted.delete(node);
    enter(cache, member);
  }
  for (const node of now) {
    const member = cache.members.get(node);
    if (member === undefined || node === cache.order.self.node) continue;
    leave(cache, node);
    cache.doubted.set(node, member);
  }
}

/** An attested cache names it: believed for a while, unless membership knows better. */
export function vouch(cache: NodeCache, member: DrawMember, untilMs: number): void {
  const { vouched, members, doubted } = cache;
  if (doubted.has(member.node) || (members.has(member.node) && !vouched.has(member.node))) return;
  if (vouched.size >= limits.maxVouched && !vouched.has(member.node)) return;
  vouched.set(member.node, untilMs);
  enter(cache, member);
}

export function endVouches(cache: NodeCache, nowMs: number): void {
  for (const [node, untilMs] of cache.vouched) if (nowMs >= untilMs) forget(cache, node);
}

function enter(cache: NodeCache, member: DrawMember): void {
  const before = cache.members.get(member.node);
  if (before === member) return;
  if (before !== undefined) cache.byCertificate.delete(nameOf(before.certificate));
  cache.members.set(member.node, member);
  cache.shells[sharedBits(cache, member)]!.set(member.node, member);
  cache.byCertificate.set(nameOf(member.certificate), member);
}

function leave(cache: NodeCache, node: NodeId): void {
  const member = cache.members.get(node);
  if (member === undefined) return;
  cache.members.delete(node);
  cache.shells[sharedBits(cache, member)]!.delete(node);
  cache.byCertificate.delete(nameOf(member.certificate));
}

function sharedBits({ order }: NodeCache, member: DrawMember): number {
  return Math.clz32(leadDistance(order.self.location, member.location));
}

/** Known by exactly this certificate: then it was verified before. */
export function knownBy(cache: NodeCache, certificate: Uint8Array): DrawMember | undefined {
  return cache.byCertificate.get(nameOf(certificate));
}

function nameOf(certificate: Uint8Array): string {
  let name = "";
  for (let at = 0; at < certificate.length; at += 2)
    name += String.fromCharCode((certificate[at]! << 8) | (certificate[at + 1] ?? 0));
  return `${certificate.length}${name}`;
}

/** The smallest block round the own place that still holds twice what R3 shall hold; everything, where nothing does. */
export function blockOf({ shells, order }: NodeCache): CachedBlock {
  let nodes = 0;
  for (let depth = shells.length - 1; depth >= 0; depth--) {
    nodes += shells[depth]!.size;
    if (nodes >= 2 * order.cacheNodes || depth === 0) return { depth, nodes };
  }
  return { depth: 0, nodes };
}

export function* cachedMembers(cache: NodeCache): Generator<DrawMember> {
  for (let depth = blockOf(cache).depth; depth < cache.shells.length; depth++) yield* cache.shells[depth]!.values();
}

/** A few of each shell: over them everybody reaches everybody, as lookups in Kademlia do, also when one of them is down. */
export function contacts(cache: NodeCache): NodeId[] {
  const found: NodeId[] = [];
  for (const shell of cache.shells) {
    let left: number = limits.contactsPerShell;
    for (const node of shell.keys()) {
      if (node === cache.order.self.node) continue;
      found.push(node);
      if (--left === 0) break;
    }
  }
  return found;
}

/**
 * N from the density of the own block. Of two neighbouring blocks the counts decide which is looked at, so each is asked
 * for half of the doubt: both intervals hold with 95 %. In a network that is all cache there is nothing to estimate.
 */
export function estimateOf(cache: NodeCache): DensityEstimate {
  const block = blockOf(cache);
  const found = block.nodes - 1;
  if (cache.estimated?.found !== found || cache.estimated.depth !== block.depth) {
    const { nodes } = block;
    const counted = { nodes, low: nodes, high: nodes, confidence: 1, error: 0 };
    const estimate =
      block.depth === 0 ? counted : { ...estimateNodes({ found, rs: 2 ** -block.depth }, 0.975), confidence: 0.95 };
    cache.estimated = { found, depth: block.depth, estimate };
  }
  return { ...cache.estimated.estimate, cached: block.nodes, depth: block.depth };
}

/**
 * What the machines decide by. The table's rows follow from C and α; only where it ends follows from N. It ends where
 * that of half as many nodes does, rounded down to a power of two: so nodes whose estimates differ judge by the same rows.
 */
export function neighbourhoodOf(cache: NodeCache): Result<Neighbourhood> {
  const { colluding, alpha, cacheNodes } = cache.order;
  const { nodes } = estimateOf(cache);
  const least = Math.max(2, colluding + 1);
  const judged = Math.max(least, 2 ** Math.floor(Math.log2(Math.max(2, nodes / 2))));
  if (cache.table?.nodes !== judged) cache.table = { nodes: judged, made: tableFor(judged, Math.max(least, nodes)) };
  const table = cache.table.made;
  if (!table.ok) return table;
  assert(cache.members.size > 0, "a node knows at least itself");
  return accept({ geometry: "xor", table: table.value, nodes, members: cache.members, cacheNodes });

  function tableFor(fewer: number, all: number): Result<KTable> {
    const made = kTable({ nodes: fewer, colluding, alpha });
    return made.ok ? made : kTable({ nodes: all, colluding, alpha });
  }
}

// A network of nodes that join through attested caches, message by message: the live machines of core/cache and the node
// cache of core/draw in the kernel. Membership is what a scenario says it is: `tell` gives a node news, `hide` keeps them.
import {
  accept,
  fromCanonical,
  type NodeId,
  type Result,
  refuse,
  type Signer,
  toCanonical,
} from "../../core/base/index.ts";
import {
  type CacheEffect,
  type CacheEvent,
  type CacheFacts,
  type CacheMessage,
  type CacheState,
  createCache,
  decodeCacheMessage,
  type Evidence,
  encodeCacheMessage,
  stepCache,
} from "../../core/cache/index.ts";
import {
  blockOf,
  contacts,
  createNodeCache,
  type DrawMember,
  type DrawPorts,
  drawRules,
  endVouches,
  forget,
  know,
  locationOf,
  type NodeCache,
  neighbourhoodOf,
  vouch,
} from "../../core/draw/index.ts";
import {
  type Behaviour,
  type LinkQuality,
  type NodeContext,
  Random,
  Simulation,
  simulatedCrypto,
  simulatedIdentity,
} from "../kernel/index.ts";

export interface CacheNetworkOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly colluding: number;
  readonly alpha: number;
  readonly cacheNodes?: number;
  readonly link?: LinkQuality;
  /** Nodes that the others are told of at the start; the rest join later. Default: all. */
  readonly known?: number;
}

export interface CacheNode {
  readonly member: DrawMember;
  readonly signer: Signer;
  cache: NodeCache;
  state: CacheState | null;
}

export const cacheNetworkName = "sim.cache";

export function cacheNetwork(options: CacheNetworkOptions) {
  const { seed, nodes: count, colluding, alpha, cacheNodes = 512, known = count } = options;
  const random = new Random(seed);
  const crypto = simulatedCrypto();
  const authority = simulatedIdentity(random.fork());
  const rules = drawRules({ network: cacheNetworkName, geometry: "xor", colluding, alpha });
  const ports: DrawPorts = { crypto, certify };
  function certify(certificate: Uint8Array): Result<DrawMember> {
    const plain = fromCanonical(certificate);
    if (!plain.ok) return plain;
    const { body, signature } = plain.value as { body: Uint8Array; signature: Uint8Array };
    if (!crypto.verify(authority.signer.publicKey, body, signature)) return refuse("bad-signature");
    const { node, publicKey, processes } = (fromCanonical(body) as { value: DrawMember }).value;
    return accept({ node, publicKey, location: locationOf(crypto, publicKey), certificate, processes });
  }
  const cacheOf = (self: DrawMember) => createNodeCache({ self, colluding, alpha, cacheNodes });
  const nodes: CacheNode[] = Array.from({ length: count }, () => {
    const { node, signer } = simulatedIdentity(random.fork());
    const body = toCanonical({ node, publicKey: signer.publicKey, processes: true });
    const certificate = toCanonical({ body, signature: authority.signer.sign(body) });
    const location = locationOf(crypto, signer.publicKey);
    const member = { node, publicKey: signer.publicKey, location, certificate, processes: true };
    return { member, signer, cache: cacheOf(member), state: null };
  });
  for (const { cache } of nodes.slice(0, known)) for (const { member } of nodes.slice(0, known)) know(cache, member);
  const byId = new Map(nodes.map((node) => [node.member.node, node]));
  const reported: { readonly node: NodeId; readonly evidence: Evidence }[] = [];
  const silent: { readonly node: NodeId; readonly of: NodeId }[] = [];
  const simulation = new Simulation<CacheMessage>({
    seed,
    ...(options.link === undefined ? {} : { link: options.link }),
    wire: { encode: encodeCacheMessage, decode: decodeCacheMessage },
  });
  function behaviourOf(node: CacheNode): Behaviour<CacheState, CacheEvent, CacheEffect, CacheMessage> {
    const facts = ({ nowMs }: NodeContext): CacheFacts => {
      endVouches(node.cache, nowMs);
      const near = neighbourhoodOf(node.cache);
      if (!near.ok) throw new Error(`${near.code}: ${near.detail}`);
      return { nowMs, near: near.value, depth: blockOf(node.cache).depth, contacts: contacts(node.cache) };
    };
    return {
      boot(context) {
        const { disk } = context;
        const stored = disk.keys().map((key) => [key, disk.read(key)!] as const);
        node.state = createCache(
          { self: node.member, signer: node.signer, rules, ports, isOfNetwork: (of) => byId.has(of) },
          stored,
        );
        return stepCache(node.state, { type: "start", ...facts(context) });
      },
      step: (state, event, context) => stepCache(state, { ...event, ...facts(context) }),
      received: (from, message, context) => ({ type: "message", from, message, ...facts(context) }),
      woken: (tag, context) => ({ type: "wake", tag, ...facts(context) }),
      perform(effect, context) {
        if (effect.type === "reported") reported.push({ node: context.node, evidence: effect.evidence });
        if (effect.type === "silent") silent.push({ node: context.node, of: effect.node });
        if (effect.type === "vouched") for (const member of effect.members) vouch(node.cache, member, effect.untilMs);
      },
    };
  }
  for (const [i, node] of nodes.entries())
    simulation.addNode(node.member.node, behaviourOf(node), i < known ? 0 : null);
  simulation.run({ forMs: 1 });
  return {
    simulation,
    nodes,
    rules,
    ports,
    crypto,
    reported,
    /** Who gave no cache, and to whom. */
    silent,
    node: (id: NodeId) => byId.get(id)!,
    /** Membership's news: `of` is there; to everybody unless told whom. */
    tell(of: CacheNode, to: readonly CacheNode[] = nodes) {
      for (const { cache } of to) know(cache, of.member);
    },
    gone(of: CacheNode, to: readonly CacheNode[] = nodes) {
      for (const { cache } of to) forget(cache, of.member.node);
    },
    /** Evidence that a draw brought to light at that node. */
    give(to: CacheNode, evidence: Evidence) {
      simulation.inject(to.member.node, { type: "evidence", evidence } as unknown as CacheEvent);
    },
  };
}
export type CacheNetwork = ReturnType<typeof cacheNetwork>;

// Drives the node cache and its attestation (core/draw, core/cache): whom this node knows, kept up one change at a time; how
// many there are, from the density round its place; and who is known to have lied.
import {
  accept,
  type Crypto,
  type NodeId,
  publicKeyOfNodeId,
  type Refusal,
  type RefusalCode,
  type Result,
  refuse,
} from "../core/base/index.ts";
import {
  type CacheEffect,
  type CacheEvent,
  type CacheFacts,
  type CacheMessage,
  cacheLimits,
  createCache,
  decodeCacheMessage,
  type Evidence,
  encodeCacheMessage,
  stepCache,
} from "../core/cache/index.ts";
import {
  blockOf,
  contacts,
  createNodeCache,
  type DensityEstimate,
  type DrawMember,
  type DrawPorts,
  type DrawRules,
  doubt,
  drawLimits,
  drawRules,
  endVouches,
  estimateOf,
  forget,
  know,
  knownBy,
  locationOf,
  type Neighbourhood,
  neighbourhoodOf,
  vouch,
} from "../core/draw/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import { certificateDer, verifyDeviceCertificate } from "../io/identity/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import type { Journal } from "../io/storage/index.ts";
import { drive } from "./driver.ts";
import type { Identity } from "./identity.ts";
import type { Members } from "./members.ts";

export interface CachesOptions {
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly overlay: Pick<Overlay, "send">;
  readonly members: Pick<Members, "records" | "suspected" | "isBanned" | "certificate" | "facts" | "former">;
  readonly journal: Journal;
  readonly sent: (type: CacheMessage["type"]) => void;
  readonly refused: (refusal: Refusal, sender: NodeId | null) => void;
  /** A lie was proven that was not known before. */
  readonly reported: (evidence: Evidence) => void;
}

/** What speaks against a node: a proof that anybody can check, or only what this node has seen. */
export interface Report {
  readonly node: NodeId;
  readonly evidence: Evidence | null;
  /** Without evidence: what it did, how often, and when last. */
  readonly seen: { readonly code: RefusalCode; readonly times: number; readonly lastMs: number } | null;
}

export interface Caches {
  readonly self: DrawMember;
  readonly rules: DrawRules;
  /** Certificates count as verified when they are known. */
  readonly ports: DrawPorts;
  /** Ports that verify every certificate anew, for who wants to see it. */
  readonly freshPorts: DrawPorts;
  near(): Result<Neighbourhood>;
  estimate(): DensityEstimate;
  /** Nodes that R3 shall hold. */
  readonly size: number;
  /** When and from whom attested caches came last; null: not yet. */
  joined(): { readonly atMs: number; readonly from: readonly NodeId[] } | null;
  /** Nodes known from attested caches only. */
  vouched(): number;
  /** Membership's news. */
  changed(change: "joined" | "changed" | "left", node: NodeId): void;
  /** Evidence that came to light elsewhere. */
  report(evidence: Evidence): void;
  /** Somebody failed, and nothing proves it. */
  saw(node: NodeId, code: RefusalCode): void;
  reports(): Report[];
  start(): void;
  onMessage(from: MemberFacts, body: Uint8Array): void;
  stop(): void;
}

/** Nodes of which failures are remembered; it is a hint for a person, no more. */
const maxSeen = 256;

export function createCaches(options: CachesOptions): Caches {
  const { identity, crypto, overlay, members, journal } = options;
  const { authority } = identity;
  const { colluding, alpha, cacheNodes = drawLimits.cacheNodes } = authority.draw;
  const self = identity.facts.node;
  const rules = drawRules({ network: authority.network, geometry: "xor", colluding, alpha });
  const own = memberOf(identity.facts, certificateDer(identity.certificate)!);
  const cache = createNodeCache({ self: own, colluding, alpha, cacheNodes });
  const seen = new Map<NodeId, { code: RefusalCode; times: number; lastMs: number }>();

  function memberOf(facts: MemberFacts, certificate: Uint8Array): DrawMember {
    const publicKey = publicKeyOfNodeId(facts.node)!;
    const processes = facts.roles.includes("transform");
    return { node: facts.node, publicKey, location: locationOf(crypto, publicKey), certificate, processes };
  }

  function verifyAnew(certificate: Uint8Array): Result<DrawMember> {
    const verified = verifyDeviceCertificate(certificate, authority, { nowMs: Date.now(), network: authority.network });
    if (!verified.ok) return verified;
    const { node } = verified.value;
    // A cheater that was excluded signs nothing any more that counts, be it for a roster or for a cache.
    if (members.isBanned(node)) return refuse("certificate-revoked", { blame: node });
    return accept(memberOf(verified.value, certificate));
  }
  const freshPorts: DrawPorts = { crypto, certify: verifyAnew };
  const ports: DrawPorts = {
    crypto,
    certify(certificate) {
      const known = knownBy(cache, certificate);
      return known === undefined ? verifyAnew(certificate) : accept(known);
    },
  };

  function learn(node: NodeId): void {
    if (node === self) return;
    const certificate = members.certificate(node);
    const facts = members.facts(node);
    if (certificate !== undefined && facts !== undefined) know(cache, memberOf(facts, certificate));
  }
  for (const { node } of members.records()) learn(node);

  function near(): Result<Neighbourhood> {
    endVouches(cache, Date.now());
    doubt(cache, members.suspected());
    return neighbourhoodOf(cache);
  }

  function facts(): CacheFacts {
    const around = near();
    // A table that cannot be made says so when a draw is asked for; until then nobody is asked for anything.
    const table = { nodes: 2, colluding, alpha, rows: [] };
    const alone = { geometry: rules.geometry, table, nodes: 1, members: new Map([[self, own]]) };
    const known = around.ok ? around.value : alone;
    return { nowMs: Date.now(), near: known, depth: blockOf(cache).depth, contacts: contacts(cache) };
  }

  const isOfNetwork = (node: NodeId) => members.facts(node) !== undefined || members.former(node) !== undefined;
  const config = { self: own, signer: identity.key, rules, ports, isOfNetwork };
  const initial = createCache(config, journal.entries("cache/"));
  const driver = drive<
    typeof initial,
    CacheEvent,
    CacheMessage,
    Exclude<CacheEffect, { type: "send" | "wake" | "cancel-wake" | "persist" }>
  >(initial, stepCache, (tag) => ({ type: "wake", tag, ...facts() }), {
    send(to, message) {
      options.sent(message.type);
      void overlay.send(to, "draw", encodeCacheMessage(message));
    },
    persist: (key, value) => journal.set(key, value),
    refused(refusal, event) {
      const of = event as CacheEvent;
      options.refused(refusal, of.type === "message" ? of.from : null);
    },
    perform(effect) {
      if (effect.type === "reported") return options.reported(effect.evidence);
      if (effect.type === "silent") return saw(effect.node, "draw-silent");
      for (const member of effect.members) if (!members.isBanned(member.node)) vouch(cache, member, effect.untilMs);
    },
  });

  function saw(node: NodeId, code: RefusalCode): void {
    const before = seen.get(node);
    seen.delete(node);
    if (seen.size >= maxSeen) seen.delete(seen.keys().next().value!);
    seen.set(node, { code, times: (before?.times ?? 0) + 1, lastMs: Date.now() });
  }

  return {
    self: own,
    rules,
    ports,
    freshPorts,
    near,
    estimate: () => estimateOf(cache),
    size: cache.order.cacheNodes,
    joined: () => driver.state.joined,
    vouched: () => cache.vouched.size,
    changed: (change, node) => (change === "left" ? forget(cache, node) : learn(node)),
    report: (evidence) => driver.feed({ type: "evidence", evidence, ...facts() }),
    saw,
    reports() {
      const { evidence } = driver.state;
      const nodes = new Set([...evidence.keys(), ...seen.keys()]);
      return [...nodes].map((node) => ({ node, evidence: evidence.get(node) ?? null, seen: seen.get(node) ?? null }));
    },
    start: () => driver.feed({ type: "start", ...facts() }),
    onMessage(from, body) {
      if (body.length > cacheLimits.maxMessageBytes) return;
      const message = decodeCacheMessage(body);
      if (!message.ok) return options.refused(message, from.node);
      driver.feed({ type: "message", from: from.node, message: message.value, ...facts() });
    },
    stop: () => driver.stop(),
  };
}

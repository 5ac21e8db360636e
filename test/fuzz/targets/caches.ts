// Caches and evidence: their decoders, and live nodes of whom one lies with everything it can sign. Whatever it sends,
// nobody honest is convicted.
import { toCanonical } from "../../../src/core/base/index.ts";
import * as cache from "../../../src/core/cache/index.ts";
import { type CacheNetwork, cacheNetwork } from "../../../src/sim/cache/index.ts";
import type { Random } from "../../../src/sim/kernel/index.ts";
import { bent, decodedAll, hostileMessage } from "../mutate.ts";
import { check, type Target, verdictOf } from "../target.ts";

const order = { seed: 31, nodes: 24, colluding: 2, alpha: 1e-2 } as const;

/** A join of everybody, and one lie that came to light. */
function recorded(): { encoded: Uint8Array[]; evidence: Uint8Array[] } {
  const network = cacheNetwork(order);
  const encoded = new Map<string, Uint8Array>();
  network.simulation.onSend = (_, __, message) => {
    // A few of each type: the mutator needs shapes, not volume.
    for (let i = 0; i < 4; i++) {
      const name = `${message.type} ${i}`;
      if (encoded.has(name)) continue;
      encoded.set(name, cache.encodeCacheMessage(message));
      break;
    }
  };
  const [liar, other, finder] = network.nodes;
  const list = { network: network.rules.network, owner: liar!.member.node, version: 1, atMs: 1, depth: 0 };
  const signed = [liar, other].map((keys) => {
    const body = Uint8Array.from(cache.listBody({ ...list, keys: keys!.member.publicKey }));
    return { body, signature: liar!.signer.sign(body) };
  });
  const evidence = { kind: "conflict", node: liar!.member.node, first: signed[0]!, second: signed[1]! } as const;
  network.give(finder!, evidence);
  network.simulation.run({ forMs: 30_000 });
  return { encoded: [...encoded.values()], evidence: [cache.encodeEvidence(evidence)] };
}
const { encoded, evidence } = recorded();
const values = decodedAll(encoded);
const evidenceValues = decodedAll(evidence);

let network: CacheNetwork = cacheNetwork(order);
let sincePeace = 0;

function renewed(): CacheNetwork {
  if (++sincePeace > 200) {
    sincePeace = 0;
    network = cacheNetwork(order);
  }
  return network;
}

/** Bytes inside are bent too, and signed anew by the liar: what only who reads the statement can refuse. */
function resigned(random: Random, value: unknown, liar: CacheNetwork["nodes"][number]): unknown {
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (inner === null || typeof inner !== "object" || inner instanceof Uint8Array) return inner;
    const plain = Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, walk(one)]));
    if (!(plain.body instanceof Uint8Array) || !random.chance(0.7)) return plain;
    const list = cache.readList(plain.body);
    const body =
      list === null
        ? plain.body
        : cache.listBody({
            ...list,
            owner: liar.member.node,
            version: random.between(1, 3),
            keys: liar.member.publicKey,
          });
    return { ...plain, body: Uint8Array.from(body), signature: liar.signer.sign(body) };
  };
  return walk(value);
}

export const cacheTargets: readonly Target[] = [
  {
    name: "caches: decoder",
    inputs: 5_000,
    reaches: ["malformed", "too-deep"],
    attempt: (random) => verdictOf(cache.decodeCacheMessage(hostileMessage(random, encoded, values))),
  },
  {
    name: "caches: evidence from a file",
    inputs: 3_000,
    reaches: ["lie-unreadable", "lie-unproven"],
    attempt(random) {
      const decoded = cache.decodeEvidence(hostileMessage(random, evidence, evidenceValues));
      if (!decoded.ok) return decoded.code;
      const { rules, crypto, nodes } = network;
      const verified = cache.verifyEvidence(decoded.value, rules, crypto);
      check(!verified.ok || decoded.value.node === nodes[0]!.member.node, "somebody honest is convicted");
      return verdictOf(verified);
    },
  },
  {
    name: "caches: nodes, and a liar among them",
    inputs: 3_000,
    reaches: ["cache-unsigned", "lie-unproven", "draw-stale"],
    attempt(random) {
      const { simulation, nodes, reported } = renewed();
      const [liar, ...honest] = nodes;
      const value = random.chance(0.5) ? random.pick(values) : bent(random, random.pick(values), values);
      const bytes = toCanonical(random.chance(0.5) ? resigned(random, value, liar!) : value);
      const decoded = cache.decodeCacheMessage(bytes);
      if (!decoded.ok) return decoded.code;
      const before = new Map(simulation.counts.refusals);
      simulation.send(liar!.member.node, random.pick(honest).member.node, decoded.value);
      const ran = simulation.run({ forMs: random.pick([25, 25, 25, 2_000, 30_000]) });
      check(ran.at === "time-limit", `the nodes did not go on: ${JSON.stringify(ran)}`);
      for (const { evidence: found } of reported)
        check(found.node === liar!.member.node, `${found.node} is honest, and reported: ${found.kind}`);
      for (const { state } of honest) {
        check(state!.acknowledged.size <= cache.cacheLimits.maxAcknowledged, "too many promises");
        check(state!.heard.size <= cache.cacheLimits.maxHeard, "too many lists");
      }
      for (const [code, count] of simulation.counts.refusals) if (count !== before.get(code)) return code as never;
      return "accepted";
    },
  },
];

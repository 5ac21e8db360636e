// Whatever a liar seals, nobody who brings it bears a consequence: over the table of refusals, for every role that opens seals.
import { describe, expect, it } from "vitest";
import { plainTerms } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedCrypto, simulatedIdentity } from "../../sim/kernel/index.ts";
import { type Digest, type Refusal, type Result, refusals, refuse, toCanonical, type VertexId } from "../base/index.ts";
import { Coins } from "../privacy/index.ts";
import type { Terms } from "../terms/index.ts";
import { Forwarder } from "./forwarder.ts";
import { Gatherer } from "./gatherer.ts";
import { Indexer } from "./indexer.ts";
import { limits } from "./limits.ts";
import { encodeAsk, encodeContribution, encodeLayer, encodeShares } from "./messages.ts";
import { contributionContext, nothing, uses } from "./sealing.ts";

const random = new Random(17);
const hasher = simulatedCrypto();
const coins = new Coins({ fill: (into) => into.set(random.bytes(into.length)) });
const { sealer, keyPair } = countedSealing(random);
const { publicKey, opener } = keyPair();
/** The only one that these roles ever see: the honest forwarder before them. */
const forwarder = simulatedIdentity(random.fork()).node;
const round = "cd".repeat(32) as Digest;
const cell = "gather-1" as VertexId;
const nowMs = 1_000_000;

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
const share = { key: random.bytes(32), point: 2, label: random.bytes(16), share: random.bytes(64), untilMs: nowMs + 5 };
const tagged = { tag: random.bytes(16), contribution: new Uint8Array(3) };
const layered = (body: Uint8Array) => encodeLayer({ to: forwarder, body });
const junk: Readonly<Record<string, Uint8Array>> = {
  nothing,
  noise: random.bytes(80),
  "too long": new Uint8Array(limits.maxForwardBytes + 1),
  "too deep": toCanonical(nested(200)),
  "another shape": toCanonical({ of: "somebody", else: [1, 2] }),
  "of the others": encodeAsk({ type: "called", number: 1 }),
  "a share that is over": encodeShares([{ ...share, untilMs: 1 }]),
  "a share of no point": encodeShares([{ ...share, point: 0 }]),
  "two of one label": encodeShares([share, share]),
  "no contribution": encodeContribution(tagged),
  "too long a tag": encodeContribution({ ...tagged, tag: random.bytes(17) }),
  "a layer of noise": layered(random.bytes(40)),
  "a layer of another's words": layered(encodeAsk({ type: "called", number: 1 })),
  "a layer too deep": layered(toCanonical(nested(200))),
};

type Role = (sealFor: (use: Uint8Array, additional: Uint8Array) => Uint8Array) => Result<unknown>;
const roles: Readonly<Record<string, Role>> = {
  indexer(seal) {
    const indexer = new Indexer({
      opener,
      commission: () => refuse("ask-over"),
      certified: () => null,
      members: () => 10,
    });
    return indexer.publish(forwarder, seal(uses.share, nothing), nowMs);
  },
  gatherer(seal) {
    const tally = plainTerms.createTally({} as Terms);
    const gatherer = new Gatherer({ hasher, opener, round, cell, place: 0, gatherers: 1, maximumPeople: 10, tally });
    gatherer.addTags([]);
    return gatherer.deliver(forwarder, seal(uses.contribution, contributionContext(round, cell)), nowMs);
  },
  "second forwarder"(seal) {
    const second = new Forwarder(opener, coins, { count: () => 10, has: () => true });
    return second.take(forwarder, seal(uses.layer, nothing), nowMs);
  },
};

describe.each(Object.keys(roles))("junk that is sealed to a %s", (role) => {
  it.each(Object.keys(junk))("has no consequence for who brings it: %s", (kind) => {
    const taken = roles[role]!((use, additional) => {
      const sealed = sealer.seal(publicKey, use, additional, junk[kind]!);
      if (!sealed.ok) throw new Error(sealed.code);
      return sealed.value;
    });
    if (taken.ok) return expect(["two of one label", "no contribution"]).toContain(kind);
    const { code, blame } = taken as Refusal;
    expect({ code, consequence: refusals[code].consequence, blame }).toEqual({
      code,
      consequence: "ignore",
      blame: undefined,
    });
  });
});

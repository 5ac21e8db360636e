import { describe, expect, it } from "vitest";
import { person } from "../../../test/support/asking.ts";
import { countedSealing } from "../../sim/asking/index.ts";
import { Random, simulatedCrypto, simulatedIdentity } from "../../sim/kernel/index.ts";
import { toHex } from "../base/index.ts";
import { locationOf } from "../draw/index.ts";
import { Coins } from "../privacy/index.ts";
import { type Findable, keysOf } from "./concepts.ts";
import { Forwarder } from "./forwarder.ts";
import { limits } from "./limits.ts";
import { decodeShares, type PlacedShare } from "./messages.ts";
import { fewestProcessors, holdersOf, placesAmong } from "./placement.ts";
import { createPublisher, sendTogether, stepPublisher } from "./publisher.ts";
import { nothing, uses } from "./sealing.ts";

const network = "test.net";
const crypto = simulatedCrypto();
const random = new Random(21);
const { sealer, keyPair } = countedSealing(random);
const coins = new Coins({ fill: (into) => into.set(random.bytes(into.length)) });
const nodes = Array.from({ length: 40 }, () => {
  const { node, signer } = simulatedIdentity(random.fork());
  const keys = keyPair();
  const forwarder = new Forwarder(keys.opener, coins, { count: () => 40, has: () => true });
  return {
    node,
    sealingKey: keys.publicKey,
    opener: keys.opener,
    forwarder,
    location: locationOf(crypto, signer.publicKey),
  };
});
const self = simulatedIdentity(random.fork()).node;
const pod = random.bytes(16);
const all: Findable = person("pilot", 43);
const job: Findable = { concepts: all.concepts.slice(0, 1), everybody: false };

/** An owner's node, and all that reaches the holders. */
function publishing(stored: Iterable<readonly [string, Uint8Array]> = []) {
  const ports = { hasher: crypto, sealer, random: (bytes: number) => random.bytes(bytes), forwarders: 1 };
  const state = createPublisher(ports, stored);
  const disk = new Map<string, Uint8Array>();
  let perTurn = 0;
  /** As many turns as there is something to send. */
  const turn = (nowMs: number, findable: Findable | null, here = nodes, members = here) => {
    const arrived: { readonly to: string; readonly share: PlacedShare }[] = [];
    const facts = { nowMs, network, self, pod, findable, places: placesAmong("xor", here), members };
    let again = true;
    for (let i = 0; again && i < 200; i++) {
      const { effects } = stepPublisher(state, { type: "turn", ...facts });
      const sends = effects.flatMap((effect) => (effect.type === "send" ? [effect] : []));
      perTurn = Math.max(perTurn, sends.length);
      for (const effect of effects)
        if (effect.type === "persist")
          effect.value === null ? disk.delete(effect.key) : disk.set(effect.key, effect.value);
      for (const { to, message } of sends) {
        const via = nodes.find(({ node }) => node === to)!;
        const passing = message.type === "forward" ? via.forwarder.take(self, message.sealed, i * 60_000) : null;
        if (passing?.ok !== true || passing.value.message.type !== "publish") throw new Error("not passed on");
        const holder = nodes.find(({ node }) => node === passing.value.to)!;
        expect(holder.node).not.toBe(to);
        const plain = holder.opener.open(uses.share, nothing, passing.value.message.sealed);
        const shares = plain.ok ? decodeShares(plain.value) : plain;
        if (!shares.ok) throw new Error(shares.code);
        // Of somebody alone each leaves by itself: two together would be known for one person's.
        expect(shares.value).toHaveLength(1);
        arrived.push({ to: holder.node, share: shares.value[0]! });
      }
      again = sends.length > 0;
    }
    return arrived;
  };
  return { turn, disk, state, perTurn: () => perTurn };
}
const labels = (arrived: readonly { readonly share: PlacedShare }[]) =>
  new Set(arrived.map(({ share }) => toHex(share.label)));
const perEntry = limits.shares * limits.replicas;

describe("what an owner's node publishes", () => {
  it("is an entry for each key of what she chose, each share where it belongs, and nothing else", () => {
    const { turn, perTurn } = publishing();
    const arrived = turn(0, all);
    const keys = keysOf(crypto, network, all);
    expect(new Set(arrived.map(({ share }) => toHex(share.key)))).toEqual(new Set(keys.keys()));
    expect(arrived).toHaveLength(keys.size * perEntry);
    expect(labels(arrived).size).toBe(keys.size);
    for (const { to, share } of arrived)
      expect(holdersOf(crypto, share.key, placesAmong("xor", nodes))[share.point - 1]).toContain(to);
    expect(perTurn()).toBeLessThanOrEqual(limits.publishesPerTurn);
    expect(publishing().turn(0, { concepts: [], everybody: false })).toEqual([]);
  });

  it("keeps to what it said while her rules cannot be read, and looks again soon", () => {
    const { turn, state, disk } = publishing();
    turn(0, all);
    const [published, kept] = [new Map(state.published), new Map(disk)];
    const facts = { nowMs: 6 * 86_400_000, network, self, pod, places: placesAmong("xor", nodes), members: nodes };
    const { effects } = stepPublisher(state, { type: "turn", ...facts, findable: null });
    expect(effects).toEqual([{ type: "wake", tag: "publish", afterMs: limits.readAgainMs }]);
    expect([state.published, disk]).toEqual([published, kept]);
    expect(turn(6 * 86_400_000, all).length).toBeGreaterThan(0); // renewed, when they can be
  });

  it("stays until it must be renewed, and is then another entry", () => {
    const { turn } = publishing();
    const first = turn(0, job);
    const dueMs = limits.entryMs - limits.renewBeforeMs;
    expect(turn(dueMs - 1, job)).toEqual([]);
    const second = turn(dueMs + limits.minRenewMs, job);
    expect(second).toHaveLength(perEntry);
    expect([...labels(second)]).not.toEqual([...labels(first)]);
    expect(second[0]!.share.untilMs).toBeGreaterThan(first[0]!.share.untilMs);
  });

  it("is renewed early when a share has lost its place, not when one of its holders has, and not at once", () => {
    const { turn } = publishing();
    turn(0, job);
    const [key] = keysOf(crypto, network, job).values();
    const [holders] = holdersOf(crypto, key!, placesAmong("xor", nodes));
    const without = (gone: readonly string[]) => nodes.filter(({ node }) => !gone.includes(node));
    expect(turn(limits.minRenewMs, job, without(holders!.slice(0, 1)))).toEqual([]);
    expect(turn(limits.minRenewMs + 1, job, without(holders!))).toEqual([]);
    expect(turn(2 * limits.minRenewMs + 1, job, without(holders!))).toHaveLength(perEntry);
  });

  it("is not renewed when she chose no more to be found by it", () => {
    const { turn, disk } = publishing();
    turn(0, job);
    expect(disk.size).toBe(1);
    expect(turn(limits.entryMs, { concepts: [], everybody: false })).toEqual([]);
    expect(disk.size).toBe(0);
  });

  it("is known after a restart; what had not left whole is entered anew", () => {
    const first = publishing();
    first.turn(0, job);
    expect(publishing(first.disk).turn(1_000, job)).toEqual([]);
    expect(publishing([]).turn(1_000, job)).toHaveLength(perEntry);
  });

  it("waits where nobody could pass it on, and goes when somebody can", () => {
    const { turn } = publishing();
    expect(turn(0, job, nodes, [])).toEqual([]);
    expect(turn(5_000, job)).toHaveLength(perEntry);
  });

  it("has not left while a holder is not known: it goes when that is known, and is then written down", () => {
    const { turn, disk, state } = publishing();
    const [key] = keysOf(crypto, network, job).values();
    const holder = holdersOf(crypto, key!, placesAmong("xor", nodes))[0]![0]!;
    const known = nodes.filter(({ node }) => node !== holder);
    expect(turn(0, job, nodes, known)).toHaveLength(perEntry - 1);
    expect([state.waiting.length, disk.size]).toEqual([1, 0]);
    expect(turn(5_000, job).map(({ to }) => to)).toEqual([holder]);
    expect([state.waiting.length, disk.size]).toEqual([0, 1]);
  });

  it("waits for no holder that has lost the place for good", () => {
    const { turn, state } = publishing();
    const [key] = keysOf(crypto, network, job).values();
    const holder = holdersOf(crypto, key!, placesAmong("xor", nodes))[0]![0]!;
    const left = nodes.filter(({ node }) => node !== holder);
    turn(0, job, nodes, left);
    expect(turn(limits.minRenewMs, job, left)).toEqual([]);
    expect(state.waiting).toEqual([]);
  });

  it("leaves nothing of the entry before when it is split anew", () => {
    const { turn, state } = publishing();
    const [key] = keysOf(crypto, network, job).values();
    const [first] = holdersOf(crypto, key!, placesAmong("xor", nodes));
    const known = nodes.filter(({ node }) => !first!.includes(node));
    turn(0, job, nodes, known);
    const again = turn(limits.entryMs, job);
    expect(labels(again).size).toBe(1);
    expect(again).toHaveLength(perEntry);
    expect(state.waiting).toEqual([]);
  });

  it("needs room for as many shares as suffice", () => {
    expect(publishing().turn(0, job, nodes.slice(0, 2), nodes)).toEqual([]);
  });
});

describe("what a house publishes for its people", () => {
  it("is looked at again soon while something has no place yet, and not because something waits to leave", () => {
    const again = (here: typeof nodes) => {
      const ports = { hasher: crypto, sealer, random: (bytes: number) => random.bytes(bytes), forwarders: 1 };
      const facts = { nowMs: 0, network, self, pod, findable: job, places: placesAmong("xor", here), members: here };
      const state = createPublisher(ports);
      const { effects } = stepPublisher(state, { type: "turn", ...facts, together: true });
      return [state.waiting.length, effects.flatMap((effect) => (effect.type === "wake" ? [effect.afterMs] : []))];
    };
    expect(again(nodes)).toEqual([perEntry, [limits.minRenewMs]]);
    expect(again(nodes.slice(0, fewestProcessors - 1))).toEqual([0, [limits.publishTurnMs]]);
    expect(again(nodes.slice(0, fewestProcessors))[0]).toBeGreaterThan(0);
  });

  it("leaves together, no two shares of one person in a message, and as much as if each were alone", () => {
    const ports = { hasher: crypto, sealer, random: (bytes: number) => random.bytes(bytes), forwarders: 1 };
    const people = Array.from({ length: 90 }, () => ({ state: createPublisher(ports), pod: random.bytes(16) }));
    // Few holders, so that many of them want the same.
    const here = nodes.slice(0, 12);
    const facts = { nowMs: 0, network, self, findable: job, places: placesAmong("xor", here), members: here };
    const labelsOf = new Map<string, number>();
    for (const [i, { state, pod: own }] of people.entries()) {
      const { effects } = stepPublisher(state, { type: "turn", ...facts, pod: own, together: true });
      expect(effects.some((effect) => effect.type === "send")).toBe(false);
      for (const { share } of state.waiting) labelsOf.set(toHex(share.label), i);
    }
    let [messages, shares, records] = [0, 0, 0];
    for (let turns = 0; turns < 50 && people.some(({ state }) => state.waiting.length > 0); turns++) {
      for (const effect of sendTogether(people, { members: here, self })) {
        if (effect.type === "persist") records++;
        if (effect.type !== "send" || effect.message.type !== "forward") continue;
        const via = here.find(({ node }) => node === effect.to)!;
        const passing = via.forwarder.take(self, effect.message.sealed, turns * 60_000);
        if (!passing.ok || passing.value.message.type !== "publish") throw new Error("not passed on");
        const holder = here.find(({ node }) => node === passing.value.to)!;
        const plain = holder.opener.open(uses.share, nothing, passing.value.message.sealed);
        const read = plain.ok ? decodeShares(plain.value) : plain;
        if (!read.ok) throw new Error(read.code);
        const persons = read.value.map(({ label }) => labelsOf.get(toHex(label)));
        expect(new Set(persons).size).toBe(persons.length);
        messages++;
        shares += read.value.length;
      }
    }
    expect(shares).toBe(90 * perEntry);
    expect(records).toBe(90);
    expect(messages).toBeLessThan(shares / 10);
  });
});

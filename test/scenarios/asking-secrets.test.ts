// Who sees what in a whole round, sealed for real: every message of every link, and all that each node opened, is searched for what was
// planted. That the search finds what is there is shown beside.
import { describe, expect, it } from "vitest";
import {
  askingLimits,
  decodeShares,
  encodeAsk,
  joinEntry,
  nameOf,
  type PlacedShare,
} from "../../src/core/asking/index.ts";
import { fromHex, type NodeId, publicKeyOfNodeId, toHex } from "../../src/core/base/index.ts";
import type { Sent, SimulatedSealing } from "../../src/sim/asking/index.ts";
import { askingWorld, markerOf, owner, pilots, realSealing, rulesOf } from "../support/asking.ts";

interface Opened {
  readonly key: string;
  readonly use: string;
  readonly plain: Uint8Array;
}

/** Writes down whatever anybody opens, under the key that opened it. */
function watchedSealing(opened: Opened[]): SimulatedSealing {
  const real = realSealing();
  return {
    sealer: real.sealer,
    keyPair() {
      const { publicKey, opener } = real.keyPair();
      return {
        publicKey,
        opener: {
          open(use, additional, sealed) {
            const plain = opener.open(use, additional, sealed);
            if (plain.ok) {
              const name = new TextDecoder().decode(use).split(" ").at(-1)!;
              opened.push({ key: toHex(publicKey), use: name, plain: plain.value });
            }
            return plain;
          },
        },
      };
    },
  };
}

const opened: Opened[] = [];
const wire: Sent[] = [];
const world = askingWorld({ sealing: () => watchedSealing(opened) });
world.onSent = (sent) => void wire.push(sent);
world.publishAll();
const answer = world.ask();
const { find, gatherers } = world.commission!;

const text = (of: string) => new TextEncoder().encode(of);
const has = (bytes: Uint8Array, what: Uint8Array) => Buffer.from(bytes).includes(Buffer.from(what));
const markers = world.pods.map((_, index) => text(markerOf(index)));
const pods = world.pods.map(({ pod }) => fromHex(pod.id));
/** Raw keys and ids: either names a person's node. */
const owners = world.pods.flatMap(({ node }) => [publicKeyOfNodeId(node.node)!, text(node.node)]);
const concepts = ["pilot", "profession", "baker"].map(text);
const any = (bytes: Uint8Array, list: readonly Uint8Array[]) => list.some((what) => has(bytes, what));

const keyOfNode = new Map([...world.nodes.values()].map((node) => [toHex(node.sealingKey), node.node]));
const keyOfCell = new Map(world.papers.map(({ publicKey, cell }) => [toHex(publicKey), cell]));
const sentOf = (...types: string[]) => wire.filter(({ message }) => types.includes(message.type));

describe("a round among people with secrets", () => {
  it("went well, and what was planted is where it belongs", () => {
    expect(answer).toMatchObject({ ok: true, value: { rows: [[{ value: 36 }]] } });
    const contributions = opened.filter(({ use }) => use === "contribution");
    expect(contributions).toHaveLength(8);
    for (const { key, plain } of contributions) {
      expect(keyOfCell.has(key)).toBe(true);
      expect(any(plain, markers.slice(0, 8))).toBe(true);
    }
    expect(sentOf("call").every(({ bytes }) => any(bytes, pods))).toBe(true);
  });

  it("no message of any link shows a contribution", () => {
    for (const { bytes, message } of wire) expect(any(bytes, markers), message.type).toBe(false);
  });

  it("no message on the way to the index, from it, or to a gatherer names a person, a concept or a pod", () => {
    const quiet = sentOf("forward", "publish", "shares", "deliver", "come", "come-ask", "called");
    expect(quiet.length).toBeGreaterThan(1_000);
    for (const { bytes, message } of quiet) {
      expect(any(bytes, pods), message.type).toBe(false);
      expect(any(bytes, concepts), message.type).toBe(false);
      expect(any(bytes, owners), message.type).toBe(false);
    }
  });

  it("a forwarder learns where to, and neither whose nor what", () => {
    const layers = opened.filter(({ use }) => use === "layer");
    expect(layers.length).toBeGreaterThan(1_000);
    for (const { plain } of layers) {
      expect(any(plain, markers)).toBe(false);
      expect(any(plain, pods)).toBe(false);
      expect(any(plain, concepts)).toBe(false);
      // It goes to an indexer or a gatherer; an owner's node is no processor here.
      expect(any(plain, owners)).toBe(false);
    }
  });

  it("an indexer learns neither person nor pod of what it holds, nor the concept but by its key", () => {
    const shares = opened.filter(({ use }) => use === "share");
    expect(shares.length).toBeGreaterThan(1_000);
    for (const { plain } of shares) {
      expect(any(plain, pods)).toBe(false);
      expect(any(plain, owners)).toBe(false);
      expect(any(plain, concepts)).toBe(false);
    }
  });

  it("a gatherer learns contributions, and no address; who brings them is not who made them", () => {
    for (const { use, plain } of opened) {
      if (use !== "contribution") continue;
      expect(any(plain, pods)).toBe(false);
      expect(any(plain, owners)).toBe(false);
    }
    const tags = sentOf("call").flatMap(({ to, message }) =>
      message.type === "call" ? message.people.map(({ tag }) => ({ to, tag })) : [],
    );
    // In the order in which they arrived.
    const delivered = sentOf("deliver");
    expect(delivered).toHaveLength(8);
    for (const { from, to } of delivered) {
      expect(gatherers.map(({ vertex }) => vertex.node)).toContain(to);
      expect([find, world.analyst.member.node]).not.toContain(from);
    }
    expect(new Set(tags.map(({ tag }) => toHex(tag))).size).toBe(8);
  });

  it("the finder sees no contribution, and nothing leaves it but look-ups, calls and questions after leave and what has come", () => {
    const sent = wire.filter(({ from }) => from === find).map(({ message }) => message.type);
    // As a node it may be indexer or forwarder too.
    const own = sent.filter((type) => !["forward", "publish", "deliver", "shares", "come"].includes(type));
    expect(new Set(own)).toEqual(new Set(["lookup", "go-ask", "call", "come-ask"]));
    const key = toHex(world.nodes.get(find)!.sealingKey);
    for (const { plain } of opened.filter((one) => one.key === key)) expect(any(plain, markers)).toBe(false);
  });

  it("whoever does not run a gatherer's cell never holds a contribution in the open", () => {
    for (const { key, plain } of opened)
      if (!keyOfCell.has(key)) expect(any(plain, markers), keyOfNode.get(key)).toBe(false);
  });

  it("messages that carry an answer, and shares, are as long as each other", () => {
    for (const type of ["deliver", "publish"]) {
      const lengths = new Set(sentOf(type).map(({ message }) => encodeAsk(message).length));
      expect([type, lengths.size]).toEqual([type, 1]);
    }
  });
});

describe("a message among people with secrets", () => {
  const secret = "MESSAGE-for-pilots-in-their-forties-and-nobody-else";
  const readable: Opened[] = [];
  const sent: Sent[] = [];
  const diffusing = askingWorld({
    statement: pilots.replace(/AVG\(.*\) AS days/, "COUNT(*) AS people"),
    message: secret,
    owner: (index) => owner(index, { rules: rulesOf({ messages: [{}] }) }),
    sealing: () => watchedSealing(readable),
  });
  diffusing.onSent = (one) => void sent.push(one);
  diffusing.publishAll();
  const reached = diffusing.ask();
  const planted = text(secret);
  const finder = diffusing.commission!.find;
  const asker = diffusing.analyst.member.node;
  const people = diffusing.pods.slice(0, 8);

  it("reaches those called, whole", () => {
    expect(reached).toMatchObject({ ok: true, value: { participation: { contributed: { value: 8 } } } });
    expect(diffusing.refusals).toEqual([]);
    expect(diffusing.pods.map(({ pod }) => [...pod.inbox.values()])).toEqual(
      diffusing.pods.map((_, index) => (index < 8 ? [secret] : [])),
    );
  });

  it("is seen by the analyst, the finder and those called, and by nobody else", () => {
    const carrying = sent.filter(({ bytes }) => has(bytes, planted));
    expect(new Set(carrying.map(({ message }) => message.type))).toEqual(new Set(["go", "call"]));
    const [told, calls] = ["go", "call"].map((type) => carrying.filter(({ message }) => message.type === type));
    expect(told!.map(({ from, to }) => [from, to])).toEqual([[asker, finder]]);
    expect(new Set(calls!.map(({ from }) => from))).toEqual(new Set([finder]));
    expect(new Set(calls!.map(({ to }) => to))).toEqual(new Set(people.map(({ node }) => node.node)));
    // Nor is it in what was sealed.
    for (const { plain, use } of readable) expect(has(plain, planted), use).toBe(false);
  });

  it("cannot be tried against the plan: what hides it goes where it goes", () => {
    const [told] = sent.flatMap(({ message }) =>
      message.type === "go" && message.message !== undefined ? [message.message] : [],
    );
    const plan = diffusing.nodes.get(finder)!.finder!.config.plan;
    expect(has(plan, told!.salt) || has(plan, text(toHex(told!.salt))) || has(plan, planted)).toBe(false);
    const salted = sent.filter(({ bytes }) => has(bytes, told!.salt)).map(({ message }) => message.type);
    expect(new Set(salted)).toEqual(new Set(["go", "call"]));
  });
});

describe("indexers that collude", () => {
  const byLabel = new Map<string, { readonly share: PlacedShare; readonly holder: NodeId }[]>();
  for (const { use, key, plain } of opened) {
    if (use !== "share") continue;
    const shares = decodeShares(plain);
    if (!shares.ok) throw new Error(shares.code);
    for (const share of shares.value) {
      const label = toHex(share.label);
      const held = byLabel.get(label) ?? [];
      byLabel.set(label, held);
      held.push({ share, holder: keyOfNode.get(key)! });
    }
  }
  const joined = (held: readonly { share: PlacedShare }[]) =>
    joinEntry(
      world.draws.crypto,
      held[0]!.share.key,
      held.map(({ share }) => ({ point: share.point, bytes: share.share })),
    );

  it("learn nothing of an entry with one share fewer than suffice, and all with as many", () => {
    expect(byLabel.size).toBe(12 * 13);
    for (const held of byLabel.values()) {
      const few = held.filter(({ share }) => share.point < askingLimits.needed);
      const enough = held.filter(({ share }) => share.point <= askingLimits.needed);
      expect(joined(few)).toMatchObject({ ok: false, code: "shares-too-few" });
      const contact = joined(enough);
      expect(
        contact.ok &&
          world.pods.some(
            ({ node, pod }) => nameOf({ node: node.node, pod: fromHex(pod.id) }) === nameOf(contact.value),
          ),
      ).toBe(true);
    }
  });

  it("hold no two shares of one entry by themselves", () => {
    for (const held of byLabel.values()) {
      const holders = held.map(({ holder }) => holder);
      expect(new Set(holders).size).toBe(holders.length);
    }
  });

  it("cannot tell which entries are one person's: labels are all different", () => {
    const labels = [...byLabel.keys()];
    expect(new Set(labels.map((label) => label.slice(0, 16))).size).toBe(labels.length);
  });
});

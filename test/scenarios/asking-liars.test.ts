// Rounds with liars and with the dead: what becomes of the answer, who pays, and what is noticed.
import { describe, expect, it } from "vitest";
import { askingLimits as limits } from "../../src/core/asking/index.ts";
import type { NodeId } from "../../src/core/base/index.ts";
import { type AskingOptions, type AskingWorld, countedSealing, type OnWay } from "../../src/sim/asking/index.ts";
import { askingWorld, owner, rulesOf, settings } from "../support/asking.ts";

const pilots = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people WHERE profile('profession') = 'pilot'`;

/** Ten of twelve are pilots: numbers 1 to 8, 9 and 11. Found by their profession alone, so that a round is short. */
function asked(
  changed: Partial<AskingOptions> = {},
  liar: (one: OnWay, world: AskingWorld) => readonly OnWay[] = (one) => [one],
) {
  const world: AskingWorld = askingWorld({
    sealing: countedSealing,
    statement: pilots,
    owner: (index) => pilot(index),
    onWay: (one) => (world === undefined ? [one] : liar(one, world)),
    ...changed,
  });
  world.publishAll();
  return world;
}
const pilot = (index: number, changed: Partial<ReturnType<typeof owner>> = {}) => {
  const { findable, ...rest } = owner(index);
  const concepts = findable.concepts.filter(({ name }) => name === "profession");
  return { ...rest, findable: { concepts, everybody: false }, ...changed };
};
const whole = { rows: [[{ value: 36 + 9 + 11 }]], participation: { contributed: { value: 10 }, silent: { value: 0 } } };
const codes = (world: AskingWorld) => new Set(world.refusals.map(({ refusal }) => refusal.code));
const charged = (world: AskingWorld) => world.pods.reduce((sum, { pod }) => sum + pod.budget.charges.size, 0);

describe("forwarders that lie", () => {
  it("and drop what they are given: people are called again, take others, and all is there", () => {
    let dropped = 0;
    const world = asked({}, (one) => {
      if (one.message.type !== "deliver" || dropped >= 5) return [one];
      dropped++;
      return [];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(dropped).toBe(5);
    expect(charged(world)).toBe(10);
  });

  it("and double, or hold back until others have come: each counts once", () => {
    let held = 0;
    const world = asked({}, (one) =>
      one.message.type === "deliver" ? [one, { ...one, afterMs: 500 }, { ...one, afterMs: held++ * 400 }] : [one],
    );
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(codes(world)).toEqual(new Set(["ask-tag-used"]));
  });

  it("and change what they pass on: it is not opened, and its person is called again", () => {
    let changed = 0;
    const world = asked({}, (one) => {
      if (one.message.type !== "deliver" || changed >= 4) return [one];
      changed++;
      const sealed = one.message.sealed.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
      return [{ ...one, message: { ...one.message, sealed } }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(codes(world)).toEqual(new Set(["sealed-unreadable"]));
  });

  it("and never pass anything on: the round ends in time, and says that they were silent", () => {
    const world = asked({}, (one) => (one.message.type === "deliver" ? [] : [one]));
    const begun = world.nowMs;
    expect(world.ask()).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 0 }]], participation: { silent: { value: 10 } } },
    });
    expect(world.nowMs - begun).toBeLessThan(settings.answerMs + 60_000);
    expect(charged(world)).toBe(10);
  });
});

describe("people who lie", () => {
  it("about numbers: what is out of bounds or no number counts for nothing, the others' answer stands", () => {
    const lies = [Number.NaN, 1e12, -5];
    const world = asked({
      owner: (index) => pilot(index, index < 3 ? { rows: [[lies[index]!, "lie"]] } : {}),
    });
    expect(world.ask()).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 56 - 6 }]], participation: { contributed: { value: 7 }, silent: { value: 3 } } },
    });
    expect(codes(world)).toEqual(new Set(["terms-contribution"]));
  });

  it("or decline, or have nothing left: they are counted, and nobody else is told who", () => {
    const world = asked({
      owner: (index) =>
        pilot(
          index,
          index === 0
            ? { rules: rulesOf({}) }
            : index === 1
              ? { rules: rulesOf({ default: "allow", budget: { altogether: { epsilon: 0.001, delta: 1e-6 } } }) }
              : index === 2
                ? { rows: null }
                : index === 3
                  ? { rules: rulesOf({ default: "ask" }) }
                  : {},
        ),
    });
    expect(world.ask()).toMatchObject({
      ok: true,
      value: {
        rows: [[{ value: 56 - 10 }]],
        participation: {
          contributed: { value: 6 },
          policy: { value: 1 },
          budget: { value: 1 },
          failed: { value: 1 },
          grant: { value: 1 },
          silent: { value: 0 },
        },
      },
    });
    const said = [...world.traffic.keys()];
    expect(said).not.toContain("ask-refused");
  });
});

describe("a finder that lies", () => {
  it("and calls somebody twice under two tags: she answers one", () => {
    const world = asked({}, (one, of) => {
      if (one.message.type !== "call") return [one];
      const people = one.message.people.map(({ pod }) => ({ pod, tag: of.random.bytes(16) }));
      return [one, { ...one, message: { ...one.message, gatherers: of.papers, people }, afterMs: 50 }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    // Her node takes the message twice, and the finder waits for one answer.
    expect(codes(world)).toEqual(new Set(["ask-other-tag", "ask-unasked"]));
    expect(charged(world)).toBe(10);
  });

  it("and calls whom the question is not about: she says nothing of herself", () => {
    const world = asked({}, (one, of) => {
      if (one.message.type !== "call") return [one];
      const baker = of.pods[8 + 1]!;
      const people = [{ pod: Buffer.from(baker.pod.id, "hex"), tag: of.random.bytes(16) }];
      const message = {
        ...one.message,
        gatherers: of.papers,
        people: people.map((it) => ({ ...it, pod: new Uint8Array(it.pod) })),
      };
      return [one, { ...one, to: baker.node.node, message }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(world.pods[9]!.pod.told).toMatchObject({ outcome: "policy", refusal: { code: "ask-not-about" } });
    expect(world.pods[9]!.pod.budget.charges.size).toBe(0);
    // Her message came under no tag that anybody was given.
    expect(codes(world).has("ask-other-tag")).toBe(true);
  });

  it("and leaves people out: they are silent in the participation, and have not paid", () => {
    const world = asked({}, (one, of) =>
      one.message.type === "call" && [0, 1].some((i) => of.pods[i]!.node.node === one.to) ? [] : [one],
    );
    expect(world.ask()).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 56 - 3 }]], participation: { contributed: { value: 8 }, silent: { value: 2 } } },
    });
    expect(charged(world)).toBe(8);
  });

  it("or another node in its name: nobody answers it, no indexer hears it", () => {
    const world = asked();
    const plan = world.planned();
    const other = world.draws.nodes.at(-1)!.member.node;
    world.start(plan);
    const message = world.nodes.get(world.commission!.find)!.finder!.config.plan;
    const [key] = [...world.commission!.wanted.keys].map((name) => new Uint8Array(Buffer.from(name, "hex")));
    const [{ node, pod }] = world.pods as [(typeof world.pods)[0]];
    world.send(other, world.draws.nodes[1]!.member.node, {
      type: "lookup",
      number: 900,
      plan: message,
      keys: [key!],
      from: 0,
    });
    const people = [{ pod: new Uint8Array(Buffer.from(pod.id, "hex")), tag: world.random.bytes(16) }];
    world.send(other, node.node, {
      type: "call",
      number: 901,
      plan: message,
      gatherers: world.papers,
      people,
      leftMs: 9_000,
    });
    world.run(60_000, () => world.answer !== null);
    expect(world.answer).toMatchObject({ ok: true, value: whole });
    expect(codes(world)).toEqual(new Set(["ask-not-finder"]));
  });
});

describe("a node that is called", () => {
  it("and finds fault with the finder's papers: its word has no consequence for it", () => {
    const said = ["evidence-not-fresh", "bad-signature", "ask-over"];
    const world = asked({}, (one) => {
      const code = one.message.type === "called" ? said.pop() : undefined;
      if (code === undefined || one.message.type !== "called") return [one];
      return [{ ...one, message: { type: "ask-refused", number: one.message.number, code } }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(codes(world)).toEqual(new Set(["ask-over", "ask-turned-down"]));
  });
});

describe("an index that lies, or is silent", () => {
  it("in two of five shares: everybody is found all the same", () => {
    const liars = new Set<NodeId>();
    const world = asked({}, (one) => {
      if (one.message.type !== "shares" || one.message.shares.length === 0) return [one];
      if (liars.size < 2) liars.add(one.from);
      if (!liars.has(one.from)) return [one];
      const shares = one.message.shares.map((it) => ({
        ...it,
        share: it.share.map((byte, i) => (i === 3 ? byte ^ 7 : byte)),
      }));
      return [{ ...one, message: { ...one.message, shares } }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(liars.size).toBe(2);
  });

  it("in one of five shares, first and as much as it can: false ones of every point under every label, and labels without end", () => {
    let liar: NodeId | null = null;
    let pages = 0;
    const labels: Uint8Array[] = [];
    const world = asked({}, (one, of) => {
      if (one.message.type !== "shares") return [one];
      if (one.message.shares.length > 0) liar ??= one.from;
      // It is the first to answer, whoever else was asked with it.
      if (one.from !== liar) return [{ ...one, afterMs: 1_000 }];
      for (const { label } of one.message.shares) labels.push(label);
      const share = (label: Uint8Array, at: number) => ({
        key: 0,
        point: 1 + (at % limits.shares),
        label,
        share: of.random.bytes(64),
      });
      const forged = labels.flatMap((label) => Array.from({ length: 25 }, (_, at) => share(label, at)));
      const invented = Array.from({ length: limits.sharesPerPage - forged.length }, (_, at) =>
        share(of.random.bytes(16), at),
      );
      const shares = [...forged, ...invented];
      const next = ++pages < 5 ? pages * limits.sharesPerPage : undefined;
      return [{ ...one, message: { type: "shares", number: one.message.number, shares, ...(next && { next }) } }];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(labels.length).toBeGreaterThan(5);
    expect(pages).toBe(5);
  });

  it("with every first holder gone: the second ones do", () => {
    let replica = 0;
    const first = new Set<NodeId>();
    const world = asked({}, (one) => {
      if (one.message.type !== "lookup") return [one];
      if (replica < 5 && !first.has(one.to)) {
        replica++;
        first.add(one.to);
      }
      return first.has(one.to) ? [] : [one];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(first.size).toBe(5);
  });

  it("altogether: nobody is called, and the analyst is told so", () => {
    const world = asked({}, (one) => (one.message.type === "lookup" ? [] : [one]));
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-index-silent" });
    expect(world.traffic.has("call")).toBe(false);
    expect(charged(world)).toBe(0);
  });

  it("made up by somebody: who does not exist is not reached, and who does says that it is not about her", () => {
    // The bakers are entered as pilots by somebody else.
    const world = asked({
      owner: (index) => {
        const of = pilot(index);
        return index === 9
          ? {
              ...of,
              findable: { concepts: [{ name: "profession", value: "pilot", isWhole: false }], everybody: false },
            }
          : of;
      },
    });
    const baker = world.pods[9]!;
    baker.pod.state.config.ports.ownKeys = () => new Set();
    expect(world.ask()).toMatchObject({
      ok: true,
      value: { rows: [[{ value: 56 }]], participation: { policy: { value: 1 } } },
    });
    expect(baker.pod.told).toMatchObject({ refusal: { code: "ask-not-about" } });
  });
});

describe("how many are asked", () => {
  it("fewer than the minimum by a noised count: nobody is called", () => {
    const world = asked();
    world.noisedCount = (count) => count - 8;
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-too-few" });
    expect(world.traffic.has("call")).toBe(false);
  });

  it("more than the maximum: so many, others each time", () => {
    const chosen = new Set<string>();
    const world = asked({ settings: { ...settings, maximumPeople: 4 } });
    for (let round = 0; round < 3; round++) {
      const before = charged(world);
      expect(world.ask()).toMatchObject({ ok: true });
      expect(charged(world) - before).toBe(4);
      chosen.add(world.pods.map(({ pod }) => (pod.budget.charges.size > 0 ? "1" : "0")).join(""));
    }
    expect(chosen.size).toBeGreaterThan(1);
  });
});

describe("a node that is slow", () => {
  it("answers late what it was asked again meanwhile, and is not taken for a liar", () => {
    const slow = new Set<string>();
    let lost = 0;
    const world = asked({}, (one) => {
      const { type } = one.message;
      // Somebody has to be waited for, or the round is over before.
      if (type === "deliver" && lost++ < 3) return [];
      const isFirst = (type === "shares" || type === "called" || type === "come") && !slow.has(type);
      if (isFirst) slow.add(type);
      return [isFirst ? { ...one, afterMs: 5_500 } : one];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    world.run(60_000, () => false);
    expect(slow.size).toBe(3);
    expect(codes(world)).toEqual(new Set());
  });
});

describe("a gatherer that has no tags yet", () => {
  it("does not say that nothing is missing: nobody is left out because an edge is slow", () => {
    // What somebody sends is lost: she has to be called again.
    let lost = 0;
    const world = asked({}, (one) => (one.message.type === "deliver" && lost++ < 3 ? [] : [one]));
    world.edgesLateMs = 7_000;
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(charged(world)).toBe(10);
  });

  it("as one that took a place: the round does not end before people have sent to it", () => {
    let lost = 0;
    const world = asked({ settings: { ...settings, standby: 1 } }, (one, of) =>
      one.message.type === "deliver" && one.to === of.gathering[0] && of.edgesLateMs > 0 && lost++ < 2 ? [] : [one],
    );
    world.start(world.planned());
    const [{ vertex, nodes }] = world.commission!.gatherers as [
      NonNullable<AskingWorld["commission"]>["gatherers"][number],
    ];
    world.run(60_000, () => (world.traffic.get("deliver")?.messages ?? 0) >= 8);
    world.edgesLateMs = 7_000;
    world.dead.add(vertex.node);
    world.standIn(0, nodes[1]!);
    world.run(5 * 60_000, () => world.answer !== null);
    expect(world.answer).toMatchObject({ ok: true, value: whole });
    expect(charged(world)).toBe(10);
  });
});

describe("a gatherer that dies", () => {
  it("takes its part with it: with fewer parts than the noise needs nothing is released, and the round ends", () => {
    const world = asked();
    world.start(world.planned());
    world.dead.add(world.commission!.gatherers[0]!.vertex.node);
    world.run(5 * 60_000, () => world.answer !== null);
    expect(world.answer).toMatchObject({ ok: false, code: "privacy-shares-missing" });
    expect(world.parts.filter((part) => part === null)).toHaveLength(1);
  });

  it("and whose stand-in takes its place: people say the same again to the new key, and pay nothing more", () => {
    const world = asked({ settings: { ...settings, standby: 1 } });
    world.start(world.planned());
    const [{ vertex, nodes }] = world.commission!.gatherers as [
      NonNullable<AskingWorld["commission"]>["gatherers"][number],
    ];
    const isThere = () => (world.traffic.get("deliver")?.messages ?? 0) >= 8;
    world.run(60_000, isThere);
    world.dead.add(vertex.node);
    world.standIn(0, nodes[1]!);
    world.run(5 * 60_000, () => world.answer !== null);
    expect(world.answer).toMatchObject({ ok: true, value: whole });
    expect(charged(world)).toBe(10);
  });
});

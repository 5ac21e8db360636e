// How many people are asked is told to nobody: what `find` hands on is as much for one as for all who may be asked, whatever becomes of it.
import { describe, expect, it } from "vitest";
import { type HandedOn, hashOfTag, recordsOf } from "../../src/core/asking/index.ts";
import { toHex } from "../../src/core/base/index.ts";
import { batchesOf } from "../../src/node/asking/batches.ts";
import { peopleShapes } from "../../src/operators/index.ts";
import { type AskingOptions, type AskingWorld, countedSealing } from "../../src/sim/asking/index.ts";
import { askingWorld, owner, person, settings } from "../support/asking.ts";

const pilots = `SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1, delta = 1e-6)
AVG(sick_leave_days, contribution_bounds_per_group => (0, 60)) AS days FROM people WHERE profile('profession') = 'pilot'`;
const maximumPeople = 600;

interface Watched {
  readonly world: AskingWorld;
  readonly handedOn: HandedOn[];
  /** Tags of those who were called, as gatherers would know them. */
  readonly called: Set<string>;
}

/** Of twelve people the first so many are looked for. */
function watched(count: number, changed: Partial<AskingOptions> = {}): Watched {
  const world = askingWorld({
    sealing: countedSealing,
    statement: pilots,
    settings: { ...settings, minimumPeople: 1, maximumPeople },
    owner(index) {
      const { concepts } = person(index < count ? "pilot" : "baker", 40);
      return owner(index, { findable: { concepts: concepts.slice(0, 1), everybody: false } });
    },
    ...changed,
  });
  const handedOn: HandedOn[] = [];
  const called = new Set<string>();
  world.onTags = (tags) => void handedOn.push(tags);
  world.onSent = ({ message }) => {
    if (message.type !== "call") return;
    for (const { tag } of message.people) called.add(toHex(hashOfTag(world.draws.crypto, tag)));
  };
  world.publishAll();
  return { world, handedOn, called };
}

const hashesOf = ({ hashes }: HandedOn) =>
  Array.from({ length: hashes.length / 32 }, (_, i) => toHex(hashes.subarray(32 * i, 32 * i + 32)));

describe("what the gatherers are given", () => {
  it("is as much for one person as for twelve: as many records, and batches as long", () => {
    const seen = [1, 8, 11, 12].map((count) => {
      const { world, handedOn, called } = watched(count);
      expect(world.ask()).toMatchObject({ ok: true, value: { participation: { contributed: { value: count } } } });
      expect(called.size).toBe(count);
      expect(handedOn).toHaveLength(1);
      const [tags] = handedOn as [HandedOn];
      expect(hashesOf(tags)).toHaveLength(maximumPeople);
      expect(new Set(hashesOf(tags)).size).toBe(maximumPeople);
      return {
        records: [...recordsOf(tags)].map(({ length }) => length),
        batches: batchesOf(peopleShapes.tag, recordsOf(tags)).map(({ length }) => length),
      };
    });
    expect(seen[0]!.records).toHaveLength(maximumPeople + 1);
    for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
  });

  it("holds everybody who is called, anywhere among the blanks", () => {
    const { world, handedOn, called } = watched(11);
    world.ask();
    const all = hashesOf(handedOn[0]!);
    const places = [...called].map((hash) => all.indexOf(hash));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    // In no order: neither that of the calls, nor all together.
    expect(places).not.toEqual([...places].sort((a, b) => a - b));
    expect(Math.max(...places) - Math.min(...places)).toBeGreaterThan(maximumPeople / 3);
  });

  it("has no blanks when as many are found as may be asked, or more", () => {
    for (const most of [11, 4]) {
      const { world, handedOn, called } = watched(11, {
        settings: { ...settings, minimumPeople: 1, maximumPeople: most },
      });
      expect(world.ask()).toMatchObject({ ok: true });
      expect(new Set(hashesOf(handedOn[0]!))).toEqual(called);
      expect(called.size).toBe(most);
    }
  });

  it("says of how many there are no more than a number with noise, of each gatherer's own", () => {
    const { world, handedOn } = watched(11);
    world.noisedCount = (count) => count + 40;
    const answer = world.ask();
    const { asked } = handedOn[0]!;
    expect(asked).toHaveLength(settings.gatherers);
    expect(asked.reduce((sum, count) => sum + count)).toBe(11 + 40 * settings.gatherers);
    // What is in the answer has that noise: a gatherer cannot know who is silent.
    expect(answer).toMatchObject({ value: { participation: { silent: { value: 40 * settings.gatherers } } } });
  });

  it("is the same again for a cell that takes the place of one: other blanks would tell them from people", () => {
    const { world, handedOn } = watched(11, {
      settings: { ...settings, minimumPeople: 1, maximumPeople, standby: 1 },
    });
    let noise = 0;
    world.noisedCount = (count) => count + noise++;
    world.start(world.planned());
    const [{ vertex, nodes }] = world.commission!.gatherers as [
      NonNullable<AskingWorld["commission"]>["gatherers"][number],
    ];
    world.run(60_000, () => (world.traffic.get("deliver")?.messages ?? 0) >= 9);
    world.dead.add(vertex.node);
    world.standIn(0, nodes[1]!);
    world.run(5 * 60_000, () => world.answer !== null);
    expect(world.answer).toMatchObject({ ok: true, value: { participation: { contributed: { value: 11 } } } });
    expect(handedOn).toHaveLength(2);
    expect(handedOn[1]).toEqual(handedOn[0]);
  });

  it("is nothing when too few are found: no gatherer hands on a part, so nothing looks like an answer", () => {
    const { world, handedOn, called } = watched(8);
    world.noisedCount = () => 0;
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-too-few" });
    expect([handedOn.length, called.size]).toEqual([0, 0]);
    for (const { vertex, nodes } of world.commission!.gatherers)
      expect(world.nodes.get(nodes[0]!)!.gatherers.get(vertex.id)!.end(world.coins())).toBeNull();
  });
});

describe("a round with blanks", () => {
  it("ends when everybody has been heard of, and waits for no blank", () => {
    const { world } = watched(8);
    const begunMs = world.nowMs;
    expect(world.ask()).toMatchObject({ ok: true, value: { participation: { silent: { value: 0 } } } });
    expect(world.nowMs - begunMs).toBeLessThan(settings.answerMs / 2);
  });

  it("asks the gatherers for what has come and gets each of it once, however many blanks there are", () => {
    const bytesWith = (most: number) => {
      const { world } = watched(8, { settings: { ...settings, minimumPeople: 1, maximumPeople: most } });
      let told = 0;
      const before = world.onSent!;
      world.onSent = (sent) => {
        before(sent);
        if (sent.message.type === "come") told += sent.message.tags.length;
      };
      world.ask();
      return told;
    };
    expect([bytesWith(20), bytesWith(2_000)]).toEqual([8 * 32, 8 * 32]);
  });

  it("does not believe a gatherer about another's people, nor for ever", () => {
    const { world } = watched(8);
    const liar = () => world.gathering[0]!;
    world.onSent = null;
    const options = world.options as { onWay?: AskingOptions["onWay"] };
    let lies = 0;
    options.onWay = (one) => {
      const { message, from } = one;
      if (message.type !== "come" || world.commission === null || from !== liar()) return [one];
      lies++;
      // Whole pages of what nobody asked, and everybody's tags.
      const people = [...world.nodes.get(world.commission.find)!.finder!.people.keys()];
      const tags = world.random.bytes(8_192 * 32);
      for (const [i, hash] of people.entries()) tags.set(Buffer.from(hash, "hex"), 32 * i);
      return [{ ...one, message: { ...message, tags } }];
    };
    const answer = world.ask();
    expect(answer.ok).toBe(true);
    expect(lies).toBeGreaterThan(0);
    expect(lies).toBeLessThan(40);
    // The others' people are waited for all the same.
    const others = [...world.pods].filter(({ pod }) => pod.told !== null).length;
    expect(others).toBe(8);
  });
});

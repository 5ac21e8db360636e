// What a finder asked somebody, somebody else answers, faster and with the right number: a stranger, or a gatherer about another's people.
import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/core/base/index.ts";
import { type AskingWorld, countedSealing, type OnWay } from "../../src/sim/asking/index.ts";
import { askingWorld, owner } from "../support/asking.ts";

type OnItsWay = (one: OnWay, world: AskingWorld) => readonly OnWay[];

/** Eight of twelve are looked for. */
function asked(onItsWay: OnItsWay) {
  const world: AskingWorld = askingWorld({
    sealing: countedSealing,
    owner: (index) => owner(index),
    onWay: (one) => (world === undefined || world.commission === null ? [one] : onItsWay(one, world)),
  });
  world.publishAll();
  return world;
}
const whole = { participation: { contributed: { value: 8 }, silent: { value: 0 } }, missing: [] };

/** None that the finder has anything to do with. */
function stranger({ draws, commission, analyst }: AskingWorld): NodeId {
  const known = [analyst.member.node, commission!.find, ...commission!.gatherers.flatMap(({ nodes }) => nodes)];
  return draws.nodes.map(({ member }) => member.node).findLast((node) => !known.includes(node))!;
}
const unasked = ({ refusals }: AskingWorld) => refusals.filter(({ refusal }) => refusal.code === "ask-unasked").length;

describe("a stranger who answers the finder in another's stead", () => {
  it("gives no leave to call people", () => {
    const world = asked((one, of) => (one.message.type === "go" ? [{ ...one, from: stranger(of) }] : [one]));
    expect(world.ask()).toMatchObject({ ok: false, code: "ask-no-go" });
    expect(world.traffic.has("call")).toBe(false);
  });

  it("empties no index: what the holder says counts", () => {
    let lies = 0;
    const world = asked((one, of) => {
      if (one.message.type !== "shares") return [one];
      lies++;
      return [
        { ...one, from: stranger(of), message: { ...one.message, shares: [] } },
        { ...one, afterMs: 5 },
      ];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect(unasked(world)).toBe(lies);
  });

  it("says for no gatherer what has come", () => {
    let [lies, dropped] = [0, 0];
    const world = asked((one, of) => {
      if (one.message.type === "deliver" && dropped < 3) {
        dropped++;
        return [];
      }
      if (one.message.type !== "come") return [one];
      lies++;
      return [
        { ...one, from: stranger(of), message: { ...one.message, tags: tagsOfAll(of) } },
        { ...one, afterMs: 5 },
      ];
    });
    expect(world.ask()).toMatchObject({ ok: true, value: whole });
    expect([dropped, unasked(world)]).toEqual([3, lies]);
  });
});

it("a gatherer that says of all people that their message has come is believed about its own alone", () => {
  const lost = new Set<string>();
  const world = asked((one, of) => {
    const [liar] = of.gathering;
    if (one.message.type === "come" && one.from === liar)
      return [{ ...one, message: { ...one.message, tags: tagsOfAll(of) } }];
    // What people send to the others first is lost.
    if (one.message.type !== "deliver" || one.to === liar || lost.size >= 3) return [one];
    lost.add(one.from);
    return [];
  });
  expect(world.ask()).toMatchObject({ ok: true, value: whole });
  expect(lost.size).toBe(3);
});

function tagsOfAll({ nodes, commission }: AskingWorld): Uint8Array {
  const hashes = [...nodes.get(commission!.find)!.finder!.people.keys()];
  return new Uint8Array(Buffer.from(hashes.join(""), "hex"));
}

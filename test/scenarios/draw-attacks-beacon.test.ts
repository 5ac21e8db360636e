// Every step of the beacon (SEP2P §3.4), every lie of its trigger and of its witnesses: what is refused, who is named, and
// what the trigger ends with. docs/protocols/draw.md has the table.

import { describe, expect, it } from "vitest";
import type { Digest, RefusalCode } from "../../src/core/base/index.ts";
import { drawLimits, lieIn } from "../../src/core/draw/index.ts";
import { draw, flipped } from "../support/draw.ts";
import { type Attack, stage, type Tell } from "./draw-liars.ts";
import { changedPart, farNode, headed, naming, refusing, silence } from "./draw-lies.ts";

const late = drawLimits.maxAgeMs + 1_000;
type Ends = Omit<Attack, "liar" | "lie" | "tells">;
const silent: Ends = { ends: "gave up: draw-silent", named: ["draw-silent by trigger of the liar"] };
/** A no that does not hold. */
const pretext = (code: RefusalCode): Ends => {
  return { ends: `gave up: ${code}`, named: ["draw-pretext by trigger of the liar"] };
};
/** The trigger sees for itself what the witness did. */
const caught = (code: RefusalCode, proof: "" | ", proven" = ""): Ends => ({
  ends: `gave up: ${code}`,
  refused: [`${code} by trigger blames the liar`],
  named: [`${code} by trigger of the liar${proof}`],
});

/** Nobody but the liar wants anything here, so what it ends with is its own affair: nobody is drawn for it. */
const byTrigger = (
  lie: string,
  tells: Attack["tells"],
  refused: readonly string[],
  more: Partial<Attack> = {},
): Attack => ({
  liar: "trigger",
  lie,
  tells,
  refused,
  ends: "nothing",
  ...more,
});
const asks = (
  lie: string,
  ask: Attack["tells"]["beacon-ask"],
  refused: readonly string[],
  more: Partial<Attack> = {},
) => byTrigger(lie, { "beacon-ask": ask! }, refused, more);
/** The witnesses of a trigger are always the same, so a liar among them can keep it from drawing; but it is named. */
const byWitness = (lie: string, tells: Attack["tells"], ends: Ends): Attack => ({
  liar: "witness",
  lie,
  tells,
  ...ends,
});

/** Says what it should, and something else right after. */
const besides =
  (also: Tell<"beacon-reveal">): Tell<"beacon-reveal"> =>
  (message, scene, to) => {
    scene.say(to, also(message, scene, to)!);
    return message;
  };

const attacks: readonly Attack[] = [
  asks(
    "asks in another's name",
    headed((_, s) => ({ trigger: farNode(s) })),
    ["draw-unsigned by witness blames the liar"],
  ),
  asks(
    "another network",
    headed(() => ({ network: "x" })),
    ["draw-other-network by witness blames the liar"],
  ),
  asks(
    "a draw of long ago",
    headed(({ atMs }) => ({ atMs: atMs - late })),
    ["draw-stale by witness blames the liar"],
  ),
  asks(
    "a draw to come",
    headed(({ atMs }) => ({ atMs: atMs + 61_000 })),
    ["draw-stale by witness blames the liar"],
  ),
  asks(
    "names itself among the witnesses",
    naming((names, s, to) => [to, s.liar.member.node, ...names].slice(0, names.length)),
    ["draw-own-witness by witness blames the liar"],
  ),
  asks(
    "asks who is not on its list",
    naming((names, s, to) => [farNode(s), ...names.filter((n) => n !== to)]),
    ["draw-not-asked by witness blames the liar"],
  ),
  asks(
    "a sequence used before",
    headed(() => ({ sequence: 1 })),
    ["draw-sequence by witness blames the liar"],
    { before: (network, trigger) => void draw(network, trigger) },
  ),
  asks("a draw too many", undefined, ["draw-rate by witness blames the liar"], {
    before: (network, trigger) => {
      for (let i = 0; i < drawLimits.drawsPerWindow; i++) draw(network, trigger, 1);
    },
  }),
  asks(
    "a witness less",
    naming((names, _, to) => [to, ...names.filter((n) => n !== to)].slice(0, -1)),
    ["draw-degree by witness blames the liar"],
  ),
  asks(
    "a witness more",
    naming((names, s) => [...names, farNode(s)]),
    ["draw-degree by witness blames the liar"],
  ),
  asks(
    "a friend for the nearest",
    naming((names, s, to) => [to, farNode(s), ...names.filter((n) => n !== to)].slice(0, names.length)),
    ["draw-not-nearest by witness blames the liar"],
  ),
  asks(
    "one witness twice",
    naming((names, _, to) => [to, to, ...names].slice(0, names.length)),
    ["draw-not-nearest by witness blames the liar"],
  ),
  asks(
    "another size of R3",
    headed(({ spread }) => ({ spread: spread + 2 })),
    ["draw-spread by witness blames the liar"],
  ),
  byTrigger(
    "leaves a commitment out",
    { "beacon-list": (m) => ({ ...m, commitments: m.commitments.map((one) => flipped(one)) }) },
    ["draw-commitment-lost by witness blames the liar"],
  ),
  byTrigger(
    "shows a second list",
    {
      "beacon-list": (m, s, to) => {
        const own = s.heard.findLast((one) => one.from === to && one.message.type === "beacon-commit")!.message as {
          commitment: Uint8Array;
        };
        s.say(to, {
          ...m,
          commitments: m.commitments.map((one) => (Buffer.compare(one, own.commitment) === 0 ? one : flipped(one))),
        });
        return m;
      },
    },
    ["draw-second-list by witness blames the liar"],
  ),
  byTrigger("falls silent once all have committed", { "beacon-list": silence }, []),
  byWitness("does not commit", { "beacon-commit": silence }, silent),
  byWitness(
    "says it was not to be asked",
    { "beacon-commit": refusing("draw-not-nearest") },
    pretext("draw-not-nearest"),
  ),
  byWitness(
    "shows a node that is no nearer",
    {
      "beacon-commit": (m, s) =>
        refusing("draw-not-nearest", {
          evidence: { what: "nearer", certificate: s.network.node(farNode(s)).member.certificate },
        })(m, s),
    },
    pretext("draw-not-nearest"),
  ),
  byWitness("says that the trigger draws too often", { "beacon-commit": refusing("draw-rate") }, pretext("draw-rate")),
  byWitness(
    "accuses another witness",
    { "beacon-commit": (m, s) => refusing("draw-unsigned", { blame: s.witnesses[1]!.member.node })(m, s) },
    pretext("draw-unsigned"),
  ),
  byWitness(
    "commits to something else",
    { "beacon-commit": (m) => ({ ...m, commitment: flipped(m.commitment) }) },
    pretext("draw-commitment-lost"),
  ),
  byWitness("withholds its value", { "beacon-reveal": silence }, silent),
  byWitness(
    "says its commitment was left out",
    { "beacon-reveal": refusing("draw-commitment-lost") },
    pretext("draw-commitment-lost"),
  ),
  byWitness(
    "discloses another value, and signs that",
    { "beacon-reveal": changedPart },
    caught("draw-value-changed", ", proven"),
  ),
  byWitness(
    "discloses a second value, and signs both",
    { "beacon-reveal": besides(changedPart) },
    { ...caught("draw-two-answers", ", proven"), ends: "drawn at once" },
  ),
  byWitness(
    "discloses a second value that it has not signed",
    { "beacon-reveal": besides((m) => ({ ...m, part: { ...m.part, random: flipped(m.part.random) } })) },
    { ...caught("draw-unsigned"), ends: "drawn at once" },
  ),
  byWitness("discloses its value again, later", { "beacon-reveal": besides((m) => m) }, { ends: "drawn at once" }),
  byWitness(
    "discloses another value",
    { "beacon-reveal": (m) => ({ ...m, part: { ...m.part, random: flipped(m.part.random) } }) },
    caught("draw-unsigned"),
  ),
  byWitness(
    "signs badly",
    { "beacon-reveal": (m) => ({ ...m, part: { ...m.part, signature: flipped(m.part.signature) } }) },
    caught("draw-unsigned"),
  ),
  byWitness(
    "hands over another's certificate",
    { "beacon-reveal": (m, s) => ({ ...m, part: { ...m.part, certificate: s.trigger.member.certificate } }) },
    caught("draw-unsigned"),
  ),
  byWitness(
    "hands over no certificate",
    { "beacon-reveal": (m) => ({ ...m, part: { ...m.part, certificate: new Uint8Array() } }) },
    caught("malformed"),
  ),
  byWitness(
    "signs for a time long ago",
    { "beacon-reveal": (m) => ({ ...m, part: { ...m.part, atMs: m.part.atMs - late } }) },
    caught("draw-stale"),
  ),
];

describe("beacon", () => {
  it.each(attacks)("$liar: $lie", (attack) => {
    const { refused, named, ends, evidence, network } = stage(attack);
    expect({ refused, named, ends }).toEqual({
      refused: attack.refused ?? [],
      named: attack.named ?? [],
      ends: attack.ends,
    });
    for (const { evidence: shown, draw: of } of evidence) {
      expect(lieIn(shown, of, network.rules, network.ports)?.code).toBe(named[0]?.split(" ")[0]);
      expect(lieIn(shown, "00".repeat(32) as Digest, network.rules, network.ports)).toBeNull(); // of another draw
    }
  });
});

// The last step of a draw: its trigger has what was drawn sealed by its witnesses. Every lie of either: what is refused, who is
// named, and what the trigger ends with. docs/protocols/draw.md has the table.
import { describe, expect, it } from "vitest";
import { drawLimits } from "../../src/core/draw/index.ts";
import { rosterStatement, sealStatement } from "../../src/core/draw/statement.ts";
import { drawn, flipped } from "../support/draw.ts";
import { type Attack, type Stage, stage, type Tell } from "./draw-liars.ts";
import { first, type Of, refusing, silence } from "./draw-lies.ts";

const late = drawLimits.maxAgeMs + 1_000;
const byTrigger = (lie: string, seal: Tell<"roster-seal">, code: string): Attack => ({
  liar: "trigger",
  lie,
  tells: { "roster-seal": seal },
  refused: [`${code} blames the liar`],
  ends: "nothing",
});
const byWitness = (
  lie: string,
  sealed: Tell<"roster-sealed">,
  ends: Omit<Attack, "liar" | "lie" | "tells">,
): Attack => ({
  liar: "witness",
  lie,
  tells: { "roster-sealed": sealed },
  ...ends,
});
const caught = (code: "draw-unsigned" | "malformed" | "draw-stale"): Omit<Attack, "liar" | "lie" | "tells"> => ({
  ends: `gave up: ${code}`,
  refused: [`${code} blames the liar`],
  named: [`${code} by trigger of the liar`],
});
/** Somebody who was not drawn. */
const another = ({ network }: Stage, { drawn }: Of<"roster-seal">) =>
  network.nodes.find(({ member }) => !drawn.actors.includes(member.node))!.member.node;
const exchanged: Tell<"roster-seal"> = (m, s) => ({
  ...m,
  drawn: { ...m.drawn, actors: [another(s, m), ...m.drawn.actors.slice(1)] },
});
/** What it was asked to seal, with another signature. */
const signed =
  (statement: typeof sealStatement): Tell<"roster-sealed"> =>
  (m, { heard, liar }) => {
    const asked = heard.findLast((one) => one.message.type === "roster-seal" && one.to === liar.member.node);
    const { random, attempt, actors } = (asked!.message as Of<"roster-seal">).drawn;
    const signature = liar.signer.sign(statement(m.draw, random, attempt, actors, m.sealed.atMs));
    return { ...m, sealed: { ...m.sealed, signature } };
  };

const attacks: Attack[] = [
  byTrigger("exchanges a processor", exchanged, "draw-roster-forged"),
  byTrigger("has another value sealed", (m) => ({ ...m, values: first(m.values, flipped) }), "draw-beacon-forged"),
  byTrigger("leaves a value out", (m) => ({ ...m, values: m.values.slice(1) }), "draw-beacon-forged"),
  byTrigger(
    "has what was drawn by another value sealed",
    (m) => ({ ...m, drawn: { ...m.drawn, random: flipped(m.drawn.random) } }),
    "draw-roster-forged",
  ),
  byTrigger(
    "has a list of another draw sealed",
    (m) => ({ ...m, drawn: { ...m.drawn, header: { ...m.drawn.header, sequence: m.drawn.header.sequence + 1 } } }),
    "draw-roster-forged",
  ),
  byTrigger(
    "says that the lot fell anew, and shows nothing for it",
    (m) => ({ ...m, drawn: { ...m.drawn, attempt: m.drawn.attempt + 1 } }),
    "draw-roster-forged",
  ),
  byTrigger(
    "says that the lot fell anew, and shows other signatures for it",
    (m) => ({
      ...m,
      drawn: { ...m.drawn, attempt: m.drawn.attempt + 1 },
      sparse: [...m.sparse, m.drawn.witnesses],
    }),
    "draw-sparse-forged",
  ),
  byTrigger(
    "leaves out a signature of those round the lot",
    (m) => ({ ...m, drawn: { ...m.drawn, witnesses: m.drawn.witnesses.slice(1) } }),
    "draw-not-legitimate",
  ),
  byTrigger(
    "has one roster sealed, and then another",
    (m, s, to) => {
      s.say(to, exchanged(m, s, to)!);
      return m;
    },
    "draw-second-roster",
  ),
  byWitness("is silent", silence, { ends: "gave up: draw-silent", named: ["draw-silent by trigger of the liar"] }),
  byWitness("refuses", refusing("draw-roster-forged"), {
    ends: "gave up: draw-roster-forged",
    named: ["draw-pretext by trigger of the liar"],
  }),
  byWitness("refuses for a rate that the trigger keeps", refusing("draw-rate"), {
    ends: "gave up: draw-rate",
    named: ["draw-pretext by trigger of the liar"],
  }),
  byWitness(
    "signs badly",
    (m) => ({ ...m, sealed: { ...m.sealed, signature: flipped(m.sealed.signature) } }),
    caught("draw-unsigned"),
  ),
  byWitness("signs as those round the lot do", signed(rosterStatement), caught("draw-unsigned")),
  byWitness(
    "signs other processors",
    signed((draw, random, attempt, actors, atMs) => sealStatement(draw, random, attempt, actors.toReversed(), atMs)),
    caught("draw-unsigned"),
  ),
  byWitness(
    "hands over another's certificate",
    (m, s) => ({ ...m, sealed: { ...m.sealed, certificate: s.trigger.member.certificate } }),
    caught("draw-unsigned"),
  ),
  byWitness(
    "hands over no certificate",
    (m) => ({ ...m, sealed: { ...m.sealed, certificate: new Uint8Array() } }),
    caught("malformed"),
  ),
  byWitness(
    "signs for a time long ago",
    (m) => ({ ...m, sealed: { ...m.sealed, atMs: m.sealed.atMs - late } }),
    caught("draw-stale"),
  ),
  byWitness(
    "seals twice",
    (m, s, to) => {
      s.say(to, m);
      return m;
    },
    { ends: "drawn at once" },
  ),
];

describe("seal", () => {
  it.each(attacks)("$liar: $lie", (attack) => {
    const { named, ends, ...told } = stage(attack);
    // In a network this small a witness of the beacon may be the setter, or a witness of the lot, too.
    const refused = [...new Set(told.refused.map((line) => line.replace(/ by .* blames/, " blames")))];
    expect({ refused, named, ends }).toEqual({
      refused: attack.refused ?? [],
      named: attack.named ?? [],
      ends: attack.ends,
    });
  });
});

it("somebody else who has seen what is to be sealed gets no seal", () => {
  const { network, trigger, sent } = drawn();
  const { message, to } = sent.find((one) => one.message.type === "roster-seal")!;
  const stranger = network.nodes.find(({ member }) => member.node !== trigger.member.node && member.node !== to)!;
  const before = { sent: sent.length, refusals: network.refusals.length };
  network.simulation.send(stranger.member.node, to, message);
  network.simulation.run({ forMs: 3_000 });
  expect(network.refusals.slice(before.refusals).map(({ refusal }) => refusal.code)).toEqual(["draw-not-asked"]);
  expect(sent.slice(before.sent).filter((one) => one.message.type === "roster-sealed")).toEqual([]);
});

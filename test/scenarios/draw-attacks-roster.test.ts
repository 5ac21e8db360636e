// Every step of the roster (SEP2P §3.5), every lie of trigger, setter and witnesses: what is refused, who is named, and what
// the trigger ends with. A fresh beacon finds other nodes, so one liar costs a restart at most.
import { describe, expect, it } from "vitest";
import type { Digest } from "../../src/core/base/index.ts";
import { sortedKeys } from "../../src/core/cache/index.ts";
import { drawLimits, lieIn, sparseStatement, xorAll } from "../../src/core/draw/index.ts";
import { flipped, swapped } from "../support/draw.ts";
import { type Attack, type Stage, stage } from "./draw-liars.ts";
import { committing, disclosing, drawNamed, farNode, first, type Of, refusing, silence, spoilt } from "./draw-lies.ts";

type More = Omit<Attack, "liar" | "lie" | "tells" | "ends"> & Partial<Pick<Attack, "ends">>;
const by =
  (liar: Attack["liar"], ends: Attack["ends"]) =>
  (lie: string, tells: Attack["tells"], more: More): Attack => ({ liar, lie, tells, ends, ...more });
const byTrigger = by("trigger", "nothing");
const bySetter = by("setter", "drawn anew");
const byWitness = by("roster witness", "drawn anew");
/** Hears of the draw once the setter asks its witnesses, and says something of its own. */
const byStranger = (
  lie: string,
  says: (message: Of<"roster-ask">, scene: Stage) => void,
  refused: readonly string[],
): Attack => ({
  liar: "stranger",
  lie,
  tells: {},
  hears: {
    "roster-ask": (message, scene) => {
      says(message, scene);
      return message;
    },
  },
  refused,
  ends: "drawn at once",
});

const late = drawLimits.maxAgeMs + 1_000;
/** The first witness is the setter itself: the nearest of all. */
const other = ({ rosterWitnesses }: Stage) => rosterWitnesses[1]!.member.node;
const askOf = ({ heard: all }: Stage) =>
  all.findLast(({ message }) => message.type === "roster-ask")!.message as Of<"roster-ask">;

const attacks: readonly Attack[] = [
  byTrigger(
    "shows a beacon it made up",
    { "roster-start": (m) => ({ ...m, beacon: spoilt(m.beacon) }) },
    {
      refused: ["draw-beacon-forged by roster witness blames the liar"],
      named: ["draw-beacon-forged by setter of the liar"],
    },
  ),
  byTrigger(
    "leaves a part of the beacon out",
    { "roster-start": (m) => ({ ...m, beacon: { ...m.beacon, parts: m.beacon.parts.slice(1) } }) },
    {
      refused: ["draw-not-legitimate by roster witness blames the liar"],
      named: ["draw-not-legitimate by setter of the liar"],
    },
  ),
  byTrigger(
    "wants another lot, without a word of anybody",
    { "roster-start": (m) => ({ ...m, attempt: 1 }) },
    { refused: ["draw-sparse-forged by setter blames the liar"] },
  ),
  byTrigger(
    "wants another lot, on the word of the wrong witnesses",
    {
      "roster-start": (m) => ({
        ...m,
        attempt: 1,
        sparse: [m.beacon.parts.map(({ certificate, atMs, signature }) => ({ certificate, atMs, signature }))],
      }),
    },
    { refused: ["draw-not-legitimate by setter blames the liar"] },
  ),
  byTrigger(
    "shows two setters one beacon",
    {
      "roster-start": (m, s) => {
        s.say(farNode(s), m);
        return m;
      },
    },
    { ends: "drawn at once" },
  ),
  byStranger(
    "starts with the beacon of another",
    (m, s) => {
      s.say(farNode(s), { type: "roster-start", beacon: m.beacon, attempt: 0, sparse: [] });
    },
    ["draw-unsigned by stranger blames the liar"],
  ),
  byStranger(
    "hands over a roster of its own",
    (m, s) => {
      const { header, parts } = m.beacon;
      s.say(s.trigger.member.node, {
        type: "roster-done",
        roster: {
          header,
          random: xorAll(parts.map((part) => part.random)),
          attempt: 0,
          actors: s.network.nodes.slice(0, header.actors).map(({ member }) => member.node),
          witnesses: parts.map(({ certificate, atMs, signature }) => ({ certificate, atMs, signature })),
        },
      });
    },
    ["draw-not-legitimate by trigger blames the liar"],
  ),
  byStranger(
    "refuses without being asked",
    (m, s) => {
      s.say(s.trigger.member.node, refusing("draw-busy")(m, s));
    },
    [],
  ),

  bySetter("asks nobody", { "roster-ask": silence }, { named: ["draw-pretext by trigger of the liar"] }),
  bySetter(
    "asks a friend",
    {
      "roster-ask": (m, s, to) => ({
        ...m,
        witnesses: [to, farNode(s), ...m.witnesses.filter((n) => n !== to)].slice(0, m.witnesses.length),
      }),
    },
    {
      refused: ["draw-not-nearest by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "asks fewer",
    { "roster-ask": (m, _, to) => ({ ...m, witnesses: [to, ...m.witnesses.filter((n) => n !== to)].slice(0, -1) }) },
    {
      refused: ["draw-degree by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "asks who is not on its list",
    { "roster-ask": (m, s, to) => ({ ...m, witnesses: m.witnesses.map((n) => (n === to ? farNode(s) : n)) }) },
    {
      refused: ["draw-not-asked by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "spoils the beacon",
    { "roster-ask": (m) => ({ ...m, beacon: spoilt(m.beacon) }) },
    {
      refused: ["draw-beacon-forged by roster witness blames trigger"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "wants another lot",
    { "roster-ask": (m) => ({ ...m, attempt: 1 }) },
    {
      refused: ["draw-sparse-forged by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "leaves a commitment out",
    { "roster-commitments": (m) => ({ ...m, commitments: m.commitments.map((one) => flipped(one)) }) },
    {
      refused: ["draw-commitment-lost by roster witness blames the liar"],
      named: ["draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "shows a second list",
    {
      "roster-commitments": (m, s, to) => {
        const own = s.heard.findLast((one) => one.from === to && one.message.type === "roster-commit")!
          .message as Of<"roster-commit">;
        s.say(to, {
          ...m,
          commitments: m.commitments.map((one) => (Buffer.compare(one, own.commitment) === 0 ? one : flipped(one))),
        });
        return m;
      },
    },
    { refused: ["draw-second-list by roster witness blames the liar"], named: ["draw-pretext by trigger of the liar"] },
  ),
  bySetter(
    "changes what was disclosed",
    {
      "roster-list": (m) => ({
        ...m,
        disclosures: first(m.disclosures, (one) => ({ ...one, random: flipped(one.random) })),
      }),
    },
    {
      refused: ["draw-unsigned by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "leaves candidates out",
    {
      "roster-list": (m) => ({
        ...m,
        disclosures: first(m.disclosures, (one) => ({ ...one, candidates: one.candidates.slice(32) })),
      }),
    },
    {
      refused: ["draw-unsigned by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "leaves a disclosure out",
    { "roster-list": (m) => ({ ...m, disclosures: m.disclosures.slice(1) }) },
    {
      refused: ["draw-unsigned by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter(
    "orders the disclosures anew",
    { "roster-list": (m) => ({ ...m, disclosures: swapped(m.disclosures) }) },
    {
      refused: ["draw-unsigned by roster witness blames the liar"],
      named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"],
    },
  ),
  bySetter("drops the roster", { "roster-done": silence }, { named: ["draw-silent by trigger of the liar"] }),
  bySetter(
    "exchanges a processor",
    {
      "roster-done": (m, s) => ({
        ...m,
        roster: {
          ...m.roster,
          actors: [
            ...m.roster.actors.slice(1),
            s.network.nodes.find(({ member }) => !m.roster.actors.includes(member.node))!.member.node,
          ],
        },
      }),
    },
    {
      refused: ["draw-roster-forged by trigger blames the liar"],
      named: ["draw-roster-forged by trigger of the liar"],
    },
  ),
  bySetter(
    "spoils another's signature",
    {
      "roster-done": (m) => ({
        ...m,
        roster: {
          ...m.roster,
          witnesses: m.roster.witnesses.map((w, i) => (i === 1 ? { ...w, signature: flipped(w.signature) } : w)),
        },
      }),
    },
    {
      refused: ["draw-unsigned by trigger blames roster witness"],
      named: ["draw-roster-forged by trigger of the liar", "draw-unsigned by trigger of roster witness"],
    },
  ),
  bySetter(
    "leaves a signature out",
    { "roster-done": (m) => ({ ...m, roster: { ...m.roster, witnesses: m.roster.witnesses.slice(1) } }) },
    {
      refused: ["draw-not-legitimate by trigger blames the liar"],
      named: ["draw-not-legitimate by trigger of the liar"],
    },
  ),
  bySetter(
    "hands over a roster of another beacon",
    { "roster-done": (m) => ({ ...m, roster: { ...m.roster, random: flipped(m.roster.random) } }) },
    {
      refused: ["draw-roster-forged by trigger blames the liar"],
      named: ["draw-roster-forged by trigger of the liar"],
    },
  ),
  bySetter(
    "says without proof that the region is sparse",
    {
      "roster-done": (m, s) => ({
        type: "roster-moved",
        draw: drawNamed(m, s.network.crypto),
        attempt: m.roster.attempt,
        signed: m.roster.witnesses,
      }),
    },
    {
      refused: ["draw-sparse-forged by trigger blames the liar"],
      named: ["draw-sparse-forged by trigger of the liar"],
    },
  ),
  bySetter(
    "refuses in the end",
    { "roster-done": refusing("draw-busy") },
    { named: ["draw-pretext by trigger of the liar"] },
  ),
  bySetter(
    "accuses an honest witness",
    { "roster-done": (m, s) => refusing("draw-unsigned", { blame: other(s) })(m, s) },
    { named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"] },
  ),
  bySetter(
    "accuses an honest witness with a proof that is none",
    {
      "roster-done": (m, s) => {
        const d = s.heard.findLast(({ message }) => message.type === "roster-disclose")!;
        const { disclosure, attempt } = d.message as Of<"roster-disclose">;
        const list = s.heard.findLast(({ message }) => message.type === "roster-commitments")!
          .message as Of<"roster-commitments">;
        const { lot, beacon } = s.network.node(d.from).state!.rosters.get(`${list.draw}/${attempt}`)!;
        return refusing("draw-value-changed", {
          blame: d.from,
          evidence: {
            what: "disclosure",
            attempt,
            lot,
            spread: beacon.header.spread,
            commitments: list.commitments,
            certificate: s.network.node(d.from).member.certificate,
            disclosure,
          },
        })(m, s);
      },
    },
    { named: ["draw-pretext by trigger of roster witness", "draw-pretext by trigger of the liar"] },
  ),

  byWitness(
    "does not commit",
    { "roster-commit": silence },
    {
      named: [
        "draw-pretext by trigger of setter",
        "draw-silent by setter of the liar",
        "draw-silent by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "says it was not to be asked",
    { "roster-commit": refusing("draw-not-nearest") },
    {
      named: [
        "draw-pretext by setter of the liar",
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "says that the beacon is forged",
    { "roster-commit": (m, s) => refusing("draw-beacon-forged", { blame: s.trigger.member.node })(m, s) },
    {
      named: [
        "draw-pretext by setter of the liar",
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "accuses another",
    { "roster-commit": (m, s) => refusing("draw-candidate-false", { blame: other(s) })(m, s) },
    {
      named: [
        "draw-pretext by setter of the liar",
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "commits to something else",
    { "roster-commit": (m) => ({ ...m, commitment: flipped(m.commitment) }) },
    {
      named: [
        "draw-pretext by setter of the liar",
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "shows another a list of its own",
    {
      "roster-commit": (m, s) => {
        const mine = s.heard.some(({ to, message }) => to === s.liar.member.node && message.type === "roster-commit");
        s.say(other(s), askOf(s));
        return mine ? m : null;
      },
    },
    {
      hears: {
        "roster-commit": (m, s, from) => {
          s.say(from, {
            type: "roster-commitments",
            draw: m.draw,
            attempt: m.attempt,
            commitments: askOf(s).witnesses.map((n) => (n === from ? m.commitment : flipped(m.commitment))),
          });
          return m;
        },
      },
      refused: ["draw-second-list by roster witness blames the liar"],
      named: [
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
        "draw-second-list by setter of the liar",
      ],
    },
  ),
  byWitness(
    "does not disclose",
    { "roster-disclose": silence },
    {
      named: [
        "draw-pretext by trigger of setter",
        "draw-silent by setter of the liar",
        "draw-silent by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "discloses another value, and signs that",
    { "roster-disclose": disclosing((d) => ({ random: flipped(d.random) }), true) },
    {
      refused: ["draw-value-changed by setter blames the liar"],
      named: ["draw-value-changed by setter of the liar, proven", "draw-value-changed by trigger of the liar, proven"],
    },
  ),
  byWitness(
    "discloses another value",
    { "roster-disclose": disclosing((d) => ({ random: flipped(d.random) }), false) },
    {
      refused: ["draw-unsigned by setter blames the liar"],
      named: [
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
        "draw-unsigned by setter of the liar",
      ],
    },
  ),
  byWitness(
    "discloses fewer candidates, and signs that",
    { "roster-disclose": disclosing((d) => ({ candidates: d.candidates.slice(32) }), true) },
    {
      refused: ["draw-value-changed by setter blames the liar"],
      named: ["draw-value-changed by setter of the liar, proven", "draw-value-changed by trigger of the liar, proven"],
    },
  ),
  byWitness(
    "names candidates in another order",
    {
      "roster-commit": committing(
        (all) => new Uint8Array([...all.slice(32, 64), ...all.slice(0, 32), ...all.slice(64)]),
      ),
    },
    {
      refused: ["draw-candidate-false by setter blames the liar"],
      named: [
        "draw-candidate-false by setter of the liar, proven",
        "draw-candidate-false by trigger of the liar, proven",
      ],
    },
  ),
  byWitness(
    "names nodes that live elsewhere",
    {
      "roster-commit": committing((_, { network: { nodes } }) => sortedKeys(nodes.map((one) => one.member.publicKey))),
    },
    {
      cacheNodes: 100,
      refused: [
        "draw-candidate-false by roster witness blames the liar",
        "draw-candidate-false by setter blames the liar", // it is a witness too
      ],
      named: [
        "draw-candidate-false by setter of the liar, proven",
        "draw-candidate-false by trigger of the liar, proven",
      ],
    },
  ),
  byWitness(
    "discloses twice, and signs both",
    {
      "roster-disclose": (m, s, to) => {
        s.say(to, disclosing(({ random }) => ({ random: flipped(random) }), true)(m, s, to)!);
        return m;
      },
    },
    {
      ends: "drawn at once",
      refused: ["draw-two-answers by setter blames the liar"],
      named: ["draw-two-answers by setter of the liar, proven"],
    },
  ),
  byWitness(
    "signs the roster, and that there can be none",
    {
      "roster-sign": (m, s, to) => {
        const { beacon, attempt } = s.liar.state!.rosters.get(`${m.draw}/${m.attempt}`)!;
        const random = xorAll(beacon.parts.map((part) => part.random));
        const signature = s.liar.signer.sign(sparseStatement(m.draw, random, attempt, m.signed.atMs));
        s.say(to, { ...m, type: "roster-sparse", signed: { ...m.signed, signature } });
        return m;
      },
    },
    {
      ends: "drawn at once",
      refused: ["draw-two-answers by setter blames the liar"],
      named: ["draw-two-answers by setter of the liar, proven"],
    },
  ),
  byWitness(
    "names half a candidate",
    { "roster-commit": committing((all) => all.slice(0, -16)) },
    {
      refused: ["draw-candidate-false by setter blames the liar"],
      named: [
        "draw-candidate-false by setter of the liar, proven",
        "draw-candidate-false by trigger of the liar, proven",
      ],
    },
  ),
  byWitness(
    "names a node that is none",
    { "roster-commit": committing((all) => new Uint8Array([...new Uint8Array(32), ...all])) },
    {
      actors: 200,
      named: [
        "draw-pretext by trigger of setter",
        "draw-silent by setter of the liar",
        "draw-silent by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "names nobody but its friends",
    { "roster-commit": committing((all) => all.slice(0, 320)) },
    { named: ["draw-candidates-hidden by setter of the liar, signed"], ends: "drawn at once" },
  ),
  byWitness(
    "does not sign",
    { "roster-sign": silence },
    {
      named: [
        "draw-pretext by trigger of setter",
        "draw-silent by setter of the liar",
        "draw-silent by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "signs another roster",
    { "roster-sign": (m) => ({ ...m, signed: { ...m.signed, signature: flipped(m.signed.signature) } }) },
    {
      refused: ["draw-unsigned by trigger blames the liar"],
      named: [
        "draw-roster-forged by trigger of setter",
        "draw-unsigned by setter of the liar",
        "draw-unsigned by trigger of the liar",
      ],
    },
  ),
  byWitness(
    "signs that the region is sparse",
    { "roster-sign": (m) => ({ ...m, type: "roster-sparse" }) },
    {
      refused: ["draw-roster-differs by setter blames the liar"],
      named: [
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
        "draw-roster-differs by setter of the liar",
      ],
    },
  ),
  byWitness(
    "hands over another's certificate",
    { "roster-sign": (m, s) => ({ ...m, signed: { ...m.signed, certificate: s.trigger.member.certificate } }) },
    {
      refused: ["draw-unsigned by setter blames the liar"],
      named: [
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
        "draw-unsigned by setter of the liar",
      ],
    },
  ),
  byWitness(
    "signs for a time long ago",
    { "roster-sign": (m) => ({ ...m, signed: { ...m.signed, atMs: m.signed.atMs - late } }) },
    {
      refused: ["draw-stale by setter blames the liar"],
      named: [
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
        "draw-stale by setter of the liar",
      ],
    },
  ),
  byWitness(
    "refuses to sign",
    { "roster-sign": refusing("draw-unsigned") },
    {
      named: [
        "draw-pretext by setter of the liar",
        "draw-pretext by trigger of setter",
        "draw-pretext by trigger of the liar",
      ],
    },
  ),
];
describe("roster", () => {
  it.each(attacks)("$liar: $lie", (attack) => {
    const { refused, named, ends, evidence, network } = stage(attack);
    expect({ refused, named, ends }).toEqual({
      refused: attack.refused ?? [],
      named: attack.named ?? [],
      ends: attack.ends,
    });
    // Whoever else is named, the liar is, unless its lie changed nothing.
    if (ends === "drawn anew") expect(named.join()).toContain("of the liar");
    for (const { evidence: shown, draw } of evidence) {
      const proven = named.some((line) => line.endsWith("proven"));
      expect(lieIn(shown, draw, network.rules, network.ports) !== null).toBe(proven);
      expect(lieIn(shown, "00".repeat(32) as Digest, network.rules, network.ports)).toBeNull(); // of another draw
    }
  });
});

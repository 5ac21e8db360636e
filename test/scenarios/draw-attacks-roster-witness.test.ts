// Every step of the roster (SEP2P §3.5), every lie of its witnesses: what is refused, who is named, and what the trigger ends with.
import { describe, it } from "vitest";
import { sortedKeys } from "../../src/core/cache/index.ts";
import { sparseStatement, xorAll } from "../../src/core/draw/index.ts";
import { flipped } from "../support/draw.ts";
import type { Attack } from "./draw-liars.ts";
import { committing, disclosing, refusing, silence } from "./draw-lies.ts";
import { askOf, byWitness, endsAsTold, late, other } from "./draw-roster-attacks.ts";

/** What she signed is not hers, or not of now. */
const unsigned = {
  refused: ["draw-unsigned by setter blames the liar"],
  named: [
    "draw-pretext by trigger of setter",
    "draw-pretext by trigger of the liar",
    "draw-unsigned by setter of the liar",
  ],
};

const attacks: readonly Attack[] = [
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
    unsigned,
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
    unsigned,
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
  it.each(attacks)("$liar: $lie", endsAsTold);
});

// Every step of the roster (SEP2P §3.5), every lie of trigger, setter and strangers: what is refused, who is named, and what
// the trigger ends with. A fresh beacon finds other nodes, so one liar costs a restart at most.
import { describe, it } from "vitest";
import { xorAll } from "../../src/core/draw/index.ts";
import { flipped, swapped } from "../support/draw.ts";
import type { Attack } from "./draw-liars.ts";
import { drawNamed, farNode, first, type Of, refusing, silence, spoilt } from "./draw-lies.ts";
import { bySetter, byStranger, byTrigger, endsAsTold, other } from "./draw-roster-attacks.ts";

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
];

describe("roster", () => {
  it.each(attacks)("$liar: $lie", endsAsTold);
});

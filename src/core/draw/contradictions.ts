// A node that answers twice, and not the same. The first answer binds; two signed ones that differ convict their signer
// before anybody (core/cache/evidence.ts verifies such a pair). An answer given again, with another time, is none.
import { type Digest, type Refusal, refuse, sameBytes } from "../base/index.ts";
import type { BeaconPart, Disclosure, Roster, Sparse } from "./messages.ts";
import type { DrawMember } from "./neighbourhood.ts";
import type { Conflict, Setting, Triggered } from "./state.ts";
import {
  beaconStatement,
  candidatesDigest,
  disclosureStatement,
  rosterStatement,
  sparseStatement,
} from "./statement.ts";
import { named, type Turn } from "./turn.ts";

/** For the trigger: a second part of its beacon from one witness. */
export function secondPart(turn: Turn, run: Triggered, witness: DrawMember, part: BeaconPart): Refusal | null {
  const before = run.parts.get(witness.node)!;
  if (sameBytes(before.random, part.random)) return null;
  const list = run.witnesses.map(({ node }) => run.commitments.get(node)!);
  const signed = ({ random, atMs, signature }: BeaconPart) => {
    return { body: beaconStatement(run.draw, list, random, atMs), signature };
  };
  return twoAnswers(turn, run.draw, witness, signed(before), signed(part));
}

/** For the setter: a second disclosure of one witness. */
export function secondDisclosure(
  turn: Turn,
  setting: Setting,
  witness: DrawMember,
  disclosure: Disclosure,
): Refusal | null {
  const { draw, attempt, lot, beacon, witnesses, commitments } = setting;
  const before = setting.disclosures.get(witness.node)!;
  if (sameBytes(before.random, disclosure.random) && sameBytes(before.candidates, disclosure.candidates)) return null;
  const list = witnesses.map(({ node }) => commitments.get(node)!);
  const region = { lot, spread: beacon.header.spread };
  const signed = (one: Disclosure) => {
    const named = candidatesDigest(turn.state.config.ports.crypto, one.candidates);
    const body = disclosureStatement(draw, attempt, region, list, { random: one.random, named });
    return { body, signature: one.signature };
  };
  return twoAnswers(turn, draw, witness, signed(before), signed(disclosure));
}

/** For the setter: a witness that signed the roster calls the region sparse. */
export function sparseAfterAll(turn: Turn, setting: Setting, witness: DrawMember, sparse: Sparse): Refusal | null {
  const { draw, random, attempt, actors } = setting;
  const { atMs, signature } = setting.signed.get(witness.node)!;
  const roster = { body: rosterStatement(draw, random, attempt, actors, atMs), signature };
  const none = { body: sparseStatement(draw, random, attempt, sparse.atMs), signature: sparse.signature };
  return twoAnswers(turn, draw, witness, roster, none);
}

/** For the trigger: a roster from where, as k witnesses attested, there could be none. Whoever signed both is named. */
export function rosterAfterAll(turn: Turn, run: Triggered, roster: Roster): void {
  const { ports } = turn.state.config;
  const { random, attempt, actors } = roster;
  const signers = roster.witnesses.flatMap((one) => {
    const member = ports.certify(one.certificate);
    return member.ok ? [{ member: member.value, ...one }] : [];
  });
  for (const sparse of run.sparse[attempt] ?? []) {
    const attesting = ports.certify(sparse.certificate);
    if (!attesting.ok) continue;
    const signer = signers.find(({ member }) => member.node === attesting.value.node);
    if (signer === undefined) continue;
    const { member, atMs, signature } = signer;
    const none = { body: sparseStatement(run.draw, random, attempt, sparse.atMs), signature: sparse.signature };
    const some = { body: rosterStatement(run.draw, random, attempt, actors, atMs), signature };
    if (isSigned(turn, member, none) && isSigned(turn, member, some)) twoAnswers(turn, run.draw, member, none, some);
  }
}

function isSigned({ state }: Turn, { publicKey }: DrawMember, { body, signature }: Conflict["first"]): boolean {
  return state.config.ports.crypto.verify(publicKey, body, signature);
}

/** What came over its own connection is its word in any case; signed twice, it is proven. */
function twoAnswers(
  turn: Turn,
  draw: Digest,
  witness: DrawMember,
  first: Conflict["first"],
  second: Conflict["first"],
): Refusal {
  const proven = isSigned(turn, witness, first) && isSigned(turn, witness, second);
  const refusal = refuse(proven ? "draw-two-answers" : "draw-unsigned", { blame: witness.node });
  named(turn, draw, refusal, undefined, proven ? { first, second } : undefined);
  return refusal;
}

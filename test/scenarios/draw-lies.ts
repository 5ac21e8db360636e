// What liars say in a draw, built as they would build it: signed with their own keys where a signature helps the lie.
import type { Digest, NodeId, RefusalCode } from "../../src/core/base/index.ts";
import type { Beacon, Disclosure, DrawHeader, DrawMessage } from "../../src/core/draw/index.ts";
import { candidatesDigest, drawOf, rosterCommitment } from "../../src/core/draw/index.ts";
import { beaconStatement, disclosureStatement } from "../../src/core/draw/statement.ts";
import { flipped } from "../support/draw.ts";
import type { Stage, Tell } from "./draw-liars.ts";

export type Of<Type extends DrawMessage["type"]> = Extract<DrawMessage, { type: Type }>;

export const silence = () => null;

/** The header changed before it is asked for, and nothing said of it. */
export function headed(change: (header: DrawHeader, stage: Stage) => Partial<DrawHeader>): Tell<"beacon-ask"> {
  return (message, stage) => ({ ...message, header: { ...message.header, ...change(message.header, stage) } });
}

export function naming(change: (names: NodeId[], stage: Stage, to: NodeId) => NodeId[]): Tell<"beacon-ask"> {
  return (message, stage, to) => ({ ...message, witnesses: change([...message.witnesses], stage, to) });
}

/** No, without a reason or with a false one. */
export function refusing(code: RefusalCode, more: Partial<Of<"draw-refused">> = {}) {
  return (message: DrawMessage, { network }: Stage): DrawMessage => ({
    type: "draw-refused",
    draw: drawNamed(message, network.crypto),
    code,
    ...more,
  });
}

export function drawNamed(message: DrawMessage, crypto: Parameters<typeof drawOf>[0]): Digest {
  if ("draw" in message) return message.draw;
  const { header } = "header" in message ? message : "beacon" in message ? message.beacon : message.roster;
  return drawOf(crypto, header);
}

/** Another value than the one committed to, signed like the true one. */
export const changedPart: Tell<"beacon-reveal"> = (message, { liar, heard, network }) => {
  const list = heard.findLast((one) => one.message.type === "beacon-list" && one.to === liar.member.node);
  const { commitments } = list!.message as Of<"beacon-list">;
  const random = flipped(message.part.random);
  const statement = beaconStatement(drawNamed(message, network.crypto), commitments, random, message.part.atMs);
  return { ...message, part: { ...message.part, random, signature: liar.signer.sign(statement) } };
};

export function disclosing(
  change: (disclosure: Disclosure) => Partial<Disclosure>,
  sign: boolean,
): Tell<"roster-disclose"> {
  return (message, { liar, heard, network }) => {
    const disclosure = { ...message.disclosure, ...change(message.disclosure) };
    const list = heard.findLast((one) => one.message.type === "roster-commitments" && one.to === liar.member.node);
    const { commitments } = list!.message as Of<"roster-commitments">;
    const { lot, beacon } = liar.state!.rosters.get(`${message.draw}/${message.attempt}`)!;
    const region = { lot, spread: beacon.header.spread };
    const named = candidatesDigest(network.crypto, disclosure.candidates);
    const disclosed = { random: disclosure.random, named };
    const statement = disclosureStatement(message.draw, message.attempt, region, commitments, disclosed);
    return { ...message, disclosure: sign ? { ...disclosure, signature: liar.signer.sign(statement) } : disclosure };
  };
}

/** Commits to other candidates from the start, so that everything fits. */
export function committing(candidates: (disclosed: Uint8Array, stage: Stage) => Uint8Array): Tell<"roster-commit"> {
  return (message, stage) => {
    const { liar, network } = stage;
    const key = `${message.draw}/${message.attempt}`;
    const open = liar.state!.rosters.get(key)!;
    if (open.list !== null) return message;
    const disclosed = { ...open.disclosed, candidates: candidates(open.disclosed.candidates, stage) };
    const commitment = rosterCommitment(network.crypto, message.draw, message.attempt, disclosed);
    const named = candidatesDigest(network.crypto, disclosed.candidates);
    liar.state!.rosters.set(key, { ...open, disclosed, named, commitment });
    return { ...message, commitment };
  };
}

export function spoilt(beacon: Beacon): Beacon {
  return {
    ...beacon,
    parts: beacon.parts.map((part, i) => (i === 0 ? { ...part, random: flipped(part.random) } : part)),
  };
}

export function first<T>(list: readonly T[], change: (one: T) => T): T[] {
  return list.map((one, i) => (i === 0 ? change(one) : one));
}

/** Somebody who was not asked and lives far away. */
export function farNode({ network, trigger, witnesses, rosterWitnesses }: Stage): NodeId {
  const busy = [trigger, ...witnesses, ...rosterWitnesses];
  return network.nodes.findLast((node) => !busy.includes(node))!.member.node;
}

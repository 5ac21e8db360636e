// The setter (SEP2P §3.5, steps 3 to 9): coordinates the witnesses round the point where the lot fell. It has no power:
// it can delay or drop a draw, and nothing that it changes is signed.
//   committing -- k commitments --> disclosing -- k disclosures --> [fetching -- papers -->] signing -- k signatures --> answered
//   k attest a sparse region: the trigger is told, and asks the next setter
import { type Digest, type NodeId, type Refusal, refuse, sameBytes } from "../base/index.ts";
import { drawActors, hidersAmong, orderFault } from "./actors.ts";
import { secondDisclosure, sparseAfterAll } from "./contradictions.ts";
import { lieIn } from "./evidence.ts";
import { limits } from "./limits.ts";
import type { Beacon, Disclosure, DrawMessage, Evidence, Roster, Sparse } from "./messages.ts";
import { type DrawMember, witnessesRound } from "./neighbourhood.ts";
import { judgedBySetter, type Said } from "./pretext.ts";
import { keyOfAttempt, type Setting } from "./state.ts";
import { candidatesDigestLike, commitmentTo, drawOf, lotOf, rosterStatement, xorAll } from "./statement.ts";
import { culprit, decline, named, notAsked, refusalMessage, send, type Turn, wake } from "./turn.ts";
import { headerFault, paperFault, verifySparse } from "./verify.ts";

export interface Start {
  readonly beacon: Beacon;
  readonly attempt: number;
  readonly sparse: readonly (readonly Sparse[])[];
}

/** A first beacon is not verified here: each witness does, before it commits to anything. */
export function onStart(turn: Turn, from: NodeId, { beacon, attempt, sparse }: Start): Refusal | null {
  const { state, near } = turn;
  const { rules, ports } = state.config;
  const draw = drawOf(ports.crypto, beacon.header);
  const key = keyOfAttempt(draw, attempt);
  const known = state.settings.get(key);
  if (known !== undefined) {
    if (known.answer !== null && from === beacon.header.trigger) send(turn, from, known.answer);
    return null;
  }
  const fault =
    headerFault(beacon.header, rules, turn.nowMs) ??
    startFault(turn, from, draw, { beacon, attempt, sparse }) ??
    placeFault(turn, from, attempt);
  if (fault !== null) return decline(turn, from, draw, fault);
  const random = xorAll(beacon.parts.map((part) => part.random));
  const lot = lotOf(ports.crypto, random, attempt);
  const asked = witnessesRound(near, lot, null);
  if (asked === null) return decline(turn, from, draw, refuse("draw-sparse-network"));
  const witnesses = asked.nodes;
  const common = {
    beacon,
    draw,
    random,
    attempt,
    sparse,
    lot,
    witnesses,
    actors: [],
    unattested: new Map<NodeId, NodeId>(),
  };
  const gathered = { commitments: new Map(), disclosures: new Map(), papers: new Map(), signed: new Map() };
  const setting: Setting = { at: "committing", repeats: 0, answer: null, named: null, ...common, ...gathered };
  state.settings.set(key, setting);
  askSilent(turn, setting);
  return null;
}

/**
 * A first beacon may be forged, and is found out only when it has its place: so no trigger has more places than its
 * witnesses would serve it draws. A later attempt was attested, so it belongs to such a draw.
 */
function placeFault({ state: { settings } }: Turn, trigger: NodeId, attempt: number): Refusal | null {
  let places = 0;
  for (const one of settings.values()) if (one.beacon.header.trigger === trigger && one.attempt === attempt) places++;
  if (places >= limits.drawsPerWindow) return refuse("draw-rate", { blame: trigger });
  return settings.size < limits.maxOpenDraws ? null : refuse("draw-busy");
}

/** A start occupies its place here, so it must come from the trigger; a lot falls again only where that is attested. */
function startFault(turn: Turn, from: NodeId, draw: Digest, { beacon, attempt, sparse }: Start): Refusal | null {
  const { header, parts } = beacon;
  if (from !== header.trigger) return refuse("draw-unsigned", { blame: from });
  if (sparse.length !== attempt) return refuse("draw-sparse-forged", { blame: from });
  const { rules, ports } = turn.state.config;
  const random = xorAll(parts.map((part) => part.random));
  for (const [before, signed] of sparse.entries()) {
    const attested = verifySparse(signed, { header, draw, random, attempt: before }, rules, ports, turn.nowMs);
    if (!attested.ok) return { ...attested, blame: from };
  }
  return null;
}

export function onRosterCommit(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  commitment: Uint8Array,
): Refusal | null {
  const setting = settingOf(turn, from, draw, attempt);
  if (setting === null) return notAsked("a commitment");
  if (setting.at !== "committing" || setting.commitments.has(from)) return null;
  setting.commitments.set(from, commitment);
  if (setting.commitments.size < setting.witnesses.length) return null;
  return enter(turn, setting, "disclosing");
}

export function onDisclose(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  disclosure: Disclosure,
): Refusal | null {
  const setting = settingOf(turn, from, draw, attempt);
  if (setting === null || disclosure.witness !== from) return notAsked("a disclosure");
  if (setting.disclosures.has(from)) return secondDisclosure(turn, setting, witnessOf(setting, from), disclosure);
  if (setting.at !== "disclosing") return null;
  const fault = disclosureFault(turn, setting, from, disclosure);
  if (fault !== null) return giveUp(turn, setting, fault.refusal, fault.evidence);
  setting.disclosures.set(from, disclosure);
  if (setting.disclosures.size < setting.witnesses.length) return null;
  const drawn = drawActors(disclosuresOf(setting), setting.beacon.header.actors);
  if (!drawn.ok) return giveUp(turn, setting, drawn);
  if (drawn.value === null) return toSign(turn, setting); // the witnesses will say so
  setting.actors = drawn.value.actors;
  setting.unattested = drawn.value.unattested;
  if (setting.unattested.size > 0) nameHiders(turn, setting);
  for (const node of drawn.value.unattested.keys()) {
    const known = turn.near.members.get(node);
    if (known !== undefined) setting.papers.set(node, known.certificate);
  }
  return lackingPapers(setting).size === 0 ? toSign(turn, setting) : enter(turn, setting, "fetching");
}

/** Who leaves candidates out may have named others that live elsewhere: then that is what it is named for, as it is proven. */
function nameHiders(turn: Turn, setting: Setting): void {
  const { rules, ports } = turn.state.config;
  for (const node of hidersAmong(disclosuresOf(setting))) {
    const evidence = evidenceOf(setting, node);
    const lie = lieIn(evidence, setting.draw, rules, ports);
    named(turn, setting.draw, lie ?? refuse("draw-candidates-hidden", { blame: node }), evidence);
  }
}

/** Witnesses would refuse it too; but they could not tell whose it is, so it must not get as far. */
function disclosureFault(turn: Turn, setting: Setting, from: NodeId, disclosure: Disclosure): Said | null {
  const { rules, ports } = turn.state.config;
  const { draw, attempt } = setting;
  const { candidates } = disclosure;
  setting.named = { candidates, named: candidatesDigestLike(ports.crypto, candidates, setting.named) };
  const commitment = commitmentTo(ports.crypto, draw, attempt, { ...disclosure, named: setting.named.named });
  if (sameBytes(commitment, setting.commitments.get(from)!) && orderFault([disclosure]) === null) return null;
  const evidence = evidenceOf(setting, from, disclosure);
  const lie = lieIn(evidence, draw, rules, ports);
  const said: Said =
    lie === null
      ? { refusal: refuse("draw-unsigned", { blame: from }), evidence: undefined }
      : { refusal: lie, evidence };
  named(turn, draw, said.refusal, said.evidence);
  return said;
}

/** What a witness signed. */
function evidenceOf(
  { attempt, lot, beacon, witnesses, commitments: all, disclosures }: Setting,
  of: NodeId,
  disclosure: Disclosure = disclosures.get(of)!,
): Evidence {
  const { certificate } = witnesses.find(({ node }) => node === of)!;
  const commitments = witnesses.map(({ node }) => all.get(node)!);
  const { spread } = beacon.header;
  return { what: "disclosure", attempt, lot, spread, commitments, certificate, disclosure };
}

/** What a paper is worth the witnesses find out. */
export function onPapers(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  papers: readonly Uint8Array[],
): Refusal | null {
  const setting = settingOf(turn, from, draw, attempt);
  if (setting === null) return notAsked("certificates");
  if (setting.at !== "fetching") return null;
  lackingPapers(setting)
    .get(from)
    ?.forEach((node, i) => {
      const paper = papers[i];
      if (paper !== undefined) setting.papers.set(node, paper);
    });
  return lackingPapers(setting).size === 0 ? toSign(turn, setting) : null;
}

/** Drawn nodes whose certificates nobody has shown yet, by the witness that named them. */
function lackingPapers(setting: Setting): Map<NodeId, NodeId[]> {
  const lacking = new Map<NodeId, NodeId[]>();
  for (const [node, by] of setting.unattested)
    if (!setting.papers.has(node)) lacking.set(by, [...(lacking.get(by) ?? []), node]);
  return lacking;
}

export function onSigned(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  what: "roster" | "sparse",
  signed: Sparse,
): Refusal | null {
  const setting = settingOf(turn, from, draw, attempt);
  if (setting === null) return notAsked("a signature");
  const witness = witnessOf(setting, from);
  const isDue = (what === "roster") === setting.actors.length > 0;
  if (setting.signed.has(from))
    return isDue || what === "roster" ? null : sparseAfterAll(turn, setting, witness, signed);
  if (setting.at !== "signing") return null;
  const strange = paperFault(signed, witness, setting.beacon.header, turn.state.config.ports, turn.nowMs);
  const fault = strange ?? (isDue ? null : refuse("draw-roster-differs", { blame: from }));
  if (fault !== null) {
    named(turn, draw, fault);
    return giveUp(turn, setting, fault);
  }
  setting.signed.set(from, signed);
  if (setting.signed.size < setting.witnesses.length) return null;
  const signatures = setting.witnesses.map(({ node }) => setting.signed.get(node)!);
  const { beacon, random } = setting;
  if (what === "roster") {
    const roster: Roster = {
      header: beacon.header,
      random,
      attempt,
      actors: [...setting.actors],
      witnesses: signatures,
    };
    answer(turn, setting, { type: "roster-done", roster });
    return null;
  }
  if (attempt >= limits.maxAttempts) return giveUp(turn, setting, refuse("draw-sparse-network"));
  answer(turn, setting, { type: "roster-moved", draw, attempt, signed: signatures });
  return null;
}

/** A witness will not go on: the trigger hears why. False: it has no say here. */
export function onWitnessRefused(turn: Turn, from: NodeId, draw: Digest, said: Said): boolean {
  for (const setting of turn.state.settings.values()) {
    const has =
      setting.draw === draw && setting.at !== "answered" && setting.witnesses.some(({ node }) => node === from);
    if (!has) continue;
    const judged = judgedBySetter(turn, setting, from, said);
    giveUp(turn, setting, judged.refusal, judged.evidence);
    return true;
  }
  return false;
}

/** The trigger will not take the roster. Signatures are verified only now, to name whose does not hold. */
export function onComplaint(turn: Turn, from: NodeId, draw: Digest): boolean {
  const { crypto } = turn.state.config.ports;
  for (const { beacon, draw: of, answer: sent, witnesses } of turn.state.settings.values()) {
    if (of !== draw || sent?.type !== "roster-done" || from !== beacon.header.trigger) continue;
    const { random, attempt, actors, witnesses: signed } = sent.roster;
    for (const [i, { atMs, signature }] of signed.entries()) {
      const { node, publicKey } = witnesses[i]!;
      if (!crypto.verify(publicKey, rosterStatement(draw, random, attempt, actors, atMs), signature))
        named(turn, draw, refuse("draw-unsigned", { blame: node, detail: "its signature of the roster" }));
    }
    return true;
  }
  return false;
}

export function onSettingWake(turn: Turn, key: string): void {
  const setting = turn.state.settings.get(key);
  if (setting === undefined) return;
  if (setting.at === "answered") return void turn.state.settings.delete(key);
  if (setting.repeats++ < limits.maxRepeats) return askSilent(turn, setting);
  const silent = silentOf(setting);
  for (const node of silent) culprit(turn, setting.draw, "draw-silent", node, `it was to answer while ${setting.at}`);
  giveUp(turn, setting, refuse("draw-silent", silent[0] === undefined ? {} : { blame: silent[0] }));
}

function enter(turn: Turn, setting: Setting, at: Setting["at"]): null {
  setting.at = at;
  setting.repeats = 0;
  askSilent(turn, setting);
  return null;
}

function toSign(turn: Turn, setting: Setting): null {
  return enter(turn, setting, "signing");
}

/** What this phase asks, of those that have not answered. Whoever gets it twice answers the same. */
function askSilent(turn: Turn, setting: Setting): void {
  const { draw, attempt } = setting;
  const toAll = askOfAll(setting);
  const lacking = toAll === null ? lackingPapers(setting) : null;
  for (const node of silentOf(setting))
    send(turn, node, toAll ?? { type: "roster-want", draw, attempt, nodes: lacking?.get(node) ?? [] });
  wake(turn, `setting ${keyOfAttempt(draw, attempt)}`, limits.repeatAfterMs);
}

/** One message, so that it is encoded once; null: each is asked for something else, or nothing. */
function askOfAll(setting: Setting): DrawMessage | null {
  const { draw, attempt, beacon, witnesses } = setting;
  const names = witnesses.map(({ node }) => node);
  switch (setting.at) {
    case "fetching":
    case "answered":
      return null;
    case "committing": {
      const sparse = setting.sparse.map((one) => [...one]);
      return { type: "roster-ask", beacon, attempt, sparse, witnesses: names };
    }
    case "disclosing": {
      const commitments = names.map((name) => setting.commitments.get(name)!);
      return { type: "roster-commitments", draw, attempt, commitments };
    }
    case "signing": {
      const papers = [...setting.papers.values()];
      return { type: "roster-list", draw, attempt, disclosures: disclosuresOf(setting), papers };
    }
  }
}

function silentOf(setting: Setting): NodeId[] {
  const names = setting.witnesses.map(({ node }) => node);
  if (setting.at === "fetching") return names.filter((name) => lackingPapers(setting).has(name));
  if (setting.at === "answered") return [];
  const heard = { committing: setting.commitments, disclosing: setting.disclosures, signing: setting.signed }[
    setting.at
  ];
  return names.filter((name) => !heard.has(name));
}

function disclosuresOf(setting: Setting): Disclosure[] {
  return setting.witnesses.map(({ node }) => setting.disclosures.get(node)!);
}

function giveUp(turn: Turn, setting: Setting, refusal: Refusal, evidence?: Evidence): Refusal {
  answer(turn, setting, refusalMessage(setting.draw, refusal, evidence));
  return refusal;
}

/** Kept for as long as the trigger may ask again, or complain. */
function answer(turn: Turn, setting: Setting, message: DrawMessage): void {
  const { draw, attempt, beacon } = setting;
  setting.at = "answered";
  setting.answer = message;
  send(turn, beacon.header.trigger, message);
  wake(turn, `setting ${keyOfAttempt(draw, attempt)}`, limits.repeatAfterMs * (limits.maxRosterRepeats + 1));
}

function witnessOf({ witnesses }: Setting, from: NodeId): DrawMember {
  return witnesses.find(({ node }) => node === from)!;
}

function settingOf(turn: Turn, from: NodeId, draw: Digest, attempt: number): Setting | null {
  const setting = turn.state.settings.get(keyOfAttempt(draw, attempt));
  return setting?.witnesses.some(({ node }) => node === from) ? setting : null;
}

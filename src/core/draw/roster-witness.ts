// A witness of a roster (SEP2P §3.5, steps 4, 6 and 8): commits to a value and to the candidates it knows, discloses them
// for one list only, and signs the roster that follows from what all disclosed.
//
// INVARIANT 1: whatever it signs rests on a beacon that it verified, and on witnesses that it would have asked itself.
// INVARIANT 2: value and candidates are disclosed for the first list that holds the own commitment, and for no other: a
//   setter that runs a draw twice with one beacon could steer the second by what it learnt from the first. That it has
//   committed is on disk before the commitment leaves.
// INVARIANT 3: every processor on a signed roster lives in R3 and is a node of the network: every witness named it, or
//   its certificate was looked at here (step 8f).
// INVARIANT 4: what it committed to, and the list that it disclosed it for, are on disk before they are told
//   (roster-memory.ts): a crash gives no second try.
// INVARIANT 5: it names all candidates it knows, or declines. What all honest witnesses left out alike a colluding one could
//   name alone, and only what it likes of it.
import {
  accept,
  type Digest,
  joined,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  sameBytes,
} from "../base/index.ts";
import { type Drawn, drawActors } from "./actors.ts";
import { nearestLeftOut, sameList } from "./beacon-witness.ts";
import { lieIn } from "./evidence.ts";
import { limits } from "./limits.ts";
import type { Disclosure, Evidence } from "./messages.ts";
import { candidatesRound, type DrawMember, isSpreadOff, witnessesRound } from "./neighbourhood.ts";
import type { Said } from "./pretext.ts";
import { distance, isInside, regionOf } from "./region.ts";
import { forgetStaleRosters, keepRoster, keptUntilMs } from "./roster-memory.ts";
import type { Start } from "./setter.ts";
import { keyOfAttempt, type RosterWitness } from "./state.ts";
import {
  type CandidatesRegion,
  candidatesDigest,
  candidatesDigestLike,
  commitmentTo,
  disclosureStatement,
  drawOf,
  lotOf,
  rosterStatement,
  sparseStatement,
  xorAll,
} from "./statement.ts";
import { decline, notAsked, send, type Turn, wake } from "./turn.ts";
import { locationOfNode, verifyBeacon, verifySparse } from "./verify.ts";

export function onRosterAsk(turn: Turn, from: NodeId, start: Start, names: readonly NodeId[]): Refusal | null {
  const { state, near, nowMs } = turn;
  const { crypto } = state.config.ports;
  const { beacon, attempt, sparse } = start;
  const draw = drawOf(crypto, beacon.header);
  const key = keyOfAttempt(draw, attempt);
  const open = state.rosters.get(key);
  if (open === undefined) {
    forgetStaleRosters(turn);
    const checked = mayServe(turn, from, start, names);
    if (!checked.ok) return decline(turn, from, draw, checked, leftOut(turn, checked, start, names));
    const { random, lot, witnesses } = checked.value;
    const { node } = state.config.self;
    const keys = candidatesRound(near, lot, beacon.header.spread);
    // INVARIANT 5.
    if (keys.length > limits.maxCandidates)
      return decline(turn, from, draw, refuse("draw-spread", { detail: `${keys.length} candidates` }));
    const disclosed = { witness: node, random: turn.random, candidates: joined(...keys) };
    const named = candidatesDigest(crypto, disclosed.candidates);
    const commitment = commitmentTo(crypto, draw, attempt, { ...disclosed, named });
    const own = names.indexOf(node);
    state.rosters.set(key, {
      beacon,
      draw,
      random,
      attempt,
      sparse,
      lot,
      witnesses,
      own,
      disclosed,
      named,
      commitment,
      list: null,
      listBy: null,
      over: false,
    });
    keepRoster(turn, state.rosters.get(key)!);
    wake(turn, `roster ${key}`, Math.max(0, keptUntilMs(beacon.header.atMs) - nowMs));
  }
  const { commitment } = state.rosters.get(key)!;
  send(turn, from, { type: "roster-commit", draw, attempt, commitment });
  return null;
}

function mayServe(
  turn: Turn,
  from: NodeId,
  { beacon, attempt, sparse }: Start,
  names: readonly NodeId[],
): Result<Pick<RosterWitness, "random" | "lot" | "witnesses">> {
  const { state, near, nowMs } = turn;
  const { rules, ports, self } = state.config;
  if (state.rosters.size >= limits.maxOpenDraws) return refuse("draw-busy");
  if (!names.includes(self.node)) return refuse("draw-not-asked", { blame: from });
  if (sparse.length !== attempt) return refuse("draw-sparse-forged", { blame: from });
  if (beacon.header.atMs <= state.forgottenUntilMs) return refuse("draw-stale", { blame: from });
  const verified = verifyBeacon(beacon, rules, ports, nowMs);
  // The trigger made it; the setter, which may have spoilt it, finds out whose it is.
  if (!verified.ok) return { ...verified, blame: beacon.header.trigger };
  const { draw, random } = verified.value;
  for (const [before, signed] of sparse.entries()) {
    const attested = verifySparse(
      signed,
      { header: beacon.header, draw, random, attempt: before },
      rules,
      ports,
      nowMs,
    );
    if (!attested.ok) return { ...attested, blame: from }; // a setter looks at them before it asks
  }
  // R3 must lie in the own cache, else candidates would be left to whoever knows them.
  if (isSpreadOff(near, beacon.header)) return refuse("draw-spread", { blame: beacon.header.trigger });
  const lot = lotOf(ports.crypto, random, attempt);
  const due = witnessesRound(near, lot, null);
  if (due === null || due.row.k !== names.length)
    return refuse("draw-degree", { blame: from, detail: `${names.length} witnesses, ${due?.row.k ?? "none"} are due` });
  const witnesses = names.flatMap((name) => due.nodes.filter(({ node }) => node === name));
  if (witnesses.length !== names.length || new Set(names).size !== names.length)
    return refuse("draw-not-nearest", { blame: from });
  return accept({ random, lot, witnesses });
}

export function onCommitments(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  list: readonly Uint8Array[],
): Refusal | null {
  const open = turn.state.rosters.get(keyOfAttempt(draw, attempt));
  if (open === undefined) return notAsked("a list of commitments");
  const mine = list[open.own];
  if (list.length !== open.witnesses.length || mine === undefined || !sameBytes(mine, open.commitment))
    return decline(turn, from, draw, refuse("draw-commitment-lost", { blame: from }));
  if (open.list !== null && !sameList(open.list, list))
    return decline(turn, from, draw, refuse("draw-second-list", { blame: fartherFrom(turn, open, from) }));
  const isFirst = open.list === null;
  if (isFirst) open.listBy = from;
  open.list = list;
  if (isFirst) keepRoster(turn, open);
  const signature = turn.state.config.signer.sign(
    disclosureStatement(draw, attempt, regionOfCandidates(open), list, {
      random: open.disclosed.random,
      named: open.named,
    }),
  );
  send(turn, from, { type: "roster-disclose", draw, attempt, disclosure: { ...open.disclosed, signature } });
  return null;
}

/** Of two that show different lists, the one that is not the setter: whoever was shown a beacon could ask first. */
function fartherFrom({ near: { geometry }, state }: Turn, { listBy, lot }: RosterWitness, from: NodeId): NodeId {
  if (listBy === null || listBy === from) return from;
  const { crypto } = state.config.ports;
  const away = (node: NodeId) => distance(geometry, lot, locationOfNode(crypto, node)!);
  return away(listBy) > away(from) ? listBy : from;
}

/** Only of nodes that it named itself, and only once it has: who asks learns nothing new. */
export function onWant(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  nodes: readonly NodeId[],
): Refusal | null {
  const open = turn.state.rosters.get(keyOfAttempt(draw, attempt));
  if (open === undefined || open.list === null) return notAsked("certificates");
  const papers = nodes.flatMap((node) => turn.near.members.get(node)?.certificate ?? []);
  send(turn, from, { type: "roster-papers", draw, attempt, papers });
  return null;
}

export function onList(
  turn: Turn,
  from: NodeId,
  draw: Digest,
  attempt: number,
  disclosures: readonly Disclosure[],
  papers: readonly Uint8Array[],
): Refusal | null {
  const open = turn.state.rosters.get(keyOfAttempt(draw, attempt));
  if (open === undefined || open.list === null) return notAsked("a list of disclosures");
  open.over = true;
  const fault = disclosuresFault(turn, open, disclosures, from);
  if (fault !== null) return decline(turn, from, draw, fault.refusal, fault.evidence);
  const { header } = open.beacon;
  const drawn = drawActors(disclosures, header.actors);
  if (!drawn.ok) return decline(turn, from, draw, drawn);
  const { self, signer } = turn.state.config;
  const sign = (statement: Uint8Array) => ({
    certificate: self.certificate,
    atMs: turn.nowMs,
    signature: signer.sign(statement),
  });
  if (drawn.value === null) {
    const signed = sign(sparseStatement(draw, open.random, attempt, turn.nowMs));
    send(turn, from, { type: "roster-sparse", draw, attempt, signed });
    return null;
  }
  const strange = unattestedFault(turn, open, drawn.value.unattested, papers);
  if (strange !== null) return decline(turn, from, draw, strange, whatItNamed(open, disclosures, strange));
  const signed = sign(rosterStatement(draw, open.random, attempt, drawn.value.actors, turn.nowMs));
  send(turn, from, { type: "roster-sign", draw, attempt, signed });
  return null;
}

/**
 * Step 8b: what each disclosed is what it had committed to. Its signature is looked at only to convict it; the setter has
 * done the same before, so what nobody signed is the setter's.
 */
function disclosuresFault(
  turn: Turn,
  open: RosterWitness,
  disclosures: readonly Disclosure[],
  setter: NodeId,
): Said | null {
  const { rules, ports } = turn.state.config;
  const { crypto } = ports;
  const { draw, attempt } = open;
  const commitments = open.list!;
  const unsigned = (detail: string): Said => ({
    refusal: refuse("draw-unsigned", { blame: setter, detail }),
    evidence: undefined,
  });
  if (disclosures.length !== commitments.length) return unsigned(`${disclosures.length} disclosures`);
  for (const [i, disclosure] of disclosures.entries()) {
    const { node, certificate } = open.witnesses[i]!;
    if (disclosure.witness !== node) return unsigned(`not by ${node}`);
    // The own commitment is in the list, and this is what it was made of.
    if (i === open.own && sameDisclosure(disclosure, open.disclosed)) continue;
    const { candidates } = disclosure;
    const named = candidatesDigestLike(crypto, candidates, {
      candidates: open.disclosed.candidates,
      named: open.named,
    });
    if (sameBytes(commitmentTo(crypto, draw, attempt, { ...disclosure, named }), commitments[i]!)) continue;
    const evidence = disclosureShown(open, certificate, disclosure);
    const lie = lieIn(evidence, draw, rules, ports);
    return lie === null ? unsigned(`not by ${node}`) : { refusal: lie, evidence };
  }
  return null;
}

function regionOfCandidates({ lot, beacon }: Pick<RosterWitness, "lot" | "beacon">): CandidatesRegion {
  return { lot, spread: beacon.header.spread };
}

function disclosureShown(open: RosterWitness, certificate: Uint8Array, disclosure: Disclosure): Evidence {
  const commitments = [...open.list!];
  return {
    what: "disclosure",
    attempt: open.attempt,
    ...regionOfCandidates(open),
    commitments,
    certificate,
    disclosure,
  };
}

/** The disclosure of the witness that is blamed for a false candidate: it convicts it, where that lives elsewhere. */
function whatItNamed(
  open: RosterWitness,
  disclosures: readonly Disclosure[],
  { code, blame }: Refusal,
): Evidence | undefined {
  const at = open.witnesses.findIndex(({ node }) => node === blame);
  if (code !== "draw-candidate-false" || at < 0) return undefined;
  return disclosureShown(open, open.witnesses[at]!.certificate, disclosures[at]!);
}

function sameDisclosure(a: Pick<Disclosure, "random" | "candidates">, b: typeof a): boolean {
  return sameBytes(a.random, b.random) && sameBytes(a.candidates, b.candidates);
}

/** Step 8f, for those that not every witness named: one honest witness among k has looked at all others before. */
export function unattestedFault(
  turn: Turn,
  { lot, beacon }: Pick<RosterWitness, "lot" | "beacon">,
  unattested: Drawn["unattested"],
  papers: Iterable<Uint8Array>,
): Refusal | null {
  const region = regionOf(turn.state.config.rules.geometry, lot, 2 ** -beacon.header.spread);
  const known = [...unattested.keys()].flatMap((node) => turn.near.members.get(node) ?? []);
  const strangers = known.length < unattested.size ? shownBy(turn, papers, known) : [];
  const members = new Map([...strangers, ...known].map((member) => [member.node, member]));
  for (const [node, by] of unattested) {
    const member = members.get(node);
    if (member === undefined) return refuse("draw-papers-missing", { blame: by, detail: node });
    if (!member.processes || !isInside(region, member.location))
      return refuse("draw-candidate-false", { blame: by, detail: node });
  }
  return null;
}

/** Each certificate is verified once, and none that is known here: an operation for each stranger, as it should cost. */
function shownBy(turn: Turn, papers: Iterable<Uint8Array>, known: readonly DrawMember[]): DrawMember[] {
  return [...papers].flatMap((paper) => {
    if (known.some(({ certificate }) => sameBytes(certificate, paper))) return [];
    const certified = turn.state.config.ports.certify(paper);
    return certified.ok ? [certified.value] : [];
  });
}

function leftOut(
  turn: Turn,
  { code }: Refusal,
  { beacon, attempt }: Start,
  names: readonly NodeId[],
): Evidence | undefined {
  if (code !== "draw-degree" && code !== "draw-not-nearest") return undefined;
  const random = xorAll(beacon.parts.map((part) => part.random));
  return nearestLeftOut(turn, lotOf(turn.state.config.ports.crypto, random, attempt), names, null);
}

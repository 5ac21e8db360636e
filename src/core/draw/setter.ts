// The setter (SEP2P §3.5, steps 3 to 9): coordinates the witnesses round the point where the lot fell. It has no power:
// it can delay or drop a draw, and nothing that it changes is signed.
//   committing -- k commitments --> disclosing -- k disclosures --> [fetching -- papers -->] signing -- k signatures --> sent
//   k attest a sparse region: the lot falls again, and the next setter is told
import { type Digest, type NodeId, type Refusal, refuse } from "../base/index.ts";
import { drawActors } from "./actors.ts";
import { limits } from "./limits.ts";
import type { Beacon, Disclosure, Roster, Sparse } from "./messages.ts";
import { nearestTo, witnessesRound } from "./neighbourhood.ts";
import { keyOfAttempt, type Setting } from "./state.ts";
import { drawOf, lotOf, xorAll } from "./statement.ts";
import { culprit, decline, notAsked, send, type Turn, wake } from "./turn.ts";
import { headerFault, verifyBeacon, verifySparse } from "./verify.ts";

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
  if (state.settings.has(key)) return null;
  const fault =
    headerFault(beacon.header, rules, turn.nowMs) ??
    strangerFault(turn, from, { beacon, attempt, sparse }) ??
    (sparse.length === attempt ? null : refuse("draw-sparse-forged", { blame: from })) ??
    (state.settings.size < limits.maxOpenDraws ? null : refuse("draw-busy"));
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
  const setting: Setting = { at: "committing", repeats: 0, ...common, ...gathered };
  state.settings.set(key, setting);
  askSilent(turn, setting);
  return null;
}

/**
 * The first start of a draw occupies its place here, so it must come from who may send it: the trigger; for a lot that fell
 * again, whoever has the attestations.
 */
function strangerFault(turn: Turn, from: NodeId, { beacon, attempt, sparse }: Start): Refusal | null {
  const { header } = beacon;
  if (attempt === 0) return from === header.trigger ? null : refuse("draw-unsigned", { blame: from });
  const { rules, ports } = turn.state.config;
  const verified = verifyBeacon(beacon, rules, ports, turn.nowMs);
  if (!verified.ok) return verified;
  const { draw, random } = verified.value;
  const last = { header, draw, random, attempt: attempt - 1 };
  const attested = verifySparse(sparse[attempt - 1] ?? [], last, rules, ports, turn.nowMs);
  return attested.ok ? null : attested;
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
  if (setting.at !== "disclosing" || setting.disclosures.has(from)) return null;
  setting.disclosures.set(from, disclosure);
  if (setting.disclosures.size < setting.witnesses.length) return null;
  const drawn = drawActors(disclosuresOf(setting), setting.beacon.header.actors);
  if (!drawn.ok) return giveUp(turn, setting, drawn);
  if (drawn.value === null) return toSign(turn, setting); // the witnesses will say so
  setting.actors = drawn.value.actors;
  setting.unattested = drawn.value.unattested;
  for (const node of drawn.value.unattested.keys()) {
    const known = turn.near.members.get(node);
    if (known !== undefined) setting.papers.set(node, known.certificate);
  }
  return lackingPapers(setting).size === 0 ? toSign(turn, setting) : enter(turn, setting, "fetching");
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
  if (setting.at !== "signing" || setting.signed.has(from)) return null;
  setting.signed.set(from, { what, signed });
  if (setting.signed.size < setting.witnesses.length) return null;
  const all = setting.witnesses.map(({ node }) => setting.signed.get(node)!);
  if (all.some((one) => one.what !== all[0]!.what)) return giveUp(turn, setting, refuse("draw-roster-differs"));
  const signatures = all.map((one) => one.signed);
  const { beacon, random, sparse } = setting;
  finish(turn, setting);
  if (what === "roster") {
    const roster: Roster = {
      header: beacon.header,
      random,
      attempt,
      actors: [...setting.actors],
      witnesses: signatures,
    };
    send(turn, beacon.header.trigger, { type: "roster-done", roster });
    return null;
  }
  if (attempt >= limits.maxAttempts) return giveUp(turn, setting, refuse("draw-sparse-network"));
  const next = lotOf(turn.state.config.ports.crypto, random, attempt + 1);
  const told = [...sparse.map((one) => [...one]), signatures];
  send(turn, nearestTo(turn.near, next).node, { type: "roster-start", beacon, attempt: attempt + 1, sparse: told });
  return null;
}

/** A witness will not go on: the trigger hears why. */
export function onWitnessRefused(turn: Turn, from: NodeId, draw: Digest, refusal: Refusal): Refusal | null {
  for (const setting of turn.state.settings.values())
    if (setting.draw === draw && setting.witnesses.some(({ node }) => node === from))
      return giveUp(turn, setting, refusal);
  return notAsked("a refusal");
}

export function onSettingWake(turn: Turn, key: string): void {
  const setting = turn.state.settings.get(key);
  if (setting === undefined) return;
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
  const { draw, attempt, beacon } = setting;
  const names = setting.witnesses.map(({ node }) => node);
  const lacking = setting.at === "fetching" ? lackingPapers(setting) : null;
  for (const node of silentOf(setting)) {
    switch (setting.at) {
      case "committing": {
        const sparse = setting.sparse.map((one) => [...one]);
        send(turn, node, { type: "roster-ask", beacon, attempt, sparse, witnesses: names });
        break;
      }
      case "disclosing": {
        const commitments = names.map((name) => setting.commitments.get(name)!);
        send(turn, node, { type: "roster-commitments", draw, attempt, commitments });
        break;
      }
      case "fetching":
        send(turn, node, { type: "roster-want", draw, attempt, nodes: lacking?.get(node) ?? [] });
        break;
      case "signing": {
        const papers = [...setting.papers.values()];
        send(turn, node, { type: "roster-list", draw, attempt, disclosures: disclosuresOf(setting), papers });
        break;
      }
    }
  }
  wake(turn, `setting ${keyOfAttempt(draw, attempt)}`, limits.repeatAfterMs);
}

function silentOf(setting: Setting): NodeId[] {
  const names = setting.witnesses.map(({ node }) => node);
  if (setting.at === "fetching") return names.filter((name) => lackingPapers(setting).has(name));
  const heard = { committing: setting.commitments, disclosing: setting.disclosures, signing: setting.signed }[
    setting.at
  ];
  return names.filter((name) => !heard.has(name));
}

function disclosuresOf(setting: Setting): Disclosure[] {
  return setting.witnesses.map(({ node }) => setting.disclosures.get(node)!);
}

function giveUp(turn: Turn, setting: Setting, refusal: Refusal): Refusal {
  finish(turn, setting);
  return decline(turn, setting.beacon.header.trigger, setting.draw, refusal);
}

function finish(turn: Turn, setting: Setting): void {
  const key = keyOfAttempt(setting.draw, setting.attempt);
  turn.state.settings.delete(key);
  turn.effects.push({ type: "cancel-wake", tag: `setting ${key}` });
}

function settingOf(turn: Turn, from: NodeId, draw: Digest, attempt: number): Setting | null {
  const setting = turn.state.settings.get(keyOfAttempt(draw, attempt));
  return setting?.witnesses.some(({ node }) => node === from) ? setting : null;
}

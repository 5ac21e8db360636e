// The honest twin of every roster that is accepted: recomputed, by the plainest code there is, from what the honest witnesses
// drew by lot and from what the others had committed to before any honest value was shown. Were the roster another one,
// somebody would have had a choice once there was something to choose.
import { type NodeId, nodeIdOfPublicKey, toHex } from "../../core/base/index.ts";
import {
  type Beacon,
  beaconCommitment,
  type Disclosure,
  type DrawMessage,
  drawOf,
  isInside,
  lotOf,
  type Roster,
  regionOf,
  rosterCommitment,
  xorAll,
} from "../../core/draw/index.ts";
import type { DrawNetwork } from "./network.ts";

const keyBytes = 32;

export class Twins {
  /** Draws in which no witness was honest: rarer than α, and nothing is promised then. */
  readonly overwhelmed = new Set<string>();
  violation: string | undefined;
  private readonly network: DrawNetwork;
  private readonly isHonest: (node: NodeId) => boolean;
  /** By draw (and attempt) and honest witness: the first list it showed anything for, what it showed, what it was shown. */
  private readonly lists = new Map<string, readonly Uint8Array[]>();
  private readonly values = new Map<string, Uint8Array>();
  private readonly disclosed = new Map<string, Disclosure>();
  private readonly shown = new Map<string, (readonly Disclosure[])[]>();

  constructor(network: DrawNetwork, isHonest: (node: NodeId) => boolean) {
    this.network = network;
    this.isHonest = isHonest;
  }

  /** As it goes over the wire; whom it convinces shows at the end. */
  note(from: NodeId, to: NodeId, message: DrawMessage): void {
    switch (message.type) {
      case "beacon-reveal":
        if (this.isHonest(from)) this.first(this.values, `${message.draw} ${from}`, message.part.random);
        return;
      case "roster-disclose":
        if (this.isHonest(from))
          this.first(this.disclosed, `${message.draw}/${message.attempt} ${from}`, message.disclosure);
        return;
      case "roster-list": {
        const key = `${message.draw}/${message.attempt} ${to}`;
        if (this.isHonest(to)) this.shown.set(key, [...(this.shown.get(key) ?? []), message.disclosures]);
      }
    }
  }

  /** What an honest witness holds itself to, as its machine says: read when it has just disclosed. */
  bind(node: NodeId): void {
    const { state } = this.network.node(node);
    if (state === null || !this.isHonest(node)) return;
    for (const open of [state.beacons, state.rosters])
      for (const [key, { list }] of open) {
        if (list === null) continue;
        const before = this.lists.get(`${key} ${node}`) ?? list;
        this.lists.set(`${key} ${node}`, before);
        if (!before.every((one, i) => same(one, list[i])))
          this.violation ??= `honest ${node} showed its value for two lists`;
      }
  }

  private first<T>(map: Map<string, T>, key: string, value: T): void {
    if (!map.has(key)) map.set(key, value);
  }

  /** Why the roster is not its twin's. `of`: the witnesses in their order. */
  faultOf(
    roster: Roster,
    beacon: Beacon,
    of: { beacon: readonly NodeId[]; roster: readonly NodeId[] },
  ): string | undefined {
    return this.beaconFault(beacon, of.beacon) ?? this.rosterFault(roster, of.roster);
  }

  private beaconFault(beacon: Beacon, witnesses: readonly NodeId[]): string | undefined {
    const { crypto } = this.network;
    const draw = drawOf(crypto, beacon.header);
    const honest = witnesses.filter(this.isHonest);
    if (honest.length === 0) this.overwhelmed.add(draw);
    for (const node of honest) {
      const random = beacon.parts[witnesses.indexOf(node)]!.random;
      if (!same(this.values.get(`${draw} ${node}`), random)) return `not the value that honest ${node} drew`;
      const list = this.lists.get(`${draw} ${node}`);
      for (const [i, part] of beacon.parts.entries())
        if (!same(list?.[i], beaconCommitment(crypto, draw, witnesses[i]!, part.random)))
          return `the value of ${witnesses[i]} is not what it had committed to when ${node} showed its own`;
    }
    return undefined;
  }

  private rosterFault(roster: Roster, witnesses: readonly NodeId[]): string | undefined {
    const { crypto } = this.network;
    const { header, attempt, random, actors } = roster;
    const draw = drawOf(crypto, header);
    const key = `${draw}/${attempt}`;
    const honest = witnesses.filter(this.isHonest);
    if (honest.length === 0) this.overwhelmed.add(key);
    for (const node of honest) {
      const list = this.lists.get(`${key} ${node}`);
      if (list === undefined) return `honest ${node} signed, and had disclosed nothing`;
      const fits = (disclosures: readonly Disclosure[]) =>
        disclosures.length === list.length &&
        disclosures.every((one, i) => same(rosterCommitment(crypto, draw, attempt, one), list[i]));
      const committed = this.shown.get(`${key} ${node}`)?.find(fits);
      if (committed === undefined) return `${node} signed what does not follow from what all had committed to`;
      for (const other of honest) {
        const used = committed.find(({ witness }) => witness === other);
        const own = this.disclosed.get(`${key} ${other}`);
        if (!same(own?.random, used?.random) || !same(own?.candidates, used?.candidates))
          return `not what honest ${other} had disclosed`;
      }
      const twin = plainly(committed, header.actors);
      if (twin.join() !== actors.join()) return "other processors than the honest run has";
    }
    const region = regionOf(this.network.rules.geometry, lotOf(crypto, random, attempt), 2 ** -header.spread);
    const outside = actors.find((node) => !isInside(region, this.network.node(node).member.location));
    return outside === undefined || honest.length === 0 ? undefined : `${outside} does not live in R3`;
  }
}

/** SEP2P §3.5, steps 8c to 8e, word for word. */
function plainly(disclosures: readonly Disclosure[], wanted: number): NodeId[] {
  const random = xorAll(disclosures.map((one) => one.random));
  const all = new Map<string, Uint8Array>();
  for (const { candidates } of disclosures)
    for (let at = 0; at < candidates.length; at += keyBytes) {
      const key = candidates.slice(at, at + keyBytes);
      all.set(toHex(xorAll([key, random])), key);
    }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.slice(0, wanted).map(([, key]) => nodeIdOfPublicKey(key));
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

// Random networks that draw under random faults: loss, crashes in the middle of a step that take with them what the disk
// has not acknowledged, views that differ, and colluders, up to k − 1 among the witnesses of each trigger. Safety at every roster, then everything heals and progress is demanded.
// Same seed, same trace.
//
// SAFETY 1: a roster that is accepted is its honest twin's (twin.ts).
// SAFETY 2: one draw gives one beacon and one roster; a sequence of a trigger gives one draw.
// SAFETY 3: nobody honest is ever convicted.
// LIVENESS: once links are calm, nodes are up and colluders are revoked, every honest trigger gets a roster.
import { type Digest, type NodeId, toHex } from "../../core/base/index.ts";
import { type EvidenceKind, evidenceFrom, verifyEvidence } from "../../core/cache/index.ts";
import {
  type Beacon,
  type Culprit,
  type DrawMessage,
  type DrawnList,
  drawOf,
  isBusy,
  lieIn,
  type Roster,
  verifyBeacon,
  verifyDrawn,
  verifyRoster,
  witnessesRound,
  xorAll,
} from "../../core/draw/index.ts";
import { calmLink, Random, roughLink } from "../kernel/index.ts";
import { Colluders } from "./colluders.ts";
import { type DrawNetwork, type DrawNetworkOptions, type DrawNode, drawNetwork, purpose } from "./network.ts";
import { namesOf, Seals } from "./seals.ts";
import { Twins } from "./twin.ts";

export interface DrawRun {
  readonly seed: number;
  /** What the faults left of the draws: all drawn at once, some after trying again, some only after healing. */
  readonly outcome: "undisturbed" | "restarted" | "after healing";
  readonly violation?: string;
  readonly nodes: number;
  readonly colluding: number;
  readonly rosters: number;
  /** Beacons and rosters without an honest witness: what α is for. */
  readonly overwhelmed: number;
  readonly lies: number;
  /** What colluders signed to their own conviction. */
  readonly convicted: readonly EvidenceKind[];
  readonly events: number;
  readonly traceHash: string;
  readonly trace: readonly string[];
}

export interface ChaosOptions {
  readonly traceLines?: number;
  /** Instead of the real machine: to see that the checks can fail. */
  readonly step?: DrawNetworkOptions["step"];
  /** How often a node goes down with the words that bind it. */
  readonly crashOnPromise?: number;
}

const faultsMs = 60_000;
/** More than a window: rates count what the faults made triggers begin. */
const healMs = 700_000;
const tries = 3;
const maxEvents = 600_000;
/** What binds whoever says it: a node that goes down with these words has to know them when it is back. */
const promises = new Set<DrawMessage["type"]>(["beacon-commit", "beacon-reveal", "roster-commit", "roster-disclose"]);
const crashOnPromise = 1 / 30;

export function simulateDraws(seed: number, options: ChaosOptions = {}): DrawRun {
  return new Chaos(seed, options).play();
}

class Chaos {
  private readonly network: DrawNetwork;
  private readonly random: Random;
  private readonly seed: number;
  private readonly everybody: readonly DrawNode[];
  private readonly colluders: Colluders;
  private readonly twins: Twins;
  private readonly triggers: readonly DrawNode[];
  private readonly away = new Set<NodeId>();
  private readonly rosters = new Map<Digest, string>();
  private readonly sequences = new Map<string, Digest>();
  private readonly beacons = new Map<Digest, string>();
  private readonly drawnBy = new Set<NodeId>();
  private readonly convicted = new Set<EvidenceKind>();
  private readonly seals: Seals;
  private readonly crashes: number;
  private seen = 0;
  private restarts = 0;
  private accepted = 0;
  private healed = false;

  constructor(seed: number, options: ChaosOptions) {
    this.seed = seed;
    this.crashes = options.crashOnPromise ?? crashOnPromise;
    const random = new Random(seed);
    this.random = random;
    const nodes = random.between(40, 200);
    const colluding = random.between(2, Math.max(2, Math.floor(nodes / 8)));
    const network = drawNetwork({
      seed,
      nodes,
      colluding,
      alpha: random.pick([1e-2, 1e-3, 1e-4]),
      geometry: random.pick(["xor", "ring", "torus"] as const),
      // So that R3 is everywhere, or a part of the space.
      cacheNodes: random.pick([512, 32]),
      traceLines: options.traceLines ?? 0,
      ...(options.step === undefined ? {} : { step: options.step }),
    });
    this.network = network;
    this.everybody = network.nodes;
    this.triggers = random.shuffled(network.nodes).slice(0, 3);
    this.colluders = new Colluders(network, random);
    this.twins = new Twins(network, (node) => !this.colluders.nodes.has(node));
    this.seals = new Seals(network, this.twins);
    this.corrupt(colluding);
  }

  /** Up to k − 1 of each trigger's own witnesses, and others anywhere: as many as the k-table is made for. */
  private corrupt(most: number): void {
    const { random, colluders } = this;
    const spared = new Set(this.triggers.map(({ member }) => member.node));
    const turn = (node: NodeId) => {
      if (!spared.has(node) && colluders.nodes.size < most) colluders.turn(node);
    };
    for (const trigger of this.triggers) {
      const witnesses = random.shuffled(this.witnessesOf(trigger));
      const [honest, ...others] = witnesses.filter(({ node }) => !colluders.nodes.has(node));
      if (honest !== undefined) spared.add(honest.node);
      for (const { node } of others) if (random.chance(0.4)) turn(node);
    }
    for (const { member } of random.shuffled(this.everybody)) turn(member.node);
  }

  play(): DrawRun {
    const { simulation } = this.network;
    simulation.network.setQuality(this.random.pick([calmLink, roughLink, roughLink]));
    simulation.intercept = (from, to, message) => this.onWire(from, to, message);
    simulation.invariant("draws", () => this.check());
    this.planFaults();
    for (const trigger of this.triggers) this.ask(trigger, this.random.between(1, 5_000));
    for (const [node, mischief] of this.colluders.nodes) {
      const draws = mischief === "grind" ? 4 : mischief === "pose" || mischief === "lie" ? 1 : 0;
      for (let i = 0; i < draws; i++) this.ask(this.network.node(node), this.random.between(1, faultsMs));
    }
    let violation = this.run(faultsMs);
    const late = this.waiting().length;
    this.heal();
    for (let once = 0; once < tries && violation === undefined && this.waiting().length > 0; once++) {
      for (const trigger of this.waiting()) this.ask(trigger, 10);
      violation = this.run(healMs, () => this.waiting().length === 0);
    }
    if (violation === undefined && this.waiting().length > 0)
      violation = `no roster for ${this.waiting().length} of the triggers after everything was healed: ${this.lastWord()}`;
    const { trace, counts } = simulation;
    const { lies, nodes } = this.colluders;
    const outcome: DrawRun["outcome"] = late > 0 ? "after healing" : this.restarts > 0 ? "restarted" : "undisturbed";
    return {
      seed: this.seed,
      outcome,
      nodes: this.everybody.length,
      colluding: nodes.size,
      rosters: this.accepted,
      overwhelmed: this.twins.overwhelmed.size,
      lies,
      convicted: [...this.convicted].sort(),
      events: counts.events,
      traceHash: trace.hash(),
      trace: trace.lines(),
      ...(violation === undefined ? {} : { violation }),
    };
  }

  private run(forMs: number, until: () => boolean = () => false): string | undefined {
    const outcome = this.network.simulation.run({ forMs, maxEvents, until });
    if (outcome.at === "violated") return outcome.detail;
    if (outcome.at === "threw") return `threw ${outcome.error instanceof Error ? outcome.error.stack : outcome.error}`;
    return outcome.at === "event-limit" ? "livelock: too many events" : undefined;
  }

  /** Without a roster so far. Once colluders are gone, a region may hold too few for every row: that is rare, and no fault. */
  private waiting(): DrawNode[] {
    return this.triggers.filter(
      (trigger) => !this.drawnBy.has(trigger.member.node) && (!this.healed || this.witnessesOf(trigger).length > 0),
    );
  }

  private witnessesOf({ member, members }: DrawNode) {
    const { table, rules } = this.network;
    const near = { geometry: rules.geometry, table, nodes: members.size, members };
    return witnessesRound(near, member.location, member.node)?.nodes ?? [];
  }

  private lastWord(): string {
    const last = this.network.happened.findLast(({ effect }) => effect.type === "not-drawn");
    return last?.effect.type === "not-drawn" ? (last.effect.refusal.detail ?? last.effect.refusal.code) : "silence";
  }

  private ask(trigger: DrawNode, afterMs: number): void {
    const actors = this.random.between(1, 12);
    this.network.simulation.after(afterMs, () => this.network.draw(trigger, { actors, ticket: `${this.seed}` }));
  }

  private planFaults(): void {
    const { simulation } = this.network;
    for (let i = this.random.below(8); i > 0; i--) {
      const node = this.random.pick(this.everybody);
      simulation.after(this.random.between(1, faultsMs), () => this.goAway(node));
    }
    // And just where it may hurt: while it draws, sets, or has committed itself.
    for (let i = this.random.below(6); i > 0; i--)
      simulation.after(this.random.between(1, 8_000), () => {
        const busy = this.everybody.filter(({ state }) => state !== null && isBusy(state));
        if (busy.length > 0) this.goAway(this.random.pick(busy));
      });
  }

  /** Down for a while. The others notice one by one, if at all in time. */
  private goAway({ member: { node } }: DrawNode): void {
    const { simulation } = this.network;
    if (this.healed || !simulation.isUp(node)) return;
    // Its disk keeps what it has acknowledged, and may lose what the node was about to rely on.
    if (this.random.chance(0.5)) simulation.crashDuringNextStep(node, this.random.below(4), { losePending: true });
    else simulation.crash(node, { losePending: true });
    this.comesBack(node);
  }

  /** At once, in the middle of what it does: what it said is on its way, what it had yet to write down is not written. */
  private goDown(node: NodeId): void {
    const { simulation } = this.network;
    if (this.healed || !simulation.isUp(node)) return;
    simulation.crash(node, { losePending: true });
    this.comesBack(node);
  }

  private comesBack(node: NodeId): void {
    const { simulation } = this.network;
    this.away.add(node);
    this.spread(node);
    simulation.after(this.random.pick([200, 4_000, 30_000]), () => {
      simulation.restart(node);
      this.away.delete(node);
      this.spread(node);
    });
  }

  private spread(node: NodeId): void {
    for (const other of this.everybody)
      this.network.simulation.after(this.random.between(100, 6_000), () => {
        if (!this.healed) this.see(other, node, !this.away.has(node));
      });
  }

  private see(viewer: DrawNode, node: NodeId, up: boolean): void {
    if (viewer.member.node === node || viewer.members.has(node) === up) return;
    const members = new Map(viewer.members);
    if (up) members.set(node, this.network.node(node).member);
    else members.delete(node);
    viewer.members = members;
  }

  /** Calm links, everybody up and known, colluders excluded: what membership and revocation come to. */
  private heal(): void {
    const { simulation } = this.network;
    const { nodes } = this.colluders;
    this.healed = true;
    this.colluders.over = true;
    simulation.network.setQuality(calmLink);
    simulation.intercept = (from, to, message) => (nodes.has(from) ? null : this.onWire(from, to, message));
    const honest = this.everybody.filter(({ member }) => !nodes.has(member.node));
    const members = new Map(honest.map(({ member }) => [member.node, member]));
    const up = () => {
      for (const { member } of this.everybody) simulation.restart(member.node);
    };
    for (const node of this.everybody) node.members = members;
    // A crash that was planned inside a step comes with the node's next word to its disk, which may be late.
    const keepUp = () => {
      up();
      simulation.after(20_000, keepUp);
    };
    keepUp();
  }

  private onWire(from: NodeId, to: NodeId, message: DrawMessage): DrawMessage | null {
    const isHonest = !this.colluders.nodes.has(from);
    const said = isHonest ? message : this.colluders.onWire(from, to, message);
    if (said === null) return null;
    if (said.type === "beacon-reveal" || said.type === "roster-disclose") this.twins.bind(from);
    this.twins.note(from, to, said);
    if (said.type === "roster-done") this.signed(from, said.roster);
    this.seals.note(to, said);
    if (said.type === "roster-sealed" && isHonest) this.twins.violation ??= this.seals.faultOf(from, said);
    if (isHonest && promises.has(said.type) && this.random.chance(this.crashes)) this.goDown(from);
    return said;
  }

  /** Whoever is shown a roster that verifies takes it, whatever became of it at its trigger. */
  private signed(setter: NodeId, roster: Roster): void {
    const { crypto, rules, ports } = this.network;
    const setting = this.network.node(setter).state?.settings.get(`${drawOf(crypto, roster.header)}/${roster.attempt}`);
    if (setting === undefined) return;
    const random = xorAll(setting.beacon.parts.map((part) => part.random));
    if (!verifyDrawn(roster, random, rules, ports, roster.header.atMs + 1_000).ok) return;
    this.twins.violation ??= this.influence(roster, setting.beacon);
  }

  /** Looks at whatever the machines have told their nodes since the last time. */
  private check(): string | undefined {
    const { happened } = this.network;
    let { violation } = this.twins;
    while (this.seen < happened.length && violation === undefined) {
      const { node, effect } = happened[this.seen++]!;
      if (effect.type === "drawn") {
        this.accepted++;
        this.restarts += effect.restarts;
        this.drawnBy.add(node);
        violation = this.faultOf(effect.roster, effect.list, effect.beacon);
      } else if (effect.type === "culprit") {
        violation = this.conviction(effect);
      }
    }
    return violation;
  }

  /** Who is convicted where the draw is known is so before anybody, and nobody honest ever is. */
  private conviction(culprit: Culprit): string | undefined {
    const { rules, ports, crypto } = this.network;
    const evidence = evidenceFrom(crypto, culprit);
    const proven = evidence !== null && verifyEvidence(evidence, rules, crypto).ok;
    const inside = lieIn(culprit.evidence, culprit.draw, rules, ports)?.blame as NodeId | undefined;
    if (inside !== undefined && !proven) return `${inside} is convicted in the draw, and nowhere else`;
    if (culprit.conflict !== undefined && !proven)
      return `${culprit.refusal.blame} contradicts itself, and nobody sees it`;
    if (!proven) return undefined;
    this.convicted.add(evidence.kind);
    return this.colluders.nodes.has(evidence.node) ? undefined : `${evidence.node} is honest, and convicted`;
  }

  private faultOf(roster: Roster, list: DrawnList, beacon: Beacon): string | undefined {
    const { crypto, rules, ports } = this.network;
    const { header, attempt, random, actors } = roster;
    const nowMs = header.atMs + 1_000;
    const verified = [
      verifyRoster(roster, rules, ports, { nowMs, purpose }),
      verifyDrawn(list, random, rules, ports, nowMs),
      verifyBeacon(beacon, rules, ports, nowMs),
    ];
    for (const one of verified)
      if (!one.ok && one.code !== "draw-stale") return `accepted, and does not verify: ${one.code}`;
    const draw = drawOf(crypto, header);
    const value = toHex(xorAll(beacon.parts.map((part) => part.random)));
    const once = <Key>(map: Map<Key, string>, key: Key, now: string) => {
      const before = map.get(key) ?? now;
      map.set(key, now);
      return before === now;
    };
    if (!once(this.rosters, draw, `${attempt} ${actors.join(" ")}`)) return `two rosters for the draw ${draw}`;
    if (!once(this.sequences as Map<string, string>, `${header.trigger} ${header.sequence}`, draw))
      return `the sequence ${header.sequence} was used again`;
    if (!once(this.beacons, draw, value)) return `two beacons for the draw ${draw}`;
    if (value !== toHex(random)) return "the roster is of another beacon";
    if (list.attempt !== attempt || list.actors.join() !== actors.join()) return "sealed is not what was drawn";
    return this.influence(list, beacon);
  }

  private influence(list: DrawnList, beacon: Beacon): string | undefined {
    const named = { beacon: namesOf(this.network, beacon.parts), roster: namesOf(this.network, list.witnesses) };
    return this.twins.faultOf(list, beacon, named);
  }
}

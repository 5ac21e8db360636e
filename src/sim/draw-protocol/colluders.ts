// What colluders do in a simulated draw: they withhold, stall, lie, hide, pose, and try again until they like what they get.
// They know each other and share what they see. Their machines are honest; what goes over the wire is not.
import type { Digest, NodeId } from "../../core/base/index.ts";
import {
  beaconStatement,
  candidatesDigest,
  type Disclosure,
  type DrawMessage,
  disclosureStatement,
  drawActors,
  drawOf,
  rosterCommitment,
  type Setting,
  sparseStatement,
} from "../../core/draw/index.ts";
import type { Random } from "../kernel/index.ts";
import type { DrawNetwork } from "./network.ts";

export type Mischief = "withhold" | "stall" | "lie" | "hide" | "grind" | "choose" | "pose" | "contradict";
const mischiefs: readonly Mischief[] = ["withhold", "stall", "lie", "hide", "grind", "choose", "pose", "contradict"];

const bent = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
/** Of all, or of a part: so that some are convinced and others are not. */
const bentSome = (random: Random, list: readonly Uint8Array[]) => {
  const at = random.below(list.length);
  return list.map((one, i) => (i === at ? bent(one) : one));
};

type Attempted = Pick<Setting, "draw" | "attempt" | "lot" | "beacon">;

export class Colluders {
  readonly nodes = new Map<NodeId, Mischief>();
  lies = 0;
  /** Set when the faults are over: what was planned before does not happen any more. */
  over = false;
  private readonly chosenFor = new Set<string>();
  private readonly network: DrawNetwork;
  private readonly random: Random;

  constructor(network: DrawNetwork, random: Random) {
    this.network = network;
    this.random = random;
  }

  turn(node: NodeId): void {
    this.nodes.set(node, this.random.pick(mischiefs));
  }

  /** What really goes over the wire; null: nothing. */
  onWire(from: NodeId, to: NodeId, message: DrawMessage): DrawMessage | null {
    const mischief = this.nodes.get(from);
    if (mischief === undefined) return message;
    const told = this.said(mischief, from, to, message);
    if (told !== message) this.lies++;
    return told;
  }

  private said(mischief: Mischief, from: NodeId, to: NodeId, message: DrawMessage): DrawMessage | null {
    const { random } = this;
    switch (mischief) {
      case "withhold":
        return /reveal|disclose|sign|done|seal/.test(message.type) && random.chance(0.5) ? null : message;
      case "stall":
        return random.chance(0.4) ? null : message;
      case "hide":
        return message.type === "roster-commit" ? this.hidden(from, message) : message;
      case "grind":
        return this.ground(from, to, message);
      case "choose":
        return this.chosen(from, message);
      case "pose":
        return this.posed(from, to, message);
      case "contradict":
        if (random.chance(0.5)) this.contradict(from, to, message);
        return message;
      case "lie":
        return random.chance(0.3) ? this.lied(message) : message;
    }
  }

  /** A grinder that dislikes the beacon aborts; or moves the point where the lot falls; or shows it to another setter as well, and hopes for two rosters. */
  private ground(from: NodeId, to: NodeId, message: DrawMessage): DrawMessage | null {
    const { random } = this;
    if (message.type === "roster-done") return random.chance(0.5) ? null : message;
    if (message.type === "roster-seal") return this.groundSeal(from, to, message);
    if (message.type !== "roster-start") return message;
    if (random.chance(0.3)) return null;
    if (random.chance(0.3)) {
      const at = random.below(message.beacon.parts.length);
      const parts = message.beacon.parts.map((part, i) => (i === at ? { ...part, random: bent(part.random) } : part));
      return { ...message, beacon: { ...message.beacon, parts } };
    }
    const other = random.pick(this.network.nodes).member.node;
    if (other !== to && random.chance(0.5)) this.slip(from, other, message);
    return message;
  }

  /** It dislikes what was drawn: it has it sealed for another value, as of another try, with a friend in it, or not at all. */
  private groundSeal(
    from: NodeId,
    to: NodeId,
    message: Extract<DrawMessage, { type: "roster-seal" }>,
  ): DrawMessage | null {
    const { random } = this;
    const { drawn, values } = message;
    const friend = [...this.nodes.keys()].find((node) => !drawn.actors.includes(node));
    const changed: DrawMessage = random.chance(0.4)
      ? { ...message, values: bentSome(random, values) }
      : random.chance(0.5)
        ? { ...message, drawn: { ...drawn, attempt: drawn.attempt + 1 } }
        : { ...message, drawn: { ...drawn, actors: [friend ?? drawn.actors.at(-1)!, ...drawn.actors.slice(1)] } };
    if (random.chance(0.3)) return null;
    if (random.chance(0.5)) this.slip(from, to, changed);
    return random.chance(0.5) ? message : changed;
  }

  /** Knows what follows from each value before it shows its own, or lets a friend show another one, and drops what it dislikes. */
  private chosen(from: NodeId, message: DrawMessage): DrawMessage | null {
    switch (message.type) {
      case "roster-list":
        return this.chosenList(from, message);
      case "roster-done": {
        const { roster } = message;
        if (roster.actors.some((node) => this.nodes.has(node))) return message;
        const friends = [...this.nodes.keys()].slice(0, roster.actors.length);
        const actors = [...friends, ...roster.actors].slice(0, roster.actors.length);
        return this.random.chance(0.5) ? null : { ...message, roster: { ...roster, actors } };
      }
      case "roster-disclose": {
        const random = this.random.bytes(32);
        const open = this.network.node(from).state?.rosters.get(`${message.draw}/${message.attempt}`);
        return open?.list == null || this.random.chance(0.7)
          ? message
          : { ...message, disclosure: this.resigned(open, from, open.list, { ...message.disclosure, random }) };
      }
      default:
        return message;
    }
  }

  /** A setter with a friend among the witnesses lets it say, too late, which of many values puts most friends on the roster. */
  private chosenList(from: NodeId, message: Extract<DrawMessage, { type: "roster-list" }>): DrawMessage {
    const key = `${message.draw}/${message.attempt}`;
    const setting = this.network.node(from).state?.settings.get(key);
    const friend = setting?.witnesses.find(({ node }) => this.nodes.has(node))?.node;
    if (setting === undefined || friend === undefined) return message;
    const inOrder = () => setting.witnesses.map(({ node }) => setting.disclosures.get(node)!);
    if (!this.chosenFor.has(key)) {
      this.chosenFor.add(key);
      const list = setting.witnesses.map(({ node }) => setting.commitments.get(node)!);
      let best = setting.actors.filter((node) => this.nodes.has(node)).length;
      const own = setting.disclosures.get(friend)!;
      for (let i = 0; i < 16; i++) {
        const changed = this.resigned(setting, friend, list, { ...own, random: this.random.bytes(32) });
        const all = inOrder().map((one) => (one.witness === friend ? changed : one));
        const drawn = drawActors(all, setting.beacon.header.actors);
        if (!drawn.ok || drawn.value === null) continue;
        const friends = drawn.value.actors.filter((node) => this.nodes.has(node)).length;
        if (friends <= best) continue;
        best = friends;
        setting.disclosures.set(friend, changed);
        setting.actors = drawn.value.actors;
      }
    }
    return setting.disclosures.get(friend) === message.disclosures.find(({ witness }) => witness === friend)
      ? message
      : { ...message, disclosures: inOrder() };
  }

  private resigned(
    { draw, attempt, lot, beacon }: Attempted,
    node: NodeId,
    list: readonly Uint8Array[],
    disclosure: Disclosure,
  ): Disclosure {
    const named = candidatesDigest(this.network.crypto, disclosure.candidates);
    const region = { lot, spread: beacon.header.spread };
    const statement = disclosureStatement(draw, attempt, region, list, { random: disclosure.random, named });
    return { ...disclosure, signature: this.network.node(node).signer.sign(statement) };
  }

  /** Uses a beacon it was shown to ask for itself, and shows whoever commits a list of its own; or shows two lists. */
  private posed(from: NodeId, to: NodeId, message: DrawMessage): DrawMessage | null {
    if (message.type === "roster-commitments" || message.type === "beacon-list") {
      if (this.random.chance(0.5))
        this.slip(from, to, { ...message, commitments: bentSome(this.random, message.commitments) });
      return message;
    }
    if (message.type !== "roster-commit") return message;
    const open = this.network.node(from).state?.rosters.get(`${message.draw}/${message.attempt}`);
    if (open === undefined || this.random.chance(0.5)) return message;
    const { beacon, attempt, sparse } = open;
    const witnesses = open.witnesses.map(({ node }) => node);
    const told = sparse.map((one) => [...one]);
    for (const node of witnesses)
      if (node !== from) this.slip(from, node, { type: "roster-ask", beacon, attempt, sparse: told, witnesses });
    return message;
  }

  /** Says something else a moment later, and signs that too. */
  private contradict(from: NodeId, to: NodeId, message: DrawMessage): void {
    const { signer, state } = this.network.node(from);
    const random = this.random.bytes(32);
    if (message.type === "beacon-reveal") {
      const { draw, part } = message;
      const list = state?.beacons.get(draw)?.list;
      if (list == null) return;
      const signature = signer.sign(beaconStatement(draw, list, random, part.atMs));
      this.slip(from, to, { ...message, part: { ...part, random, signature } });
    }
    const key = "attempt" in message && "draw" in message ? `${message.draw}/${message.attempt}` : "";
    const open = state?.rosters.get(key);
    if (open?.list == null) return;
    if (message.type === "roster-disclose") {
      const disclosure = this.resigned(open, from, open.list, { ...message.disclosure, random });
      this.slip(from, to, { ...message, disclosure });
    }
    if (message.type === "roster-sign") {
      const { draw, attempt, signed } = message;
      const signature = signer.sign(sparseStatement(draw, open.random, attempt, signed.atMs));
      this.slip(from, to, { ...message, type: "roster-sparse", signed: { ...signed, signature } });
    }
  }

  private slip(from: NodeId, to: NodeId, message: DrawMessage): void {
    const { simulation } = this.network;
    simulation.after(1, () => {
      if (!this.over && simulation.isUp(from)) simulation.send(from, to, message);
    });
  }

  /** Commits to its own friends alone. */
  private hidden(from: NodeId, message: Extract<DrawMessage, { type: "roster-commit" }>): DrawMessage {
    const { state } = this.network.node(from);
    const key = `${message.draw}/${message.attempt}`;
    const open = state?.rosters.get(key);
    if (open === undefined || open.list !== null) return message;
    const friends = [...this.nodes.keys()].map((node) => Buffer.from(this.network.node(node).member.publicKey));
    const candidates = new Uint8Array(Buffer.concat(friends.sort(Buffer.compare)));
    const disclosed = { ...open.disclosed, candidates };
    const commitment = rosterCommitment(this.network.crypto, message.draw, message.attempt, disclosed);
    const named = candidatesDigest(this.network.crypto, candidates);
    state!.rosters.set(key, { ...open, disclosed, named, commitment });
    return { ...message, commitment };
  }

  private lied(message: DrawMessage): DrawMessage {
    const { random } = this;
    switch (message.type) {
      case "beacon-commit":
      case "roster-commit":
        return { ...message, commitment: bent(message.commitment) };
      case "beacon-list":
      case "roster-commitments":
        return { ...message, commitments: bentSome(random, message.commitments) };
      case "beacon-reveal":
        return { ...message, part: { ...message.part, random: bent(message.part.random) } };
      case "roster-disclose":
        return { ...message, disclosure: { ...message.disclosure, random: bent(message.disclosure.random) } };
      case "roster-list":
        return { ...message, disclosures: this.altered(message.disclosures) };
      case "roster-sign":
        return { ...message, signed: { ...message.signed, signature: bent(message.signed.signature) } };
      case "roster-done":
        return { ...message, roster: { ...message.roster, actors: message.roster.actors.toReversed() } };
      case "roster-seal":
        return { ...message, drawn: { ...message.drawn, actors: message.drawn.actors.toReversed() } };
      case "roster-sealed":
        return { ...message, sealed: { ...message.sealed, signature: bent(message.sealed.signature) } };
      default:
        return { type: "draw-refused", draw: this.drawNamed(message), code: "draw-not-nearest" };
    }
  }

  /** One disclosure with another value, or without its first candidates. */
  private altered(disclosures: readonly Disclosure[]): Disclosure[] {
    const at = this.random.below(disclosures.length);
    const isValue = this.random.chance(0.5);
    return disclosures.map((one, i) => {
      if (i !== at) return one;
      return isValue ? { ...one, random: bent(one.random) } : { ...one, candidates: one.candidates.slice(64) };
    });
  }

  private drawNamed(message: DrawMessage): Digest {
    if ("draw" in message) return message.draw;
    const { header } = "header" in message ? message : "beacon" in message ? message.beacon : message.roster;
    return drawOf(this.network.crypto, header);
  }
}

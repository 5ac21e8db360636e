// A network that asks its people, whole and in memory: the live machines of core/asking, a roster drawn by those of core/draw, a virtual
// clock. What is counted: messages and bytes by type, asymmetric operations by node.
import {
  type AskMessage,
  answerMessage,
  type Commission,
  Commissions,
  createFinder,
  encodeAsk,
  Gatherer,
  type GathererPaper,
  type HandedOn,
  type KnownNode,
  type Places,
  placesAmong,
  Readings,
  recordsOf,
} from "../../core/asking/index.ts";
import {
  type Digest,
  type NodeId,
  nodeIdOfPublicKey,
  type QueryId,
  type Refusal,
  type Result,
  refuse,
  toCanonical,
  toHex,
} from "../../core/base/index.ts";
import type { Roster } from "../../core/draw/index.ts";
import { type Asked, type Plan, type Query, queryDigest, questionDigest } from "../../core/model/index.ts";
import { Coins, type RandomBytes } from "../../core/privacy/index.ts";
import { drawnIn } from "../../core/query/index.ts";
import { type Answer, compileAsked, peopleCells } from "../../core/terms/index.ts";
import { type DrawNetwork, type DrawNode, drawNetwork } from "../draw-protocol/index.ts";
import { EventQueue, Random } from "../kernel/index.ts";
import { KeptMessages } from "./kept-messages.ts";
import { AskingNode, type Surroundings } from "./node.ts";
import type { AskingOptions, OnWay } from "./options.ts";
import { planOf, remembering } from "./planned.ts";
import type { SimulatedPod } from "./pod.ts";
import { countedSealing, type SimulatedSealing } from "./sealing.ts";
import { Statements } from "./statements.ts";

export interface Traffic {
  messages: number;
  bytes: number;
}

export interface Sent extends OnWay {
  readonly bytes: Uint8Array;
}

const network = "sim.draw";
const latencyMs = 20;
/** What nodes' clocks show at the beginning of a simulation. */
export const startMs = 1_750_000_000_000;

/** So many people publish no sooner: ten thousand in a minute, in which an indexer hears of sixteen thousand forwarders. */
export function publishingMs(people: number): number {
  return Math.max(60_000, 6 * people);
}
const eventsBetweenLooks = 1_000;

export class AskingWorld {
  readonly options: AskingOptions;
  readonly random: Random;
  readonly draws: DrawNetwork;
  readonly analyst: DrawNode;
  readonly sealing: SimulatedSealing;
  readonly nodes = new Map<NodeId, AskingNode>();
  readonly pods: { readonly node: AskingNode; readonly pod: SimulatedPod }[] = [];
  readonly refusals: { readonly node: NodeId; readonly refusal: Refusal }[] = [];
  readonly traffic = new Map<AskMessage["type"], Traffic>();
  /** Rosters and certificates verified, by node: asymmetric operations. */
  readonly operations = new Map<NodeId, number>();
  /** Every message, for who looks into them. */
  onSent: ((sent: Sent) => void) | null = null;
  /** What `find` hands on to its gatherers. */
  onTags: ((tags: HandedOn) => void) | null = null;
  /** Nodes that neither hear nor say anything. */
  readonly dead = new Set<NodeId>();
  /** Edges to gatherers take so much longer than messages, as those to a cell that was just set up do. */
  edgesLateMs = 0;
  readonly #queue = new EventQueue<() => void>();
  readonly #surroundings: Surroundings;
  /** Plans and statements, read once for all. */
  readonly #readings = new Readings();
  readonly #members: KnownNode[] = [];
  readonly #messages = new KeptMessages();
  readonly #statements: Statements;
  readonly places: Places;
  nowMs: number;

  constructor(options: AskingOptions) {
    this.options = options;
    this.#statements = new Statements(options);
    // Another stream than the draw's, whose nodes' keys come from the seed itself.
    this.random = new Random(options.seed ^ 0x2f6e_2b1d);
    const { processors, colluding, alpha } = options;
    this.draws = drawNetwork({ seed: options.seed, nodes: processors + 1, colluding, alpha, analysts: 1 });
    this.analyst = this.draws.nodes[0]!;
    this.sealing = options.sealing?.(this.random.fork()) ?? countedSealing(this.random.fork());
    const others = this.draws.nodes.slice(1).map(({ member }) => member);
    this.places = remembering(placesAmong("xor", others), others.length);
    this.nowMs = startMs + this.draws.simulation.nowMs;
    const { crypto } = this.draws;
    const { terms, settings } = options;
    const { random, places } = this;
    this.#surroundings = {
      ...{ network, crypto, random, places },
      ports: {
        ...{ hasher: crypto, sealer: this.sealing.sealer, terms, forwarders: settings.forwarders },
        random: (length) => random.bytes(length),
      },
      analyst: this.analyst.member.node,
      members: () => this.#members,
      questions: {
        going: (query) => this.#messages.of(query, this.commission?.plan),
        called: () => {
          this.called = true;
        },
      },
      isMember: (node) => this.nodes.has(node),
      nowMs: () => this.nowMs,
      commissions: (of) => this.commissions(of),
      send: (from, to, message) => this.send(from, to, message),
      after: (ms, run) => this.after(ms, run),
      refused: (node, refusal) => void this.refusals.push({ node, refusal }),
      tags: (tags) => this.after(latencyMs + this.edgesLateMs, () => this.#tags(tags)),
      ended: (refusal) => this.#ended(refusal),
    };
    for (const { node } of others) this.#addNode(node);
    // Of the analyst's node nothing is asked but whether people may be called; nobody sends through it.
    this.#makeNode(this.analyst.member.node);
    for (let i = 0; i < options.owners; i++) this.addOwner();
  }

  /** A person with a node of her own. People's nodes sign nothing that anybody verifies here, so it has a name and no key. */
  addOwner(): void {
    const node = this.#addNode(nodeIdOfPublicKey(this.random.bytes(32)));
    const id = toHex(this.random.bytes(16));
    const pod = node.addPod(id, this.options.owner(this.pods.length, this.random));
    this.pods.push({ node, pod });
  }

  #addNode(id: NodeId): AskingNode {
    const node = this.#makeNode(id);
    this.#members.push({ node: id, sealingKey: node.sealingKey });
    return node;
  }

  #makeNode(id: NodeId): AskingNode {
    const keys = this.sealing.keyPair();
    const node = new AskingNode(id, keys, this.#surroundings);
    this.nodes.set(id, node);
    return node;
  }

  /** As one node reads plans: its verifications are counted. */
  commissions(id: NodeId): Commissions {
    const { crypto, ports, rules } = this.draws;
    const count = () => this.operations.set(id, (this.operations.get(id) ?? 0) + 1);
    const draw = {
      crypto: {
        sha256: crypto.sha256,
        verify: (...signed: Parameters<typeof crypto.verify>) => {
          count();
          return crypto.verify(...signed);
        },
      },
      certify: (certificate: Parameters<typeof ports.certify>[0]) => {
        count();
        return ports.certify(certificate);
      },
    };
    const reading = {
      read: (asked: Asked) => this.#statements.read(asked),
      ...{ compile: compileAsked, terms: this.options.terms, operator: this.#operator },
    };
    return new Commissions({ network, hasher: crypto, rules, draw, ...reading }, this.#readings);
  }

  readonly #operators = new Map<string, Digest>();
  readonly #operator = (name: string): Digest => {
    const digest = this.#operators.get(name) ?? (toHex(this.draws.crypto.sha256(toCanonical(name))) as Digest);
    this.#operators.set(name, digest);
    return digest;
  };

  after(ms: number, run: () => void): void {
    this.#queue.push(this.nowMs + ms, run);
  }

  send(from: NodeId, to: NodeId, message: AskMessage): void {
    const onWay = this.options.onWay?.({ from, to, message }) ?? [{ from, to, message }];
    for (const one of onWay) {
      const bytes = encodeAsk(one.message);
      const traffic = this.traffic.get(one.message.type) ?? { messages: 0, bytes: 0 };
      this.traffic.set(one.message.type, traffic);
      traffic.messages++;
      traffic.bytes += bytes.length;
      this.onSent?.({ ...one, bytes });
      this.after(latencyMs + (one.afterMs ?? 0), () => {
        if (!this.dead.has(one.to) && !this.dead.has(one.from)) this.nodes.get(one.to)?.receive(one.from, bytes);
      });
    }
  }

  /** Until nothing is left to happen, or so long. */
  run(forMs: number, until: () => boolean = () => false): void {
    for (const _ of this.running(forMs, until));
  }

  /** The same, for who shows how far it is: it stops to be looked at now and then. */
  *running(forMs: number, until: () => boolean = () => false): Generator<void> {
    const endMs = this.nowMs + forMs;
    let happened = 0;
    while (this.#queue.size > 0 && this.#queue.nextMs <= endMs && !until()) {
      this.nowMs = Math.max(this.nowMs, this.#queue.nextMs);
      this.#queue.pop()!();
      if (++happened % eventsBetweenLooks === 0) yield;
    }
    if (!until()) this.nowMs = Math.max(this.nowMs, endMs);
  }

  publishAll(): void {
    for (const _ of this.publishing());
  }

  /** Not all at once: an indexer hears so many forwarders in a minute. Says how far it is, from 0 to 1. */
  *publishing(): Generator<number> {
    const spreadMs = publishingMs(this.pods.length);
    const begunMs = this.nowMs;
    for (const { node, pod } of this.pods) this.after(this.random.below(spreadMs), () => node.publish(pod));
    for (const _ of this.running(2 * spreadMs + 30 * 60_000, () => this.#queue.size === 0))
      yield Math.min(1, (this.nowMs - begunMs) / spreadMs);
  }

  query(statement = this.options.statement, settings = this.options.settings): Query {
    const { message, words } = this.options;
    const given = { text: statement, name: "question", parameters: [], ...(words === undefined ? {} : { words }) };
    const question = this.#statements.read(given);
    if (!question.ok) throw new Error(question.detail);
    const asked: Asked = {
      ...given,
      question: questionDigest(question.value, this.draws.crypto),
      settings,
      ...(message === undefined ? {} : this.#messages.commit(message, this.draws.crypto, this.random)),
    };
    return compileAsked(asked, question.value);
  }

  draw(query: Query, by: DrawNode = this.analyst): Roster {
    const { draws } = this;
    const behindMs = this.nowMs - startMs - draws.simulation.nowMs;
    if (behindMs > 0) draws.simulation.run({ forMs: behindMs });
    const before = draws.happened.length;
    const purpose = queryDigest(query, draws.crypto);
    draws.draw(by, { actors: drawnIn(query), purpose, ticket: purpose });
    draws.simulation.run({ forMs: 120_000, until: () => draws.happened.length > before });
    const effect = draws.happened[before]?.effect;
    if (effect?.type !== "drawn") throw new Error(`not drawn: ${JSON.stringify(effect)}`);
    this.nowMs = Math.max(this.nowMs, effect.roster.header.atMs + 2_000);
    return effect.roster;
  }

  plan(query: Query, roster: Roster, changed: Partial<Plan> = {}): Plan {
    const id = toHex(this.random.bytes(16)) as QueryId;
    return planOf(query, roster, { id, network, crypto: this.draws.crypto }, changed);
  }

  // one round at a time

  commission: Commission | null = null;
  answer: Result<Answer> | null = null;
  /** The analyst's node has written down that people are called. */
  called = false;
  parts: (Uint8Array | null)[] = [];
  papers: GathererPaper[] = [];
  /** Where each gatherer's cell is. */
  gathering: NodeId[] = [];
  noisedCount: (count: number) => number = (count) => count;

  coins(): Coins {
    const source: RandomBytes = { fill: (into) => into.set(this.random.bytes(into.length)) };
    return new Coins(source);
  }

  /** Sets the cells up, as the life cycle does, and lets them run. */
  start(plan: Plan): Commission {
    const bytes = toCanonical(plan);
    const read = this.commissions(this.analyst.member.node).read(bytes, this.nowMs, { young: true });
    if (!read.ok) throw new Error(`${read.code}: ${read.detail}`);
    const commission = read.value;
    this.commission = commission;
    this.answer = null;
    this.called = false;
    this.parts = commission.gatherers.map(() => null);
    this.gathering = commission.gatherers.map(({ vertex }) => vertex.node);
    this.papers = commission.gatherers.map(({ vertex }, place) => this.#gather(place, vertex.node));
    const find = this.nodes.get(commission.find)!;
    find.finder = createFinder({
      ports: {
        hasher: this.draws.crypto,
        random: (length) => this.random.bytes(length),
        noisedCount: (count) => this.noisedCount(count),
      },
      plan: bytes,
      commission,
      places: this.places,
      gatherers: this.papers,
    });
    find.find({ type: "start", nowMs: this.nowMs });
    return commission;
  }

  /** A cell of its own, with a fresh key. */
  #gather(place: number, on: NodeId): GathererPaper {
    const { round, terms, gatherers } = this.commission!;
    const { publicKey, opener } = this.sealing.keyPair();
    const cell = gatherers[place]!.vertex.id;
    const tally = this.options.terms.createTally(terms);
    const { maximumPeople } = terms.settings;
    const base = { hasher: this.draws.crypto, opener, round, cell, place, gatherers: gatherers.length };
    const config = { ...base, maximumPeople, tally };
    this.nodes.get(on)!.gatherers.set(cell, new Gatherer(config));
    return { cell, node: on, incarnation: 0, publicKey, evidence: publicKey };
  }

  /** A gatherer's cell moves to a node that stood by, as the life cycle moves it. */
  standIn(place: number, on: NodeId): void {
    const paper = { ...this.#gather(place, on), incarnation: 1 };
    this.gathering[place] = on;
    const find = this.nodes.get(this.commission!.find)!;
    find.find({ type: "moved", gatherer: place, paper, nowMs: this.nowMs });
  }

  /** A whole round, from the statement to the answer. */
  ask(plan: Plan = this.planned()): Result<Answer> {
    for (const _ of this.asking(plan));
    return this.answer ?? refuse("ask-over");
  }

  *asking(plan: Plan): Generator<void> {
    this.start(plan);
    yield* this.running(this.options.settings.answerMs + 10 * 60_000, () => this.answer !== null);
  }

  planned(): Plan {
    const query = this.query();
    return this.plan(query, this.draw(query));
  }

  #tags(tags: HandedOn): void {
    this.onTags?.(tags);
    for (const [place, { vertex }] of this.commission!.gatherers.entries())
      this.nodes.get(this.gathering[place]!)?.gatherers.get(vertex.id)?.addTags(recordsOf(tags));
  }

  /** As the total's node does. */
  #tell(answer: Answer): void {
    const commission = this.commission!;
    const total = commission.plan.vertices.find(({ id }) => id === peopleCells.total)!;
    const message = answerMessage(commission, answer);
    if (message !== null) for (const { node } of this.#members) this.send(total.node, node, message);
  }

  #ended(refusal: Refusal | null): void {
    if (refusal !== null) {
      this.answer = refusal;
      return;
    }
    // The end of an edge comes after what was on it.
    this.after(latencyMs + this.edgesLateMs, () => {
      const { gatherers, terms } = this.commission!;
      this.parts = gatherers.map(({ vertex: { id } }, place) => {
        const node = this.gathering[place]!;
        return this.dead.has(node) ? null : (this.nodes.get(node)?.gatherers.get(id)?.end(this.coins()) ?? null);
      });
      const answer = this.options.terms.answerOf(terms, this.parts, this.coins());
      this.answer = answer;
      if (answer.ok) this.#tell(answer.value);
    });
  }
}

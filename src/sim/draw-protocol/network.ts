// A network of nodes that draw, message by message: the live machines of core/draw in the kernel. Certificates are as
// small as they can be, but signed and verified for real; who is in the network everybody knows.
import {
  accept,
  type Digest,
  fromCanonical,
  type NodeId,
  type Refusal,
  type Result,
  refuse,
  type Signer,
  toCanonical,
} from "../../core/base/index.ts";
import {
  createDraw,
  type Disclosure,
  type DrawEffect,
  type DrawEvent,
  type DrawMember,
  type DrawMessage,
  type DrawPorts,
  type DrawRules,
  type DrawState,
  decodeDrawMessage,
  drawRules,
  encodeDrawMessage,
  type Geometry,
  type KTable,
  kTable,
  locationOf,
  type Neighbourhood,
  rosterCommitment,
  stepDraw,
} from "../../core/draw/index.ts";
import {
  type Behaviour,
  type LinkQuality,
  type NodeContext,
  Random,
  type SimulatedCrypto,
  Simulation,
  simulatedCrypto,
  simulatedIdentity,
} from "../kernel/index.ts";

export interface DrawNetworkOptions {
  readonly seed: number;
  readonly nodes: number;
  /** C of the k-table. */
  readonly colluding: number;
  readonly alpha: number;
  readonly geometry?: Geometry;
  readonly link?: LinkQuality;
  /** Encode and decode every message, as live. Default true. */
  readonly wire?: boolean;
  readonly traceLines?: number;
  /** One node in so many may be drawn. Default 1: everybody. */
  readonly processesEvery?: number;
  /** So many at the beginning may not be drawn: analysts take no part. */
  readonly analysts?: number;
  /** Nodes that R3 shall hold; default as live. */
  readonly cacheNodes?: number;
  /** Instead of the real machine: to see that what is checked can fail. */
  readonly step?: typeof stepDraw;
}

export interface DrawNode {
  readonly member: DrawMember;
  readonly signer: Signer;
  /** Whom it believes to be up. Shared by all until a test gives it its own. */
  members: ReadonlyMap<NodeId, DrawMember>;
  /** What it knows by its own estimate, once a test gives it one. */
  near?: () => Neighbourhood;
  state: DrawState | null;
}

export type Happened = Exclude<DrawEffect, { readonly type: "send" | "wake" | "cancel-wake" | "persist" }>;

export interface DrawNetwork {
  readonly simulation: Simulation<DrawMessage>;
  readonly nodes: readonly DrawNode[];
  readonly rules: DrawRules;
  readonly ports: DrawPorts;
  readonly crypto: SimulatedCrypto;
  readonly table: KTable;
  /** What the machines told their nodes: rosters, failures, culprits. */
  readonly happened: { readonly node: NodeId; readonly effect: Happened }[];
  /** What the machines refused: by whom, of whom if it was a message. */
  readonly refusals: { readonly node: NodeId; readonly from: NodeId | null; readonly refusal: Refusal }[];
  /** The commitment of a witness of a roster. */
  commit(draw: Digest, attempt: number, disclosed: Pick<Disclosure, "witness" | "random" | "candidates">): Uint8Array;
  node(id: NodeId): DrawNode;
  draw(
    trigger: DrawNode,
    order?: { readonly actors?: number; readonly ticket?: string; readonly purpose?: Digest },
  ): void;
}

const network = "sim.draw";
export const purpose = "ab".repeat(32) as Extract<DrawEvent, { type: "draw" }>["purpose"];

export function drawNetwork(options: DrawNetworkOptions): DrawNetwork {
  const { seed, nodes: count, colluding, alpha, geometry = "xor", wire = true } = options;
  const table = kTable({ nodes: count, colluding, alpha });
  if (!table.ok) throw new Error(`${table.code}: ${table.detail}`);
  const random = new Random(seed);
  const crypto = simulatedCrypto();
  const authority = simulatedIdentity(random.fork());
  const rules = drawRules({ network, geometry, colluding, alpha });
  const ports: DrawPorts = { crypto, certify: (certificate) => certify(certificate) };

  function certify(certificate: Uint8Array): Result<DrawMember> {
    const plain = fromCanonical(certificate);
    if (!plain.ok) return plain;
    const { body, signature } = (plain.value ?? {}) as { readonly body?: unknown; readonly signature?: unknown };
    if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array)) return refuse("malformed");
    if (!crypto.verify(authority.signer.publicKey, body, signature)) return refuse("bad-signature");
    const { node, publicKey, processes } = (fromCanonical(body) as { value: DrawMember }).value;
    return accept({ node, publicKey, location: locationOf(crypto, publicKey), certificate, processes });
  }
  const nodes: DrawNode[] = Array.from({ length: count }, (_, index) => {
    const processes = index >= (options.analysts ?? 0) && index % (options.processesEvery ?? 1) === 0;
    const { node, signer } = simulatedIdentity(random.fork());
    const body = toCanonical({ node, publicKey: signer.publicKey, processes });
    const certificate = toCanonical({ body, signature: authority.signer.sign(body) });
    const location = locationOf(crypto, signer.publicKey);
    const member = { node, publicKey: signer.publicKey, location, certificate, processes };
    return { member, signer, members: new Map(), state: null };
  });
  const everybody = new Map(nodes.map(({ member }) => [member.node, member]));
  for (const node of nodes) node.members = everybody;
  const byId = new Map(nodes.map((node) => [node.member.node, node]));
  const happened: { node: NodeId; effect: Happened }[] = [];
  const refusals: { node: NodeId; from: NodeId | null; refusal: Refusal }[] = [];
  const simulation = new Simulation<DrawMessage>({
    seed,
    traceLines: options.traceLines ?? 0,
    ...(options.link === undefined ? {} : { link: options.link }),
    ...(wire ? { wire: { encode: encodeDrawMessage, decode: decodeDrawMessage } } : {}),
  });
  for (const node of nodes)
    simulation.addNode(
      node.member.node,
      behaviourOf(node, {
        rules,
        ports,
        table: table.value,
        geometry,
        happened,
        refusals,
        step: options.step ?? stepDraw,
        around: options.cacheNodes === undefined ? {} : { cacheNodes: options.cacheNodes },
      }),
    );
  simulation.run({ forMs: 1 }); // everybody is up
  return {
    simulation,
    nodes,
    rules,
    ports,
    crypto,
    table: table.value,
    happened,
    refusals,
    commit: (draw, attempt, disclosed) => rosterCommitment(crypto, draw, attempt, disclosed),
    node: (id) => byId.get(id)!,
    draw(trigger, { actors = 8, ticket = "t", purpose: of = purpose } = {}) {
      simulation.inject(trigger.member.node, { type: "draw", ticket, purpose: of, actors } as unknown as DrawEvent);
    },
  };
}

interface Surroundings {
  readonly rules: DrawRules;
  readonly ports: DrawPorts;
  readonly table: KTable;
  readonly geometry: Geometry;
  readonly happened: { node: NodeId; effect: Happened }[];
  readonly refusals: { node: NodeId; from: NodeId | null; refusal: Refusal }[];
  readonly step: typeof stepDraw;
  readonly around: Pick<Neighbourhood, "cacheNodes">;
}

function behaviourOf(
  node: DrawNode,
  { rules, ports, table, geometry, happened, refusals, step, around }: Surroundings,
): Behaviour<DrawState, DrawEvent, DrawEffect, DrawMessage> {
  const { member: self, signer } = node;
  const facts = ({ nowMs, random }: NodeContext) => {
    const { members } = node;
    const near = node.near?.() ?? { geometry, table, nodes: members.size, members, ...around };
    return { nowMs, random: random.bytes(32), near };
  };
  return {
    boot({ disk }) {
      node.state = createDraw(
        { self, signer, rules, ports },
        disk.keys().map((key) => [key, disk.read(key)!] as const),
      );
      return { state: node.state, effects: [] };
    },
    // A draw is ordered from outside, without the facts that the driver adds.
    step: (state, event, context) => step(state, { ...event, ...facts(context) }),
    received: (from, message, context) => ({ type: "message", from, message, ...facts(context) }),
    woken: (tag, context) => ({ type: "wake", tag, ...facts(context) }),
    perform(effect, context) {
      happened.push({ node: context.node, effect });
    },
    refused(refusal, event, context) {
      refusals.push({ node: context.node, from: event.type === "message" ? event.from : null, refusal });
    },
  };
}

// Drives membership (core/membership) over the overlay: who is in the network, told once, then silence.
import type { Crypto, NodeId, Refusal, RefusalCode } from "../core/base/index.ts";
import type { MembershipMessage } from "../core/membership/index.ts";
import {
  createMembership,
  createReader,
  decodeMessage,
  encodeMessage,
  factsOf,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipState,
  type RevocationStatement,
  type SelfDescription,
  step,
  view,
} from "../core/membership/index.ts";
import type { MemberFacts, NodeRecord } from "../core/model/index.ts";
import { verifyDeviceCertificate } from "../io/identity/index.ts";
import type { Overlay } from "../io/overlay/index.ts";
import type { Journal } from "../io/storage/index.ts";
import { drive } from "./driver.ts";
import type { Identity } from "./identity.ts";

export interface MembersOptions {
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly overlay: Overlay;
  readonly journal: Journal;
  readonly describe: () => SelfDescription;
  readonly seeds: readonly string[];
  readonly sent: (type: MembershipMessage["type"]) => void;
  readonly refused: (refusal: Refusal, sender: NodeId | null) => void;
  readonly changed: (change: "joined" | "changed" | "left", record: NodeRecord) => void;
  readonly banished: (node: NodeId, code: RefusalCode) => void;
  /** Whether another area needs the connection still. */
  readonly isNeeded: (node: NodeId) => boolean;
}

export interface Members {
  /** Everybody, ourselves included. */
  records(): readonly NodeRecord[];
  record(node: NodeId): NodeRecord | undefined;
  facts(node: NodeId): MemberFacts | undefined;
  /** In DER, as membership has verified it. */
  certificate(node: NodeId): Uint8Array | undefined;
  /** What is remembered of a node that died or left: a plan that was made before names it still. */
  former(node: NodeId): { readonly facts: MemberFacts; readonly record: NodeRecord } | undefined;
  /** Another node may have taken over the name of one that is gone, so its id stands beside it. */
  nameOf(node: NodeId): string;
  /** Who died or left, as long as it is remembered; the last first. */
  departed(): readonly { readonly record: NodeRecord; readonly how: "left" | "died"; readonly sinceMs: number }[];
  isSuspected(node: NodeId): boolean;
  /** All that are suspected just now: few. */
  suspected(): Iterable<NodeId>;
  /** Membership keeps a connection to it. */
  isNeighbour(node: NodeId): boolean;
  isBanned(node: NodeId): boolean;
  start(): void;
  onMessage(from: MemberFacts, body: Uint8Array): void;
  onPeer(type: "up" | "down", facts: MemberFacts): void;
  /** What we say of ourselves has changed. */
  describe(): void;
  revoke(statement: RevocationStatement): void;
  /** When we last heard of the node, on our clock; undefined: never directly. */
  heardAtMs(node: NodeId): number | undefined;
  /** Seeds that did not answer when last tried, with the reason. */
  unreachableSeeds(): ReadonlyMap<string, RefusalCode>;
  /** Why the last node that was dialled did not let us in, while nobody since has. */
  dialProblem(): Refusal | undefined;
  /** Says goodbye; call before the overlay stops. */
  leave(): void;
  stop(): void;
}

export function createMembers(options: MembersOptions): Members {
  const { identity, overlay, journal } = options;
  const { network } = identity.facts;
  const heard = new Map<NodeId, number>();
  const seedFaults = new Map<string, RefusalCode>();
  let dialProblem: Refusal | undefined;
  const reader = createReader({
    network,
    authority: identity.authority.publicKey,
    crypto: options.crypto,
    certifier: {
      facts(certificate) {
        // Dates apart: membership compares them itself, against the time that its events carry.
        const verified = verifyDeviceCertificate(certificate, identity.authority, { nowMs: Date.now(), network });
        if (!verified.ok) return null;
        const { publicKey: _, ...facts } = verified.value;
        return facts;
      },
    },
  });
  const initial = createMembership(
    {
      network,
      node: identity.facts.node,
      signer: identity.key,
      certificate: identity.certificate,
      reader,
      self: options.describe(),
      seeds: options.seeds,
    },
    options.crypto,
    journal.entries("membership/"),
    Date.now(),
  );
  for (const record of view(initial)) overlay.setAddresses(record.node, record.addresses);

  const driver = drive<
    MembershipState,
    MembershipEvent,
    MembershipMessage,
    Exclude<MembershipEffect, { type: "send" | "wake" | "cancel-wake" | "persist" }>
  >(initial, step, (tag) => ({ type: "wake", tag, nowMs: Date.now() }), {
    send(to, message) {
      options.sent(message.type);
      void overlay.send(to, "membership", encodeMessage(message));
    },
    persist: (key, value) => journal.set(key, value),
    refused: options.refused,
    perform(effect) {
      switch (effect.type) {
        case "dial":
          return void dial(effect.node, effect.addresses);
        case "hang-up":
          if (!options.isNeeded(effect.node)) overlay.disconnect(effect.node, "not-a-neighbour");
          return;
        case "member":
          if (effect.change === "left") overlay.forget(effect.record.node);
          else overlay.setAddresses(effect.record.node, effect.record.addresses);
          return options.changed(effect.change, effect.record);
        case "banish":
          overlay.revoke(effect.node);
          return options.banished(effect.node, effect.code);
      }
    },
  });

  async function dial(node: NodeId | null, addresses: readonly string[]): Promise<void> {
    const admitted = await overlay.connect(addresses);
    // What a node answered says more than an address where nothing did.
    if (admitted.ok) dialProblem = undefined;
    else if (dialProblem === undefined || admitted.code !== "peer-unreachable") dialProblem = admitted;
    if (node === null) {
      for (const address of addresses) {
        if (admitted.ok) seedFaults.delete(address);
        else seedFaults.set(address, admitted.code);
      }
    }
    if (!admitted.ok) driver.feed({ type: "dial-failed", nowMs: Date.now(), node });
  }

  return {
    records: () => view(driver.state),
    record: (node) => driver.state.members.get(node)?.record,
    facts: (node) => factsOf(driver.state, node),
    certificate: (node) => driver.state.members.get(node)?.wire.certificate,
    former: (node) => driver.state.departed.get(node)?.record,
    nameOf(node) {
      const former = driver.state.departed.get(node)?.record.record.name;
      const gone = former === undefined ? node.slice(-8) : `${former} (…${node.slice(-8)})`;
      return driver.state.members.get(node)?.record.name ?? gone;
    },
    departed: () =>
      [...driver.state.departed.values()]
        .map(({ record: { record }, evidence, sinceMs }) => {
          const how = evidence.kind === "goodbye" ? ("left" as const) : ("died" as const);
          return { record, how, sinceMs };
        })
        .sort((a, b) => b.sinceMs - a.sinceMs),
    isNeighbour: (node) => driver.state.watches.has(node),
    suspected: () => driver.state.suspected.keys(),
    isSuspected: (node) => driver.state.suspected.has(node),
    isBanned: (node) => driver.state.banned.has(node),
    start: () => driver.feed({ type: "start", nowMs: Date.now() }),
    onMessage(from, body) {
      heard.set(from.node, Date.now());
      const message = decodeMessage(body);
      if (!message.ok) return options.refused(message, from.node);
      driver.feed({ type: "message", nowMs: Date.now(), from: from.node, message: message.value });
    },
    onPeer(type, facts) {
      if (type === "up") {
        heard.set(facts.node, Date.now());
        driver.feed({ type: "contact", nowMs: Date.now(), facts });
      } else driver.feed({ type: "lost", nowMs: Date.now(), node: facts.node });
    },
    describe: () => driver.feed({ type: "describe", nowMs: Date.now(), self: options.describe() }),
    revoke: (revocation) => driver.feed({ type: "revocation", nowMs: Date.now(), revocation }),
    heardAtMs: (node) => heard.get(node),
    unreachableSeeds: () => seedFaults,
    dialProblem: () => dialProblem,
    leave: () => driver.feed({ type: "leave", nowMs: Date.now() }),
    stop: () => driver.stop(),
  };
}

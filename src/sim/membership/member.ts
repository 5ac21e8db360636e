// A simulated member: the membership machine of core, a certificate of the simulation's authority, and an overlay that
// connects who dials whom.
import { sealRevocation } from "../../core/attestation/index.ts";
import { type Crypto, fromCanonical, type NodeId, type Signer, toCanonical } from "../../core/base/index.ts";
import {
  type Certifier,
  createMembership,
  createReader,
  decodeMessage,
  encodeMessage,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipMessage,
  type MembershipState,
  type Reader,
  type RevocationStatement,
  type SelfDescription,
  step,
} from "../../core/membership/index.ts";
import { emptyPolicy, type MemberFacts, memberFactsSchema } from "../../core/model/index.ts";
import { type Behaviour, Random, type SimulatedCrypto, simulatedCrypto, simulatedIdentity } from "../kernel/index.ts";

export const simulatedNetworkName = "simulated";

/** The authority of a simulated network: its certificates are signed facts, where live ones are X.509. */
export interface SimulatedAuthority {
  readonly crypto: SimulatedCrypto;
  readonly reader: Reader;
  certify(node: NodeId, notAfterMs?: number): { readonly facts: MemberFacts; readonly certificate: Uint8Array };
  revoke(node: NodeId): RevocationStatement;
}

export function simulatedAuthority(seed: number, network = simulatedNetworkName): SimulatedAuthority {
  const crypto = simulatedCrypto();
  const { signer } = simulatedIdentity(new Random(seed ^ 0x5eed));
  const certifier = simulatedCertifier(crypto, signer.publicKey);
  return {
    crypto,
    reader: createReader({ network, authority: signer.publicKey, crypto, certifier }),
    certify(node, notAfterMs = Number.MAX_SAFE_INTEGER) {
      const facts: MemberFacts = { node, network, principal: "venue", roles: ["transform"], serial: "1", notAfterMs };
      const body = toCanonical(facts);
      return { facts, certificate: toCanonical([body, signer.sign(body)]) };
    },
    revoke(node) {
      return { kind: "revocation", ...sealRevocation({ network, node, serial: "1", reason: "lost", atMs: 0 }, signer) };
    },
  };
}

function simulatedCertifier(crypto: Crypto, authority: Uint8Array): Certifier {
  return {
    facts(certificate) {
      const parts = fromCanonical(certificate);
      if (!parts.ok || !Array.isArray(parts.value)) return null;
      const [body, signature] = parts.value as unknown[];
      if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array)) return null;
      if (!crypto.verify(authority, body, signature)) return null;
      const facts = fromCanonical(body);
      const parsed = memberFactsSchema.safeParse(facts.ok ? facts.value : null);
      return parsed.success ? parsed.data : null;
    },
  };
}

export interface SimulatedMember {
  readonly node: NodeId;
  readonly signer: Signer;
  readonly facts: MemberFacts;
  readonly certificate: Uint8Array;
  /** Where it listens now; a test moves it. */
  address: string;
}

export function simulatedMembers(count: number, seed: number, authority: SimulatedAuthority): SimulatedMember[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const identity = simulatedIdentity(random);
    return { ...identity, ...authority.certify(identity.node), address: addressOf(i) };
  });
}

export function addressOf(index: number): string {
  return `/ip4/10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/tcp/4001`;
}

export function describeMember(member: SimulatedMember): SelfDescription {
  return {
    name: `node-${member.node.slice(-6)}`,
    addresses: [member.address],
    functions: ["transform"],
    equipment: [],
    policy: emptyPolicy,
    version: "0.1.0",
  };
}

export type MemberBehaviour = Behaviour<MembershipState, MembershipEvent, MembershipEffect, MembershipMessage>;

/** What the overlay of the simulation does with what the machine asks of it. */
export interface OverlayPort {
  dial(from: NodeId, node: NodeId | null, addresses: readonly string[]): void;
  hangUp(from: NodeId, node: NodeId): void;
}

export function memberBehaviour(
  member: SimulatedMember,
  authority: SimulatedAuthority,
  seeds: readonly string[],
  overlay: OverlayPort,
): MemberBehaviour {
  return {
    boot(context) {
      const config = {
        network: member.facts.network,
        node: member.node,
        signer: member.signer,
        certificate: member.certificate,
        reader: authority.reader,
        self: describeMember(member),
        seeds,
      };
      const stored = context.disk.keys().map((key) => [key, context.disk.read(key)!] as const);
      const state = createMembership(config, authority.crypto, stored, context.nowMs);
      return step(state, { type: "start", nowMs: context.nowMs });
    },
    step,
    received: (from, message, context) => ({ type: "message", nowMs: context.nowMs, from, message }),
    woken: (tag, context) => ({ type: "wake", nowMs: context.nowMs, tag }),
    perform(effect) {
      if (effect.type === "dial") overlay.dial(member.node, effect.node, effect.addresses);
      else if (effect.type === "hang-up" || effect.type === "banish") overlay.hangUp(member.node, effect.node);
    },
  };
}

export const membershipWire = {
  encode: encodeMessage,
  decode: decodeMessage,
};

// The reader turns signed statements into what the machine may believe: decoded, of this network, signed by whom they
// must be signed by. It remembers what it verified, so that a record heard from eight neighbours costs one verification
// and is one object everywhere (a simulation shares one reader between all its nodes).
import type { z } from "zod";
import { openRevocation } from "../attestation/index.ts";
import {
  accept,
  type Crypto,
  fromCanonical,
  type NodeId,
  publicKeyOfNodeId,
  type Refusal,
  type Result,
  refuse,
  sameBytes,
} from "../base/index.ts";
import { type MemberFacts, type NodeRecord, nodeRecordSchema, type Revocation } from "../model/index.ts";
import { limits } from "./limits.ts";
import {
  type Announcement,
  type ConflictProof,
  type GoodbyeStatement,
  goodbyeSchema,
  type RevocationStatement,
  type SuspicionStatement,
  suspicionSchema,
  type WireItem,
} from "./messages.ts";
import { type Positions, positionsOf } from "./ring.ts";

interface KnownBase {
  readonly node: NodeId;
  /** 64 bits of SHA-256 as two words: what the digest of a view is made of. */
  readonly fingerprint: readonly [number, number];
  readonly bucket: number;
}
export interface KnownRecord extends KnownBase {
  readonly kind: "record";
  readonly wire: Announcement;
  readonly record: NodeRecord;
  readonly facts: MemberFacts;
  readonly sequence: number;
  readonly positions: Positions;
}
export interface KnownSuspicion extends KnownBase {
  readonly kind: "suspicion";
  readonly wire: SuspicionStatement;
  readonly sequence: number;
  readonly accuser: NodeId;
}
export interface KnownGoodbye extends KnownBase {
  readonly kind: "goodbye";
  readonly wire: GoodbyeStatement;
  readonly sequence: number;
}
export interface KnownConflict extends KnownBase {
  readonly kind: "conflict";
  readonly wire: ConflictProof;
}
export interface KnownRevocation extends KnownBase {
  readonly kind: "revocation";
  readonly wire: RevocationStatement;
  readonly revocation: Revocation;
}
export type Known = KnownRecord | KnownSuspicion | KnownGoodbye | KnownConflict | KnownRevocation;

export interface Reader {
  read(item: WireItem): Result<Known>;
}

/** Checks a device certificate against the authority, dates apart (core compares notAfterMs itself). null: not ours. */
export interface Certifier {
  facts(certificate: Uint8Array): MemberFacts | null;
}

export interface ReaderConfig {
  readonly network: string;
  /** Raw Ed25519 public key of the authority. */
  readonly authority: Uint8Array;
  readonly crypto: Crypto;
  readonly certifier: Certifier;
}

export function createReader(config: ReaderConfig): Reader {
  const byObject = new WeakMap<WireItem, Known>();
  const byContent = new Map<string, Known>();
  return {
    read(item) {
      const same = byObject.get(item);
      if (same !== undefined) return accept(same);
      const name = contentName(config.crypto, item);
      const equal = byContent.get(name);
      if (equal !== undefined) {
        byObject.set(item, equal);
        return accept(equal);
      }
      const known = verify(config, detached(item));
      if (!known.ok) return known; // never remembered: a liar must not fill the memory
      if (byContent.size >= limits.maxRemembered) byContent.delete(byContent.keys().next().value!);
      byContent.set(name, known.value);
      byObject.set(item, known.value);
      byObject.set(known.value.wire, known.value);
      return known;
    },
  };
}

/** Copies what is only a window on a whole message: a record that is kept must not keep its message alive. */
function detached<Item extends WireItem>(item: Item): Item {
  const copied: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(item)) {
    if (value instanceof Uint8Array)
      copied[key] = value.length === value.buffer.byteLength ? value : Uint8Array.from(value);
    else copied[key] = typeof value === "object" ? detached(value as WireItem) : value;
  }
  return copied as Item;
}

function verify(config: ReaderConfig, item: WireItem): Result<Known> {
  switch (item.kind) {
    case "record":
      return readRecord(config, item);
    case "suspicion": {
      const said = readStatement(config, item, suspicionSchema, (value) => publicKeyOfNodeId(value.accuser));
      if (!said.ok) return said;
      const { suspect: node, sequence, accuser } = said.value;
      if (publicKeyOfNodeId(node) === null) return refuse("malformed", { detail: "a suspect that is no node id" });
      return accept({ ...baseOf(config.crypto, node, item.body), kind: "suspicion", wire: item, sequence, accuser });
    }
    case "goodbye": {
      const said = readStatement(config, item, goodbyeSchema, (value) => publicKeyOfNodeId(value.node));
      if (!said.ok) return said;
      const { node, sequence } = said.value;
      return accept({ ...baseOf(config.crypto, node, item.body), kind: "goodbye", wire: item, sequence });
    }
    case "revocation": {
      const said = openRevocation(item, config, config.crypto);
      if (!said.ok) return asGossip(said);
      if (publicKeyOfNodeId(said.value.node) === null) return refuse("malformed", { detail: "revokes no node id" });
      const base = baseOf(config.crypto, said.value.node, ascii(`revocation:${said.value.node}`));
      return accept({ ...base, kind: "revocation", wire: item, revocation: said.value });
    }
    case "conflict":
      return readConflict(config, item);
  }
}

/** In gossip the relayer is to blame, who should have checked. */
function asGossip(refusal: Refusal): Refusal {
  if (refusal.code === "revocation-other-authority") return refuse("not-the-authority");
  if (refusal.code === "revocation-wrong-network") return refuse("other-network", { detail: refusal.detail ?? "" });
  return refusal;
}

function readRecord(config: ReaderConfig, item: Announcement): Result<KnownRecord> {
  const said = readStatement(config, item, nodeRecordSchema, (value) => publicKeyOfNodeId(value.node));
  if (!said.ok) return said;
  const record = said.value;
  const facts = config.certifier.facts(item.certificate);
  if (facts === null || facts.node !== record.node || facts.network !== config.network)
    return refuse("uncertified-record", { detail: record.node });
  const base = baseOf(config.crypto, record.node, item.body);
  const positions = positionsOf(config.crypto, publicKeyOfNodeId(record.node)!);
  return accept({ ...base, kind: "record", wire: item, record, facts, sequence: record.sequence, positions });
}

function readConflict(config: ReaderConfig, item: ConflictProof): Result<KnownConflict> {
  const first = readRecord(config, item.first);
  if (!first.ok) return first;
  const second = readRecord(config, item.second);
  if (!second.ok) return second;
  const { node, sequence } = first.value;
  if (second.value.node !== node || second.value.sequence !== sequence || sameBytes(item.first.body, item.second.body))
    return refuse("no-proof", { detail: node });
  return accept({ ...baseOf(config.crypto, node, ascii(`conflict:${node}`)), kind: "conflict", wire: item });
}

/** Canonical, of the schema, of this network, and signed by the key that `signedBy` names. In this order: cheap first. */
function readStatement<Said extends { readonly network: string }>(
  config: ReaderConfig,
  item: { readonly body: Uint8Array; readonly signature: Uint8Array },
  schema: z.ZodType<Said>,
  signedBy: (said: Said) => Uint8Array | null,
): Result<Said> {
  const value = fromCanonical(item.body, limits.maxRecordBytes);
  if (!value.ok) return value;
  const parsed = schema.safeParse(value.value);
  if (!parsed.success) return refuse("malformed", { detail: parsed.error.issues[0]?.message ?? "not a statement" });
  if (parsed.data.network !== config.network) return refuse("other-network", { detail: parsed.data.network });
  const key = signedBy(parsed.data);
  if (key === null || !config.crypto.verify(key, item.body, item.signature)) return refuse("bad-signature");
  return accept(parsed.data);
}

function baseOf(crypto: Crypto, node: NodeId, hashed: Uint8Array): KnownBase {
  const hash = crypto.sha256(hashed);
  // The bucket depends on the node alone, so that all that is known about a node meets in one bucket.
  const bucket = publicKeyOfNodeId(node)![31]! % limits.buckets;
  return { node, fingerprint: [wordAt(hash, 0), wordAt(hash, 4)], bucket };
}

function contentName(crypto: Crypto, item: WireItem): string {
  const parts =
    item.kind === "conflict"
      ? [
          item.first.body,
          item.first.signature,
          item.first.certificate,
          item.second.body,
          item.second.signature,
          item.second.certificate,
        ]
      : item.kind === "record"
        ? [item.body, item.signature, item.certificate]
        : [item.body, item.signature];
  // Hash of hashes: where one part ends must not be a matter of interpretation.
  const hash = crypto.sha256(ascii(item.kind), ...parts.map((part) => crypto.sha256(part)));
  return String.fromCharCode(...hash);
}

export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

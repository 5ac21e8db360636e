// A node of the measured network: the overlay and everything that asking people is at a node, as the daemon wires them
// (src/node/daemon.ts). Whom it knows is told to it; membership, the draw's messages and the life cycle of cells are left out.
import { join } from "node:path";
import type { Going } from "../../src/core/asking/index.ts";
import { evidenceVerifiers, softwareVerifier } from "../../src/core/attestation/index.ts";
import type { NodeId, Refusal } from "../../src/core/base/index.ts";
import { drawRules, locationOf } from "../../src/core/draw/index.ts";
import { type MemberFacts, type NodeRecord, nodeRecordSchema, type Role } from "../../src/core/model/index.ts";
import { freshAgreementKey } from "../../src/io/curve/index.ts";
import { createSoftwareEvidence } from "../../src/io/enclave/index.ts";
import {
  nodeCrypto,
  nodeKeyFromSeed,
  openAuthorityCertificate,
  verifyDeviceCertificate,
} from "../../src/io/identity/index.ts";
import { createOverlay, type Overlay } from "../../src/io/overlay/index.ts";
import { type Asking, createAsking } from "../../src/node/asking/index.ts";
import { type CellEvidence, createCellEvidence } from "../../src/node/cell-evidence.ts";
import type { NodeConfig } from "../../src/node/config.ts";
import { openLog } from "../../src/node/log.ts";
import { createMetrics } from "../../src/node/metrics.ts";

/** Everything in it can be sent to another process. */
export interface MemberOrder {
  readonly folder: string;
  /** Each as base64. */
  readonly seed: string;
  readonly certificate: string;
  readonly authorityPem: string;
}

export interface Known {
  readonly node: NodeId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly addresses: readonly string[];
  /** base64; null: nobody forwards through it. */
  readonly sealingKey: string | null;
}

export interface Counted {
  signed: number;
  verified: number;
}

export interface Member {
  readonly node: NodeId;
  readonly overlay: Overlay;
  readonly asking: Asking;
  readonly evidence: CellEvidence;
  readonly records: readonly NodeRecord[];
  readonly facts: ReadonlyMap<NodeId, MemberFacts>;
  readonly refusals: Map<string, number>;
  readonly counted: Counted;
  readonly description: Omit<Known, "name" | "roles">;
  /** Messages of asking that were sent. */
  onSent: ((type: string) => void) | null;
  onTaken: ((body: Uint8Array) => void) | null;
  /** What it asks itself, if it is the analyst's node: then the finder may call. */
  going: Going | null;
  /** With a connection to each: on a busy machine the first ones take longer than what is published waits. */
  meet(known: readonly Known[]): Promise<void>;
  stop(): Promise<void>;
}

const dialAttempts = 20;

export async function startMember(order: MemberOrder): Promise<Member> {
  const nowMs = Date.now();
  const authority = must(openAuthorityCertificate(order.authorityPem));
  const { network } = authority;
  const certificate = new Uint8Array(Buffer.from(order.certificate, "base64"));
  const certified = must(verifyDeviceCertificate(certificate, authority, { nowMs, network }));
  const { publicKey: _, ...facts } = certified;
  const counted: Counted = { signed: 0, verified: 0 };
  const bare = nodeKeyFromSeed(new Uint8Array(Buffer.from(order.seed, "base64")));
  const key = {
    ...bare,
    sign(message: Uint8Array) {
      counted.signed++;
      return bare.sign(message);
    },
  };
  const plain = nodeCrypto;
  const crypto: typeof plain = {
    ...plain,
    verify(publicKey, message, signature) {
      counted.verified++;
      return plain.verify(publicKey, message, signature);
    },
  };
  const provider = createSoftwareEvidence(key, "0.1.0");
  const evidence = createCellEvidence(key.node, provider, evidenceVerifiers(softwareVerifier), crypto);
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const overlay = await createOverlay({ network, key, certificate, authority, evidence: provider, listen });
  const sealingKey = freshAgreementKey();
  const records: NodeRecord[] = [];
  const factsOf = new Map<NodeId, MemberFacts>();
  const refusals = new Map<string, number>();
  const metrics = createMetrics();
  const { colluding, alpha } = authority.draw;
  let member!: Member;
  metrics.messages.inc = ((labels: { type: string }) => member.onSent?.(labels.type)) as typeof metrics.messages.inc;
  const asking = createAsking({
    folder: order.folder,
    config: { people: "people" } as NodeConfig,
    identity: { key, facts, certificate, authority, certificateDates: { notBeforeMs: 0, notAfterMs: 0 } },
    crypto,
    overlay,
    members: { records: () => records, facts: (node) => factsOf.get(node) },
    questions: {
      going: (query) => (member.going?.plan.id === query ? member.going : undefined),
      called: () => {}, // an analyst's node writes that down: nothing of an owner's work
    },
    caches: {
      rules: drawRules({ network, geometry: "xor", colluding, alpha }),
      ports: {
        crypto,
        certify(der) {
          counted.verified++;
          const verified = verifyDeviceCertificate(der, authority, { nowMs: Date.now(), network });
          if (!verified.ok) return verified;
          const { node, publicKey, roles } = verified.value;
          const location = locationOf(crypto, publicKey);
          const processes = roles.includes("transform");
          return { ok: true, value: { node, publicKey, location, certificate: der, processes } };
        },
      },
    },
    evidence,
    sealingKey,
    metrics,
    log: openLog({ level: "info", file: join(order.folder, "node.log"), name: "bench" }),
    refused: ({ code, detail }: Refusal) => {
      const name = detail === undefined ? code : `${code}: ${detail}`;
      refusals.set(name, (refusals.get(name) ?? 0) + 1);
    },
  });
  overlay.onMessage((from, area, body) => {
    if (area !== "asking") return;
    asking.onMessage(from, body);
    member.onTaken?.(body);
  });
  member = {
    node: key.node,
    ...{ overlay, asking, evidence, records, facts: factsOf, refusals, counted },
    description: {
      node: key.node,
      addresses: overlay.addresses(),
      sealingKey: Buffer.from(sealingKey.publicKey).toString("base64"),
    },
    onSent: null,
    onTaken: null,
    going: null,
    async meet(known) {
      records.length = 0;
      for (const { node, name, roles, addresses, sealingKey: sealing } of known) {
        const functions = roles.filter((role) => role === "transform");
        const record = {
          ...{
            node,
            network,
            sequence: 1,
            name,
            addresses: [...addresses],
            functions,
            equipment: [],
            version: "0.1.0",
          },
          policy: { rules: [] },
          ...(sealing === null ? {} : { sealingKey: new Uint8Array(Buffer.from(sealing, "base64")) }),
        };
        records.push(nodeRecordSchema.parse(record));
        const notAfterMs = nowMs + 86_400_000;
        factsOf.set(node, { node, network, principal: name, roles: [...roles], serial: "00", notAfterMs });
        if (node !== key.node) overlay.setAddresses(node, addresses);
      }
      for (const { node, addresses } of known) {
        if (node === key.node || addresses.length === 0) continue;
        for (let attempt = 1; ; attempt++) {
          // Nobody reads it.
          const sent = await overlay.send(node, "membership", new Uint8Array(1));
          if (sent.ok) break;
          if (attempt === dialAttempts) throw new Error(`${sent.code}: ${sent.detail ?? ""}`);
        }
      }
      asking.start();
    },
    async stop() {
      await asking.stop();
      await overlay.stop();
    },
  };
  return member;
}

export function must<T>(
  result: { readonly ok: true; readonly value: T } | { ok: false; code: string; detail?: string },
): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail ?? ""}`);
  return result.value;
}

// The network's authority: offline, a folder. It certifies devices and revokes them; no node ever talks to it.
//
//   FOLDER/authority.key        its Ed25519 key, PEM, mode 0600: guard it, and keep a copy apart
//   FOLDER/authority.crt        its certificate: every node is configured with it
//   FOLDER/issued.ndjson        what was issued, one line each
//   FOLDER/revocations.hedgerow every revocation so far: hand it to any node, the network spreads it
import { randomBytes } from "node:crypto";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  checkPublicKey,
  decodeRevocations,
  encodeRevocations,
  maxRevocations,
  openRevocation,
  sealRevocation,
} from "../../core/attestation/index.ts";
import { accept, type NodeId, type Result, refuse } from "../../core/base/index.ts";
import { nodeIdSchema, type Revocation, type Role, roles, type Signed } from "../../core/model/index.ts";
import { buildCertificate, distinguishedName } from "./certificate-build.ts";
import { openRequest } from "./certificate-request.ts";
import { type AuthorityCertificate, openAuthorityCertificate } from "./certificate-verify.ts";
import { toPem } from "./der.ts";
import { nodeIdOf } from "./keys.ts";
import { limits } from "./limits.ts";
import { authorityUris, checkNames, type DrawAssumptions, defaultDraw, deviceUris } from "./names.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { generateNodeKey, type NodeKey, pemOf, readNodeKey } from "./node-key.ts";
import { createFile, readIfThere, replaceFile } from "./private-file.ts";

const dayMs = 24 * 60 * 60_000;
const files = {
  key: "authority.key",
  certificate: "authority.crt",
  issued: "issued.ndjson",
  revocations: "revocations.hedgerow",
} as const;
export const revocationsFileName = files.revocations;

const issuedSchema = z.object({
  serial: z.string(),
  node: nodeIdSchema,
  principal: z.string(),
  roles: z.array(z.enum(roles)),
  issuedAtMs: z.number(),
  notAfterMs: z.number(),
});
export type Issued = z.output<typeof issuedSchema>;

export interface IssueOrder {
  /** A certificate request in PEM, which proves that whoever asks holds the key; or the raw public key itself. */
  readonly subject: { readonly request: string } | { readonly publicKey: Uint8Array };
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly days: number;
  /** Default: five minutes ago, so that clocks may differ a little. */
  readonly notBeforeMs?: number;
}

export interface IssuedCertificate extends Issued {
  readonly pem: string;
  readonly der: Uint8Array;
}

export interface Authority {
  readonly network: string;
  readonly folder: string;
  readonly certificate: AuthorityCertificate;
  readonly certificatePem: string;
  issue(order: IssueOrder): Promise<Result<IssuedCertificate>>;
  revoke(order: {
    node?: NodeId;
    serial?: string;
    reason: string;
  }): Promise<Result<{ revocation: Revocation; signed: Signed; file: string }>>;
  issued(): Promise<Issued[]>;
  revocations(): Promise<Result<Signed[]>>;
}

type Clock = () => number;

export async function createAuthority(order: {
  network: string;
  folder: string;
  years: number;
  draw?: DrawAssumptions;
  nowMs?: Clock;
}): Promise<Result<Authority>> {
  const { network, folder, years, draw = defaultDraw, nowMs = Date.now } = order;
  const named = checkNames({ network });
  if (!named.ok) return named;
  if (!(years > 0 && years <= limits.maxAuthorityYears)) {
    return refuse("api-input", { blame: "years", detail: `more than 0, at most ${limits.maxAuthorityYears}` });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = generateNodeKey();
  // The key is created, never replaced: an authority cannot be lost by running the command twice.
  if (!(await createFile(join(folder, files.key), pemOf(key)))) return refuse("authority-exists", { blame: folder });
  const name = distinguishedName("Hedgerow authority", network);
  const der = buildCertificate(
    {
      kind: "authority",
      serial: freshSerial(),
      issuer: name,
      subject: name,
      publicKey: key.publicKey,
      uris: authorityUris(network, draw),
      notBeforeMs: nowMs() - limits.backdateMs,
      notAfterMs: nowMs() + years * 365.25 * dayMs,
    },
    key,
  );
  await replaceFile(join(folder, files.certificate), toPem("CERTIFICATE", der), 0o644);
  return openAuthority(folder, nowMs);
}

export async function openAuthority(folder: string, nowMs: Clock = Date.now): Promise<Result<Authority>> {
  const key = await readNodeKey(join(folder, files.key));
  const pem = await readIfThere(join(folder, files.certificate));
  if (key === null || pem === null) return refuse("authority-missing", { blame: folder });
  if (!key.ok) return key;
  const certificate = openAuthorityCertificate(pem.toString("latin1"));
  if (!certificate.ok) return { ...certificate, blame: join(folder, files.certificate) };
  return accept(new FolderAuthority(folder, key.value, certificate.value, pem.toString("latin1"), nowMs));
}

class FolderAuthority implements Authority {
  readonly network: string;
  readonly folder: string;
  readonly certificate: AuthorityCertificate;
  readonly certificatePem: string;
  readonly #key: NodeKey;
  readonly #nowMs: Clock;
  readonly #crypto = nodeCrypto;

  constructor(folder: string, key: NodeKey, certificate: AuthorityCertificate, pem: string, nowMs: Clock) {
    this.network = certificate.network;
    this.folder = folder;
    this.certificate = certificate;
    this.certificatePem = pem;
    this.#key = key;
    this.#nowMs = nowMs;
  }

  async issue(order: IssueOrder): Promise<Result<IssuedCertificate>> {
    const { network } = this;
    const { principal, days } = order;
    const named = checkNames({ network, principal });
    if (!named.ok) return named;
    if (!(days > 0 && days <= limits.maxCertificateDays)) {
      return refuse("api-input", { blame: "days", detail: `more than 0, at most ${limits.maxCertificateDays}` });
    }
    const { subject } = order;
    const key = "request" in subject ? openRequest(subject.request, this.#crypto) : checkPublicKey(subject.publicKey);
    if (!key.ok) return key;
    const node = nodeIdOf(key.value);
    const serial = freshSerial();
    const certified = [...new Set(order.roles)];
    const notBeforeMs = order.notBeforeMs ?? this.#nowMs() - limits.backdateMs;
    const notAfterMs = notBeforeMs + days * dayMs;
    const der = buildCertificate(
      {
        kind: "device",
        serial,
        issuer: distinguishedName("Hedgerow authority", network),
        subject: distinguishedName(node),
        publicKey: key.value,
        uris: deviceUris({ network, node, principal, roles: certified }),
        notBeforeMs,
        notAfterMs,
      },
      this.#key,
    );
    const line: Issued = {
      serial: Buffer.from(serial).toString("hex"),
      node,
      principal,
      roles: certified,
      issuedAtMs: this.#nowMs(),
      notAfterMs,
    };
    // Logged before it is handed out: whatever exists can be found and revoked.
    await appendFile(join(this.folder, files.issued), `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
    return accept({ ...line, pem: toPem("CERTIFICATE", der), der: new Uint8Array(der) });
  }

  async revoke(order: { node?: NodeId; serial?: string; reason: string }) {
    const issued = await this.issued();
    const entry = issued.findLast((line) => line.node === order.node || line.serial === order.serial?.toLowerCase());
    if (entry === undefined) return refuse("certificate-unknown", { blame: order.node ?? order.serial ?? "node" });
    if (order.reason.length > 200) return refuse("api-input", { blame: "reason", detail: "at most 200 characters" });
    const known = await this.revocations();
    if (!known.ok) return known;
    if (known.value.length >= maxRevocations) return refuse("revocations-full");
    const { node, serial } = entry;
    const revocation: Revocation = { network: this.network, node, serial, reason: order.reason, atMs: this.#nowMs() };
    const signed = sealRevocation(revocation, this.#key);
    const file = join(this.folder, files.revocations);
    await replaceFile(file, encodeRevocations([...known.value, signed]), 0o644);
    return accept({ revocation, signed, file });
  }

  async issued(): Promise<Issued[]> {
    const text = (await readIfThere(join(this.folder, files.issued)))?.toString("utf8") ?? "";
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => issuedSchema.parse(JSON.parse(line)));
  }

  async revocations(): Promise<Result<Signed[]>> {
    const bytes = await readIfThere(join(this.folder, files.revocations));
    if (bytes === null) return accept([]);
    const signed = decodeRevocations(new Uint8Array(bytes));
    if (!signed.ok) return signed;
    const trust = { network: this.network, authority: this.certificate.publicKey };
    for (const one of signed.value) {
      const opened = openRevocation(one, trust, this.#crypto);
      if (!opened.ok) return opened;
    }
    return signed;
  }
}

/** Positive and of constant length, so that its hexadecimal digits are the same everywhere. */
function freshSerial(): Uint8Array {
  const serial = new Uint8Array(randomBytes(16));
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  return serial;
}

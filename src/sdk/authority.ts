// The offline authority for commands and programs: make one, certify nodes, revoke them. No node needs to run.
import { existsSync, statSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NodeId } from "../core/base/index.ts";
import { nodeIdPattern, refuse } from "../core/base/index.ts";
import { decodeEvidence, type EvidenceKind, evidenceSays, verifyEvidence } from "../core/cache/index.ts";
import type { Role } from "../core/model/index.ts";
import {
  type Authority,
  createRequest,
  type DrawAssumptions,
  type IssuedCertificate,
  createAuthority as makeAuthority,
  nodeCrypto,
  openAuthorityCertificate,
  openAuthority as openAuthorityIn,
  verifyDeviceCertificate,
} from "../io/identity/index.ts";
import { nodeFiles, nodeKeyIn } from "./node-folder.ts";
import { valueOrThrow } from "./refused.ts";

export type { Authority, IssuedCertificate } from "../io/identity/index.ts";

const defaultYears = 20;
const dayMs = 86_400_000;
/** The newest ones, when somebody names none of them. */
const shownCertificates = 40;
export const defaultCertificateDays = 365;

/** Its certificate as nodes need it lies in the authority's folder under this name. */
export const authorityCertificateFile = "authority.crt";

export async function createAuthority(order: {
  readonly network: string;
  readonly folder: string;
  readonly years?: number;
  /** What its network's draws assume; default: one colluding node, α = 1e-6. */
  readonly draw?: DrawAssumptions;
}): Promise<Authority> {
  return valueOrThrow(await makeAuthority({ ...order, years: order.years ?? defaultYears }));
}

export async function openAuthority(folder: string): Promise<Authority> {
  return valueOrThrow(await openAuthorityIn(folder));
}

export interface Certification {
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly days?: number;
}

/** Certifies the node of a folder on this machine: makes its key if it has none, and lays both certificates beside it. */
export async function enrolNode(
  authority: Authority,
  folder: string,
  certification: Certification,
): Promise<IssuedCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = await nodeKeyIn(folder);
  const issued = await certify(authority, createRequest(key), certification);
  await writeFile(join(folder, nodeFiles.certificate), issued.pem, { mode: 0o644 });
  await writeFile(join(folder, nodeFiles.authority), authority.certificatePem, { mode: 0o644 });
  return issued;
}

/** The node's certificate as it is, if it holds for another day; else a new one. */
export async function keepEnrolled(authority: Authority, folder: string, certification: Certification): Promise<void> {
  const file = join(folder, nodeFiles.certificate);
  const trusted = openAuthorityCertificate(authority.certificatePem);
  if (trusted.ok && existsSync(file)) {
    const expected = { network: authority.network, nowMs: Date.now() + dayMs };
    const read = verifyDeviceCertificate(await readFile(file), trusted.value, expected);
    if (read.ok && read.value.node === (await nodeKeyIn(folder)).node) return;
  }
  await enrolNode(authority, folder, certification);
}

/** From a request file of another machine's node, or from the folder of a node on this machine. */
export async function issueCertificate(
  authority: Authority,
  subject: string,
  certification: Certification & { readonly out?: string },
): Promise<{ issued: IssuedCertificate; files: string[] }> {
  if (existsSync(subject) && statSync(subject).isDirectory()) {
    const issued = await enrolNode(authority, subject, certification);
    return { issued, files: [join(subject, nodeFiles.certificate), join(subject, nodeFiles.authority)] };
  }
  const request = await readFile(subject, "latin1");
  const issued = await certify(authority, request, certification);
  const out = certification.out ?? join(dirname(subject), nodeFiles.certificate);
  const beside = join(dirname(out), nodeFiles.authority);
  await writeFile(out, issued.pem, { mode: 0o644 });
  if (!existsSync(beside)) await copyFile(join(authority.folder, authorityCertificateFile), beside);
  return { issued, files: [out, beside] };
}

export async function revokeNode(
  authority: Authority,
  subject: string,
  reason: string,
): Promise<{ node: NodeId; serial: string; file: string }> {
  const named = nodeIdPattern.test(subject) ? { node: subject as NodeId } : { serial: subject };
  const issued = await authority.issued();
  if (!issued.some(({ node, serial }) => node === named.node || serial === named.serial?.toLowerCase())) {
    const lines = issued
      .slice(-shownCertificates)
      .map(({ node, serial, principal, roles }) => `${node}  ${serial}  ${principal}  ${roles.join(", ")}`);
    const shown = lines.length === 0 ? "it has issued none" : ["these it has issued:", ...lines].join("\n    ");
    valueOrThrow(refuse("certificate-unknown", { blame: subject, detail: shown }));
  }
  const { revocation, file } = valueOrThrow(await authority.revoke({ ...named, reason }));
  return { node: revocation.node, serial: revocation.serial, file };
}

/** Revokes whoever the evidence convicts. It is checked here, with nothing but the file: no node's word counts. */
export async function revokeByEvidence(
  authority: Authority,
  file: Uint8Array,
  reason?: string,
): Promise<{ node: NodeId; serial: string; file: string; kind: EvidenceKind; says: string }> {
  const evidence = valueOrThrow(decodeEvidence(file));
  valueOrThrow(verifyEvidence(evidence, { network: authority.network, geometry: "xor" }, nodeCrypto));
  const says = evidenceSays[evidence.kind];
  const revoked = await revokeNode(authority, evidence.node, reason ?? `proven: it ${says}`);
  return { ...revoked, kind: evidence.kind, says };
}

async function certify(authority: Authority, request: string, order: Certification): Promise<IssuedCertificate> {
  const { principal, roles, days = defaultCertificateDays } = order;
  return valueOrThrow(await authority.issue({ subject: { request }, principal, roles, days }));
}

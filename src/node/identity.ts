// Who this node is: its key, its certificate, the authority it trusts. Read once, at start; every fault names the file.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { accept, type Refusal, type Result, refuse } from "../core/base/index.ts";
import type { MemberFacts } from "../core/model/index.ts";
import {
  type AuthorityCertificate,
  certificateDer,
  loadOrCreateNodeKey,
  type NodeKey,
  nodeKeyFromBase64,
  openAuthorityCertificate,
  verifyDeviceCertificate,
} from "../io/identity/index.ts";
import { inFolder, type NodeConfig } from "./config.ts";

export interface Identity {
  readonly key: NodeKey;
  readonly facts: MemberFacts;
  readonly certificate: Uint8Array;
  readonly authority: AuthorityCertificate;
  readonly certificateDates: { readonly notBeforeMs: number; readonly notAfterMs: number };
}

export async function openIdentity(folder: string, config: NodeConfig, nowMs: number): Promise<Result<Identity>> {
  const key =
    "base64" in config.key
      ? nodeKeyFromBase64(config.key.base64)
      : await loadOrCreateNodeKey(inFolder(folder, config.key.file));
  if (!key.ok) return key;
  const authorityPem = await readPem(inFolder(folder, config.authority));
  if (!authorityPem.ok) return authorityPem;
  const authority = openAuthorityCertificate(authorityPem.value);
  if (!authority.ok) return at(authority, inFolder(folder, config.authority));
  const path = inFolder(folder, config.certificate);
  const pem = await readPem(path);
  if (!pem.ok) return pem;
  const facts = verifyDeviceCertificate(pem.value, authority.value, { nowMs, network: authority.value.network });
  if (!facts.ok) return at(facts, path);
  const certificate = certificateDer(pem.value);
  if (certificate === null) return refuse("certificate-malformed", { blame: path });
  if (facts.value.node !== key.value.node) return refuse("certificate-key-mismatch", { blame: path });
  const { publicKey: _, ...member } = facts.value;
  const undeclared = config.functions.filter((name) => !member.roles.includes(name));
  if (undeclared.length > 0) {
    return refuse("configuration-invalid", {
      blame: "functions",
      detail: `the certificate does not allow ${undeclared.join(", ")}; it allows ${member.roles.join(", ") || "nothing"}`,
    });
  }
  return accept({
    key: key.value,
    facts: member,
    certificate,
    authority: authority.value,
    certificateDates: datesOf(certificate),
  });
}

function datesOf(der: Uint8Array): Identity["certificateDates"] {
  const { validFrom, validTo } = new X509Certificate(der);
  return { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
}

async function readPem(path: string): Promise<Result<string>> {
  try {
    return accept(await readFile(path, "latin1"));
  } catch {
    return refuse("certificate-missing", { blame: path });
  }
}

function at(refusal: Refusal, path: string): Refusal {
  return { ...refusal, blame: path };
}

// What a certificate says in its subject alternative names. All are URIs, so that the standard fields carry them:
//
//   device     hedgerow://NETWORK/node/NODE-ID
//              hedgerow://NETWORK/principal/NAME      (percent-encoded)
//              hedgerow://NETWORK/role/ROLE           (any number)
//   authority  hedgerow://NETWORK/authority
//              hedgerow://NETWORK/colluding/COUNT     how many nodes may collude at most (SEP2P's C)
//              hedgerow://NETWORK/alpha/PROBABILITY   below which they "never" fill a region (SEP2P's α)
//              hedgerow://NETWORK/cache/COUNT         nodes that a region for candidates holds; absent: 512
import { accept, type NodeId, nodeIdPattern, type Result, refuse } from "../../core/base/index.ts";
import { drawLimits } from "../../core/draw/index.ts";
import { type Role, roles } from "../../core/model/index.ts";

export const networkPattern = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
/** Letters, digits, punctuation and inner spaces of any script; nothing that a terminal or a log would act on. */
export const principalPattern =
  /^[\p{L}\p{M}\p{N}\p{P}\p{S}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,78}[\p{L}\p{M}\p{N}\p{P}\p{S}])?$/u;

export interface CertifiedNames {
  readonly network: string;
  readonly node: NodeId;
  readonly principal: string;
  readonly roles: readonly Role[];
}

export function checkNames(names: { network: string; principal?: string }): Result<void> {
  if (!networkPattern.test(names.network)) return refuse("name-not-allowed", { blame: "network" });
  if (names.principal !== undefined) {
    const { principal } = names;
    const sound =
      principal.length <= 80 && principalPattern.test(principal) && principal.normalize("NFC") === principal;
    if (!sound) return refuse("name-not-allowed", { blame: "principal" });
  }
  return accept(undefined);
}

/** Only unreserved characters stay (RFC 3986 §2.3): no comma, quote or colon can reach the text we parse back. */
function escapeName(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function deviceUris(names: CertifiedNames): string[] {
  const at = `hedgerow://${names.network}`;
  const uris = [`${at}/node/${names.node}`, `${at}/principal/${escapeName(names.principal)}`];
  for (const role of names.roles) uris.push(`${at}/role/${role}`);
  return uris;
}

/** What the authority assumes of its network, so that no node can choose it for itself. */
export interface DrawAssumptions {
  readonly colluding: number;
  readonly alpha: number;
  /** Absent: the default. All nodes must reckon with the same. */
  readonly cacheNodes?: number;
}
export const defaultDraw: DrawAssumptions = { colluding: 1, alpha: 1e-6 };

export interface AuthorityNames {
  readonly network: string;
  readonly draw: DrawAssumptions;
}

export function authorityUris(
  network: string,
  { colluding, alpha, cacheNodes }: DrawAssumptions = defaultDraw,
): string[] {
  const at = `hedgerow://${network}`;
  const uris = [`${at}/authority`, `${at}/colluding/${colluding}`, `${at}/alpha/${alpha}`];
  if (cacheNodes !== undefined && cacheNodes !== drawLimits.cacheNodes) uris.push(`${at}/cache/${cacheNodes}`);
  return uris;
}

const uriPattern =
  /^hedgerow:\/\/([a-z0-9.-]{1,63})\/(authority|colluding|alpha|cache)(?:\/([A-Za-z0-9._~%-]{1,960}))?$/;

interface Uri {
  readonly network: string;
  readonly kind: string;
  readonly value: string | undefined;
}

function partsOf(uris: readonly string[]): Uri[] | null {
  const parts: Uri[] = [];
  for (const uri of uris) {
    const match = uriPattern.exec(uri);
    if (match === null || !networkPattern.test(match[1]!)) return null;
    parts.push({ network: match[1]!, kind: match[2]!, value: match[3] });
  }
  return parts;
}

/** One by one: joined into a text, one hostile URI could look like two. */
function sameUris(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((uri, i) => uri === b[i]);
}

/** Anything but exactly what `deviceUris` writes is malformed: what is taken apart here is put together again, and compared. */
export function parseDeviceNames(uris: readonly string[]): Result<CertifiedNames> {
  const malformed = refuse("certificate-malformed", { detail: "subject alternative names" });
  const [first = "", second = "", ...rest] = uris;
  const [, at, network, node] = nodeUriPattern.exec(first) ?? [];
  if (at === undefined || network === undefined || node === undefined || !nodeIdPattern.test(node)) return malformed;
  const principal = nameIn(second, `${at}principal/`);
  if (principal === null || rest.length > roles.length) return malformed;
  const certified: Role[] = [];
  for (const uri of rest) {
    const role = roles.find((known) => uri.length === at.length + 5 + known.length && uri.endsWith(known));
    if (role === undefined || certified.includes(role)) return malformed;
    certified.push(role);
  }
  const names = { network, node: node as NodeId, principal, roles: certified };
  if (!checkNames(names).ok) return malformed;
  return sameUris(deviceUris(names), uris) ? accept(names) : malformed;
}

const nodeUriPattern = /^(hedgerow:\/\/([^/]*)\/)node\/(.*)$/;

function nameIn(uri: string, begin: string): string | null {
  if (!uri.startsWith(begin)) return null;
  try {
    return decodeURIComponent(uri.slice(begin.length));
  } catch {
    return null;
  }
}

/** An authority of the time before draws says nothing of them: the defaults hold. */
export function parseAuthorityNames(uris: readonly string[]): Result<AuthorityNames> {
  const malformed = refuse("certificate-malformed", { detail: "not an authority's certificate" });
  const parts = partsOf(uris);
  const first = parts?.[0];
  if (parts === null || first?.kind !== "authority" || first.value !== undefined) return malformed;
  const { network } = first;
  if (parts.length === 1) return accept({ network, draw: defaultDraw });
  const cache = parts[3] === undefined ? {} : { cacheNodes: Number(parts[3].value) };
  const draw: DrawAssumptions = { colluding: Number(parts[1]?.value), alpha: Number(parts[2]?.value), ...cache };
  const { maxNodes, minAlpha, maxAlpha, minCacheNodes, maxCacheNodes, cacheNodes } = drawLimits;
  const size = draw.cacheNodes ?? cacheNodes;
  if (!(Number.isInteger(size) && size >= minCacheNodes && size <= maxCacheNodes)) return malformed;
  const sound = Number.isInteger(draw.colluding) && draw.colluding >= 1 && draw.colluding <= maxNodes;
  if (!sound || !(draw.alpha >= minAlpha && draw.alpha <= maxAlpha)) return malformed;
  return sameUris(authorityUris(network, draw), uris) ? accept({ network, draw }) : malformed;
}

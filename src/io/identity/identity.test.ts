import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  verify as nodeVerify,
  X509Certificate,
} from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPublicKey } from "@libp2p/peer-id";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeRevocations, sealRevocation } from "../../core/attestation/index.ts";
import { type Result, toHex } from "../../core/base/index.ts";
import { type Authority, createAuthority, openAuthority, revocationsFileName } from "./authority.ts";
import { buildCertificate, type CertificateContent, distinguishedName, ed25519Algorithm } from "./certificate-build.ts";
import { createRequest, openRequest } from "./certificate-request.ts";
import { openAuthorityCertificate, verifyDeviceCertificate } from "./certificate-verify.ts";
import { bitString, fromPem, readDer, sequence, toPem } from "./der.ts";
import { locationOf, nodeIdOf } from "./keys.ts";
import { authorityUris, deviceUris, parseDeviceNames } from "./names.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { generateNodeKey, loadOrCreateNodeKey, nodeKeyFromBase64, nodeKeyFromSeed, readNodeKey } from "./node-key.ts";
import { createRevocationList } from "./revocation-list.ts";

const dayMs = 86_400_000;
const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
};
const codeOf = (result: Result<unknown>) => (result.ok ? "ok" : result.code);
const smallOrder = ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(30)}7f`].map((hex) =>
  Buffer.from(hex, "hex"),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hedgerow-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("node keys", () => {
  it("give the peer id and the Kademlia location that libp2p computes", async () => {
    for (let i = 0; i < 20; i++) {
      const key = generateNodeKey();
      const peer = peerIdFromPublicKey(publicKeyFromRaw(key.publicKey));
      expect(key.node).toBe(peer.toString());
      expect(nodeIdOf(key.publicKey)).toBe(key.node);
      expect(toHex(locationOf(key.publicKey))).toBe(toHex(nodeCrypto.sha256(peer.toMultihash().bytes)));
    }
  });

  it("are generated once, kept with mode 0600, and read again", async () => {
    const file = join(folder, "deep", "node.key");
    const [first, second] = await Promise.all([loadOrCreateNodeKey(file), loadOrCreateNodeKey(file)]);
    expect(value(first).node).toBe(value(second).node); // two at once agree on one key
    expect(value(await loadOrCreateNodeKey(file)).node).toBe(value(first).node);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "deep"))).toEqual(["node.key"]); // nothing half-written is left
  });

  it("are refused when others may read the file, or it holds something else", async () => {
    const file = join(folder, "node.key");
    value(await loadOrCreateNodeKey(file));
    chmodSync(file, 0o640);
    expect(codeOf((await readNodeKey(file))!)).toBe("key-file-exposed");
    const others = [
      "not a key",
      "x".repeat(5_000),
      generateKeyPairSync("x25519", {
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      }).privateKey,
    ];
    for (const content of others) {
      writeFileSync(file, content);
      chmodSync(file, 0o600);
      expect(codeOf((await readNodeKey(file))!)).toBe("key-file-malformed");
    }
    expect(await readNodeKey(join(folder, "none"))).toBeNull();
  });

  it("come from base64 of exactly 32 bytes", () => {
    const key = generateNodeKey();
    const text = Buffer.from(key.seed).toString("base64");
    expect(value(nodeKeyFromBase64(text)).node).toBe(key.node);
    for (const wrong of ["", text.slice(1), `${text}AAAA`, text.replace("=", ""), `${"?".repeat(43)}=`]) {
      expect(codeOf(nodeKeyFromBase64(wrong))).toBe("key-configuration-malformed");
    }
  });
});

describe("the crypto port", () => {
  it("verifies what a key signed, and is false for anything else", () => {
    const crypto = nodeCrypto;
    const key = generateNodeKey();
    const message = Uint8Array.of(1, 2, 3);
    const signature = key.sign(message);
    expect(crypto.verify(key.publicKey, message, signature)).toBe(true);
    expect(crypto.verify(generateNodeKey().publicKey, message, signature)).toBe(false);
    expect(crypto.verify(key.publicKey, Uint8Array.of(1, 2), signature)).toBe(false);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 70 }),
        (publicKey, forged) => crypto.verify(publicKey, message, forged) === false,
      ),
    );
  });

  it("does not accept a signature that anybody can make for a small-order key", () => {
    // R = identity, S = 0 satisfies the equation for A of small order, whatever the message.
    const forged = Buffer.concat([Buffer.from(`01${"00".repeat(31)}`, "hex"), Buffer.alloc(32)]);
    const identity = smallOrder[1]!;
    const jwk = { kty: "OKP", crv: "Ed25519", x: identity.toString("base64url") };
    const bare = nodeVerify(null, Buffer.from("anything"), createPublicKey({ key: jwk, format: "jwk" }), forged);
    expect(bare).toBe(true); // node:crypto alone is fooled: this is why the check stands in front of it
    expect(nodeCrypto.verify(identity, Buffer.from("anything"), forged)).toBe(false);
  });
});

describe("the authority", () => {
  let authority: Authority;
  beforeEach(async () => {
    authority = value(await createAuthority({ network: "net.example", folder: join(folder, "authority"), years: 10 }));
  });
  const verify = (pem: string | Uint8Array, nowMs = Date.now(), network = "net.example") =>
    verifyDeviceCertificate(pem, authority.certificate, { nowMs, network });
  const issueFor = async (key = generateNodeKey(), more: object = {}) =>
    value(
      await authority.issue({
        subject: { publicKey: key.publicKey },
        principal: "P",
        roles: ["owner"],
        days: 10,
        ...more,
      }),
    );

  it("is made once; its key is private", async () => {
    expect(statSync(join(authority.folder, "authority.key")).mode & 0o777).toBe(0o600);
    const again = await createAuthority({ network: "net.example", folder: authority.folder, years: 1 });
    expect(codeOf(again)).toBe("authority-exists");
    expect(codeOf(await openAuthority(join(folder, "nowhere")))).toBe("authority-missing");
    expect(value(await openAuthority(authority.folder)).network).toBe("net.example");
  });

  it("certifies the key, network, principal and roles of a request that proves its key", async () => {
    const key = generateNodeKey();
    const order = { principal: "Zoë, O'Neil <x> %2F", roles: ["owner", "exit"] as const, days: 30 };
    const issued = value(
      await authority.issue({ ...order, roles: [...order.roles], subject: { request: createRequest(key) } }),
    );
    expect(value(verify(issued.pem))).toMatchObject({
      node: key.node,
      network: "net.example",
      principal: order.principal,
      roles: order.roles,
      serial: issued.serial,
      notAfterMs: Math.floor(issued.notAfterMs / 1000) * 1000,
      publicKey: key.publicKey,
    });
    expect(value(verify(issued.der)).node).toBe(key.node);
    expect(await authority.issued()).toHaveLength(1);
  });

  it("refuses a request that does not prove its key, or that is something else", async () => {
    const crypto = nodeCrypto;
    const der = fromPem("CERTIFICATE REQUEST", createRequest(generateNodeKey()))!;
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der);
      changed[at]! ^= 1;
      expect(codeOf(openRequest(toPem("CERTIFICATE REQUEST", changed), crypto))).not.toBe("ok");
    }
    expect(codeOf(openRequest(toPem("CERTIFICATE REQUEST", der.subarray(0, -1)), crypto))).toBe("request-malformed");
    expect(codeOf(openRequest("-----BEGIN", crypto))).toBe("request-malformed");
    expect(codeOf(openRequest("x".repeat(100_000), crypto))).toBe("request-malformed");
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (bytes) => codeOf(openRequest(toPem("CERTIFICATE REQUEST", bytes), crypto)) === "request-malformed",
      ),
      { numRuns: 1_000 },
    );
  });

  it("refuses small-order and non-canonical keys at enrolment", async () => {
    for (const publicKey of smallOrder) {
      const order = { subject: { publicKey }, principal: "P", roles: [], days: 1 };
      expect(codeOf(await authority.issue(order))).toBe("small-order-key");
    }
    const second = Buffer.concat([Buffer.of(0xee), Buffer.alloc(30, 0xff), Buffer.of(0x7f)]);
    expect(codeOf(await authority.issue({ subject: { publicKey: second }, principal: "P", roles: [], days: 1 }))).toBe(
      "key-not-canonical",
    );
    expect(await authority.issued()).toEqual([]);
  });

  it("refuses names that could be read as something else", async () => {
    const subject = { publicKey: generateNodeKey().publicKey };
    for (const principal of ["", " x", "x ", "a\nb", "a\u0000b", "\u202eabc", "x".repeat(81), "e\u0301"]) {
      expect(codeOf(await authority.issue({ subject, principal, roles: [], days: 1 }))).toBe("name-not-allowed");
    }
    for (const network of ["", "UPPER", "a/b", "a b", "-a", "a-", "x".repeat(64), "a,URI:b"]) {
      expect(codeOf(await createAuthority({ network, folder: join(folder, "n"), years: 1 }))).toBe("name-not-allowed");
    }
    for (const days of [0, -1, Number.NaN, 100_000]) {
      expect(codeOf(await authority.issue({ subject, principal: "P", roles: [], days }))).toBe("api-input");
    }
  });

  it("revokes by node and by serial, in one file that any node can check", async () => {
    const [a, b] = [await issueFor(), await issueFor()];
    value(await authority.revoke({ node: a.node, reason: "caught cheating" }));
    const { file } = value(await authority.revoke({ serial: b.serial.toUpperCase(), reason: "lost" }));
    expect(codeOf(await authority.revoke({ serial: "00", reason: "x" }))).toBe("certificate-unknown");
    expect(file).toBe(join(authority.folder, revocationsFileName));
    const trust = { network: "net.example", authority: authority.certificate.publicKey };
    const list = createRevocationList(trust, nodeCrypto);
    for (const signed of value(decodeRevocations(new Uint8Array(readFileSync(file))))) value(list.add(signed));
    expect([a.node, b.node].map((node) => list.isRevoked(node))).toEqual([true, true]);
    expect(list.isRevoked(generateNodeKey().node)).toBe(false);
    expect(list.reasonOf(a.node)).toBe("caught cheating");
    expect(value(list.add(list.all()[0]!)).fresh).toBe(false);
    // The authority finds its own file in order when it is opened again.
    expect(value(await value(await openAuthority(authority.folder)).revocations())).toHaveLength(2);
  });

  it("is the only one whose revocations count", async () => {
    const { node, serial } = await issueFor();
    const trust = { network: "net.example", authority: authority.certificate.publicKey };
    const list = createRevocationList(trust, nodeCrypto);
    const revocation = { network: "net.example", node, serial, reason: "", atMs: 1 };
    expect(codeOf(list.add(sealRevocation(revocation, generateNodeKey())))).toBe("revocation-other-authority");
    const own = value((await readNodeKey(join(authority.folder, "authority.key")))!);
    expect(codeOf(list.add(sealRevocation({ ...revocation, network: "other" }, own)))).toBe("revocation-wrong-network");
    const signed = sealRevocation(revocation, own);
    expect(codeOf(list.add({ ...signed, body: Uint8Array.of(...signed.body, 0) }))).toBe("revocation-other-authority");
    expect(list.isRevoked(node)).toBe(false);
    expect(codeOf(list.add(signed))).toBe("ok");
  });
});

describe("a device certificate", () => {
  const authorityKey = generateNodeKey();
  const key = generateNodeKey();
  const issuer = distinguishedName("Hedgerow authority", "net");
  const uris = deviceUris({ network: "net", node: key.node, principal: "P", roles: ["owner"] });
  const content: CertificateContent = {
    kind: "device",
    serial: Buffer.alloc(16, 0x41),
    issuer,
    subject: distinguishedName(key.node),
    publicKey: key.publicKey,
    uris,
    notBeforeMs: 10 * dayMs,
    notAfterMs: 20 * dayMs,
  };
  const authority = value(
    openAuthorityCertificate(
      buildCertificate(
        {
          ...content,
          kind: "authority",
          subject: issuer,
          publicKey: authorityKey.publicKey,
          uris: authorityUris("net"),
          notAfterMs: 30 * dayMs,
        },
        authorityKey,
      ),
    ),
  );
  const code = (change: Partial<CertificateContent>, nowMs = 15 * dayMs, network = "net", signer = authorityKey) =>
    codeOf(verifyDeviceCertificate(buildCertificate({ ...content, ...change }, signer), authority, { nowMs, network }));

  it("is valid from its first to its last millisecond", () => {
    expect(code({}, 10 * dayMs)).toBe("ok");
    expect(code({}, 20 * dayMs - 1)).toBe("ok");
    expect(code({}, 10 * dayMs - 1)).toBe("certificate-not-yet-valid");
    expect(code({}, 20 * dayMs)).toBe("certificate-expired");
    // It does not outlive its authority, and a broken clock admits nobody.
    expect(code({ notAfterMs: 60 * dayMs }, 30 * dayMs)).toBe("certificate-expired");
    expect(code({}, Number.NaN)).not.toBe("ok");
  });

  it("is refused with its own code for each fault", () => {
    expect(code({}, 15 * dayMs, "net", generateNodeKey())).toBe("certificate-other-authority");
    expect(code({ issuer: distinguishedName("Someone else") })).toBe("certificate-other-authority");
    expect(code({}, 15 * dayMs, "other")).toBe("certificate-wrong-network");
    expect(code({ publicKey: generateNodeKey().publicKey })).toBe("certificate-key-mismatch");
    expect(code({ kind: "authority" })).toBe("certificate-not-a-device");
    for (const publicKey of smallOrder) expect(code({ publicKey })).toBe("small-order-key");
    const second = Buffer.concat([Buffer.of(0xed), Buffer.alloc(30, 0xff), Buffer.of(0x7f)]);
    expect(code({ publicKey: second })).toBe("key-not-canonical");
  });

  it("is refused when its names are not exactly ours", () => {
    const [node, principal, role] = uris as [string, string, string];
    const others = [
      [],
      [node],
      [principal, node],
      [node, principal, role, role],
      [node, principal, "hedgerow://net/role/emperor"],
      [node, principal.replace("/P", "/%70")], // an escape that we do not write
      [node, principal.replace("/P", "/%0A")],
      [node, principal.replace("/P", "/%")],
      [node, principal.replace("//net/", "//other/")],
      [`${node}, URI:${principal}`],
      authorityUris("net"),
      ["https://example.org"],
    ];
    for (const names of others) expect(code({ uris: names })).toBe("certificate-malformed");
  });

  it("of another key type is refused, even when the authority signed it", () => {
    const [body] = readDer(readDer(buildCertificate(content, authorityKey))![0]!.content)!;
    const toBeSigned = Buffer.from(body!.whole);
    // The last byte of the algorithm's identifier in front of the key: 1.3.101.112 (Ed25519) becomes .110 (X25519).
    const at = toBeSigned.indexOf(key.publicKey) - 4;
    expect(toBeSigned[at]).toBe(112);
    toBeSigned[at] = 110;
    const certificate = sequence(toBeSigned, ed25519Algorithm, bitString(authorityKey.sign(toBeSigned)));
    const result = verifyDeviceCertificate(certificate, authority, { nowMs: 15 * dayMs, network: "net" });
    expect(codeOf(result)).toBe("certificate-wrong-key-type");
  });

  it("survives no change of any byte, no cut and no addition", () => {
    const der = buildCertificate(content, authorityKey);
    const check = (bytes: Uint8Array) =>
      codeOf(verifyDeviceCertificate(bytes, authority, { nowMs: 15 * dayMs, network: "net" }));
    expect(check(der)).toBe("ok");
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der);
      changed[at]! ^= 0x01;
      expect(check(changed)).not.toBe("ok");
    }
    expect(check(Buffer.concat([der, Buffer.of(0)]))).toBe("certificate-malformed");
    expect(check(der.subarray(0, -1))).toBe("certificate-malformed");
    expect(check(new Uint8Array(100_000).fill(0x30))).toBe("certificate-malformed");
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => check(bytes) === "certificate-malformed"));
  });

  it("reads as a standard certificate elsewhere", () => {
    const parsed = new X509Certificate(buildCertificate(content, authorityKey));
    expect(parsed.verify(createPublicKey(createPrivateKey(pem(authorityKey.seed))))).toBe(true);
    expect(parsed.checkIssued(authority.x509)).toBe(true);
    expect(parsed.subject).toBe(`CN=${key.node}`);
    expect(parsed.subjectAltName).toBe(uris.map((uri) => `URI:${uri}`).join(", "));
    expect(parseDeviceNames(uris)).toMatchObject({ ok: true });
  });
});

function pem(seed: Uint8Array): string {
  const key = nodeKeyFromSeed(seed);
  expect(key.seed).toBe(seed);
  return toPem("PRIVATE KEY", Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]));
}

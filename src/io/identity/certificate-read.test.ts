// The strict reader beside node:crypto's own: whatever ours accepts, the other reads in the same way; and what our
// authority never writes, ours refuses, even under the authority's signature.
import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Result, toHex } from "../../core/base/index.ts";
import { roles } from "../../core/model/index.ts";
import { rawPublicKey } from "../curve/index.ts";
import { buildCertificate, type CertificateContent, distinguishedName, ed25519Algorithm } from "./certificate-build.ts";
import { readCertificate } from "./certificate-read.ts";
import { type CertifiedMember, openAuthorityCertificate, verifyDeviceCertificate } from "./certificate-verify.ts";
import { bitString, explicit, integer, objectIdentifier, readDer, sequence, tagged, tags } from "./der.ts";
import { authorityUris, deviceUris } from "./names.ts";
import { generateNodeKey, nodeKeyFromSeed } from "./node-key.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0, 1);
const network = "net.example";
const authorityKey = generateNodeKey();
const issuer = distinguishedName("Hedgerow authority", network);
const key = generateNodeKey();
const content: CertificateContent = {
  kind: "device",
  serial: Buffer.alloc(16, 0x41),
  issuer,
  subject: distinguishedName(key.node),
  publicKey: key.publicKey,
  uris: deviceUris({ network, node: key.node, principal: "P", roles: ["owner"] }),
  notBeforeMs: nowMs - 10 * dayMs,
  notAfterMs: nowMs + 10 * dayMs,
};
const authorityContent: CertificateContent = {
  ...content,
  kind: "authority",
  subject: issuer,
  publicKey: authorityKey.publicKey,
  uris: authorityUris(network),
  notAfterMs: Date.UTC(2070, 0, 1),
};
const authority = value(openAuthorityCertificate(buildCertificate(authorityContent, authorityKey)));

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}
const verified = (der: Uint8Array) => verifyDeviceCertificate(der, authority, { nowMs, network });
const codeOf = (der: Uint8Array) => {
  const result = verified(der);
  return result.ok ? "ok" : result.code;
};
const toBeSignedOf = (der: Uint8Array) => Buffer.from(readDer(readDer(der)![0]!.content)![0]!.whole);
const signed = (toBeSigned: Uint8Array) =>
  sequence(toBeSigned, ed25519Algorithm, bitString(authorityKey.sign(toBeSigned)));

/** The plain twin: what node:crypto says of a certificate that was accepted. */
function readElsewhere(der: Uint8Array): CertifiedMember {
  const x509 = new X509Certificate(der);
  expect(x509.raw.length).toBe(der.length);
  expect(x509.checkIssued(authority.x509)).toBe(true);
  expect(x509.verify(authority.x509.publicKey)).toBe(true);
  expect(x509.ca).toBe(false);
  expect(Date.parse(x509.validFrom)).toBeLessThanOrEqual(nowMs);
  const uris = x509.subjectAltName!.split(", ").map((uri) => /^URI:hedgerow:\/\/net\.example\/(.*)$/.exec(uri)![1]!);
  const [node, principal, ...rest] = uris.map((uri) => decodeURIComponent(uri.slice(uri.indexOf("/") + 1)));
  expect(x509.subject).toBe(`CN=${node}`);
  return {
    network,
    node: node as CertifiedMember["node"],
    principal: principal!,
    roles: rest as CertifiedMember["roles"],
    serial: x509.serialNumber.toLowerCase(),
    notAfterMs: Math.min(Date.parse(x509.validTo), authority.notAfterMs),
    publicKey: rawPublicKey(x509.publicKey)!,
  };
}

const arbitraryContent = fc
  .record({
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    serial: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    principal: fc.constantFrom("P", "Zoë, O'Neil <x> %2F", "a, URI:b", "林", "x".repeat(80)),
    roles: fc.subarray([...roles]),
    beforeMs: fc.integer({ min: 0, max: nowMs }),
    afterMs: fc.integer({ min: nowMs + 1000, max: Date.UTC(2090, 11, 31) }),
  })
  .map(({ seed, serial, principal, roles, beforeMs, afterMs }): CertificateContent => {
    const { node, publicKey } = nodeKeyFromSeed(seed);
    serial[0] = 0x40 | (serial[0]! & 0x3f);
    const uris = deviceUris({ network, node, principal, roles });
    const subject = distinguishedName(node);
    return { ...content, serial, subject, publicKey, uris, notBeforeMs: beforeMs, notAfterMs: afterMs };
  });

describe("the strict reader and node:crypto's", () => {
  it("read the same in whatever the authority writes", () => {
    fc.assert(
      fc.property(arbitraryContent, (made) => {
        const der = buildCertificate(made, authorityKey);
        const facts = value(verified(der));
        expect(facts).toEqual(readElsewhere(der));
        expect(facts.serial).toBe(toHex(made.serial));
        const read = readCertificate(der)!;
        const x509 = new X509Certificate(der);
        expect([read.notBeforeMs, read.notAfterMs]).toEqual([Date.parse(x509.validFrom), Date.parse(x509.validTo)]);
        expect(read.uris).toEqual(made.uris);
      }),
      { numRuns: 300 },
    );
  });

  it("read the same in whatever is accepted of changed bytes, under a good signature", () => {
    const whole = toBeSignedOf(buildCertificate(content, authorityKey));
    // Often where anything of the form may stand: in the serial number, and in the digits of a date.
    const serialAt = whole.indexOf(content.serial);
    const dateAt = whole.indexOf("300111");
    const change = fc.record({
      at: fc.oneof(
        fc.nat({ max: whole.length - 1 }),
        fc.integer({ min: serialAt + 1, max: serialAt + 15 }),
        fc.integer({ min: dateAt, max: dateAt + 11 }),
      ),
      cut: fc.constantFrom(0, 0, 0, 0, 1, 2),
      put: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0x30, max: 0x39 }).map((digit) => [digit]) },
        { weight: 3, arbitrary: fc.nat({ max: 255 }).map((byte) => [byte]) },
        { weight: 1, arbitrary: fc.array(fc.nat({ max: 255 }), { maxLength: 3 }) },
      ),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes = whole;
        for (const { at, cut, put } of changes) {
          // Mostly in place; with a cut the length of what follows is wrong, as a rule.
          const to = cut === 0 ? at + put.length : at + cut;
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(to)]);
        }
        const der = signed(bytes);
        const result = verified(der);
        if (!result.ok) return;
        accepted++;
        expect(result.value).toEqual(readElsewhere(der));
      }),
      { numRuns: 4_000 },
    );
    expect(accepted).toBeGreaterThan(100); // serial, dates and key identifier may be anything of their form
  });
});

describe("under the authority's signature still refused", () => {
  const der = buildCertificate(content, authorityKey);
  const fields = readDer(readDer(toBeSignedOf(der))![0]!.content)!.map(({ whole }) => Buffer.from(whole));
  const withField = (at: number, field: Uint8Array) =>
    codeOf(signed(sequence(...fields.map((own, i) => (i === at ? field : own)))));
  const utc = (text: string) => tagged(tags.utcTime, Buffer.from(text, "latin1"));
  const general = (text: string) => tagged(tags.generalizedTime, Buffer.from(text, "latin1"));
  const from = "291222000000Z";
  const to = "300111000000Z";
  const validity = (before: Uint8Array, after: Uint8Array) => withField(4, sequence(before, after));
  const extensions = readDer(readDer(readDer(fields[7]!)![0]!.content)![0]!.content)!.map(({ whole }) => whole);
  const withExtensions = (...list: Uint8Array[]) => withField(7, explicit(3, sequence(...list)));

  it("is nothing of the form itself", () => {
    expect(withField(0, fields[0]!)).toBe("ok");
    expect(validity(utc(from), utc(to))).toBe("ok");
    expect(validity(utc("700101000000Z"), general("20500101000000Z"))).toBe("ok");
    expect(validity(utc("280229000000Z"), utc("491231235959Z"))).toBe("ok");
    expect(withExtensions(...extensions)).toBe("ok");
  });

  it("is another version, and a serial number of another length or sign", () => {
    expect(withField(0, explicit(0, integer(Buffer.of(1))))).toBe("certificate-malformed");
    const serial = Buffer.alloc(16, 0x41);
    const others = [serial.subarray(1), Buffer.alloc(17, 0x41), Buffer.alloc(16, 0x3f), Buffer.alloc(16, 0x80)];
    for (const other of others) expect(withField(1, tagged(tags.integer, other))).toBe("certificate-malformed");
  });

  it("is a time that is none, or in another form", () => {
    const times = [
      utc("300230000000Z"),
      utc("300229000000Z"), // no leap year
      utc("301301000000Z"),
      utc("300001000000Z"),
      utc("300132000000Z"),
      utc("300100000000Z"),
      utc("300111240000Z"),
      utc("300111006000Z"),
      utc("300111000060Z"),
      utc("3001110000Z"),
      utc("300111000000+0000"),
      utc("30011100000 Z"),
      utc("-10111000000Z"),
      general("20300111000000Z"),
      general("20491231235959Z"),
      general("20500101000000.5Z"),
      general("20500101000000"),
      tagged(0x16, Buffer.from(to)),
    ];
    for (const time of times) {
      expect(validity(utc(from), time)).toBe("certificate-malformed");
      expect(validity(time, utc(to))).toBe("certificate-malformed");
    }
    expect(withField(4, sequence(utc(from), utc(to), utc(to)))).toBe("certificate-malformed");
  });

  it("is another name than the node's", () => {
    for (const subject of [issuer, sequence(), distinguishedName(generateNodeKey().node), distinguishedName("x")]) {
      expect(withField(5, subject)).toBe("certificate-malformed");
    }
  });

  it("is an extension missing, doubled, added or out of order", () => {
    const unknown = sequence(objectIdentifier("1.2.3.4"), tagged(tags.octetString, Buffer.of(5, 0)));
    for (let i = 0; i < extensions.length; i++) {
      expect(withExtensions(...extensions.filter((_, at) => at !== i))).not.toBe("ok");
      expect(withExtensions(...extensions.toSpliced(i, 0, extensions[i]!))).not.toBe("ok");
      expect(withExtensions(...extensions.toSpliced(i, 0, unknown))).toBe("certificate-malformed");
    }
    expect(withExtensions(...extensions.toReversed())).toBe("certificate-malformed");
    expect(withExtensions(...extensions, unknown)).toBe("certificate-malformed");
    expect(withField(7, Buffer.concat([fields[7]!, explicit(4)]))).toBe("certificate-malformed");
  });

  it("is a length that is not the shortest", () => {
    const [head, rest] = [fields[0]!.subarray(0, 1), fields[0]!.subarray(2)];
    const longer = Buffer.concat([head, Buffer.of(0x81, rest.length), rest]);
    expect(withField(0, longer)).toBe("certificate-malformed");
    const endless = Buffer.concat([Buffer.of(0xa0, 0x80), rest, Buffer.of(0, 0)]);
    expect(withField(0, endless)).toBe("certificate-malformed");
  });

  it("is a key of another algorithm, and says so", () => {
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "der" },
      privateKeyEncoding: { type: "pkcs8", format: "der" },
    });
    expect(withField(6, publicKey)).toBe("certificate-wrong-key-type");
    const long = sequence(ed25519Algorithm, bitString(Buffer.concat([key.publicKey, Buffer.of(0)])));
    expect(withField(6, long)).toBe("certificate-wrong-key-type");
  });
});

describe("of another kind of authority", () => {
  it("is refused as another authority's, even under the same names", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const algorithm = sequence(objectIdentifier("1.2.840.113549.1.1.11"), Buffer.of(5, 0));
    const fields = readDer(readDer(toBeSignedOf(buildCertificate(content, authorityKey)))![0]!.content)!;
    const toBeSigned = sequence(...fields.map(({ whole }, i) => (i === 2 ? algorithm : whole)));
    const der = sequence(toBeSigned, algorithm, bitString(sign("sha256", toBeSigned, privateKey)));
    expect(codeOf(der)).toBe("certificate-other-authority");
  });

  it("is refused when only the key identifier tells two authorities of one name apart", () => {
    expect(codeOf(buildCertificate(content, generateNodeKey()))).toBe("certificate-other-authority");
  });
});

it("an authority's certificate is of its own form, and signed by itself", () => {
  const code = (change: Partial<CertificateContent>, signer = authorityKey) => {
    const opened = openAuthorityCertificate(buildCertificate({ ...authorityContent, ...change }, signer));
    return opened.ok ? "ok" : opened.code;
  };
  expect(code({})).toBe("ok");
  expect(code({ uris: authorityUris(network).slice(0, 1) })).toBe("ok"); // before draws
  expect(code({ kind: "device" })).toBe("certificate-malformed");
  expect(code({ subject: distinguishedName("Another") })).toBe("certificate-malformed");
  expect(code({}, generateNodeKey())).toBe("certificate-malformed");
});

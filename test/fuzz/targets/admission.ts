// What a stranger can make a node read before it is anybody: admission, evidence, certificates, requests, revocations.
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  admissionMessageSchema,
  checkPublicKey,
  decodeAdmissionMessage,
  decodeEvidence,
  decodeRevocations,
  encodeEvidence,
  encodeRevocations,
  openRevocation,
  stepAdmission,
} from "../../../src/core/attestation/index.ts";
import { fromCanonical } from "../../../src/core/base/index.ts";
import { type Signed, signedSchema } from "../../../src/core/model/index.ts";
import { publicKeyObject } from "../../../src/io/curve/index.ts";
import {
  createAuthority,
  createRequest,
  generateNodeKey,
  nodeCrypto,
  openAuthorityCertificate,
  openRequest,
  readNodeKey,
  verifyDeviceCertificate,
} from "../../../src/io/identity/index.ts";
import { damage } from "../damage.ts";
import { damagedText } from "../damaged-text.ts";
import { bent, decodedAll, hostileMessage } from "../mutate.ts";
import { admissionCrypto, recordAdmission } from "../recordings.ts";
import { check, type Target, verdictOf } from "../target.ts";

const recording = recordAdmission();
const values = decodedAll(recording.messages);
const evidence = values.flatMap((value) => {
  const parsed = admissionMessageSchema.safeParse(value);
  return parsed.success && parsed.data.type === "evidence" ? [encodeEvidence(parsed.data.evidence)] : [];
});
const evidenceValues = decodedAll(evidence);
const signed = recording.revocations.map((bytes) =>
  signedSchema.parse((fromCanonical(bytes) as { value: unknown }).value),
);
const bundles = [1, 2, 3].map((count) => encodeRevocations(signed.slice(0, count)));
const bundleValues = decodedAll(bundles);
const trust = { network: "n", authority: recording.authority.publicKey };

// Real certificates, damaged as they are; and damaged by their own authority, so that no signature stands before the reader.
const folder = mkdtempSync(join(tmpdir(), "hedgerow-fuzz-"));
const key = generateNodeKey();
const made = await createAuthority({ network: "fuzz.network", folder: join(folder, "authority"), years: 5 });
if (!made.ok) throw new Error(made.code);
const authority = made.value;
const foreign = await createAuthority({ network: "fuzz.network", folder: join(folder, "foreign"), years: 5 });
if (!foreign.ok) throw new Error(foreign.code);
const issued = await Promise.all(
  [authority, foreign.value].map((by) =>
    by.issue({ subject: { publicKey: key.publicKey }, principal: "Anna", roles: ["transform"], days: 30 }),
  ),
);
const authorityKeyRead = await readNodeKey(join(authority.folder, "authority.key"));
if (authorityKeyRead?.ok !== true) throw new Error("the authority has no key");
const authorityKey = authorityKeyRead.value;
rmSync(folder, { recursive: true, force: true });
const certificates = [authority.certificate.der, ...issued.map((one) => (one.ok ? one.value.der : new Uint8Array()))];
const pems = issued.map((one) => (one.ok ? one.value.pem : ""));
const requests = [createRequest(key), createRequest(generateNodeKey())];
const crypto = nodeCrypto;
const nowMs = Date.now();

/** What of a certificate is signed: behind the head of the whole, up to algorithm and signature, which have one length. */
const toBeSigned = certificates[1]!.subarray(4, -74);

function signedAgain(body: Uint8Array): Uint8Array {
  const tail = Uint8Array.from([...certificates[1]!.subarray(-74, -64), ...authorityKey.sign(body)]);
  const length = body.length + tail.length;
  return Uint8Array.from([0x30, 0x82, length >> 8, length & 0xff, ...body, ...tail]);
}

export const admissionTargets: readonly Target[] = [
  {
    name: "admission: decoder",
    inputs: 6_000,
    reaches: ["admission-malformed", "malformed", "too-large"],
    attempt: (random) => verdictOf(decodeAdmissionMessage(hostileMessage(random, recording.messages, values))),
  },
  {
    name: "admission: both sides in every state",
    inputs: 6_000,
    reaches: [
      "admission-out-of-order",
      "admission-wrong-network",
      "certificate-malformed",
      "certificate-other-node",
      "evidence-bad-signature",
      "evidence-unknown-provider",
      "evidence-not-fresh",
    ],
    attempt(random) {
      const { context, state } = random.pick(recording.moments);
      const value = random.pick(values);
      const parsed = admissionMessageSchema.safeParse(random.chance(0.3) ? value : bent(random, value, values, 1));
      if (!parsed.success) return "admission-malformed";
      // Evidence of this exchange, for the other side or an earlier connection: genuine, and not fresh.
      const replayed = random.chance(0.2) ? { ...context, nonce: random.bytes(32) } : context;
      const taken = stepAdmission(replayed, state, { type: "message", message: parsed.data });
      const wasOver = state.at === "admitted" || state.at === "refused";
      check(!wasOver || taken.state === state, "a verdict was changed");
      if (taken.refusal === undefined) return "accepted";
      check(taken.state.at === "refused", "refused, and goes on");
      return taken.refusal.code;
    },
  },
  {
    name: "evidence: decoder",
    inputs: 3_000,
    reaches: ["evidence-malformed", "malformed"],
    attempt: (random) => verdictOf(decodeEvidence(hostileMessage(random, evidence, evidenceValues))),
  },
  {
    name: "revocations: file and statements",
    inputs: 4_000,
    reaches: ["revocation-malformed", "malformed", "revocation-other-authority"],
    attempt(random) {
      const decoded = decodeRevocations(hostileMessage(random, bundles, bundleValues));
      if (!decoded.ok) return decoded.code;
      const opened = decoded.value.map((one: Signed) => openRevocation(one, trust, admissionCrypto));
      return opened.map(verdictOf).find((verdict) => verdict !== "accepted") ?? "accepted";
    },
  },
  {
    name: "certificates: device",
    inputs: 3_000,
    reaches: ["certificate-malformed", "certificate-other-authority"],
    attempt(random) {
      const input = random.chance(0.8) ? damage(random, certificates) : damagedText(random, pems);
      const honest = random.chance(0.1) ? certificates[1]! : input;
      const expected = { nowMs: random.pick([nowMs, 0, 4e12]), network: random.pick(["fuzz.network", "another"]) };
      return verdictOf(verifyDeviceCertificate(honest, authority.certificate, expected));
    },
  },
  {
    name: "certificates: damaged, then signed",
    inputs: 3_000,
    reaches: ["certificate-malformed", "certificate-other-authority", "certificate-key-mismatch"],
    attempt(random) {
      const der = signedAgain(damage(random, [toBeSigned]));
      const verified = verifyDeviceCertificate(der, authority.certificate, { nowMs, network: "fuzz.network" });
      if (!verified.ok) return verified.code;
      const x509 = new X509Certificate(der); // whatever we accept, node:crypto reads, and reads in the same way
      check(
        x509.verify(publicKeyObject(authority.certificate.publicKey)) && !x509.ca,
        "accepted, and node:crypto refuses it",
      );
      check(x509.serialNumber.toLowerCase() === verified.value.serial, "another serial number");
      check(x509.subject === `CN=${verified.value.node}`, "another subject");
      return "accepted";
    },
  },
  {
    name: "certificates: authority",
    inputs: 1_500,
    reaches: ["certificate-malformed"],
    attempt: (random) =>
      verdictOf(openAuthorityCertificate(random.chance(0.1) ? authority.certificatePem : damage(random, certificates))),
  },
  {
    name: "certificates: request",
    inputs: 3_000,
    reaches: ["request-malformed", "request-bad-proof"],
    attempt(random) {
      if (random.chance(0.4)) return verdictOf(openRequest(damagedText(random, requests), crypto));
      if (random.chance(0.1)) return verdictOf(openRequest(random.pick(requests), crypto));
      const der = requests.map((pem) => new Uint8Array(Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ""), "base64")));
      const text = Buffer.from(damage(random, der)).toString("base64");
      return verdictOf(
        openRequest(`-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`, crypto),
      );
    },
  },
  {
    name: "keys: 32 bytes that are none",
    inputs: 2_000,
    reaches: ["key-malformed", "key-not-canonical", "small-order-key"],
    attempt(random) {
      const edge = new Uint8Array(32).fill(random.pick([0, 0xff]));
      edge[0] = random.pick([0, 1, 0xec, 0xed, 0xee, 0xff]);
      edge[31] = random.pick([0, 0x7f, 0x80, 0xff]);
      return verdictOf(checkPublicKey(random.chance(0.5) ? edge : damage(random, [key.publicKey])));
    },
  },
];

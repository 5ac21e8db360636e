// Evidence convicts liars, and nobody else: for each kind a lie, and everything near it that an honest node may sign.
import { describe, expect, it } from "vitest";
import { Random, simulatedCrypto, simulatedIdentity } from "../../sim/kernel/index.ts";
import type { Digest } from "../base/index.ts";
import {
  beaconCommitment,
  beaconStatement,
  candidatesDigest,
  disclosureStatement,
  isInside,
  locationOf,
  regionOf,
  rosterCommitment,
  rosterStatement,
  sparseStatement,
} from "../draw/index.ts";
import { decodeEvidence, type Evidence, encodeEvidence, verifyEvidence } from "./evidence.ts";
import { sortedKeys } from "./sorted-keys.ts";
import { acknowledgementBody, attestationBody, bundleBody, digestOfList, listBody, readList } from "./statements.ts";

const crypto = simulatedCrypto();
const random = new Random(1);
const [one, other, third] = [0, 1, 2].map(() => simulatedIdentity(random.fork())) as [Identity, Identity, Identity];
type Identity = ReturnType<typeof simulatedIdentity>;
const network = "garden";
const draw = "ab".repeat(32) as Digest;
const otherDraw = "cd".repeat(32) as Digest;
const value = (seed: number) => crypto.sha256(Uint8Array.of(seed));

const signed = (body: Uint8Array, by: Identity = one) => ({ body, signature: by.signer.sign(body) });
const codeOf = (evidence: Evidence, of = network) => {
  const verified = verifyEvidence(evidence, { network: of, geometry: "xor" }, crypto);
  return verified.ok ? "convicts" : verified.code;
};
const conflict = (first: Uint8Array, second: Uint8Array, by = one): Evidence => ({
  kind: "conflict",
  node: one.node,
  first: signed(first, by),
  second: signed(second, by),
});

const commitment = beaconCommitment(crypto, draw, one.node, value(1));
const commitments = [value(8), commitment];
const candidates = sortedKeys([one.signer.publicKey, other.signer.publicKey]);
const disclosed = { witness: one.node, random: value(1), candidates };
const lot = locationOf(crypto, one.signer.publicKey);
const region = { lot, spread: 0 };
const named = ({ random: own, candidates: keys }: { random: Uint8Array; candidates: Uint8Array }) => {
  return { random: own, named: candidatesDigest(crypto, keys) };
};
const disclosureList = [rosterCommitment(crypto, draw, 0, disclosed), value(9)];
const listed = (version: number, keys: Uint8Array[], of: { network?: string; owner?: Identity; atMs?: number } = {}) =>
  listBody({
    network: of.network ?? network,
    owner: (of.owner ?? one).node,
    version,
    atMs: of.atMs ?? 5,
    depth: 0,
    keys: sortedKeys(keys),
  });
const all = [one, other, third].map(({ signer }) => signer.publicKey);

describe("conflict", () => {
  const beacon = (seed: number, of = draw, atMs = 10) => beaconStatement(of, commitments, value(seed), atMs);
  const disclosure = (seed: number, attempt = 0) =>
    disclosureStatement(draw, attempt, region, disclosureList, named({ random: value(seed), candidates }));
  const roster = (actors: Identity[], atMs = 10, attempt = 0) =>
    rosterStatement(
      draw,
      value(1),
      attempt,
      actors.map(({ node }) => node),
      atMs,
    );

  it.each([
    ["two values for one beacon", beacon(1), beacon(2)],
    ["one value over two lists", beacon(1), beaconStatement(draw, [commitment, value(7)], value(1), 10)],
    ["two disclosures for one attempt", disclosure(1), disclosure(2)],
    ["two rosters of one attempt", roster([other]), roster([third])],
    ["a roster, and no roster", roster([other]), sparseStatement(draw, value(1), 0, 10)],
    ["two caches under one version", listed(3, all), listed(3, all.slice(1))],
  ])("%s", (_, first, second) => {
    expect(codeOf(conflict(first, second))).toBe("convicts");
    expect(codeOf(conflict(first, second, other))).toBe("lie-unproven"); // somebody else's signatures
  });

  it.each([
    ["the same twice", beacon(1), beacon(1)],
    ["an answer that was given again later", beacon(1), beacon(1, draw, 4_000)],
    ["two draws", beacon(1), beacon(2, otherDraw)],
    ["two attempts", disclosure(1), disclosure(2, 1)],
    ["a beacon and a roster of one draw", beacon(1), disclosure(1)],
    ["a roster signed again later", roster([other]), roster([other], 900)],
    ["rosters of two attempts", roster([other]), roster([third], 10, 1)],
    ["caches under two versions", listed(3, all), listed(4, all.slice(1))],
    ["a cache of another owner", listed(3, all), listed(3, all.slice(1), { owner: other })],
    ["caches of another network", listed(3, all, { network: "x" }), listed(3, all.slice(1), { network: "x" })],
    ["bytes that are no statement", Uint8Array.of(1), Uint8Array.of(2)],
    ["an attestation", attestationBody(draw, one.node, 1), attestationBody(draw, one.node, 2)],
  ])("not %s", (_, first, second) => expect(codeOf(conflict(first, second))).toBe("lie-unproven"));
});

describe("broken-commitment", () => {
  const broken = (body: Uint8Array, by = one): Evidence => ({
    kind: "broken-commitment",
    node: one.node,
    statement: signed(body, by),
  });
  const changed = { random: value(2), candidates };

  it("a value, or candidates, that the list holds no commitment to", () => {
    expect(codeOf(broken(beaconStatement(draw, commitments, value(2), 1)))).toBe("convicts");
    expect(codeOf(broken(disclosureStatement(draw, 0, region, disclosureList, named(changed))))).toBe("convicts");
    const fewer = { random: value(1), candidates: candidates.slice(32) };
    expect(codeOf(broken(disclosureStatement(draw, 0, region, disclosureList, named(fewer))))).toBe("convicts");
  });

  it("not what was committed to, nor another's statement, nor one without commitments", () => {
    expect(codeOf(broken(beaconStatement(draw, commitments, value(1), 1)))).toBe("lie-unproven");
    expect(codeOf(broken(disclosureStatement(draw, 0, region, disclosureList, named(disclosed))))).toBe("lie-unproven");
    expect(codeOf(broken(beaconStatement(draw, commitments, value(2), 1), other))).toBe("lie-unproven");
    expect(codeOf(broken(sparseStatement(draw, value(1), 0, 1)))).toBe("lie-unproven");
    expect(codeOf(broken(listed(3, all)))).toBe("lie-unproven");
  });
});

describe("false-candidates", () => {
  const naming = (keys: Uint8Array, of: { spread: number } = { spread: 1 }, by = one): Evidence => ({
    kind: "false-candidates",
    node: one.node,
    candidates: keys,
    statement: signed(
      disclosureStatement(draw, 0, { lot, ...of }, disclosureList, named({ random: value(1), candidates: keys })),
      by,
    ),
  });
  const many = Array.from({ length: 40 }, () => simulatedIdentity(random.fork()).signer.publicKey);
  const half = regionOf("xor", lot, 0.5);
  const isNear = (key: Uint8Array) => isInside(half, locationOf(crypto, key));
  const near = many.filter(isNear);
  const far = many.find((key) => !isNear(key))!;

  it("a candidate that does not live there, or none that anybody can read", () => {
    expect(codeOf(naming(sortedKeys([...near, far])))).toBe("convicts");
    expect(codeOf(naming(sortedKeys(near).slice(1)))).toBe("convicts"); // half a key
    expect(codeOf(naming(new Uint8Array(Buffer.concat([...near].sort(Buffer.compare).reverse()))))).toBe("convicts");
    expect(codeOf(naming(new Uint8Array(Buffer.concat([near[0]!, near[0]!]))))).toBe("convicts");
  });

  it("not those who live there, nor what somebody else signed, nor what names nobody", () => {
    expect(codeOf(naming(sortedKeys(near)))).toBe("lie-unproven");
    expect(codeOf(naming(sortedKeys([...near, far]), { spread: 0 }))).toBe("lie-unproven"); // there, it is everywhere
    expect(codeOf(naming(new Uint8Array(0)))).toBe("lie-unproven");
    expect(codeOf(naming(sortedKeys([...near, far]), { spread: 1 }, other))).toBe("lie-unproven");
    expect(codeOf(naming(sortedKeys([...near, far]), { spread: 99 }))).toBe("lie-unproven");
    const those = { ...naming(sortedKeys([...near, far])), candidates: sortedKeys([far]) };
    expect(codeOf(those as Evidence)).toBe("lie-unproven"); // not what it signed
    for (const body of [beaconStatement(draw, commitments, value(2), 1), listed(3, all), Uint8Array.of(1)])
      expect(codeOf({ kind: "false-candidates", node: one.node, statement: signed(body), candidates: far })).toBe(
        "lie-unproven",
      );
  });
});

describe("forged-list", () => {
  const list = listed(3, all);
  const digest = digestOfList(crypto, list);
  const attestation = (by: Identity, signer = by) => {
    const body = attestationBody(digest, by.node, 7);
    return { by: by.node, atMs: 7, signature: signer.signer.sign(body) };
  };
  const forged = (attestations: ReturnType<typeof attestation>[], by = one): Evidence => ({
    kind: "forged-list",
    node: one.node,
    list,
    attestations,
    signature: by.signer.sign(bundleBody(digest, attestations)),
  });

  it("a false signature among those that it vouched for", () => {
    expect(codeOf(forged([attestation(other), attestation(third, one)]))).toBe("convicts");
  });

  it("not when all verify, nor when somebody else spoilt one on the way or vouched for it", () => {
    const honest = forged([attestation(other), attestation(third)]) as Extract<Evidence, { kind: "forged-list" }>;
    expect(codeOf(honest)).toBe("lie-unproven");
    const spoilt = honest.attestations.map((one, i) => (i > 0 ? one : { ...one, signature: new Uint8Array(64) }));
    expect(codeOf({ ...honest, attestations: spoilt })).toBe("lie-unproven");
    expect(codeOf({ ...honest, list: listed(4, all) })).toBe("lie-unproven");
    expect(codeOf(forged([attestation(third, one)], other))).toBe("lie-unproven");
  });
});

describe("hidden-member", () => {
  const promise = { network, holder: one.node, member: other.node, since: 10, until: 20 };
  const hidden = (of: Partial<typeof promise>, body: Uint8Array, by = one): Evidence => ({
    kind: "hidden-member",
    node: one.node,
    acknowledgement: signed(acknowledgementBody({ ...promise, ...of }), by),
    list: signed(body),
  });
  const without = [one, third].map(({ signer }) => signer.publicKey);

  it("a promise, and a list within it that leaves the member out", () => {
    for (const version of [10, 15, 19]) expect(codeOf(hidden({}, listed(version, without)))).toBe("convicts");
  });

  it.each([
    ["the member is on the list", hidden({}, listed(15, all))],
    ["the list is from before the promise", hidden({}, listed(9, without))],
    ["the promise has ended", hidden({}, listed(20, without))],
    ["somebody else promised", hidden({ holder: third.node }, listed(15, without))],
    ["the promise is forged", hidden({}, listed(15, without), other)],
    ["the list is another's", hidden({}, listed(15, without, { owner: third }))],
    ["they are of another network", hidden({ network: "x" }, listed(15, without, { network: "x" }))],
    [
      "the promise is a list",
      { ...hidden({}, listed(15, without)), acknowledgement: signed(listed(15, all)) } as Evidence,
    ],
  ])("not when %s", (_, evidence) => expect(codeOf(evidence)).toBe("lie-unproven"));
});

it("evidence travels as a file, and nothing else is taken for one", () => {
  const evidence = conflict(listed(3, all), listed(3, all.slice(1)));
  const bytes = encodeEvidence(evidence);
  const read = decodeEvidence(bytes);
  expect(read.ok && Buffer.from(encodeEvidence(read.value)).equals(Buffer.from(bytes))).toBe(true);
  expect(read.ok && codeOf(read.value)).toBe("convicts");
  for (const wrong of [bytes.slice(1), new Uint8Array(0), listed(3, all), new Uint8Array(600_000)])
    expect(decodeEvidence(wrong)).toMatchObject({ ok: false, code: "lie-unreadable" });
});

it("a list has one encoding: keys in order, each once, whole", () => {
  const [a, b] = [all[0]!, all[1]!];
  const [low, high] = Buffer.compare(a, b) < 0 ? [a, b] : [b, a];
  const raw = (...keys: Uint8Array[]) =>
    readList(listBody({ network, owner: one.node, version: 1, atMs: 1, depth: 0, keys: Buffer.concat(keys) }));
  expect(raw(low, high)).not.toBeNull();
  for (const wrong of [raw(high, low), raw(low, low), raw(low.slice(1))]) expect(wrong).toBeNull();
});
